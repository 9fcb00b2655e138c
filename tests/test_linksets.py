"""Where a study leads, as links for machines, and what sources say of its publications side by side."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from loaders.record import Identifier, Person, Publication, Record
from service.answers.typed_links import web
from service.app import create_app
from service.index.index import Index
from service.settings import Settings
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.graphs import IMPACT, IRIS, JOURNEY, in_cluster, named_graphs
from tests.serving import served

BROWSER = {"Accept": "text/html"}
PREPRINT = Record(
    "biorxiv",
    "7",
    "Impact, an early version",
    Publication("preprint", issued="2020"),
    identifiers=(Identifier("doi", "10.1101/7"),),
)
ORCID = "0000-0002-1825-0097"
OTHER = replace(
    IMPACT,
    source="crossref",
    key="10.1234/impact",
    publication=Publication("journal-article", "Example Psychiatry", issued="2021-12-30", volume="9"),
    people=(
        Person("Steve Gillard", family="Gillard", given="Steve", position=1, identifiers=(Identifier("orcid", ORCID),)),
    ),
    abstract=None,
)
REGISTERED = replace(JOURNEY, url="https://www.hra.nhs.uk/planning/application-summaries/journey/")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("data")
    store, index = EmbeddedStore(data, IRIS.base), Index(data / "index.sqlite")
    graph = Graph(store, index)
    for record in (IMPACT, OTHER, PREPRINT, REGISTERED):
        graph.write(named_graphs(record))
    article, preprint = (IRIS.publication("doi", doi) for doi in ("10.1234/impact", "10.1101/7"))
    studies = [IRIS.implied_study(article), IRIS.implied_study(preprint), IRIS.study("iras", "146257")]
    graph.resolve([], in_cluster("work", "Impact", article, preprint) + in_cluster("project", "Journey", *studies))
    graph.publish()
    index.close()
    store.close()
    with served(create_app(Settings(data=data))) as client:
        yield client


def linkset(client: httpx.Client, key: str = "iras/146257") -> dict[str, dict[str, Any]]:
    """Link contexts by path."""
    answer = client.get(f"/api/studies/{key}/linkset")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/linkset+json"
    contexts = answer.json()["linkset"]
    for context in contexts:
        for relation, targets in context.items():
            assert relation == "anchor" or all(re.match("https?://", target["href"]) for target in targets)
    here = str(client.base_url).rstrip("/")
    return {context["anchor"].removeprefix(here): context for context in contexts}


def hrefs(context: dict[str, Any], relation: str) -> list[str]:
    return [target["href"] for target in context.get(relation, ())]


def test_a_linkset_says_where_a_study_leads(client: httpx.Client) -> None:
    found = linkset(client)
    study, article = found["/study/iras/146257"], found["/publication/doi/10.1234/impact"]
    assert f"https://orcid.org/{ORCID}" in hrefs(study, "author")
    assert REGISTERED.url in hrefs(study, "related")
    assert "https://w3id.org/evidencegraph/ns#Study" in hrefs(study, "type")
    assert {h.rpartition("/publication/")[2] for h in hrefs(study, "item")} == {"doi/10.1234/impact", "doi/10.1101/7"}
    assert hrefs(article, "cite-as") == ["https://doi.org/10.1234/impact"]
    assert hrefs(article, "collection") == [study["anchor"]]


def test_every_description_is_there_in_its_form(client: httpx.Client) -> None:
    described = linkset(client)["/study/iras/146257"]["describedby"]
    assert {d["type"] for d in described} >= {"application/json", "text/turtle", "application/x-bibtex"}
    for target in described:
        answer = client.get(target["href"], headers={"Accept": target["type"]})
        assert answer.status_code == 200, target
        assert answer.headers["content-type"].partition(";")[0] == target["type"]
        assert answer.content
    study = "/api/studies/of/doi/10.1234/impact"
    assert client.get(study, params={"format": "bibtex"}).text.startswith("@article{gillard-2021-doi-10-1234-impact,")
    assert "DESCRIBE" in client.get(study, params={"format": "sparql"}).text
    assert "Burnout increased" in client.get(study, params={"format": "csv"}).text
    assert client.get(study, headers={"Accept": "application/x-research-info-systems"}).text.startswith("TY  - ")


def test_the_same_as_text(client: httpx.Client) -> None:
    path = "/api/studies/iras/146257/linkset"
    for asked in ({"params": {"format": "text"}}, {"headers": {"Accept": "application/linkset"}}):
        answer = client.get(path, **asked)  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "application/linkset"
        links = answer.text.rstrip("\n").split(",\n")
        assert all(re.fullmatch(r'<[^>]+>; rel="[a-z-]+"(; type="[^"]+")?; anchor="[^"]+"', link) for link in links)
        assert len(links) == sum(len(v) for c in linkset(client).values() for k, v in c.items() if k != "anchor")
    assert client.get(path, headers={"Accept": "application/json"}).status_code == 200
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.get(path, params={"format": "xml"}).status_code == 422
    assert client.get("/api/studies/iras/1/linkset").status_code == 404


def test_pages_are_signposted(client: httpx.Client) -> None:
    link = client.get("/study/of/doi/10.1234/impact", headers=BROWSER).headers["link"]
    [path] = re.findall(r'<([^>]+)>; rel="linkset"; type="application/linkset\+json"', link)
    assert client.get(path).status_code == 200
    assert f'<https://orcid.org/{ORCID}>; rel="author"' in link
    assert '</publication/doi/10.1234/impact>; rel="item"' in link
    page = client.get("/publication/doi/10.1234/impact", headers=BROWSER).headers["link"]
    assert '<https://doi.org/10.1234/impact>; rel="cite-as"' in page and 'rel="collection"' in page
    [person] = client.get("/api/people?q=gillard").json()["items"][:1]
    assert 'rel="type"' in client.get(person["url"], headers=BROWSER).headers["link"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/local", "", None, "http://[", "ftp://example.org/"])
def test_only_the_web_is_linked_to(url: str | None) -> None:
    assert web(url) is None


def test_nothing_breaks_out_of_a_header() -> None:
    made = web('https://example.org/a>; rel="x"\r\nSet-Cookie: a=b, <é')
    assert made and not re.search(r'[<>"\s]', made) and made.isascii()


def test_who_says_what_stands_side_by_side(client: httpx.Client) -> None:
    stated = client.get("/api/studies/iras/146257").json()["stated"]
    assert len(stated) == 2  # a preprint differs from its article, which is no conflict
    [article] = [s for s in stated if s["doi"] == "10.1234/impact"]
    fields = {f["field"]: f for f in article["fields"]}
    assert [f["field"] for f in article["fields"] if f["differs"]] == ["year", "volume"]
    years = {v["value"]: [s["source_name"] for s in v["sources"]] for v in fields["year"]["values"]}
    assert years == {2021: ["crossref"], 2022: ["eprints"]}
    assert [s["source_name"] for s in fields["title"]["values"][0]["sources"]] == ["crossref", "eprints"]
    page = client.get("/study/iras/146257", headers=BROWSER).text
    assert "What sources say differently" in page and "2021" in page and "2022" in page


def test_a_doi_tells_its_works_versions_and_conflicts(client: httpx.Client) -> None:
    found = client.get("/api/doi/10.1234/impact").json()
    assert {p["source_name"] for p in found["publications"]} == {"eprints", "crossref"}
    assert [v["doi"] for v in found["versions"]] == ["10.1101/7"]
    assert {(s["doi"], any(f["differs"] for f in s["fields"])) for s in found["stated"]} == {
        ("10.1234/impact", True),
        ("10.1101/7", False),
    }
    assert json.dumps(found["stated"]).count("crossref") > 0


def test_approved_and_nothing_published_yet_is_a_page(client: httpx.Client) -> None:
    """The registration here has publications; without them it is an answer."""
    asked = {"opinion": "favourable", "published": "false"}
    page = client.get("/studies", params=asked, headers=BROWSER).text
    assert "No study in the graph answers this" in page and "Published: nothing known yet" in page
    assert client.get("/studies", params=asked | {"published": "true"}, headers=BROWSER).text.count(JOURNEY.title)
    assert client.get("/studies", params=asked | {"published": "perhaps"}, headers=BROWSER).status_code == 422
    assert client.get("/api/studies", params=asked).json()["total"] == 0
