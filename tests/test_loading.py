"""Loading as other code asks for it: order, repetition, evidence for later, what a source promised."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from loaders import resolving, writing
from loaders.archive import Archive
from loaders.inputs import Broken, Input
from loaders.linking import Linker
from loaders.pipeline import Loader
from loaders.report import Progress, Report
from loaders.sources import crossref
from service.index.index import Index
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.conftest import ROOT
from tests.graphs import IRIS


def work(number: int, state: str = "") -> dict[str, Any]:
    """A made-up work as Crossref has it."""
    return {
        "DOI": f"10.5555/{number}",
        "type": "journal-article",
        "title": [f"A trial of rotas, part {number}{state}"],
        "publisher": "Example Press",
        "author": [{"given": "Ada", "family": "Thornbury", "affiliation": []}],
        "abstract": "<jats:p>Burnout was measured by questionnaire. Burnout increased.</jats:p>",
    }


def lines(*works: dict[str, Any]) -> Input:
    raw = b"\n".join(map(orjson.dumps, works))
    return Input("works.jsonl", io.BufferedReader(io.BytesIO(raw)), len(raw))


@dataclass
class Opened:
    """A data folder with what loads into it."""

    path: Path
    evidence: bool = True

    def __post_init__(self) -> None:
        self.told: list[Progress] = []
        self.store = EmbeddedStore(self.path, IRIS.base)
        self.index = Index(self.path / "index.sqlite")
        self.archive = Archive(self.path / "archive.sqlite")
        self.graph = Graph(self.store, self.index)
        linker = Linker(self.path / "links.sqlite", IRIS)
        self.loader = Loader(
            self.graph, self.archive, linker, evidence=self.evidence, processes=1, on_progress=self.told.append
        )

    def load(self, *items: Input | Broken) -> Report:
        return self.loader.load_inputs(iter(items))

    def titles(self) -> set[str]:
        query = f"SELECT ?t {{ ?s a <https://schema.org/ScholarlyArticle> ; <{TITLE}> ?t }}"
        return {row["t"].value for row in self.store.select(query)}

    def evidences(self) -> int:
        return len(self.store.select("SELECT ?e { ?e a <https://w3id.org/evidencegraph/ns#Evidence> }"))

    def close(self) -> None:
        self.loader.close()
        self.archive.close()
        self.index.close()
        self.store.close()


TITLE = "http://purl.org/dc/terms/title"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    found = Opened(tmp_path / "data")
    yield found
    found.close()


def test_inputs_come_from_anywhere(opened: Opened) -> None:
    report = opened.load(lines(work(1), work(2)), Broken("page 2", "cannot be had"), lines(work(3)))
    assert (report.loaded, [(q.file, q.reason) for q in report.quarantined]) == (3, [("page 2", "cannot be had")])
    assert opened.load(lines(work(2), work(3), work(2))).unchanged == 3


def test_what_came_before_a_failure_is_loaded(opened: Opened) -> None:
    def items() -> Iterator[Input]:
        yield lines(work(1))
        raise ConnectionError("the line is dead")

    with pytest.raises(ConnectionError, match="the line is dead"):
        opened.loader.load_inputs(items())
    assert len(opened.titles()) == 1
    assert list(opened.archive.pending()) == []


SIZES = pytest.mark.parametrize(("size", "held"), [(1, 10), (2, 0), (2, 1), (10, 10)])


@SIZES
def test_of_states_of_a_record_the_last_counts_and_a_repetition_changes_nothing(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, size: int, held: int
) -> None:
    monkeypatch.setattr(writing, "BATCH_RECORDS", size)
    monkeypatch.setattr(writing, "HELD", held)
    inputs = [work(1), work(2), work(1, ", revised"), work(3), work(2, ", revised"), work(2)]
    first = opened.load(lines(*inputs))
    assert (first.loaded, first.unchanged) == (3, 3), "1 and 2 and 3, each once in whatever states"
    assert first.by_source == {"crossref": 3}
    changes, revision = opened.archive.changes(), opened.graph.revision
    for _ in range(2):
        again = opened.load(lines(*inputs))
        assert (again.loaded, again.unchanged) == (0, 6)
        assert {t.partition("part ")[2] for t in opened.titles()} == {"1, revised", "2", "3"}
    assert (opened.archive.changes(), opened.graph.revision) == (changes, revision)
    assert list(opened.archive.pending()) == []


@SIZES
def test_a_record_changes_at_most_once_in_a_load(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, size: int, held: int
) -> None:
    monkeypatch.setattr(writing, "BATCH_RECORDS", size)
    monkeypatch.setattr(writing, "HELD", held)
    opened.load(lines(*(work(n) for n in range(4))))
    states = [work(n, state) for state in (", corrected", ", revised") for n in range(4)]
    report = opened.load(lines(*states, work(0)))
    assert (report.loaded, report.unchanged) == (3, 6), "0 is again what it was"
    assert {t.partition("part ")[2] for t in opened.titles()} == {"0", "1, revised", "2, revised", "3, revised"}
    assert [change.action for change in opened.archive.changes()] == ["added"] * 4 + ["changed"] * 3
    assert list(opened.archive.pending()) == []
    back = opened.load(lines(work(1)))
    assert (back.loaded, back.unchanged) == (1, 0), "an earlier state alone is a change"


def test_evidence_can_come_later(tmp_path: Path) -> None:
    bare = Opened(tmp_path / "data", evidence=False)
    assert bare.load(lines(work(1), work(2))).loaded == 2
    assert bare.evidences() == 0
    bare.close()
    whole = Opened(tmp_path / "data")
    assert whole.loader.rebuild().loaded == 2
    found = whole.evidences()
    assert found > 0
    assert whole.load(lines(work(1), work(2))).unchanged == 2
    whole.close()
    bare = Opened(tmp_path / "data", evidence=False)
    assert bare.load(lines(work(1), work(2))).unchanged == 2, "what was read with evidence is no worse"
    assert bare.evidences() == found
    bare.close()


def test_fewer_records_than_the_source_states_are_a_warning(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossref, "stated_total", lambda head: 3, raising=False)
    assert opened.load(lines(work(1), work(2))).warnings == ["works.jsonl: the source states 3 records, 2 were found"]
    assert opened.load(lines(work(1), work(2), work(3))).warnings == []


def test_linking_that_failed_is_taken_up(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(opened.loader.linker, "update", fail)
        with pytest.raises(MemoryError):
            opened.load(lines(work(1), work(2)))
    assert opened.archive.unlinked_count() == 2
    monkeypatch.setattr(resolving, "SLICE", 1)
    opened.loader.take_up(Report())
    assert opened.archive.unlinked_count() == 0
    [row] = opened.store.select(
        "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?p <https://w3id.org/evidencegraph/ns#inCluster> ?c ."
        " ?c a <https://w3id.org/evidencegraph/ns#PersonCluster> }"
    )
    assert row["n"].value == "1", "two papers by one Ada Thornbury"


def test_progress_tells_where_it_stands(opened: Opened) -> None:
    item = lines(work(1), work(2))
    opened.loader.load_inputs([item], total=2 * item.size)
    last = [at for at in opened.told if at.bytes_total is not None][-1]
    assert (last.entries, last.bytes_done) == (2, item.size)
    assert last.rate > 0
    assert last.seconds_left == pytest.approx(last.seconds)


WAITING = """
import time
from loaders.prepare import Preparing, read_all
preparing = Preparing(2)
preparing.start(read_all, [("crossref", b"{}", "0" * 64)] * 200)()
print(*preparing._pool._processes, flush=True)
time.sleep(600)
"""


def test_a_killed_load_leaves_no_process_behind() -> None:
    program = subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, cwd=ROOT)
    assert program.stdout
    workers = [int(pid) for pid in program.stdout.readline().split()]
    assert len(workers) == 2
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    for _ in range(300):
        if not any(alive(pid) for pid in workers):
            return
        time.sleep(0.1)
    raise AssertionError(f"{workers} are still there")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
