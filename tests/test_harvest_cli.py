"""`evidence-graph harvest` as a user has it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loaders.harvest import dates
from service.cli import app
from service.cli.common import Stopped, out
from tests import replaying
from tests.harvesting import CONTACT, crossref, item, openalex, register
from tests.replaying import Replaying, Reply

DOWN = Reply(b"down", 503)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EVIDENCE_GRAPH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("loaders.harvest.harvest.Clock", replaying.Quick)


def harvest(data: Path, *arguments: str, status: int = 0) -> Any:
    """What the command prints, as JSON."""
    done = CliRunner().invoke(app, ["harvest", *arguments, "--data", str(data), "--json"])
    assert done.exit_code == status, done.output
    if isinstance(done.exception, Stopped):
        return str(done.exception)
    return json.loads(done.stdout)


def test_a_harvest_ends_with_the_table_of_a_load(tmp_path: Path) -> None:
    with Replaying(replaying.oai([item(n) for n in range(1, 6)])) as server:
        done = CliRunner().invoke(app, ["harvest", "oai-pmh", "--url", server.url, "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    rows = [line.replace("│", " ").split() for line in done.stdout.splitlines()]
    assert ["loaded", "5"] in rows
    assert ["oai-pmh", "5"] in rows


def test_again_nothing_changes_and_what_was_deleted_goes(tmp_path: Path) -> None:
    with Replaying(replaying.oai([item(n) for n in range(1, 6)])) as server:
        ask = ("oai-pmh", "--url", server.url)
        assert harvest(tmp_path, *ask)["loaded"] == 5
        assert harvest(tmp_path, *ask)["unchanged"] == 5
        server.serve = replaying.oai([item(1, deleted=True), *(item(n) for n in range(2, 6))])
        report = harvest(tmp_path, *ask)
        assert (report["unchanged"], report["withdrawn"], report["loaded"]) == (4, 1, 0)
        [listed] = harvest(tmp_path)
    assert listed["service"] == "oai-pmh"
    assert listed["records"] == 5


def test_dates_and_contact_come_from_options_and_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_GRAPH_CONTACT", CONTACT)
    monkeypatch.setenv("EVIDENCE_GRAPH_OPENALEX_KEY", "s3cret")
    with Replaying(replaying.openalex([openalex(1)])) as server:
        ask = ("openalex", "--query", "burnout", "--since", "2020", "--until", "2024-02", "--url", f"{server.url}/")
        report = harvest(tmp_path, *ask)
        [asked] = server.asked
    assert asked.params["filter"] == "from_publication_date:2020-01-01,to_publication_date:2024-02-29"
    assert asked.params["mailto"] == CONTACT
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert report["loaded"] == 1
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"s3cret" not in kept


def test_what_could_not_be_had_is_said_and_what_was_had_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Replaying(replaying.oai([item(n) for n in range(1, 6)]), dict.fromkeys(range(2, 10), DOWN)) as server:
        done = CliRunner().invoke(app, ["harvest", "oai-pmh", "--url", server.url, "--data", str(tmp_path)])
        assert isinstance(done.exception, Stopped)
        assert "given up after 8 attempts. The same command goes on from here" in str(done.exception)
        assert ["loaded", "3"] in [line.replace("│", " ").split() for line in done.stdout.splitlines()]
        [listed] = harvest(tmp_path)
        assert listed["finished"] is None
        monkeypatch.setattr(out, "width", 400)
        told = CliRunner().invoke(app, ["harvest", "--data", str(tmp_path)]).stdout
        assert "not yet: the same command goes on" in told
        report = harvest(tmp_path, "oai-pmh", "--url", server.url)
    assert (report["loaded"], report["records"], report["stated"]) == (2, 5, 5)


def test_pages_from_a_file(tmp_path: Path) -> None:
    with Replaying(register()) as server:
        listed = tmp_path / "addresses.txt"
        listed.write_text(f"# studies\n{server.url}/study/146257\n\n{server.url}/gone\n")
        report = harvest(tmp_path / "data", "hra", f"{server.url}/study/200001", "--from", str(listed), status=1)
    assert report["by_source"] == {"hra": 2}
    [aside] = report["quarantined"]
    assert "answers 404" in aside["reason"]


def test_warnings_are_shown(tmp_path: Path) -> None:
    with Replaying(replaying.crossref([crossref(n) for n in range(1, 6)])) as server:
        ask = ["harvest", "crossref", "--query", "x", "--contact", CONTACT, "--url", server.url]
        done = CliRunner().invoke(app, [*ask, "--data", str(tmp_path)])
    assert "Warning: crossref said 5 records and gave 3" in done.stderr
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "is no service: there are crossref, openalex"),
        (["crossref", "--query", "x"], "--contact"),
        (["crossref", "--query", "x", "--contact", "me"], "no e-mail address"),
        (["openalex", "--query", "x", "--since", "yesterday"], "are dates"),
        (["openalex", "--query", "x", "--since", "2024-02-30"], "are dates"),
        (["openalex", "--query", "x", "--set", "theses"], "knows no --set"),
        (["openalex", "https://example.org"], "knows no addresses"),
        (["hra", "--from", "/nowhere"], "cannot be read"),
        (["oai-pmh"], "which repository"),
        (["oai-pmh", "--url", "https://example.org", "--update", "--until", "2024"], "has no --until"),
    ],
)
def test_what_cannot_be_asked_is_said(tmp_path: Path, arguments: Sequence[str], says: str) -> None:
    assert says in harvest(tmp_path, *arguments, status=1)


def test_dates_that_people_write() -> None:
    assert dates.first("2024") == "2024-01-01"
    assert dates.last("2023-02") == "2023-02-28"
    assert dates.last("2023-02-03T04:05:06Z") == "2023-02-03T04:05:06Z"
    for text in ("24", "2024-13", "2024-1", "tomorrow", "2024-02-30", ""):
        with pytest.raises(ValueError):
            dates.first(text)
