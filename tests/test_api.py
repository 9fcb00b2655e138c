"""The API through the front door: a real service over a small graph."""

import csv
import html
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import BaseModel

from service.api import models as api_models
from service.api import models_things as api_models_things
from service.app import create_app
from service.index.index import Index
from service.settings import Settings
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.graphs import IMPACT, IRIS, JOURNEY, RECORDS, ROLES, STRESS, THEMES, WELLBEING, in_cluster, named_graphs
from tests.serving import served


class Kept:
    """An archive that keeps one record."""

    hash, file, place, loaded_at = "0" * 64, "impact.txt", "", "2024-01-01T00:00:00Z"

    def get(self, source: str, key: str) -> "Kept | None":
        return self if (source, key) == ("eprints", "1001") else None

    def raw(self, hash_: str) -> bytes | None:
        return "Ünchanged".encode() if hash_ == self.hash else None


def fill(data: Path) -> None:
    store = EmbeddedStore(data, IRIS.base)
    index = Index(data / "index.sqlite")
    graph = Graph(store, index)
    graph.write(THEMES)
    for record in RECORDS:
        graph.write(named_graphs(record))
    mentions = [(*m, ()) for m in _mentions(graph)]
    gillard = [iri for name, iri, *_ in mentions if name == "Steve Gillard"]
    college = [iri for name, iri, *_ in mentions if name == "Example College"]
    recs = [iri for name, iri, *_ in mentions if name == "London - Example REC"]
    together = {*gillard, *college, *recs}
    statements = [
        *in_cluster("person", "Steve Gillard", *gillard),
        *in_cluster("organisation", "Example College", *college),
        *in_cluster("organisation", "London - Example REC", *recs),
    ]
    for name, iri, kind, _ in mentions:
        if iri not in together:
            statements += in_cluster(kind, name, iri)
    graph.resolve([], statements)
    graph.publish()
    index.close()
    store.close()


def _mentions(graph: Graph) -> list[tuple[str, str, str]]:
    def work(db: Any) -> list[tuple[str, str, str]]:
        sql = (
            "SELECT name, iri, 'person' FROM person_mention UNION SELECT name, iri, 'organisation' FROM "
            "organisation_mention UNION SELECT title, study, 'project' FROM record"
        )
        return [tuple(row) for row in db.execute(sql)]

    return graph.index.read_now(work)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("data")
    fill(data)
    app = create_app(Settings(data=data))
    with served(app) as client:
        app.state.knowledge = replace(app.state.knowledge, archive=Kept())
        yield client


def titles(client: httpx.Client, query: str) -> set[str]:
    answer = client.get(f"/api/studies?{query}")
    assert answer.status_code == 200, answer.text
    return {item["title"] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("theme=burnout", {IMPACT}),
        ("theme=burnout&role=background", {WELLBEING}),
        ("theme=burnout&role=any", {IMPACT, WELLBEING, STRESS}),
        ("theme=burnout&role=aim&role=reports", {IMPACT, STRESS}),
        ("theme=Burn-Out", {IMPACT}),
        ("theme=https://w3id.org/evidencegraph/theme/burnout", {IMPACT}),
        ("theme=wellbeing-at-work", {IMPACT, WELLBEING}),
        ("theme=burnout&theme=wellbeing&role=any", {WELLBEING}),
        ("theme=gambling", set()),
        ("theme=burnout&direction=increase", {IMPACT}),
        ("theme=burnout&direction=decrease", set()),
        ("theme=burnout&hedged=false&direction=increase", set()),
        ("role=aim", {JOURNEY, STRESS}),
        ("author=Gillard", {IMPACT, ROLES}),
        ("author=gillard,%20s", {IMPACT, ROLES}),
        ("author=Gillard&author=Edwards", {ROLES}),
        ("author=Nobody", set()),
        ("organisation=example%20college", {IMPACT, STRESS}),
        ("organisation=north", {JOURNEY}),
        ("rec=London", {JOURNEY, STRESS}),
        ("organisation=London", set()),
        ("year_from=2016", {IMPACT}),
        ("year_to=2016", {WELLBEING}),
        ("method=interview", {ROLES}),
        ("keyword=Peer-Support", {IMPACT}),
        ("q=peer%20support%20-wards%20-benefits", {IMPACT, ROLES, JOURNEY}),
        ('q="peer%20support"%20-new', {JOURNEY, IMPACT}),
        ("q=wards%20OR%20organisations", {STRESS, ROLES}),
        ("q=wellbe*&theme=burnout&role=background", {WELLBEING}),
        ("source=hra", {JOURNEY, STRESS}),
        ("source=hra&source=eprints", {JOURNEY, STRESS, IMPACT}),
        ("kind=registered", {JOURNEY, STRESS}),
        ("kind=implied&author=robertson", {WELLBEING}),
        ("published=false", {JOURNEY, STRESS}),
        ("published=true", {IMPACT, ROLES, WELLBEING}),
        ("published=false&opinion=favourable", {JOURNEY}),
        ("opinion=favourable&opinion=unfavourable", {JOURNEY, STRESS}),
        ("opinion=favourable&published=true", set()),
        ("", set(RECORDS)),
    ],
)
def test_filters_and_the_same_as_sparql(client: httpx.Client, query: str, expected: set[Any]) -> None:
    items = client.get(f"/api/studies?{query}").json()["items"]
    assert {item["title"] for item in items} == {record.title for record in expected}
    text = client.get(f"/api/studies?{query}&format=sparql").text
    rows = client.get("/sparql", params={"query": text, "format": "json"}).json()["results"]["bindings"]
    assert {row["study"]["value"] for row in rows} == {item["iri"] for item in items}
    if "theme=" in query:
        quotes = {(row["study"]["value"], row["quote"]["value"], row["record"]["value"]) for row in rows}
        assert quotes == {(i["iri"], e["quote"], e["source"]) for i in items for e in i["evidence"]}


