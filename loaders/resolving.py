"""Who is who, brought up to date with the records: in large slices, after they are in the graph.

Which records linking has yet to see to is noted with the records themselves, so that a kill costs nothing but time.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from loaders.archive import Archive
from loaders.contracts import Delta, Graph, Linker, Read, Reader, RecordKey
from loaders.prepare import PARALLEL_FROM, Preparing, Task, read_all
from loaders.record import Record
from loaders.writing import BATCH_BYTES, ahead

SLICE = 2000
"""Records that are linked at a time: more take memory (0.1 MB each), fewer time (500: twice as long a record)."""


def readings(tasks: Sequence[Task], reader: Reader) -> list[Read]:
    """What linking takes from some entries; those that are no record any more are left out."""
    return list(reader([made for made in read_all(tasks) if isinstance(made, Record)]))


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
        catch_up(self._graph, self._linker)
        self._start_over_if_lost()
        total, done = self._archive.unlinked_count(), 0
        large = total > SLICE
        if large:
            self._preparing.stop()  # what its processes needed for reading texts is memory that linking can use
        read: list[Read] = []
        # One process reads several times faster than this one compares. Few records are read here: another process
        # would take seconds to have the register of organisations ready.
        reading = Preparing(1, apart=large and self._preparing.apart)
        with following(self._graph, self._linker, settled=not large) as follow, reading:
            for keys, some in ahead(self._being_read(reading)):
                read += some
                if keys:
                    self._on_progress(done, total)
                    there = {r.record for r in read}
                    gone = [key for key in keys if key not in there]
                    follow(self._linker.update(read, gone, put_off=large))
                    with self._archive.transaction():
                        self._archive.linked(keys)
                    done += len(keys)
                    read = []
            if self._linker.behind:
                follow(self._linker.update([], []))
            while self._linker.unsettled:
                self._on_progress(done, total)
                follow(self._linker.settle())

    def _being_read(self, preparing: Preparing) -> Iterator[tuple[list[RecordKey], Callable[[], list[Read]]]]:
        """What linking has yet to see to, while it is being read from the archived bytes: a slice's records, those that
        are no more among them, with what is made of its last entries; before, of a slice that is large, none with what
        is made of earlier ones.
        """
        work = partial(readings, reader=self._linker.reader)
        last = ("", "")
        while keys := self._archive.unlinked(SLICE, last):
            last = keys[-1]
            tasks: list[Task] = []
            size = 0
            for key in keys:
                held = self._archive.get(*key)
                raw = self._archive.raw(held.hash) if held else None
                if held and raw is not None:
                    tasks.append((held.source, raw, held.hash))
                    size += len(raw)
                if size >= BATCH_BYTES and len(tasks) >= PARALLEL_FROM:
                    yield [], preparing.start(work, tasks)
                    tasks, size = [], 0
            yield keys, preparing.start(work, tasks)

    def _start_over_if_lost(self) -> None:
        holds = self._linker.holds
        lost = not holds and self._archive.count() > self._archive.unlinked_count()
        if not lost and not self._linker.stale and holds == self._graph.resolved:
            return
        with self._archive.transaction():  # before anything goes: a kill from here on is taken up
            self._archive.unlink_all()
        self._graph.unresolve()
        self._linker.clear()


@contextmanager
def following(graph: Graph, linker: Linker, settled: bool) -> Iterator[Callable[[Delta], None]]:
    """Has the linker's changes count one by one, and the graph follow each beside what the linker does next.

    A change is kept with the linker's tables before the graph is touched: a kill leaves one at most to be made again.
    """
    with ThreadPoolExecutor(1) as beside:
        under_way: Future[None] | None = None

        def follow(delta: Delta) -> None:
            nonlocal under_way
            if under_way:
                under_way.result()
            linker.commit()
            under_way = beside.submit(_take, graph, delta, settled)

        yield follow
        if under_way:
            under_way.result()
            linker.applied()


def catch_up(graph: Graph, linker: Linker) -> None:
    """Has the graph follow the linker's last change, where it may not have."""
    if delta := linker.unapplied:
        _take(graph, delta, settled=True)
        linker.applied()


def _take(graph: Graph, delta: Delta, settled: bool) -> None:
    if delta.removed or delta.added:
        graph.resolve(delta.removed, delta.added, settled=settled)
        graph.flush()
