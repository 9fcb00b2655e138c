"""A scheme of the user's own beside ours, through the front door: names stay apart, labels are English."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

MINE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix my: <https://example.org/my/> .
my:scheme a skos:ConceptScheme ; skos:prefLabel "Mine"@en .
my:burnout a skos:Concept ; skos:prefLabel "Burnout"@en ; skos:inScheme my:scheme .
my:strain a skos:Concept ; skos:prefLabel "Beanspruchung"@de , "Strain at work"@en ; skos:inScheme my:scheme ;
  skos:narrower my:burnout .
"""
"""A hierarchy said from above, as some editors do."""
BURNOUT = "https://example.org/my/burnout"
OURS = "https://w3id.org/evidencegraph/theme/burnout"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("own")
    mine = folder / "mine.ttl"
    mine.write_text(MINE, "utf-8-sig")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVIDENCE_GRAPH_THEMES", str(mine))
        assert command("load", written(folder / "works.jsonl", work()), "--data", folder / "data").status == 0
    with served(create_app(Settings(data=Path(folder / "data"), themes=mine))) as client:
        yield client


def test_two_themes_of_one_name_each_have_an_address(client: httpx.Client) -> None:
    found = {t["iri"]: t for t in client.get("/api/themes?q=burnout").json()["items"]}
    assert found[OURS]["theme"] == "burnout"
    mine = found[BURNOUT]["theme"]
    assert mine.startswith("burnout-")
    for name, iri in (("burnout", OURS), (mine, BURNOUT)):
        assert client.get(f"/api/themes/{name}").json()["iri"] == iri
        assert client.get(f"/theme/{name}", headers={"Accept": "text/html"}).status_code == 200
        items = client.get("/api/studies", params={"theme": name}).json()["items"]
        assert {quote["theme_iri"] for item in items for quote in item["evidence"]} == {iri}


def test_a_theme_is_called_by_its_english_label_and_answers_for_narrower_ones(client: httpx.Client) -> None:
    themes = {t["theme"]: t["label"] for t in client.get("/api/themes").json()["items"]}
    assert themes["strain"] == "Strain at work"
    shown = client.get("/studies?theme=https://example.org/my/strain", headers={"Accept": "text/html"}).text
    assert "<h1>One study reports strain at work</h1>" in shown


def test_which_way_is_better_is_told(client: httpx.Client) -> None:
    assert client.get("/api/themes/burnout").json()["polarity"] == "decrease"
    assert client.get("/api/themes/resilience").json()["polarity"] == "increase"
    assert "“Improved” means" in client.get("/theme/burnout", headers={"Accept": "text/html"}).text


def test_a_scheme_that_cannot_be_read_stops_a_load_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.ttl"
    bad.write_text(MINE + "my:strain <https://w3id.org/evidencegraph/ns#improvementIs> 1 .")
    monkeypatch.setenv("EVIDENCE_GRAPH_THEMES", str(bad))
    done = command("load", written(tmp_path / "works.jsonl", work()), "--data", tmp_path / "data")
    assert done.status != 0
    assert "EVIDENCE_GRAPH_THEMES" in done.errors and "improvementIs" in done.errors
    monkeypatch.delenv("EVIDENCE_GRAPH_THEMES")
    assert "Rota" not in command("quarantine", "list", "--data", tmp_path / "data").text
