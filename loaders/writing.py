"""Entries into the graph, batch by batch: kept, read in other processes, written, noted as loaded."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeVar

from loaders.archive import Archive, Archived, Quarantined, Work, now
from loaders.contracts import Graph, RecordKey
from loaders.deleting import delete
from loaders.entries import set_aside
from loaders.prepare import Outcome, Preparing, Ready, Recipe, Task, ready_all
from loaders.record import Withdrawn
from loaders.report import Report

BATCH_RECORDS = 2000
BATCH_BYTES = 16 << 20
"""A batch is written in one go and is on disk before the next one starts; a kill costs at most those under way. In
smaller ones the engine spends as long on putting its files together as on loading them."""
AHEAD = 2
"""Batches that are being read while one is written; memory grows with it, by about 60 MB each."""
LARGE = 100
"""Records of a batch from which lists are brought up to date at the end of the load rather than with the batch."""
HELD = 1000
"""Changes that wait for the end of a load in memory, ready to be written; further ones are read again by then."""

Begun = TypeVar("Begun")
Got = TypeVar("Got")
Results = list[Outcome[Ready]]
Fate = Literal["new", "waits", "stands"]
"""What is to be done about an entry: write it now, at the end of the load if no other follows, not at all."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that are read together.

    `standing`: those, by their place among `works`, that stand in the graph already, with their records. They are
    not read again.
    """

    works: Sequence[Work]
    standing: Mapping[int, RecordKey] = field(default_factory=dict)

    @property
    def fresh(self) -> list[Work]:
        return [work for place, work in enumerate(self.works) if place not in self.standing]

    @property
    def tasks(self) -> list[Task]:
        """What is to be read."""
        return [(work.source, work.raw, work.hash) for work in self.fresh]


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry would make of a record that has been here before. `work` is without its bytes.

    `outcome` is None where the entry is to be read again.
    """

    work: Work
    outcome: Ready | Withdrawn | None


class Writing:
    """Writes entries into a graph. `recipe` may be changed between two runs."""

    def __init__(self, graph: Graph, archive: Archive, preparing: Preparing, recipe: Recipe) -> None:
        self._graph = graph
        self._archive = archive
        self._preparing = preparing
        self.recipe = recipe
        self._accepted = recipe.accepted()
        self._changes: dict[RecordKey, Change] = {}
        """What waits for the end of the run: a later entry may be of the same record."""
        self._before = 0
        """The number of the last change before the run."""

    def run(self, work: Iterable[Work], report: Report) -> None:
        """Load entries. Those that stand in the graph already are passed over.

        New records are written as they come. Of a record that has been here before, the last entry counts, and if
        that is what stands in the graph nothing changes. Linking and the lists of what is in the graph follow when
        the load ends.
        """
        self._accepted = self.recipe.accepted()
        self._changes.clear()
        self._before = self._archive.last_change()
        for batch, results in self.read(self._begun(work)):
            self._finish(batch, results, report)
        self._change(report)

    def read(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Results]]:
        """What comes of the fresh entries of each batch; the next ones are being read by then."""
        make = partial(ready_all, recipe=self.recipe, packer=self._graph.packer)
        return ahead((batch, self._preparing.start(make, batch.tasks)) for batch in batches)

    def _begun(self, work: Iterable[Work]) -> Iterator[Batch]:
        """Batches whose new bytes are kept, so that a kill does not lose them."""
        for works in batches(work):
            batch = Batch(works, standing(self._archive, works, self._accepted))
            if batch.fresh:
                with self._archive.transaction():
                    self._archive.begin(batch.fresh)
            yield batch

    def _finish(self, batch: Batch, results: Results, report: Report) -> None:
        """Write the new records of a batch: whole, on disk when this returns. Changes of others wait."""
        aside: list[Quarantined] = []
        ready: dict[RecordKey, tuple[Work, Ready]] = {}
        seen: list[tuple[RecordKey | None, Work]] = []
        outcomes = iter(results)
        for place, work in enumerate(batch.works):
            key = batch.standing.get(place)
            outcome = None if key else next(outcomes)
            if isinstance(outcome, str):
                aside.append(Quarantined(work.hash, work.file, work.place, work.source, outcome))
                seen.append((None, work))
                continue
            if outcome:
                key = (work.source, outcome.key if isinstance(outcome, Withdrawn) else outcome.packed.key)
            assert key
            seen += [(key, work), *((key, earlier) for earlier in self._superseded(key, report))]
            fate = self._fate(key, work, outcome, ready)
            if fate == "waits":
                kept = outcome if isinstance(outcome, Withdrawn) or len(self._changes) < HELD else None
                self._changes[key] = Change(replace(work, raw=b""), kept)
            elif fate == "new" and isinstance(outcome, Ready):
                ready[key] = (work, outcome)
            else:
                report.unchanged += not isinstance(outcome, Withdrawn)
        self._write(ready, report)
        ended = [w for k, w in seen if not k or k not in self._changes or self._changes[k].work.hash != w.hash]
        set_aside(self._archive, aside, report, ended)

    def _superseded(self, key: RecordKey, report: Report) -> list[Work]:
        """Take back the change of a record of which another entry has come."""
        earlier = self._changes.pop(key, None)
        if earlier is None:
            return []
        report.unchanged += not isinstance(earlier.outcome, Withdrawn)
        return [earlier.work]

    def _fate(
        self,
        key: RecordKey,
        work: Work,
        outcome: Ready | Withdrawn | None,
        ready: Mapping[RecordKey, tuple[Work, Ready]],
    ) -> Fate:
        """What is to be done about an entry, `ready` being the records of its batch that are to be written."""
        if outcome is None:
            return "stands"
        entry = None if isinstance(outcome, Withdrawn) else work.hash
        if key in ready:
            return fate(entry, ready[key][0].hash)
        held = self._archive.get(*key)
        if held is None:
            return fate(entry, None, known=self._archive.has_known(*key))
        return fate(entry, held.hash, as_read=held.versions in self._accepted[work.source])

    def _change(self, report: Report) -> None:
        """Make the changes that have waited for the end."""
        held = self._changes.items()
        if self._archive.last_change() > self._before:
            for source, key in self._changes:
                history = self._archive.history(source, key)
                if history and history[-1].seq > self._before:
                    report.supersede(source)
        self._write({key: (c.work, c.outcome) for key, c in held if isinstance(c.outcome, Ready)}, report)
        gone = {key: c.work for key, c in held if isinstance(c.outcome, Withdrawn)}
        report.withdrawn += delete(self._graph, self._archive, list(gone), "withdrawn")
        with self._archive.transaction():
            self._archive.end(gone.values())
        unread = self._archive.with_bytes([c.work for _, c in held if c.outcome is None])
        for batch, results in self.read(map(Batch, batches(unread))):
            made = [(w, r) for w, r in zip(batch.works, results, strict=True) if isinstance(r, Ready)]
            self._write({(w.source, r.packed.key): (w, r) for w, r in made}, report)
        self._changes.clear()

    def _write(self, ready: Mapping[RecordKey, tuple[Work, Ready]], report: Report) -> None:
        if not ready:
            return
        self._graph.add([r.packed for _, r in ready.values()], settled=len(ready) < LARGE)
        self._graph.flush()  # on disk from here on: now it may be said
        at, versions = now(), self.recipe.versions()
        with self._archive.transaction():
            self._archive.put(
                Archived(*key, w.hash, versions[w.source], w.file, w.place, at) for key, (w, _) in ready.items()
            )
            self._archive.end(w for w, _ in ready.values())
        for (source, _), (_, r) in ready.items():
            report.count(source, r.leftovers)


