"""The way of a record: detect, keep the bytes, read, annotate, write, link, report.

What can be done anywhere is in `prepare`, a pure function. `Loader` does what must happen in one place and in
order: it keeps the bytes before anything else, writes whole records only, and notes a record as loaded once its
graphs are on disk. A load that was killed is taken up by running it again.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from loaders import inputs
from loaders.archive import Archive, Archived, Quarantined, Work, content_hash, now
from loaders.evidence.corrections import Correction, correction
from loaders.inputs import Broken, Input
from loaders.prepare import Prepared, Recipe, annotated, annotator, prepare_all, read
from loaders.record import Record, Unreadable
from loaders.sources import SOURCES, detect
from ontology.iris import Iris

RecordKey = tuple[str, str]
"""Source and key: what names a record."""

BATCH_RECORDS = 500
BATCH_BYTES = 8 << 20
"""A batch is written in one transaction and is on disk before the next one starts; a kill costs at most one."""
PARALLEL_FROM = 200
"""Below so many entries in an input, starting processes costs more than it saves (0.6 s each)."""


class Graph(Protocol):
    """What the loader asks of the graph that it writes to (`service/graph.py`)."""

    @property
    def iris(self) -> Iris: ...
    def write(self, graphs: Mapping[str, Collection[str]], records: Collection[RecordKey]) -> bool: ...
    def delete(self, records: Collection[RecordKey]) -> int: ...
    def resolve(self, removed: Collection[str], added: Collection[str]) -> bool: ...
    def publish(self) -> object: ...


class Delta(Protocol):
    """A change of the resolution graph, as N-Triples statements."""

    @property
    def removed(self) -> Sequence[str]: ...
    @property
    def added(self) -> Sequence[str]: ...


class Linker(Protocol):
    """Who is who (`loaders/linking`)."""

    def update(self, changed: Sequence[Record], removed: Sequence[RecordKey]) -> Delta: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class Report:
    """How a load went. `loaded` counts new and changed records."""

    loaded: int = 0
    unchanged: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    by_source: dict[str, int] = field(default_factory=dict)
    leftovers: dict[str, int] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        return 1 if self.quarantined else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a load stands: the file it is in, entries seen, bytes of files behind it."""

    file: str
    entries: int
    bytes_done: int


