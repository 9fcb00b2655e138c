"""Kill -9 at every moment of a backup, a restore and a load: nothing is lost, nothing is there by half.

TEST_KILLS in the environment says how many kills there are of each kind; `all` is one at every step.
"""

import json
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from loaders import writing
from loaders.archive import Archive
from service import backups
from service.index.index import Index
from service.store import graph as graph_of_the_store
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.conftest import ROOT
from tests.endpoint import BASE
from tests.graphs import IMPACT, ROLES, STRESS, named_graphs
from tests.killing import command, killed_after, killed_at, whole
from tests.test_graph import content

KILLS = os.environ.get("TEST_KILLS", "8")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where that can be: a kill spares what the kernel holds, there and on a disk alike."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EVIDENCE_GRAPH_")]:
        monkeypatch.delenv(name)


def opened(data: Path) -> Graph:
    return Graph(EmbeddedStore(data, BASE), Index(data / "index.sqlite"))


def close(graph: Graph) -> None:
    graph.publish()
    graph.index.close()
    graph.store.close()


def fill(data: Path, number: int) -> None:
    """One of two states: of the graph, the index, a database and a register beside them."""
    graph = opened(data)
    records = {1: (IMPACT, ROLES), 2: (ROLES, STRESS)}[number]
    graph.write(dict.fromkeys(graph.store.graphs(), ()))
    for record in records:
        graph.write(named_graphs(record))
    with closing(sqlite3.connect(data / "archive.sqlite")) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE IF NOT EXISTS state(number INTEGER)")
        db.execute("DELETE FROM state")
        db.execute("INSERT INTO state VALUES (?)", (number,))
    if number == 1:
        (data / "organisations.json").write_text("1")
    else:
        (data / "organisations.json").unlink(missing_ok=True)
        (data / "organisations.tsv.xz").write_text("2")
    close(graph)


def state(data: Path, out: Path) -> None:
    """Write down which state a folder is in, by its graph, index, database, register: [1, 1, 1, 1] or [2, 2, 2, 2]."""
    graph = opened(data)
    names = {(1 if "1001" in name else 2) for name in graph.store.graphs() if "1001" in name or "200001" in name}
    titles = graph.index.read_now(lambda db: {row[0] for row in db.execute("SELECT key FROM record")})
    with closing(sqlite3.connect(data / "archive.sqlite")) as db:
        [[number]] = db.execute("SELECT number FROM state").fetchall()
    union = {line for name in graph.store.graphs() for line in graph.store.graph(name)}
    exact = sorted(graph.store.graph("")) == sorted(union)
    registers = {file.name: file.read_text() for file in data.glob("organisations.*")}
    [register] = [
        n for n, has in ((1, {"organisations.json": "1"}), (2, {"organisations.tsv.xz": "2"})) if has == registers
    ]
    said = [*names, *({1 if "1001" in titles else 2}), number, register]
    out.write_text(json.dumps({"state": said, "exact": exact, "revision": graph.revision}))
    close(graph)


def said(data: Path, tmp_path: Path) -> dict[str, object]:
    whole(state, data, tmp_path / "state.json")
    found: dict[str, object] = json.loads((tmp_path / "state.json").read_text())
    return found


def steps() -> Iterator[int]:
    """Steps to be killed at, ever further apart, or every single one."""
    if KILLS == "all":
        yield from range(1, 10_000)
    step = 1
    for number in range(int(KILLS) * 3):
        yield step
        step += 1 + number