def standing(archive: Archive, works: Sequence[Work], accepted: Mapping[str, Collection[str]]) -> dict[int, RecordKey]:
    """The entries, by place, whose very bytes stand as records, read by a version that is `accepted` of its source."""
    held = archive.standing([w.hash for w in works])
    return {
        place: (source, key)
        for place, work in enumerate(works)
        for source, key, versions in held.get(work.hash, ())
        if source == work.source and versions in accepted[source]
    }


def fate(entry: str | None, there: str | None, *, known: bool = True, as_read: bool = True) -> Fate:
    """What is to be done about an entry.

    `entry`: the hash of its bytes, None where it says that the record was deleted; `there`: that of the bytes which
    the record stands as, None where it is not there; `known`: whether it has ever been; `as_read`: whether it was
    read as it would be read now.
    """
    if entry == there:
        return "stands" if as_read else "new"
    return "waits" if known else "new"


def ahead(started: Iterable[tuple[Begun, Callable[[], Got]]]) -> Iterator[tuple[Begun, Got]]:
    """What was started with its results: by the time that these are waited for, the next ones are under way."""
    waiting: deque[tuple[Begun, Callable[[], Got]]] = deque()
    for one in started:
        waiting.append(one)
        if len(waiting) > AHEAD:
            first, results = waiting.popleft()
            yield first, results()
    while waiting:
        first, results = waiting.popleft()
        yield first, results()


def batches(work: Iterable[Work]) -> Iterator[list[Work]]:
    """Entries in batches of at most BATCH_RECORDS and hardly more than BATCH_BYTES.

    The first ones are smaller, so that writing need not wait long for reading.
    """
    batch: list[Work] = []
    size, most = 0, max(1, BATCH_RECORDS // 8)
    for item in work:
        batch.append(item)
        size += len(item.raw)
        if len(batch) >= most or size >= BATCH_BYTES:
            yield batch
            batch, size, most = [], 0, min(2 * most, BATCH_RECORDS)
    if batch:
        yield batch
