"""Who is who, brought up to date with the records: in large slices, after they are in the graph.

Which records linking has yet to see to is noted with the records themselves, so that a kill costs nothing but time.
"""

from collections.abc import Callable, Sequence

from loaders.archive import Archive
from loaders.contracts import Graph, Linker, RecordKey
from loaders.prepare import Preparing, Task, read_all
from loaders.record import Record

SLICE = 2000
"""Records that are linked at a time: more take memory (0.1 MB each), fewer time (500: twice as long a record)."""


class Resolving:
    """Keeps the resolution graph right. `on_progress` is told how many records of how many were linked."""

    def __init__(
        self,
        graph: Graph,
        archive: Archive,
        linker: Linker,
        preparing: Preparing,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._graph = graph
        self._archive = archive
        self._linker = linker
        self._preparing = preparing
        self._on_progress = on_progress

    def link(self) -> None:
        """Link every record that came, changed or went, and whatever people have decided since."""
        self._start_over_if_lost()
        total, done = self._archive.unlinked_count(), 0
        if total > SLICE:
            self._preparing.stop()  # reading is the least of it, and the processes' memory is better used here
        while keys := self._archive.unlinked(SLICE):
            self._on_progress(done, total)
            records = self._records(keys)
            known = {(r.source, r.key) for r in records}
            self._apply(records, [key for key in keys if key not in known], total)
            with self._archive.transaction():
                self._archive.linked(keys)
            done += len(keys)
        if self._linker.behind:
            self._apply([], [], total)

    def _start_over_if_lost(self) -> None:
        lost = self._linker.empty and self._archive.count() > self._archive.unlinked_count()
        if not lost and not self._linker.stale:
            return
        with self._archive.transaction():  # before anything goes: a kill from here on is taken up
            self._archive.unlink_all()
        self._graph.unresolve()
        self._linker.rebuild([])
        self._linker.commit()

    def _apply(self, changed: Sequence[Record], removed: Sequence[RecordKey], total: int) -> None:
        delta = self._linker.update(changed, removed)
        if delta.removed or delta.added:
            self._graph.resolve(delta.removed, delta.added, settled=total <= SLICE)
        self._linker.commit()

    def _records(self, keys: Sequence[RecordKey]) -> list[Record]:
        """Records read anew from their archived bytes; those that are no more are left out."""
        tasks: list[Task] = []
        for key in keys:
            held = self._archive.get(*key)
            raw = self._archive.raw(held.hash) if held else None
            if held and raw is not None:
                tasks.append((held.source, raw, held.hash))
        return [made for made in read_all(tasks) if isinstance(made, Record)]
