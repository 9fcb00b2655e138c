"""Bulk loads on their way into a store: on disk when they are accepted, taken in beside whatever else is done."""

import shutil
import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from service.store.folder import Folder
from service.store.merge import MERGE_ANEW

LANES = 2
"""Bulk loads beside each other at most: each keeps little more than one core busy."""
PIECE = 48 << 20
"""Bytes of N-Quads that one bulk load takes: it needs 6.5 times the memory. The engine puts the files of many small
ones together again and again (12 MB each: half as much processor time as loading them, 48 MB: a sixth)."""


class Text(NamedTuple):
    """N-Quads on disk, and the graphs that they are of."""

    file: Path
    size: int
    graphs: Collection[str]


class Intake:
    """Takes texts into a store, in lanes of their own. What a kill or a full disk keeps out, the next opening takes in.

    `merged`: the texts hold the default graph too, which a text that is none must not leave inexact.
    """

    def __init__(self, store: ox.Store, folder: Folder, merged: bool) -> None:
        self._store, self._folder, self._merged = store, folder, merged
        self._lanes = ThreadPoolExecutor(LANES)
        self._changed = threading.Condition()
        self._waiting: deque[Text] = deque()
        self._under_way: list[Text] = []
        self._coming: Counter[str] = Counter()
        self._accepted = 0
        self._busy = 0
        self._failure: Exception | None = None

    def __contains__(self, graph: str) -> bool:
        """Whether statements of a graph are on their way."""
        return graph in self._coming

    def accept(self, parts: Iterable[bytes], graphs: Collection[str], lanes: int = LANES) -> None:
        """Put N-Quads on disk, to be taken in. None may have a part of what another has the rest of.

        No further lane begins where `lanes` are at work. Waits while as much waits as all lanes take at once. Raises
        what befell an earlier text, as `finish` does.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._size < LANES * PIECE)
            self._raise()
            self._accepted += 1
            number = self._accepted
        file = self._folder.keep_loading(number, parts)
        with self._changed:
            self._waiting.append(Text(file, file.stat().st_size, graphs))
            self._coming.update(graphs)
            if self._size >= PIECE and self._busy < lanes:
                self._start(PIECE)

    def finish(self) -> None:
        """Wait until everything is in. Raises ValueError where a text was no N-Quads; a part of it may be there then.

        Raises OSError, from then on, where the engine failed.
        """
        with self._changed:
            for lane in range(LANES, 0, -1) if self._waiting else ():
                self._start(-(-self._size // lane))
            self._changed.wait_for(lambda: not self._waiting and not self._under_way)
            self._raise()

    def close(self) -> None:
        """Let go of the store: whoever holds a failure still may have it open otherwise."""
        self._lanes.shutdown()
        del self._store

    def take_in(self, files: Sequence[Path], lenient: bool = True) -> None:
        """Take the N-Quads of files into the store, and remove these. Raises ValueError for what is no N-Quads.

        `lenient` does not check IRIs, which takes a seventh of the time.
        """
        whole = _together(files)
        try:
            self._store.bulk_load(path=whole, format=ox.RdfFormat.N_QUADS, lenient=lenient)
        except (SyntaxError, ValueError) as error:
            if self._merged:
                self._store.update(MERGE_ANEW)
            _remove(whole, *files)
            raise ValueError(f"no N-Quads: {error}") from None
        _remove(whole, *files)

    @property
    def _size(self) -> int:
        return sum(text.size for text in self._waiting)

    def _raise(self) -> None:
        failure = self._failure
        if failure:
            if isinstance(failure, ValueError):
                self._failure = None
            raise failure

    def _start(self, most: int) -> None:
        self._busy += 1
        self._lanes.submit(self._take, most)

    def _take(self, most: int) -> None:
        """Take in what has waited longest, and go on as long as a piece waits, for which somebody may wait in turn."""
        self._take_one(most)
        while self._goes_on():
            self._take_one(PIECE)

    def _goes_on(self) -> bool:
        with self._changed:
            waits = self._size >= PIECE
            self._busy -= not waits
            return waits

    def _take_one(self, most: int) -> None:
        """Take in what has waited longest: one text, and others up to `most` bytes with it."""
        with self._changed:
            taken: list[Text] = []
            while self._waiting and (not taken or sum(t.size for t in taken) + self._waiting[0].size <= most):
                taken.append(self._waiting.popleft())
            self._under_way += taken
            self._changed.notify_all()
        try:
            if taken:
                self.take_in([text.file for text in taken])
        except Exception as error:
            with self._changed:
                self._failure = error
                if not isinstance(error, ValueError):
                    self._waiting.clear()  # the next opening finds the files
        finally:
            with self._changed:
                self._under_way = [text for text in self._under_way if text not in taken]
                self._coming -= Counter(graph for text in taken for graph in text.graphs)
                self._changed.notify_all()


def _together(files: Sequence[Path]) -> Path:
    """The texts of files as one: what the engine reads by its name it reads without us."""
    if len(files) == 1:
        return files[0]
    whole = files[0].with_suffix(".part")
    with whole.open("wb") as out:
        for file in files:
            with file.open("rb") as text:
                shutil.copyfileobj(text, out, 1 << 20)
    return whole


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)
