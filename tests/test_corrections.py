"""A person's verdict outranks the machine's, says who and when, and survives reloads and rebuilds."""

import json
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings
from tests.serving import served
from tests.test_cli import SAMPLES, ask, load, run

REPORTS = "SELECT ?title { ?study evg:reportsTheme theme:burnout ; dcterms:title ?title }"
CLAIMS = """SELECT ?e ?role WHERE { ?e a evg:Evidence ; oa:hasBody theme:burnout ; evg:about ?study ; evg:role ?role .
  ?study dcterms:title ?title FILTER(CONTAINS(?title, "roles and experiences")) }"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    load(tmp_path, SAMPLES)
    return tmp_path


def finding(data: Path) -> str:
    """The IRI of the finding on burnout in the preprint's record."""
    return next(row["e"] for row in ask(data, CLAIMS) if row["role"].endswith("/finding"))


def test_no_takes_a_claim_out_and_yes_brings_it_back(data: Path) -> None:
    claim = finding(data)
    assert len(ask(data, REPORTS)) == 2
    assert run("correct", claim, "no", "--by", "A. Reader", "--data", data).returncode == 0
    assert len(ask(data, REPORTS)) == 1
    [said] = ask(
        data,
        "SELECT ?who ?verdict { ?c a evg:Correction ; dcterms:creator ?who ; evg:verdict ?verdict }",
    )
    assert (said["who"], said["verdict"]) == ("A. Reader", "no")
    assert run("correct", claim, "yes", "--by", "B. Reader", "--data", data).returncode == 0
    assert len(ask(data, REPORTS)) == 2
    [role] = ask(data, f"SELECT ?by ?sure {{ <{claim}> evg:roleBy ?by ; evg:confidence ?sure }}")
    assert role == {"by": "person: B. Reader", "sure": "1"}


def test_another_role_survives_a_reload_and_a_rebuild(data: Path) -> None:
    claim = finding(data)
    assert run("correct", claim, "background", "--by", "A. Reader", "--data", data).returncode == 0
    for again in (["load", SAMPLES], ["rebuild"]):
        assert run(*again, "--data", data).returncode == 0
        assert len(ask(data, REPORTS)) == 1
        assert [row["role"].rpartition("/")[2] for row in ask(data, CLAIMS) if row["e"] == claim] == ["background"]
    assert run("check", "--data", data).returncode == 0


def test_what_cannot_be_corrected_is_refused_in_words(data: Path) -> None:
    claim = finding(data)
    missing = run("correct", claim.rpartition("-")[0] + "-9999", "no", "--by", "A", "--data", data)
    assert missing.returncode == 2
    assert "it has evidence-burnout-abstract" in missing.stderr
    verdict = run("correct", claim, "perhaps", "--by", "A", "--data", data)
    assert verdict.returncode == 2
    assert "there are yes, no" in verdict.stderr
    assert run("correct", "nothing", "no", "--by", "A", "--data", data).returncode == 2


def service(data: Path) -> FastAPI:
    return create_app(Settings(data=data, write_token="secret"))


def test_over_http_it_needs_a_token_and_is_visible_at_once(data: Path) -> None:
    claim = finding(data)
    with served(service(data)) as client:
        body = {"evidence": claim, "verdict": "no"}
        assert client.post("/api/corrections", json=body).status_code == 401
        wrong = {"Authorization": "Bearer guess"}
        assert client.post("/api/corrections", json=body, headers=wrong).status_code == 401
        right = {"Authorization": "Bearer secret"}
        assert client.get("/api/studies?theme=burnout").json()["total"] == 2
        made = client.post("/api/corrections", json=body, headers=right)
        assert made.status_code == 201, made.text
        assert made.json()["person"] == "writer"
        assert client.get("/api/studies?theme=burnout").json()["total"] == 1
        nothing = client.post("/api/corrections", json=body | {"evidence": "hra/1#evidence-x-title-0"}, headers=right)
        assert nothing.status_code == 404
        assert client.post("/api/corrections", json=body | {"verdict": "maybe"}, headers=right).status_code == 422
        assert client.post("/api/corrections", json={"evidence": claim}, headers=right).status_code == 422


