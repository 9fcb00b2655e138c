"""The way of a record: detect, keep the bytes, read, annotate, write, link, report.

What can be done anywhere is in `prepare`, a pure function. `Loader` does what must happen in one place and in
order: it keeps the bytes before anything else, writes whole records only, and notes a record as loaded once its
graphs are on disk. A load that was killed is taken up by running it again.
"""

import json
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from loaders import inputs
from loaders.archive import Archive, Archived, Quarantined, Work, content_hash, now
from loaders.evidence.corrections import Correction, correction
from loaders.inputs import Broken, Input
from loaders.prepare import Outcome, Prepared, Preparing, Recipe, annotated, annotator, read
from loaders.record import Record, Unreadable, Withdrawn
from loaders.report import Progress, Report, why_unknown
from loaders.sources import detect
from ontology.iris import Iris

RecordKey = tuple[str, str]
"""Source and key: what names a record."""

BATCH_RECORDS = 500
BATCH_BYTES = 8 << 20
"""A batch is written in one transaction and is on disk before the next one starts; a kill costs at most one."""
AHEAD = 2
"""Batches that are being prepared while one is written; memory grows with it, by about 30 MB each."""


class Graph(Protocol):
    """What the loader asks of the graph that it writes to (`service/store/graph.py`)."""

    @property
    def iris(self) -> Iris: ...
    def write(self, graphs: Mapping[str, Collection[str]], records: Collection[RecordKey]) -> bool: ...
    def delete(self, records: Collection[RecordKey]) -> int: ...
    def resolve(self, removed: Collection[str], added: Collection[str]) -> bool: ...
    def flush(self) -> None: ...
    def publish(self) -> object: ...


class Delta(Protocol):
    """A change of the resolution graph, as N-Triples statements."""

    @property
    def removed(self) -> Sequence[str]: ...
    @property
    def added(self) -> Sequence[str]: ...