class Loader:
    """Loads inputs into a graph. One at a time writes to an archive and a graph."""

    def __init__(
        self,
        graph: Graph,
        archive: Archive,
        linker: Linker,
        *,
        keep_emails: bool = False,
        themes: Path | None = None,
        processes: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.graph = graph
        self.archive = archive
        self.linker = linker
        self.recipe = Recipe(graph.iris.base, keep_emails, themes, _corrections(archive))
        self.processes = processes if processes is not None else (os.cpu_count() or 1)
        self.on_progress = on_progress
        self._versions = self.recipe.versions()
        self._pool: ProcessPoolExecutor | None = None

    def close(self) -> None:
        """Let go of what is open. The graph and the archive are the caller's."""
        self._stop_pool()
        self.linker.close()

    # ---- loading

    def load(self, paths: Sequence[Path]) -> Report:
        """Load files and folders of anything known. Never raises for bad input: the report says what and why."""
        report = Report()
        try:
            self.take_up(report)
            for batch in self._batches(self._work(paths, report)):
                self._write(batch, report)
        finally:
            self._stop_pool()
        return report

    def take_up(self, report: Report) -> None:
        """Finish what an earlier load had begun when it was killed."""
        for batch in self._batches(iter(self.archive.pending())):
            self._write(batch, report)

    def _work(self, paths: Sequence[Path], report: Report) -> Iterator[Work]:
        """Every entry of every input; what nobody can read goes to the quarantine by the way."""
        entries = done = 0
        for path in inputs.files(list(paths)):
            with inputs.opened(path) as within:
                for item in within:
                    for work in self._entries(item, report):
                        entries += 1
                        self.on_progress(Progress(item.name, entries, done))
                        yield work
            done += path.stat().st_size if path.exists() else 0
            self.on_progress(Progress(str(path), entries, done))

    def _entries(self, item: Input | Broken, report: Report) -> Iterator[Work]:
        if isinstance(item, Broken):
            self._set_aside([Quarantined(content_hash(b""), item.name, "", None, str(item))], report)
            return
        source, place = None, ""
        try:
            head = item.stream.peek(inputs.HEAD)[: inputs.HEAD]
            source = detect(head)
            if source is None:
                self._unknown(item, head, report)
                return
            for entry in source.entries(item.stream):
                place = entry.place
                yield Work(source.NAME, entry.raw, content_hash(entry.raw), item.name, entry.place)
        except Unreadable as error:
            where = f"after {place}" if place else ""
            name = source.NAME if source else None
            self._set_aside([Quarantined(content_hash(b""), item.name, where, name, str(error))], report)

    def _unknown(self, item: Input, head: bytes, report: Report) -> None:
        raw = item.stream.read(BATCH_BYTES)
        hash_ = content_hash(raw)
        with self.archive.transaction():
            self.archive.keep(hash_, raw)
        self._set_aside([Quarantined(hash_, item.name, "", None, _why_unknown(head))], report)

    def _set_aside(self, items: Sequence[Quarantined], report: Report, ended: Sequence[Work] = ()) -> None:
        with self.archive.transaction():
            self.archive.quarantine(items)
            self.archive.end(ended)
        report.quarantined.extend(items)

    def _batches(self, work: Iterator[Work]) -> Iterator[list[Work]]:
        batch: list[Work] = []
        size = 0
        for item in work:
            batch.append(item)
            size += len(item.raw)
            if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _write(self, batch: Sequence[Work], report: Report) -> None:
        """Load one batch: whole records, in one transaction, on disk when this returns."""
        fresh = [w for w in batch if not self.archive.current(w.hash, self._versions[w.source])]
        report.unchanged += len(batch) - len(fresh)
        if not fresh:
            return
        with self.archive.transaction():
            self.archive.begin(fresh)
        aside: list[Quarantined] = []
        ready: dict[RecordKey, tuple[Work, Prepared]] = {}
        for work, result in zip(fresh, self._prepare(fresh), strict=True):
            if isinstance(result, str):
                aside.append(Quarantined(work.hash, work.file, work.place, work.source, result))
                continue
            key = (result.record.source, result.record.key)
            if key in ready:
                if ready[key][0].hash == work.hash:  # the same bytes twice in one batch
                    report.unchanged += 1
                    continue
                # another state of the same record: the one before is written first, then replaced
                self._commit(ready, report)
                ready = {}
            ready[key] = (work, result)
        self._commit(ready, report)
        self._set_aside(aside, report, fresh)

    def _commit(self, ready: Mapping[RecordKey, tuple[Work, Prepared]], report: Report) -> None:
        if not ready:
            return
        graphs = {name: lines for _, p in ready.values() for name, lines in p.graphs.items()}
        self.graph.write(graphs, list(ready))
        self._link([p.record for _, p in ready.values()], [])
        self.graph.publish()  # on disk from here on: now it may be said
        at = now()
        with self.archive.transaction():
            self.archive.put(
                Archived(*key, w.hash, self._versions[w.source], w.file, w.place, at) for key, (w, _) in ready.items()
            )
            self.archive.end(w for w, _ in ready.values())
        for work, prepared in ready.values():
            report.loaded += 1
            report.by_source[work.source] = report.by_source.get(work.source, 0) + 1
            for name in prepared.record.leftovers:
                label = f"{work.source}: {name}"
                report.leftovers[label] = report.leftovers.get(label, 0) + 1

    def _link(self, changed: Sequence[Record], removed: Sequence[RecordKey]) -> None:
        delta = self.linker.update(changed, removed)
        if delta.removed or delta.added:
            self.graph.resolve(delta.removed, delta.added)
        self.linker.commit()

    # ---- preparing, here or in other processes

    def _prepare(self, work: Sequence[Work]) -> list[Prepared | str]:
        tasks = [(w.source, w.raw, w.hash) for w in work]
        if self.processes < 2 or (self._pool is None and len(tasks) < PARALLEL_FROM):
            return prepare_all(tasks, self.recipe)
        if self._pool is None:
            # forkserver: the parent holds an open store and threads, which must not be forked
            self._pool = ProcessPoolExecutor(self.processes, mp_context=get_context("forkserver"))
        size = max(1, -(-len(tasks) // (self.processes * 4)))
        chunks = [tasks[i : i + size] for i in range(0, len(tasks), size)]
        futures: list[Future[list[Prepared | str]]] = [
            self._pool.submit(prepare_all, chunk, self.recipe) for chunk in chunks
        ]
        return [result for future in futures for result in future.result()]

    def _stop_pool(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    # ---- corrections, deletion, rebuilding

    def correct(self, key: RecordKey, name: str, verdict: str, direction: str | None, person: str) -> Correction:
        """Keep a person's verdict on a piece of evidence and apply it. `name` is the evidence's, in its record.

        Raises LookupError for a record that is not there, NoSuchEvidence, ValueError.
        """
        held = self.archive.get(*key)
        raw = self.archive.raw(held.hash) if held else None
        if held is None or raw is None:
            raise LookupError(f"no such record: {key[0]}/{key[1]}")
        record = read(key[0], raw)
        # The machine's own evidence last: "yes" means that it holds, and takes an earlier verdict back.
        known = [*annotated(record, self.recipe)[0], *annotator(self.recipe.themes).annotate(record)]
        said = correction(record, known, name, verdict, direction)
        work = Work(key[0], raw, held.hash, held.file, held.place)
        with self.archive.transaction():  # begun with the verdict: a kill after this is taken up with it
            self.archive.decide("evidence", json.dumps(said.body(), ensure_ascii=False), person)
            self.archive.stale(*key)
            self.archive.begin([work])
        self.recipe = replace(self.recipe, corrections=_corrections(self.archive))
        self._write([work], Report())
        return said

    def _again(self, records: Iterable[RecordKey]) -> Iterator[Prepared]:
        """Records read anew from their archived bytes."""
        tasks = []
        for source, key in records:
            held = self.archive.get(source, key)
            raw = self.archive.raw(held.hash) if held else None
            if held and raw is not None:
                tasks.append(Work(source, raw, held.hash, held.file, held.place))
        for result in self._prepare(tasks):
            if isinstance(result, Prepared):
                yield result

    def delete(self, records: Sequence[RecordKey]) -> int:
        """Take records out of the graph, the resolution and the archive. Returns how many there were."""
        known = [key for key in records if self.archive.get(*key)]
        if known:
            self._link([], known)
            self.graph.delete(known)
            self.graph.publish()
            with self.archive.transaction():
                for source, key in known:
                    self.archive.forget(source, key)
        return len(known)

    def rebuild(self) -> Report:
        """Make every record's graphs again from the archive, with the readers and the ontology of today."""
        report = Report()
        records = [(r.source, r.key) for r in self.archive.records()]
        try:
            for done, chunk in enumerate(_chunks(records, BATCH_RECORDS)):
                again = {(p.record.source, p.record.key): p for p in self._again(chunk)}
                gone = [key for key in chunk if key not in again]
                graphs = {name: lines for p in again.values() for name, lines in p.graphs.items()}
                self.graph.write(graphs, list(again))
                self._link([p.record for p in again.values()], [])
                for source, key in gone:
                    self._lost(source, key, report)
                report.loaded += len(again)
                self._note_versions(again)
                self.on_progress(Progress("archive", (done + 1) * BATCH_RECORDS, 0))
            self.graph.publish()
        finally:
            self._stop_pool()
        return report

    def _note_versions(self, again: Collection[RecordKey]) -> None:
        with self.archive.transaction():
            stale = [
                Archived(a.source, a.key, a.hash, self._versions[a.source], a.file, a.place, a.loaded_at)
                for key in again
                if (a := self.archive.get(*key)) and a.versions != self._versions[a.source]
            ]
            self.archive.put(stale)

    def _lost(self, source: str, key: str, report: Report) -> None:
        """A record whose bytes are now read as another record, or not at all: say so, keep what is there."""
        held = self.archive.get(source, key)
        if held:
            reason = "its archived bytes no longer give this record; load its file again"
            report.quarantined.append(Quarantined(held.hash, held.file, held.place, source, reason))


def _corrections(archive: Archive) -> dict[RecordKey, tuple[Correction, ...]]:
    """Every correction that people made, by record, oldest first."""
    found: dict[RecordKey, list[Correction]] = {}
    for _, body, person, at in archive.decisions("evidence"):
        said = Correction(**json.loads(body), person=person, at=at)
        found.setdefault((said.source, said.key), []).append(said)
    return {key: tuple(said) for key, said in found.items()}


def _chunks(records: Sequence[RecordKey], size: int) -> Iterator[Sequence[RecordKey]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def _why_unknown(head: bytes) -> str:
    known = ", ".join(sorted(s.NAME for s in SOURCES))
    if not head.strip():
        return "is empty: nothing to load"
    if b"\0" in head[:4096]:
        return f"is a binary file of a kind not known here; known are {known}"
    return f"is of no known format; known are {known}"