def test_an_own_theme_is_found_counted_and_corrected_like_ours(tmp_path: Path) -> None:
    themes = tmp_path / "own.ttl"
    themes.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . <https://example.org/t/drift> a skos:Concept ; "
        'skos:prefLabel "Role drift"@en ; skos:altLabel "adjust"@en , "role boundaries"@en , "peer workers"@en .'
    )
    env = {"EVIDENCE_GRAPH_THEMES": str(themes)}
    assert run("load", SAMPLES, "--data", tmp_path / "data", env=env).returncode == 0
    found = ask(tmp_path / "data", "SELECT ?e { ?e a evg:Evidence ; oa:hasBody <https://example.org/t/drift> }")
    assert found
    checked = run("check", "--data", tmp_path / "data", "--json", env=env)
    assert checked.returncode == 0, json.loads(checked.stdout)["violations"][:3]
    with served(create_app(Settings(data=tmp_path / "data", themes=themes))) as client:
        answer = client.get("/api/studies", params={"theme": "https://example.org/t/drift", "role": "any"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] >= 1


def test_a_verdict_leaves_what_it_is_not_about(tmp_path: Path) -> None:
    paper = tmp_path / "paper.bib"
    paper.write_text(
        "@article{a, title = {Supervision of nurses}, doi = {10.5555/nurses}, year = 2020, "
        "abstract = {Results: Burnout may not have increased. Stress fell at once.}}"
    )
    data = tmp_path / "data"
    load(data, paper)
    signs = """SELECT ?e ?negated ?hedged ?by {
      ?e oa:hasBody theme:burnout ; evg:negated ?negated ; evg:hedged ?hedged ; evg:sectionBy ?by }"""
    [before] = ask(data, signs)
    assert (before["negated"], before["hedged"], before["by"]) == ("true", "true", "heading: Results")
    assert run("correct", before["e"], "yes", "--by", "A. Reader", "--data", data).returncode == 0
    assert ask(data, signs) == [before]
    done = run("correct", before["e"], "background", "--direction", "increase", "--by", "A", "--data", data)
    assert (done.returncode, "only a finding has a direction" in done.stderr) == (2, True)


def test_a_registration_cannot_be_made_to_report(data: Path) -> None:
    [claim] = ask(data, "SELECT ?e { ?e a evg:Evidence FILTER(CONTAINS(STR(?e), '/hra/')) } ORDER BY ?e LIMIT 1")
    done = run("correct", claim["e"], "finding", "--by", "A. Reader", "--data", data)
    assert (done.returncode, "holds no finding" in done.stderr) == (2, True)


def paper(folder: Path, abstract: str) -> None:
    """Load a paper of one author with this abstract, or the paper as it is now."""
    file = folder / "paper.bib"
    file.write_text(
        f"@article{{a, title = {{Supervision}}, doi = {{10.5555/nurses}}, year = 2020, abstract = {{{abstract}}}}}"
    )
    load(folder / "data", file)


def read_as(folder: Path) -> list[tuple[str, str]]:
    """What the paper's sentences on burnout are read as: where each begins, and its role."""
    rows = ask(
        folder / "data", "SELECT ?start ?role { ?e oa:hasBody theme:burnout ; evg:start ?start ; evg:role ?role }"
    )
    return sorted((row["start"], row["role"].rpartition("/")[2]) for row in rows)


def said(folder: Path, start: int, verdict: str, by: str) -> None:
    name = f"bibtex/10.5555/nurses#evidence-burnout-abstract-{start}"
    done = run("correct", name, verdict, "--by", by, "--data", folder / "data")
    assert done.returncode == 0, done.stderr


def test_a_verdict_follows_its_words_and_leaves_others_in_their_place_alone(tmp_path: Path) -> None:
    sentence = "Burnout increased in both groups. Stress fell at once."
    targets = "SELECT ?who ?at { ?c a evg:Correction ; dcterms:creator ?who ; oa:hasTarget ?e BIND(STR(?e) AS ?at) }"
    paper(tmp_path, f"Results: {sentence}")
    said(tmp_path, 9, "no", "A. Reader")
    paper(tmp_path, f"Objective: To see. Results: {sentence}")
    assert read_as(tmp_path) == []
    [moved] = ask(tmp_path / "data", targets)
    assert moved["at"].endswith("#evidence-burnout-abstract-28")
    paper(tmp_path, "Results: Burnout rose in all the groups. Stress fell at once.")
    assert read_as(tmp_path) == [("9", "finding")]
    assert ask(tmp_path / "data", targets) == []  # nobody said anything of this sentence
    said(tmp_path, 9, "background", "B. Reader")
    paper(tmp_path, f"Results: {sentence}")
    assert read_as(tmp_path) == []
    assert [row["who"] for row in ask(tmp_path / "data", targets)] == ["A. Reader"]
    paper(tmp_path, "Results: Burnout rose in all the groups. Stress fell at once.")
    assert read_as(tmp_path) == [("9", "background")]


def test_words_that_stand_twice_are_nobodys_unless_they_are_where_they_were(tmp_path: Path) -> None:
    twice = "Burnout increased in both groups. Burnout increased in both groups."
    paper(tmp_path, f"Results: {twice}")
    said(tmp_path, 9, "no", "A. Reader")
    assert read_as(tmp_path) == [("43", "finding")]
    paper(tmp_path, f"Objective: To see. Results: {twice}")
    assert len(read_as(tmp_path)) == 2


def test_what_was_said_can_be_taken_back(tmp_path: Path) -> None:
    paper(tmp_path, "Results: Burnout increased in both groups.")
    said(tmp_path, 9, "no", "A. Reader")
    said(tmp_path, 9, "background", "B. Reader")
    said(tmp_path, 9, "undo", "A. Reader")
    assert read_as(tmp_path) == [("9", "finding")]
    assert ask(tmp_path / "data", "SELECT ?c { ?c a evg:Correction }") == []
    [by] = ask(tmp_path / "data", "SELECT ?by { ?e oa:hasBody theme:burnout ; evg:roleBy ?by }")
    assert "person" not in by["by"]
    name = "bibtex/10.5555/nurses#evidence-burnout-abstract-9"
    again = run("correct", name, "undo", "--by", "A. Reader", "--data", tmp_path / "data")
    assert (again.returncode, "nothing to take back" in again.stderr) == (2, True)


@pytest.mark.parametrize("name", ["  ", "A\x07", "A\u202eB", "A" * 201])
def test_who_says_so_needs_a_name_that_can_be_shown(data: Path, name: str) -> None:
    with served(service(data)) as client:
        body = {"evidence": finding(data), "verdict": "no", "person": name}
        refused = client.post("/api/corrections", json=body, headers={"Authorization": "Bearer secret"})
        assert refused.status_code == 422, refused.text
        assert client.get("/api/corrections").json()["total"] == 0


def test_what_people_said_is_listed_shown_and_annotated(data: Path) -> None:
    claim = finding(data)

    def say(client: httpx.Client, verdict: str, person: str) -> dict[str, str]:
        body = {"evidence": claim, "verdict": verdict, "person": person}
        made = client.post("/api/corrections", json=body, headers={"Authorization": "Bearer secret"})
        assert made.status_code == 201, made.text
        kept: dict[str, str] = made.json()
        return kept

    with served(service(data)) as client:
        say(client, "background", "A. Reader")
        kept = say(client, "no", " B. \u200c Reader ")
        assert (kept["person"], kept["at"][-1]) == ("B. \u200c Reader", "Z")
        listed = client.get("/api/corrections").json()
        told = [(i["evidence"], i["verdict"], i["was"], i["person"], i["stands"]) for i in listed["items"]]
        assert told == [
            (claim, "no", "finding", "B. \u200c Reader", True),
            (claim, "background", "finding", "A. Reader", False),
        ]
        assert client.get("/api/corrections?limit=1").json()["next"] == "/api/corrections?limit=1&offset=1"
        record = claim.partition("#")[0].partition("/record/")[2]
        page = client.get(f"/api/records/{record}/annotations").json()
        [verdict] = [a for a in page["items"] if a["motivation"] == "assessing"]
        assert verdict["creator"] == {"type": "Person", "name": "B. \u200c Reader"}
        assert (verdict["created"], verdict["target"], verdict["body"][1]["value"]) == (kept["at"], claim, "no")
        assert claim not in {a["id"] for a in page["items"]}
        shown = client.get(f"/record/{record}", headers={"Accept": "text/html"}).text
        assert "What people said of that" in shown
        assert "no evidence" in shown
        say(client, "undo", "C. Reader")
        assert [i["stands"] for i in client.get("/api/corrections").json()["items"]] == [False, False, False]
        assert client.get("/api/studies?theme=burnout").json()["total"] == 2


def test_the_annotations_of_a_record_say_what_the_graph_says(data: Path) -> None:
    claim = finding(data)
    record = claim.partition("#")[0]
    with served(service(data)) as client:
        page = client.get(f"/api/records/{record.partition('/record/')[2]}/annotations").json()
        assert client.get(page["id"].removeprefix("http://127.0.0.1:8000")).json() == page
        assert page["partOf"]["first"] == page["id"]
    terms = page["@context"][1]
    [annotation] = [a for a in page["items"] if a["id"] == claim]

    def full(value: str) -> str:
        prefix, _, name = value.partition(":")
        return f"{terms[prefix]}{name}"

    [graph] = ask(data, f"SELECT * {{ <{claim}> evg:role ?role ; evg:section ?section ; evg:roleBy ?by }}")
    assert {name: full(annotation[f"evg:{name}"]) for name in ("role", "section")} == {
        name: graph[name] for name in ("role", "section")
    }
    assert all(terms[f"evg:{name}"] == {"@type": "@id"} for name in ("role", "section", "direction"))
    assert annotation["evg:roleBy"] == graph["by"]
    assert annotation["generator"]["id"].startswith("https://w3id.org/evidencegraph/annotator/")
