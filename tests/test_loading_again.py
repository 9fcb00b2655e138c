"""The same load again, through the command line: nothing changes, and the feed of changes says so."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from loaders.archive import Archive
from tests.commands import command, work, written
from tests.test_comparison import record_graphs

RECORD = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header{status}>'
    "<identifier>oai:example.org:1</identifier><datestamp>2020-01-01</datestamp></header>{metadata}"
    "</record></ListRecords></OAI-PMH>"
)
DC = '<metadata><dc xmlns="http://purl.org/dc/elements/1.1/"><title>A study of rotas</title></dc></metadata>'


def load(folder: Path, data: Path) -> dict[str, Any]:
    done = command("load", folder, "--data", data, "--json")
    assert done.status == 0, done.errors
    said: dict[str, Any] = done.json
    return {name: said[name] for name in ("loaded", "unchanged", "withdrawn")}


def feed(data: Path) -> list[tuple[str, str]]:
    archive = Archive.reading(data / "archive.sqlite")
    changes = [(change.action, change.key) for change in archive.changes()]
    archive.close()
    return changes


def test_two_states_of_a_record_in_one_folder(tmp_path: Path) -> None:
    files, data = tmp_path / "in", tmp_path / "data"
    written(files / "1.jsonl", *(work(f"10.1234/{n}") for n in range(3)), work("10.1234/0", volume="1"))
    written(files / "2.jsonl", *(work(f"10.1234/{n}", volume="2") for n in range(2)))
    assert load(files, data) == {"loaded": 3, "unchanged": 3, "withdrawn": 0}, "each record once"
    graph, changes = record_graphs(data), feed(data)
    assert [c for c in changes if c[0] != "added"] == [("changed", "10.1234/0"), ("changed", "10.1234/1")]
    assert sum('volume> "2"' in quad for quad in graph) == 2
    snapshot = max((data / "snapshots").iterdir())
    for _ in range(2):
        assert load(files, data) == {"loaded": 0, "unchanged": 6, "withdrawn": 0}
    assert (record_graphs(data), feed(data)) == (graph, changes)
    assert max((data / "snapshots").iterdir()) == snapshot, "nothing to publish"


def test_the_order_of_the_load_says_which_state_is_the_last(tmp_path: Path) -> None:
    data = tmp_path / "data"
    one, two = (written(tmp_path / f"{n}.jsonl", work(volume=n)) for n in "12")
    for order, volume in (((one, two), "2"), ((two, one), "1")):
        assert command("load", *order, "--data", data).status == 0
        assert [quad for quad in record_graphs(data) if f'volume> "{volume}"' in quad]
        assert json.loads(command("load", *order, "--data", data, "--json").text)["loaded"] == 0


def test_a_record_that_came_and_was_withdrawn_stays_away(tmp_path: Path) -> None:
    files, data = tmp_path / "in", tmp_path / "data"
    files.mkdir()
    (files / "1.xml").write_text(RECORD.format(status="", metadata=DC))
    (files / "2.xml").write_text(RECORD.format(status=' status="deleted"', metadata=""))
    assert load(files, data) == {"loaded": 0, "unchanged": 1, "withdrawn": 1}
    changes = feed(data)
    assert [action for action, _ in changes] == ["added", "withdrawn"]
    assert load(files, data) == {"loaded": 0, "unchanged": 1, "withdrawn": 0}
    assert feed(data) == changes
    (files / "3.xml").write_text(RECORD.format(status="", metadata=DC))
    assert load(files, data) == {"loaded": 1, "unchanged": 1, "withdrawn": 0}
    assert load(files, data)["loaded"] == 0


def test_a_dry_run_says_what_the_load_then_does(tmp_path: Path) -> None:
    files, data = tmp_path / "in", tmp_path / "data"
    written(files / "1.jsonl", work("10.1234/0"), work("10.1234/0", volume="1"), work("10.1234/1"))
    for new, changed, unchanged in ((2, 0, 1), (0, 0, 3)):
        said = command("load", "--dry-run", files, "--data", data, "--json").json
        assert (said["new"], said["changed"], said["unchanged"]) == (new, changed, unchanged)
        assert load(files, data) == {"loaded": new + changed, "unchanged": unchanged, "withdrawn": 0}


@pytest.mark.parametrize(
    "lost",
    [
        ["store", "snapshots"],
        ["links.sqlite"],
        ["index.sqlite"],
        ["store", "snapshots", "links.sqlite", "index.sqlite", "meta.json"],
    ],
)
def test_whatever_is_lost_but_the_archive_a_rebuild_makes_again(tmp_path: Path, lost: list[str]) -> None:
    data = tmp_path / "data"
    assert command("load", "loaders/samples", "--data", data).status == 0
    query = ("query", "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o", "--format", "csv", "--data", data)
    graph, stats = command(*query).text, command("stats", "--json", "--data", data).json
    assert "/graph/resolution" in graph
    for name in lost:
        for part in data.glob(f"{name}*"):
            shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert command("rebuild", "--data", data).status == 0
    assert command(*query).text == graph
    assert command("stats", "--json", "--data", data).json == stats
