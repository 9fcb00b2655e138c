"""Data quality: what is missing, where sources differ, what breaks the shapes; by command, API and page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from ontology.terms import DCTERMS
from service.api import quality as models
from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

ELSEWHERE = """TY  - JOUR
TI  - Night rotas and burnout of NURSES.
DO  - 10.1234/rota.1
PY  - 2021
AU  - Doe, Jane
ER  -
TY  - JOUR
TI  - Days off, and what nurses make of their days off
PY  - 2020
ER  -
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quality")
    retracted = work("10.1234/gone", title=["RETRACTED: A study of rotas that nobody should trust any more"])
    retracted["updated-by"] = [{"type": "retraction", "DOI": "10.1234/notice", "label": "Retraction"}]
    written(folder / "in" / "a.jsonl", work(), retracted, "{")
    (folder / "in" / "b.ris").write_text(ELSEWHERE)
    data = folder / "data"
    assert command("load", folder / "in", "--data", data, "--json").json["loaded"] == 4
    return data


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    with served(create_app(Settings(data=data))) as client:
        yield client


def answer(client: httpx.Client, path: str, shape: type[BaseModel]) -> Any:
    found = client.get(path)
    assert found.status_code == 200, found.text
    shape.model_validate(found.json())
    return found.json()


def test_what_is_missing_is_counted_by_source(client: httpx.Client) -> None:
    found = answer(client, "/api/quality", models.Quality)
    crossref, ris = found["sources"]
    assert (crossref["source"], crossref["records"], crossref["retracted"]) == ("crossref", 2, 1)
    assert ris["missing"]["doi"] == {"missing": 1, "of": 2}
    assert ris["missing"]["abstract"] == {"missing": 2, "of": 2}
    assert ris["missing"]["authors"] == {"missing": 1, "of": 2}
    assert crossref["missing"]["doi"] == {"missing": 0, "of": 2}
    assert crossref["missing"]["orcid"] == {"missing": 4, "of": 6}
    assert crossref["missing"]["ror"] == {"missing": 2, "of": 2}, "a publisher needs none"
    assert found["total"]["records"] == 4
    assert found["total"]["missing"]["doi"] == {"missing": 1, "of": 4}
    assert found["retracted_works"] == 1
    assert found["quarantined"] == [{"source": "crossref", "entries": 1}]


def test_the_records_that_lack_something_are_listed(client: httpx.Client) -> None:
    found = client.get("/api/quality/records?missing=doi").json()
    assert [(r["source"], r["year"]) for r in found["items"]] == [("ris", 2020)]
    assert client.get("/api/quality/records?missing=doi&source=crossref").json()["total"] == 0
    every = client.get("/api/quality").json()["total"]["missing"]
    for name in ("doi", "year", "journal", "abstract", "authors"):
        assert client.get(f"/api/quality/records?missing={name}").json()["total"] == every[name]["missing"], name
    assert client.get("/api/quality/records?missing=luck").status_code == 422
    assert client.get("/api/quality/records").status_code == 422


def test_sources_that_differ_are_shown_side_by_side(client: httpx.Client) -> None:
    found = answer(client, "/api/quality/conflicts", models.Conflicts)
    [conflict] = found["items"]
    assert (conflict["field"], conflict["title"]) == ("year", "Night rotas and burnout of nurses")
    said = {value["value"]: [r["source_name"] for r in value["records"]] for value in conflict["values"]}
    assert said == {"2019": ["crossref"], "2021": ["ris"]}, "case and full stops are no difference of titles"
    assert client.get(conflict["url"], headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/api/quality/conflicts?field=title").json()["total"] == 0
    assert client.get("/api/quality/conflicts?field=luck").status_code == 422


def test_organisations_are_told_with_what_their_records_lack(client: httpx.Client) -> None:
    found = answer(client, "/api/quality/organisations", models.Organisations)
    [leeds] = found["items"]
    assert (leeds["name"], leeds["records"]) == ("University of Leeds", 3)
    assert leeds["missing"]["orcid"] == {"missing": 1, "of": 1}
    assert client.get("/api/quality/organisations?q=leed").json()["total"] == 1
    assert client.get("/api/quality/organisations?q=york").json()["total"] == 0
    assert client.get("/api/quality/organisations?missing=luck").status_code == 422


def test_retractions_name_who_says_so(client: httpx.Client) -> None:
    [found] = answer(client, "/api/quality/retractions", models.Retractions)["items"]
    assert found["doi"] == "10.1234/gone"
    assert [r["source"] for r in found["said_by"]] == ["crossref"]
    assert found["not_said_by"] == []


def test_a_check_is_shown_by_the_service_until_the_next(data: Path, client: httpx.Client) -> None:
    before = client.get("/api/quality")
    assert before.json()["check"] is None
    page = client.get("/quality", headers={"Accept": "text/html"})
    assert "not yet held against" in page.text
    assert client.get("/quality", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    done = command("check", "--data", data, "--json")
    assert done.status == 0, done.text
    assert (done.json["records"], done.json["violations"]) == (4, [])
    assert done.json["quality"]["total"] == before.json()["total"]
    after = client.get("/api/quality", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert (after.json()["check"]["records"], after.json()["check"]["violations"]) == (4, 0)
    again = client.get("/quality", headers={"Accept": "text/html", "If-None-Match": page.headers["etag"]})
    assert "no violation" in again.text
    text = command("check", "--data", data)
    assert "4 records checked, 0 violations" in text.text
    assert "Sources differ: 1 on the year. Retracted: 1." in text.text


def test_a_violation_is_found_told_and_shown(tmp_path: Path) -> None:
    files = written(tmp_path / "a.jsonl", work(title=["Rota"]))
    assert command("load", files, "--data", tmp_path / "data").status == 0
    done = command("check", "--data", tmp_path / "data", "--json", "--processes", 1)
    assert done.status == 1
    assert {(v["record"], v["path"], v["rule"]) for v in done.json["violations"]} == {
        ("crossref/10.1234/rota.1", DCTERMS.title, "minLength")
    }
    with served(create_app(Settings(data=tmp_path / "data"))) as client:
        [kind, *_] = client.get("/api/quality").json()["check"]["kinds"]
        assert (kind["path"], kind["message"]) == (DCTERMS.title, "is shorter than 5 characters")
        assert 'href="/record/crossref/10.1234/rota.1"' in client.get("/quality").text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/quality", "What is missing, by source"),
        ("/quality/organisations", "University of Leeds"),
        ("/quality/organisations?missing=ror&q=nobody", "No organisation in the graph answers this"),
        ("/quality/records?missing=doi&source=ris", "what nurses make of their days off"),
        ("/quality/conflicts?field=year", "2021"),
        ("/quality/retractions", "nobody should trust"),
    ],
)
def test_every_page_says_it_and_leads_to_the_same_as_data(client: httpx.Client, path: str, said: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert said in page.text
    assert 'href="/quality"' in page.text
    assert client.head(path, headers={"Accept": "text/html"}).status_code == 200
    bare, _, query = path.partition("?")
    escaped = query.replace("&", "&amp;")
    assert f'type="application/json" href="/api{bare}{"?" * bool(query)}{escaped}"' in page.text
    assert client.get(f"/api{path}").status_code == 200


def test_a_page_of_an_unknown_kind_is_refused(client: httpx.Client) -> None:
    for path in ("/quality/records?missing=luck", "/quality/conflicts?field=luck"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 422