def test_an_item_says_what_where_and_by_which_record(client: httpx.Client) -> None:
    answer = client.get("/api/studies?theme=burnout").json()
    assert (answer["total"], answer["next"]) == (1, None)
    [item] = answer["items"]
    assert item["iri"] == f"{IRIS.base}study/of/doi/10.1234/impact"
    assert (item["doi"], item["doi_url"]) == ("10.1234/impact", "https://doi.org/10.1234/impact")
    assert (item["year"], item["kind"], item["journal"]) == (2022, "implied", "Example Psychiatry")
    assert [author["name"] for author in item["authors"]] == ["Steve Gillard", "Rhiannon Foster", "Jessica Worner"]
    assert {"theme": "burnout", "label": "Burnout", "reports": True} in item["themes"]
    measured, found = item["evidence"]
    assert (measured["role"], measured["section"], measured["direction"]) == ("measured", "methods", None)
    assert (found["role"], found["direction"], found["hedged"], found["negated"]) == (
        "finding",
        "increase",
        True,
        False,
    )
    assert found["source"] == IRIS.record("eprints", "1001")
    for quote_ in item["evidence"]:
        assert IMPACT.abstract and IMPACT.abstract[quote_["start"] : quote_["end"]] == quote_["quote"]


def test_evidence_only_where_a_theme_is_asked_for(client: httpx.Client) -> None:
    assert all("evidence" not in item for item in client.get("/api/studies").json()["items"])


def test_nothing_is_invented(client: httpx.Client) -> None:
    [item] = client.get("/api/studies?author=edwards").json()["items"]
    assert item["year"] is None
    detail = client.get("/api/studies/of/doi/10.1234/roles").json()
    assert detail["publications"][0]["issued"] is None
    assert detail["publications"][0]["identifiers"][0]["status"] == "repaired"
    assert detail["publications"][0]["identifiers"][0]["raw"] == "10.1234roles"