def test_a_backup_that_is_killed_is_none(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "kept" / "first"
    whole(fill, data, 1)
    for step in steps():
        killed = killed_at(step, backups.backup, data, backup)
        if backup.exists():
            assert backups.listed(backup.parent) == ["first"]
            assert backups.check(backup)
            break
        assert killed
        assert backups.listed(backup.parent) == []
    else:
        backups.backup(data, backup)
    assert {place.name for place in backup.parent.iterdir()} == {"first"}, "what kills left is swept away"
    assert said(data, tmp_path)["state"] == [1, 1, 1, 1]
    assert said(backup, tmp_path)["state"] == [1, 1, 1, 1]


def served(data: Path, backup: Path) -> None:
    """A restore as the running service does it."""
    graph = opened(data)
    backups.restore_served(graph, data, backup)
    close(graph)


@pytest.mark.parametrize("work", [backups.restore, served])
def test_a_restore_is_all_or_nothing(tmp_path: Path, work: object) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    whole(fill, data, 1)
    backups.backup(data, backup)
    whole(fill, data, 2)
    before = said(data, tmp_path)
    assert before["state"] == [2, 2, 2, 2]
    was_new = False
    for step in steps():
        killed = killed_at(step, work, data, backup)  # type: ignore[arg-type]
        after = said(data, tmp_path)
        assert after["state"] in ([1, 1, 1, 1], [2, 2, 2, 2])
        assert after["exact"]
        if after["state"] == [1, 1, 1, 1]:
            assert after["revision"] > before["revision"]  # type: ignore[operator]
            was_new = True
            whole(fill, data, 2)
            before = said(data, tmp_path)
        if not killed:
            break
    assert was_new
    assert backups.check(backup), "a restore leaves the backup as it is"


# ---- loading


def works(folder: Path, number: int = 60) -> list[Path]:
    """Two files of made-up references, for several batches, and the samples."""
    files = []
    for part in range(2):
        lines = [
            json.dumps(
                {
                    "DOI": f"10.5555/study.{part}.{n}",
                    "type": "journal-article",
                    "title": [f"Burnout among peer workers, cohort {part}.{n}"],
                    "author": [{"family": f"Family{n % 37}", "given": f"Given{n % 11}", "sequence": "first"}],
                    "issued": {"date-parts": [[2000 + n % 20]]},
                    "abstract": f"We measured burnout in cohort {n}. Burnout increased after {n} months.",
                }
            )
            for n in range(number)
        ]
        files.append(folder / f"works-{part}.jsonl")
        files[-1].write_text("\n".join(lines))
    return [*files, ROOT / "loaders" / "samples"]


def load(data: Path, *files: Path) -> None:
    """The command, with batches so small that there are several, and the bulk loader for each that is new."""
    writing.BATCH_RECORDS, graph_of_the_store.FRESH = 40, 20
    command("load", *files, "--data", data)


def loaded(data: Path, out: Path) -> None:
    """Write down what a folder holds, once it is open: nothing acknowledged may be missing, all must agree."""
    graph = opened(data)
    archive = Archive(data / "archive.sqlite")
    lost = [
        (r.source, r.key)
        for r in archive.records()
        if f'"{r.hash}"' not in "".join(graph.store.graph(graph.iris.record_graph(r.source, r.key)))
    ]
    union = {line for name in graph.store.graphs() for line in graph.store.graph(name)}
    exact = sorted(graph.store.graph("")) == sorted(union)
    followed = content(graph)
    graph.rebuild_index()
    quads = sorted(f"{line} {name}" for name in graph.store.graphs() for line in graph.store.graph(name))
    said = {"lost": lost, "exact": exact, "agrees": followed == content(graph), "records": archive.count()}
    out.write_text(json.dumps(said | {"graph": quads}))
    archive.close()
    close(graph)


def test_a_load_that_is_killed_again_and_again_ends_as_if_it_never_was(tmp_path: Path) -> None:
    files = works(tmp_path)
    out = tmp_path / "out.json"
    began = time.monotonic()
    whole(load, tmp_path / "unharmed", *files)
    seconds = time.monotonic() - began
    whole(loaded, tmp_path / "unharmed", out)
    wanted = json.loads(out.read_text())
    assert wanted["records"] == 125
    data, chance = tmp_path / "data", random.Random(1)
    for number in range({"8": 4, "all": 40}.get(KILLS) or int(KILLS)):
        if number % 3 == 0:  # an empty folder, and then on from where the kill was
            shutil.rmtree(data, ignore_errors=True)
        killed_after(chance.uniform(0.1, 1.1) * seconds, load, data, *files)
        if (data / "archive.sqlite").exists():
            whole(loaded, data, out)
            said = json.loads(out.read_text())
            assert (said["lost"], said["exact"], said["agrees"]) == ([], True, True)
    whole(load, data, *files)
    whole(loaded, data, out)
    said = json.loads(out.read_text())
    assert set(said["graph"]) ^ set(wanted["graph"]) == set()
    assert said == wanted
