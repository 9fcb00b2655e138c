"""A load that is killed (SIGKILL) at a random moment and run again ends as one that was left alone.

EVIDENCE_GRAPH_KILLS in the environment says how many times.
"""

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

import orjson
import pytest

from loaders import prepare, resolving, writing
from loaders.archive import Archive
from loaders.linking import Linker
from loaders.linking import linker as linking
from loaders.pipeline import Loader
from service.index.index import Index
from service.store import graph as stored
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.graphs import IRIS
from tests.killing import killed_after, whole
from tests.test_graph import content

KILLS = int(os.environ.get("EVIDENCE_GRAPH_KILLS", "8"))
WORKS = 90
FAMILIES = ("Abara", "Okonkwo", "Lindqvist", "Marchetti", "Thornbury", "Vasquez", "Wrona", "Yilmaz")
TOPICS = ("burnout", "wellbeing", "peer support", "recovery", "housing", "sleep", "debt", "loneliness")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where that can be: a kill spares what the kernel holds, there and on a disk alike."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def work(number: int, state: int) -> dict[str, Any]:
    """A made-up work as Crossref has it; another `state` says something else of the same work."""
    one, other = FAMILIES[number % 8], FAMILIES[(number * 3 + state) % 8]
    topic = TOPICS[number % 7]
    return {
        "DOI": f"10.5555/kills.{number}",
        "type": "journal-article",
        "title": [f"A trial of {topic} on ward {number // 2}, part {state}"],
        "container-title": ["Journal of Wards"],
        "publisher": "Example Press",
        "issued": {"date-parts": [[2000 + number % 20]]},
        "author": [
            {"given": "Ada", "family": one, "affiliation": [{"name": f"Example University {number % 5}"}]},
            {"given": "Ben", "family": other, "affiliation": []},
        ],
        "abstract": f"<jats:p>We measured {topic} by questionnaire. In the end {topic} had increased.</jats:p>",
    }


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """New works, a broken one, and other states of some of them in a second file."""
    folder = tmp_path / "in"
    folder.mkdir()
    first = [orjson.dumps(work(n, 1)) for n in range(WORKS)]
    first.insert(WORKS // 2, b'{"DOI": "", "title": [], "type": "journal-article", "publisher": ""}')
    (folder / "1.jsonl").write_bytes(b"\n".join(first))
    (folder / "2.jsonl").write_bytes(b"\n".join(orjson.dumps(work(n, 2)) for n in range(WORKS // 3, WORKS // 2)))
    return folder


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """Records that come in several states, and one that comes back to its first."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, state, numbers in (("1", 1, range(60)), ("2", 2, range(20, 50)), ("3", 1, range(20, 30))):
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(orjson.dumps(work(n, state)) for n in numbers))
    return folder


def load(data: Path, folder: Path, processes: int) -> None:
    """A load in batches that are small enough for a kill to come between, before and within them."""
    began = perf_counter()
    writing.BATCH_RECORDS, writing.LARGE, stored.FRESH = 30, 10, 20
    resolving.SLICE, stored.STATEMENTS, prepare.PARALLEL_FROM, linking.AT_ONCE = 50, 400, 10, 60
    store = EmbeddedStore(data, IRIS.base)
    index = Index(data / "index.sqlite")
    archive = Archive(data / "archive.sqlite")
    graph = Graph(store, index)
    loader = Loader(graph, archive, Linker(data / "links.sqlite", graph.iris), processes=processes)
    loader.load([folder])
    loader.close()
    archive.close()
    index.close()
    store.close()
    (data / "seconds").write_text(f"{perf_counter() - began}")


def everything(data: Path) -> dict[str, object]:
    """All that a load leaves: the graph with its merge, the index, the ledger of records, links."""
    store, index = EmbeddedStore(data, IRIS.base), Index(data / "index.sqlite")
    found: dict[str, object] = {name: sorted(store.graph(name)) for name in ["", *sorted(store.graphs())]}
    found |= {f"index: {table}": rows for table, rows in content(Graph(store, index)).items()}
    index.close()
    store.close()
    with closing(sqlite3.connect(data / "archive.sqlite")) as db:
        for table in ("record", "quarantine", "bytes", "pending", "unlinked"):
            columns = "source, key, hash, versions, file, place" if table == "record" else "*"
            columns = "hash, file, place, source, reason" if table == "quarantine" else columns
            found[f"archive: {table}"] = sorted(db.execute(f"SELECT {columns} FROM {table}"), key=repr)
    with closing(sqlite3.connect(data / "links.sqlite")) as db:
        for table in ("member", "cluster", "mapping"):
            found[f"links: {table}"] = sorted(db.execute(f"SELECT * FROM {table}"), key=repr)
    return found


def test_a_killed_load_that_is_run_again_ends_like_one_left_alone(inputs: Path, tmp_path: Path) -> None:
    whole(load, tmp_path / "undisturbed", inputs, 1)
    lasted = float((tmp_path / "undisturbed" / "seconds").read_text())
    wanted = everything(tmp_path / "undisturbed")
    assert not wanted["archive: pending"] and not wanted["archive: unlinked"]
    assert len(wanted["archive: quarantine"]) == 1  # type: ignore[arg-type]
    chance = random.Random()
    for kill in range(KILLS):
        data = tmp_path / str(kill)
        processes = 2 if kill % 8 == 7 else 1
        moments = [chance.uniform(0, lasted) for _ in range(1 + kill % 2)]
        killed = [killed_after(moment, load, data, inputs, processes) for moment in moments]
        whole(load, data, inputs, processes)
        found = everything(data)
        different = [name for name in wanted if found.get(name) != wanted[name]]
        assert found.keys() == wanted.keys() and not different, f"killed {killed} after {moments} s: {different[:5]}"


def test_a_killed_repetition_of_a_load_changes_nothing(states: Path, tmp_path: Path) -> None:
    """Earlier states of records are on their way when it is killed, and must not get into the graph by that."""
    once = tmp_path / "once"
    whole(load, once, states, 1)
    lasted = float((once / "seconds").read_text())
    wanted, changes = everything(once), feed(once)
    chance = random.Random()
    for kill in range(KILLS):
        data = tmp_path / str(kill)
        shutil.copytree(once, data)
        moment = chance.uniform(0, lasted)
        killed = killed_after(moment, load, data, states, 1)
        whole(load, data, states, 1)
        found = everything(data)
        different = [name for name in wanted if found.get(name) != wanted[name]]
        assert found.keys() == wanted.keys() and not different, f"killed {killed} after {moment} s: {different[:5]}"
        assert feed(data) == changes, f"killed {killed} after {moment} s"


def stopped(data: Path, folder: Path, change: int, done: bool) -> None:
    """A load whose power fails as the graph takes a change of who is who, or when it has taken it."""
    take, seen = Graph.resolve, 0

    def resolve(graph: Graph, *arguments: Any, **named: Any) -> bool:
        nonlocal seen
        seen += 1
        if seen == change and done:
            take(graph, *arguments, **named)
            graph.flush()
        if seen == change:
            os.kill(os.getpid(), signal.SIGKILL)
        return take(graph, *arguments, **named)

    with patch.object(Graph, "resolve", resolve):
        load(data, folder, 1)


def test_what_linking_had_begun_is_ended_before_other_records_come(inputs: Path, tmp_path: Path) -> None:
    """The graph of who is who may be ahead of the linker's tables, or behind, when the records change under it."""
    later = tmp_path / "later"
    later.mkdir()
    (later / "3.jsonl").write_bytes(b"\n".join(orjson.dumps(work(n, 3)) for n in range(WORKS)))
    whole(load, tmp_path / "undisturbed", later, 1)
    wanted = {name: said for name, said in everything(tmp_path / "undisturbed").items() if "archive" not in name}
    for change, done in ((1, False), (2, True), (3, False), (4, True)):
        data = tmp_path / f"{change}"
        assert killed_after(60, stopped, data, inputs, change, done), "it was not killed"
        whole(load, data, later, 1)
        found = everything(data)
        different = [name for name in wanted if found.get(name) != wanted[name]]
        assert found.keys() >= wanted.keys() and not different, f"{change}, {done}: {different[:5]}"


def feed(data: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "archive.sqlite")) as db:
        return db.execute("SELECT * FROM change ORDER BY seq").fetchall()
