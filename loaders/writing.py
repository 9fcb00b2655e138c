"""Entries into the graph, batch by batch: kept, read in other processes, written, noted as loaded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from loaders.archive import Archive, Archived, Quarantined, Work, now
from loaders.contracts import Graph, RecordKey
from loaders.deleting import delete
from loaders.entries import set_aside
from loaders.prepare import Outcome, Preparing, Ready, Recipe, ready_all
from loaders.record import Withdrawn
from loaders.report import Report

BATCH_RECORDS = 1000
BATCH_BYTES = 8 << 20
"""A batch is written in one go and is on disk before the next one starts; a kill costs at most those under way. In
smaller ones the engine spends as long on putting its files together as on loading them."""
AHEAD = 2
"""Batches that are being read while one is written; memory grows with it, by about 30 MB each."""
LARGE = 100
"""Records of a batch from which lists are brought up to date at the end of the load rather than with the batch."""

Results = list[Outcome[Ready]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that are written together.

    `standing`: those, by their place among `works`, that stand in the graph already, with their records. They are
    not read again unless an entry before them turns out to replace their record.
    """

    works: Sequence[Work]
    standing: Mapping[int, RecordKey] = field(default_factory=dict)

    @property
    def fresh(self) -> list[Work]:
        return [work for place, work in enumerate(self.works) if place not in self.standing]


class Writing:
    """Writes entries into a graph. `recipe` may be changed between two runs."""

    def __init__(self, graph: Graph, archive: Archive, preparing: Preparing, recipe: Recipe) -> None:
        self._graph = graph
        self._archive = archive
        self._preparing = preparing
        self.recipe = recipe
        self._replaced: deque[set[RecordKey]] = deque(maxlen=AHEAD + 1)
        """Records that the last batches gave another state: those that were begun before do not know of it."""

    def run(self, work: Iterable[Work], report: Report, again: bool = False) -> None:
        """Load entries. Those that stand in the graph already are passed over, unless `again`.

        Linking and the lists of what is in the graph follow when the load ends.
        """
        self._replaced.clear()
        for batch, results in self.read(self._begun(work, again)):
            self._replaced.append(set())
            self._finish(batch, results, report, again)

    def read(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Results]]:
        """What comes of the fresh entries of each batch; the next ones are being read by then."""
        started: deque[tuple[Batch, Callable[[], Results]]] = deque()
        for batch in batches:
            started.append((batch, self._start(batch.fresh)))
            if len(started) > AHEAD:
                batch, results = started.popleft()
                yield batch, results()
        while started:
            batch, results = started.popleft()
            yield batch, results()

    def _start(self, works: Sequence[Work]) -> Callable[[], Results]:
        make = partial(ready_all, recipe=self.recipe, packer=self._graph.packer)
        return self._preparing.start(make, [(w.source, w.raw, w.hash) for w in works])

    def _begun(self, work: Iterable[Work], again: bool) -> Iterator[Batch]:
        """Batches whose new bytes are kept, so that a kill does not lose them."""
        for works in batches(work):
            batch = Batch(works, {} if again else self._standing(works))
            if batch.fresh:
                with self._archive.transaction():
                    self._archive.begin(batch.fresh)
            yield batch

    def _standing(self, works: Sequence[Work]) -> dict[int, RecordKey]:
        """The entries, by place, whose very bytes stand as records, read as they would be read now."""
        held = self._archive.standing([w.hash for w in works])
        readers = [self.recipe.versions()]
        if not self.recipe.evidence:  # what was read with evidence is no worse
            readers.append(replace(self.recipe, evidence=True).versions())
        found: dict[int, RecordKey] = {}
        for place, work in enumerate(works):
            for source, key, versions in held.get(work.hash, ()):
                if source == work.source and any(versions == reader[source] for reader in readers):
                    found[place] = (source, key)
        return found

    def _finish(self, batch: Batch, results: Results, report: Report, again: bool) -> None:
        """Write a batch: whole records, on disk when this returns."""
        aside: list[Quarantined] = []
        gone: list[RecordKey] = []
        ready: dict[RecordKey, tuple[Work, Ready]] = {}
        outcomes = iter(results)
        for place, work in enumerate(batch.works):
            if key := batch.standing.get(place):
                if key not in ready and not any(key in keys for keys in self._replaced):
                    report.unchanged += 1
                    continue
                [result] = self._start([work])()
            else:
                result = next(outcomes)
            if isinstance(result, str):
                aside.append(Quarantined(work.hash, work.file, work.place, work.source, result))
                continue
            if isinstance(result, Withdrawn):
                gone.append((work.source, result.key))
                continue
            key = (result.packed.source, result.packed.key)
            if key in ready and ready[key][0].hash != work.hash:
                # another state of the same record: the one before is written first, then replaced
                self._write(ready, report, again)
                ready = {}
            report.unchanged += key in ready  # the same bytes twice
            ready[key] = (work, result)
        self._write(ready, report, again)
        report.withdrawn += delete(self._graph, self._archive, gone, "withdrawn")
        self._replaced[-1].update(gone)
        set_aside(self._archive, aside, report, batch.fresh)

    def _write(self, ready: Mapping[RecordKey, tuple[Work, Ready]], report: Report, again: bool) -> None:
        if not again:  # less what a batch before had too
            standing = self._standing([w for w, _ in ready.values()])
            report.unchanged += len(standing)
            ready = {key: said for place, (key, said) in enumerate(ready.items()) if place not in standing}
        if not ready:
            return
        self._graph.add([r.packed for _, r in ready.values()], settled=len(ready) < LARGE)
        self._graph.flush()  # on disk from here on: now it may be said
        at, versions = now(), self.recipe.versions()
        with self._archive.transaction():
            self._replaced[-1].update(key for key in ready if self._archive.get(*key))
            self._archive.put(
                Archived(*key, w.hash, versions[w.source], w.file, w.place, at) for key, (w, _) in ready.items()
            )
            self._archive.end(w for w, _ in ready.values())
        for (source, _), (_, r) in ready.items():
            report.count(source, r.leftovers)


def batches(work: Iterable[Work]) -> Iterator[list[Work]]:
    """Entries in batches of at most BATCH_RECORDS and hardly more than BATCH_BYTES."""
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