def test_next_leads_through_the_whole_list(client: httpx.Client) -> None:
    seen, url = [], "/api/studies?limit=2&sort=title"
    while url:
        answer = client.get(url).json()
        assert answer["total"] == 5
        seen += [item["title"] for item in answer["items"]]
        url = answer["next"]
    assert seen == sorted((record.title for record in RECORDS), key=str.casefold)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("studies?theme=burnuot", 422, "Did you mean burnout"),
        ("studies?theme=zzzzzz", 422, "no theme 'zzzzzz'"),
        ("studies?topic=burnout", 422, "theme"),
        ("studies?role=findings", 422, "finding"),
        ("studies?direction=up", 422, "increase"),
        ("studies?method=x", 422, "interview"),
        ("studies?kind=x", 422, "registered"),
        ("studies?opinion=x", 422, "favourable"),
        ("studies?published=x", 422, "published"),
        ("studies?sort=x", 422, "title"),
        ("studies?sort=relevance", 422, "q"),
        ("studies?limit=101", 422, "limit"),
        ("studies?limit=0", 422, "limit"),
        ("studies?offset=-1", 422, "offset"),
        ("studies?year_from=soon", 422, "year_from"),
        ("studies?q=%22%22", 422, "q"),
        ("studies?q=-only", 422, "q"),
        ("studies?format=xls", 422, "csv"),
        ("studies?year_from=2000&year_from=2010", 422, "year_from may be given once"),
        ("studies?sort=year&sort=year", 422, "sort"),
        ("studies/iras/999999", 404, "iras/999999"),
        ("studies/iras/14625", 404, "iras/146257"),
        ("studies/iras/146257?x=1", 422, "Known: format"),
        ("people/nobody-000000000000", 404, "person"),
        ("people/nobody", 404, "person"),
        ("people?sort=x", 422, "studies"),
        ("people?q=!!", 422, "q"),
        ("organisations?kind=x", 422, "trust"),
        ("organisations/x-000000000000", 404, "organisation"),
        ("themes/burnuot", 404, "burnout"),
        ("records/eprints/none", 404, "eprints/none"),
        ("doi/10.1234/none", 404, "DOI"),
        ("doi/none", 422, "10."),
        ("suggest", 422, "q"),
        ("studie", 404, "Nothing is at /api/studie; /docs"),
    ],
)
def test_problems_say_what_is_wrong(client: httpx.Client, path: str, status: int, says: str) -> None:
    answer = client.get(f"/api/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert says in answer.text


def test_people_over_every_spelling(client: httpx.Client) -> None:
    [found] = client.get("/api/people?q=gillard").json()["items"]
    assert found["spellings"] == ["Gillard, Steve", "Steve Gillard"]
    assert (found["studies"], found["publications"]) == (2, 2)
    person = client.get(f"/api/people/{found['key']}").json()
    assert {c["name"] for c in person["coauthors"]} == {"Rhiannon Foster", "Jessica Worner", "Christine Edwards"}
    assert {p["title"] for p in person["publications"]} == {IMPACT.title, ROLES.title}
    assert {s["name"] for s in person["spellings"]} == {"Gillard, Steve", "Steve Gillard"}
    assert [a["name"] for a in person["affiliations"]] == ["Faculty of Care"]


def test_any_mention_leads_to_the_person(client: httpx.Client) -> None:
    [found] = client.get("/api/people?q=gillard").json()["items"]
    for mention in client.get(f"/api/people/{found['key']}").json()["mentions"]:
        key = IRIS.cluster("person", "another", mention).rpartition("/")[2]
        answer = client.get(f"/api/people/{key}", follow_redirects=False)
        assert answer.status_code == 307
        assert answer.headers["location"] == f"/api/people/{found['key']}"


def test_organisations_with_what_they_sponsor_and_their_units(client: httpx.Client) -> None:
    [trust] = client.get("/api/organisations?kind=trust").json()["items"]
    assert trust["kinds"] == ["trust", "foundation-trust"]
    assert [study["title"] for study in trust["sponsors"]] == [JOURNEY.title]
    [college] = client.get("/api/organisations?kind=university").json()["items"]
    assert (college["studies"], college["ror"]) == (2, "02jx3x895")
    detail = client.get(f"/api/organisations/{college['key']}").json()
    assert [unit["name"] for unit in detail["units"]] == ["Faculty of Care"]
    assert {study["title"] for study in detail["studies"]} == {IMPACT.title, STRESS.title}
    assert [study["title"] for study in detail["sponsored"]] == [STRESS.title]


def test_recs_with_the_studies_they_reviewed(client: httpx.Client) -> None:
    [rec] = client.get("/api/recs").json()["items"]
    assert rec["studies"] == 2
    assert [(o["reference"], o["date"], o["outcome"], o["study"]["title"]) for o in rec["opinions"]] == [
        ("15/LO/0001", "2015-01-02", "unfavourable", STRESS.title),
        ("14/LO/1234", "2014-05-19", "favourable", JOURNEY.title),
    ]
    assert len(client.get(f"/api/recs/{rec['key']}").json()["opinions"]) == 2
    [trust] = client.get("/api/organisations?kind=trust").json()["items"]
    assert client.get(f"/api/recs/{trust['key']}").status_code == 404


def test_a_registration_in_full(client: httpx.Client) -> None:
    study = client.get("/api/studies/iras/146257").json()
    assert study["registration"]["iras_id"] == "146257"
    assert study["registration"]["duration"] == "P11M30D"
    assert study["sponsor"]["name"] == "North Example NHS Foundation Trust"
    assert study["opinions"][0]["rec"]["name"] == "London - Example REC"
    assert study["people"][0]["role"] == "contact"
    assert "js@example.nhs.uk" not in json.dumps(study)


def test_themes_count_studies_by_role(client: httpx.Client) -> None:
    themes = {item["theme"]: item for item in client.get("/api/themes").json()["items"]}
    assert themes["burnout"]["reports"] == 1
    assert themes["burnout"]["studies"] == 3
    assert themes["burnout"]["roles"] == {
        "measured": 1,
        "finding": 1,
        "aim": 1,
        "background": 1,
        "recommendation": 0,
        "keyword": 0,
    }
    assert themes["wellbeing-at-work"]["reports"] == 2
    assert themes["wellbeing-at-work"]["narrower"] == ["burnout", "wellbeing"]
    assert themes["gambling"]["studies"] == 0
    assert "burn-out" in client.get("/api/themes/burnout").json()["alternative_labels"]


def test_a_record_with_its_raw_text(client: httpx.Client) -> None:
    record = client.get("/api/records/eprints/1001").json()
    assert (record["raw"], record["raw_bytes"], record["file"]) == ("Ünchanged", 10, "impact.txt")
    assert record["hash"] == "0" * 64
    assert record["web_page"] == "https://example.org/1001"
    assert record["graph"] == IRIS.record_graph("eprints", "1001")
    assert client.get("/api/records/document-sharing/10.1234/roles").json()["raw"] is None


def test_annotations_are_web_annotations(client: httpx.Client) -> None:
    answer = client.get("/api/records/eprints/1001/annotations")
    assert answer.headers["content-type"].startswith("application/ld+json")
    page = answer.json()
    assert page["type"] == "AnnotationPage"
    for annotation in page["items"]:
        quote_, position = annotation["target"]["selector"]
        text = IMPACT.abstract or ""
        start = position["start"]
        assert text[start : position["end"]] == quote_["exact"]
        assert text[:start].endswith(quote_["prefix"])
        assert text[position["end"] :].startswith(quote_["suffix"])
        assert annotation["body"]["source"] == "https://w3id.org/evidencegraph/theme/burnout"


@pytest.mark.parametrize("spelling", ["10.1234/roles", "10.1234/ROLES", "https://doi.org/10.1234/roles"])
def test_a_doi_in_any_spelling(client: httpx.Client, spelling: str) -> None:
    known = client.get(f"/api/doi/{quote(spelling, safe='/:')}").json()
    assert known["doi"] == "10.1234/roles"
    assert [study["title"] for study in known["studies"]] == [ROLES.title]
    assert {"label": "DOI", "url": "https://doi.org/10.1234/roles"} in known["links"]


def test_suggestions(client: httpx.Client) -> None:
    found = client.get("/api/suggest?q=burn").json()["items"]
    assert found[0] == {"kind": "theme", "name": "Burnout", "url": "/theme/burnout"}
    kinds = {(item["kind"], item["name"]) for item in client.get("/api/suggest?q=Exam").json()["items"]}
    assert kinds == {("organisation", "Example College"), ("rec", "London - Example REC")} | {
        ("organisation", "North Example NHS Foundation Trust")
    }


def test_csv_is_the_whole_answer(client: httpx.Client) -> None:
    answer = client.get("/api/studies?theme=burnout&role=any&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-total-count"] == "3"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert {line["title"] for line in lines} == {IMPACT.title, WELLBEING.title, STRESS.title}
    assert [line["quote"] for line in lines if line["role"] == "finding"] == ["Burnout increased after 4 months."]
    assert client.get("/api/studies", headers={"Accept": "text/csv"}).text.count("\r\n") == 6


@pytest.mark.parametrize(
    ("query", "total", "notices"),
    [
        ("author=Gillard&organisation=Example&source=eprints", 1, []),
        ("author=Nobody", 0, ["There is no author 'Nobody' in the graph"]),
        (
            "organisation=Nowhere&rec=Nothing",
            0,
            ["no organisation 'Nowhere'", "no research ethics committee 'Nothing'"],
        ),
        ("rec=Example+College", 0, ["no research ethics committee 'Example College'"]),
        ("keyword=nothing", 0, ["no keyword 'nothing'"]),
        ("year_from=2020&year_to=2010", 0, ["No year is both 2020 or later and 2010 or earlier."]),
        ("q=https://doi.org/10.1234/No.Such", 0, ["/api/doi/10.1234/no.such"]),
        ("source=eprint", 0, ["There is no source 'eprint'. Did you mean eprints?"]),
        ("source=eprints&source=zzz", 1, ["There is no source 'zzz'. There are document-sharing, eprints"]),
        ("author=Gillard&year_from=2999", 0, []),
    ],
)
def test_names_that_nobody_knows_are_told(client: httpx.Client, query: str, total: int, notices: list[str]) -> None:
    answer = client.get(f"/api/studies?{query}").json()
    assert answer["total"] == total
    assert len(answer["notices"]) == len(notices)
    assert all(wanted in told for wanted, told in zip(notices, answer["notices"], strict=True))
    shown = html.unescape(client.get(f"/studies?{query}", headers={"Accept": "text/html"}).text)
    assert shown.count('class="notice"') == len(notices)
    assert all(wanted in shown for wanted in notices)


def test_a_source_that_has_no_records_is_told(client: httpx.Client) -> None:
    answer = client.get("/api/records?source=eprint").json()
    assert (answer["total"], answer["notices"]) == (0, ["There is no source 'eprint'. Did you mean eprints?"])


def test_ris_and_bibtex(client: httpx.Client) -> None:
    ris = client.get("/api/studies?theme=burnout&format=ris").text
    assert "TY  - JOUR\r\n" in ris
    assert "AU  - Gillard, Steve\r\n" in ris
    assert "PY  - 2022\r\n" in ris
    assert ris.count("ER  - \r\n") == 1
    bibtex = client.get("/api/studies?format=bibtex").text
    assert bibtex.count("@article{") == 3
    assert "title = {{Stress \\& burnout on wards}}" in bibtex
    assert " and others}" in bibtex
    assert bibtex.count("year = ") == 2


def test_a_form_that_nobody_has_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/studies", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    "path", ["studies?theme=burnout", "studies/iras/146257", "people", "themes", "studies?format=csv"]
)
def test_what_has_not_changed_is_not_sent_again(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/api/{path}")
    tag = answer.headers["etag"]
    again = client.get(f"/api/{path}", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    without_weakness = {"If-None-Match": tag.removeprefix("W/")}
    assert client.get(f"/api/{path}", headers=without_weakness).status_code == 304
    head = client.head(f"/api/{path}")
    assert (head.status_code, head.headers["etag"]) == (200, tag)


def test_forms_of_an_answer_have_tags_of_their_own(client: httpx.Client) -> None:
    tags = {client.get(f"/api/studies?format={form}").headers["etag"] for form in ("json", "csv", "ris", "bibtex")}
    assert len(tags) == 4


SHAPES: dict[str, type[BaseModel]] = {
    "studies?theme=burnout&role=any": api_models.Studies,
    "studies/of/doi/10.1234/impact": api_models.Study,
    "studies/iras/146257": api_models.Study,
    "people": api_models_things.People,
    "people?q=gillard": api_models_things.People,
    "organisations": api_models_things.Organisations,
    "recs": api_models_things.Recs,
    "themes": api_models_things.Themes,
    "themes/burnout": api_models_things.Theme,
    "records": api_models_things.Records,
    "records/eprints/1001": api_models_things.Record,
    "records/eprints/1001/annotations": api_models_things.Annotations,
    "doi/10.1234/roles": api_models_things.Doi,
    "suggest?q=e": api_models_things.Suggestions,
}


@pytest.mark.parametrize("path", SHAPES)
def test_answers_have_the_shapes_that_are_documented(client: httpx.Client, path: str) -> None:
    SHAPES[path].model_validate_json(client.get(f"/api/{path}").content, strict=True)


def test_detail_shapes_of_people_and_organisations(client: httpx.Client) -> None:
    for noun, shape in (("people", api_models_things.Person), ("organisations", api_models_things.Organisation)):
        for item in client.get(f"/api/{noun}").json()["items"]:
            shape.model_validate_json(client.get(f"/api/{noun}/{item['key']}").content, strict=True)


def test_every_parameter_is_documented(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    routes = {path: of["get"] for path, of in paths.items() if "get" in of}
    described = {path: route for path, route in routes.items() if "Answers" in route.get("tags", ())}
    assert len(described) == 16
    for path, route in described.items():
        assert route.get("description"), path
        for parameter in route.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])
            assert parameter["schema"].get("examples"), (path, parameter["name"])
