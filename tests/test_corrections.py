"""A person's verdict outranks the machine's, says who and when, and survives reloads and rebuilds."""

import json
from pathlib import Path

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