class Linker(Protocol):
    """Who is who (`loaders/linking`)."""

    @property
    def empty(self) -> bool: ...
    @property
    def stale(self) -> bool: ...
    def rebuild(self, records: Iterable[Record]) -> Delta: ...
    def update(self, changed: Sequence[Record], removed: Sequence[RecordKey]) -> Delta: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Started:
    """A batch that is being prepared; `results` waits for it."""

    work: list[Work]
    results: Callable[[], list[Outcome]]


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
        self._preparing = Preparing(processes if processes is not None else (os.cpu_count() or 1))
        self.on_progress = on_progress
        self._versions = self.recipe.versions()

    def close(self) -> None:
        """Let go of what is open. The graph and the archive are the caller's."""
        self._preparing.stop()
        self.linker.close()

    # ---- loading

    def load(self, paths: Sequence[Path]) -> Report:
        """Load files and folders of anything known. Never raises for bad input: the report says what and why."""
        report = Report()
        try:
            self.take_up(report)
            self._run(self._work(paths, report), report)
            self.graph.publish()
        finally:
            self._preparing.stop()
        return report

    def take_up(self, report: Report) -> None:
        """Finish what an earlier load had begun when it was killed; link anew what another version had linked."""
        if self.linker.stale or (self.linker.empty and self.archive.count()):
            self._relink()
        self._run(iter(self.archive.pending()), report)

    def _run(self, work: Iterator[Work], report: Report) -> None:
        """Load entries, batch by batch; while one batch is written, the next ones are being prepared."""
        started: deque[_Started] = deque()
        for batch in _batches(work):
            started.append(self._start(batch, report))
            if len(started) > AHEAD:
                self._finish(started.popleft(), report)
        while started:
            self._finish(started.popleft(), report)

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
        self._set_aside([Quarantined(hash_, item.name, "", None, why_unknown(head))], report)

    def _set_aside(self, items: Sequence[Quarantined], report: Report, ended: Sequence[Work] = ()) -> None:
        with self.archive.transaction():
            self.archive.quarantine(items)
            self.archive.end(ended)
        report.quarantined.extend(items)

    def _start(self, batch: Sequence[Work], report: Report) -> "_Started":
        """Keep the bytes of what is new in a batch and have it prepared."""
        fresh = self._not_current(batch, report)
        with self.archive.transaction():
            self.archive.begin(fresh)
        return _Started(fresh, self._preparing.start([(w.source, w.raw, w.hash) for w in fresh], self.recipe))

    def _not_current(self, batch: Sequence[Work], report: Report) -> list[Work]:
        fresh = [w for w in batch if not self.archive.current(w.hash, self._versions[w.source])]
        report.unchanged += len(batch) - len(fresh)
        return fresh

    def _finish(self, started: "_Started", report: Report) -> None:
        """Write a batch: whole records, on disk when this returns."""
        aside: list[Quarantined] = []
        gone: list[RecordKey] = []
        ready: dict[RecordKey, tuple[Work, Prepared]] = {}
        for work, result in zip(started.work, started.results(), strict=True):
            if isinstance(result, str):
                aside.append(Quarantined(work.hash, work.file, work.place, work.source, result))
                continue
            if isinstance(result, Withdrawn):
                gone.append((work.source, result.key))
                continue
            key = (result.record.source, result.record.key)
            if key in ready and ready[key][0].hash != work.hash:
                # another state of the same record: the one before is written first, then replaced
                self._commit(ready, report)
                ready = {}
            report.unchanged += key in ready  # the same bytes twice
            ready[key] = (work, result)
        self._commit(ready, report)
        report.withdrawn += self.delete(gone)
        self._set_aside(aside, report, started.work)

    def _commit(self, ready: Mapping[RecordKey, tuple[Work, Prepared]], report: Report) -> None:
        if not ready:
            return
        known = {w.hash: w for w in self._not_current([w for w, _ in ready.values()], report)}
        ready = {key: (w, p) for key, (w, p) in ready.items() if w.hash in known}  # less what a batch before had too
        self.graph.write({name: lines for _, p in ready.values() for name, lines in p.graphs.items()}, list(ready))
        self._link([p.record for _, p in ready.values()], [])
        self.graph.flush()  # on disk from here on: now it may be said
        at = now()
        with self.archive.transaction():
            self.archive.put(
                Archived(*key, w.hash, self._versions[w.source], w.file, w.place, at) for key, (w, _) in ready.items()
            )
            self.archive.end(w for w, _ in ready.values())
        for _, prepared in ready.values():
            report.count(prepared.record)

    def _link(self, changed: Sequence[Record], removed: Sequence[RecordKey]) -> None:
        delta = self.linker.update(changed, removed)
        if delta.removed or delta.added:
            self.graph.resolve(delta.removed, delta.added)
        self.linker.commit()

    def _relink(self) -> None:
        """Make the resolution again from every record of the archive."""
        if self.linker.empty:  # nothing tells what the graph holds
            self.graph.write({self.graph.iris.resolution_graph: []}, [])
        keys = [(r.source, r.key) for r in self.archive.records()]
        delta = self.linker.rebuild(p.record for chunk in _chunks(keys, BATCH_RECORDS) for p in self._again(chunk))
        self.graph.resolve(delta.removed, delta.added)
        self.linker.commit()

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
        self._run(iter([work]), Report())
        return said

    def _again(self, records: Iterable[RecordKey]) -> Iterator[Prepared]:
        """Records read anew from their archived bytes."""
        tasks = []
        for source, key in records:
            held = self.archive.get(source, key)
            raw = self.archive.raw(held.hash) if held else None
            if held and raw is not None:
                tasks.append(Work(source, raw, held.hash, held.file, held.place))
        for result in self._preparing.start([(w.source, w.raw, w.hash) for w in tasks], self.recipe)():
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
            self._preparing.stop()
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


def _batches(work: Iterator[Work]) -> Iterator[list[Work]]:
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


def _chunks(records: Sequence[RecordKey], size: int) -> Iterator[Sequence[RecordKey]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]
