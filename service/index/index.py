"""The read model: lists, filters, totals and full text, in one SQLite file made from the graph.

It holds nothing that the graph does not; lost or outdated, it is made anew. Reading never waits for writing.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from service.index import write as index_write
from service.index.derive import derive, round_up
from service.index.rows import Rows
from service.index.schema import FORMAT, index_format, open_index

Read = TypeVar("Read")

READERS = 8
"""Connections that read at a time; more questions wait."""

KEPT = 500
"""Results that are kept for as long as the revision lasts."""


class TooSlow(Exception):
    """A question to the index that was not answered in its time."""


class Index:
    """The index in a file of a data folder. One process writes, one thread at a time; any number read.

    `timeout` is in seconds, for one question.
    """

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self.path = path
        self.timeout = timeout
        self._db = open_index(path)
        self._writing = threading.RLock()
        self._revision = self._meta("revision")
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._limit: anyio.CapacityLimiter | None = None
        self._kept: dict[object, tuple[int, Any]] = {}

    def close(self) -> None:
        with self._writing:
            while True:
                try:
                    self._readers.get_nowait().close()
                except Empty:
                    break
            self._db.close()

    # ---- reading

    @property
    def revision(self) -> int:
        """Grows with every change; equal revisions of one data folder are equal indexes."""
        return self._revision

    async def read(self, work: Callable[[sqlite3.Connection], Read]) -> Read:
        """Run `work` over one state of the index, in a thread. Raises TooSlow after `timeout`.

        The connection gives rows that are read by column name.
        """
        if self._limit is None:
            self._limit = anyio.CapacityLimiter(READERS)
        return await anyio.to_thread.run_sync(self.read_now, work, limiter=self._limit)

    def read_now(self, work: Callable[[sqlite3.Connection], Read]) -> Read:
        """`read` for callers that may block."""
        with self._reader() as db:
            end = time.monotonic() + self.timeout
            db.set_progress_handler(lambda: time.monotonic() > end, 50_000)
            try:
                db.execute("BEGIN")
                return work(db)
            except sqlite3.OperationalError as error:
                if "interrupted" in str(error):
                    raise TooSlow(f"the question was not answered within {self.timeout:g} s") from None
                raise
            finally:
                db.set_progress_handler(None, 0)
                db.rollback()

    def kept(self, db: sqlite3.Connection, name: object, make: Callable[[sqlite3.Connection], Read]) -> Read:
        """What `make` gives, made once for each revision under a hashable name: for what many ask and takes long.

        Not to be changed by whoever gets it.
        """
        [revision] = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
        held = self._kept.get(name)
        if held is None or held[0] != revision:
            held = (revision, make(db))
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[name] = held
        made: Read = held[1]
        return made

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._readers.get_nowait()
        except Empty:
            address = f"{self.path.absolute().as_uri()}?mode=ro"
            db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA query_only = ON")
            db.execute("PRAGMA mmap_size = 1073741824")
        try:
            yield db
        finally:
            self._readers.put(db)

    # ---- writing: called by `service.store.graph` alone, which keeps the store in step

    @property
    def intents(self) -> list[tuple[str, str]]:
        """Records whose change was begun and not finished; `ALL` among them means anything."""
        return [(s, k) for s, k in self._db.execute("SELECT source, key FROM intent ORDER BY source, key")]

    def intend(self, records: Iterable[tuple[str, str]]) -> None:
        """Note, on disk, that the graphs of these records are about to change."""
        with self.transaction(bump=False):
            self._db.executemany("INSERT OR IGNORE INTO intent(source, key) VALUES (?, ?)", records)

    def drop_intents(self, records: Iterable[tuple[str, str]]) -> None:
        """What was intended is done, or will not be."""
        with self.transaction(bump=False):
            self._db.executemany("DELETE FROM intent WHERE source = ? AND key = ?", records)

    @property
    def settled(self) -> bool:
        """Whether studies, people and organisations are those of the records and the resolution."""
        return self._db.execute("SELECT 1 FROM touched LIMIT 1").fetchone() is None

    def put(self, records: Iterable[tuple[tuple[str, str], Rows | None]], settled: bool = True) -> None:
        """Replace what is held of some records; None: they are gone.

        Where not `settled`, the studies, people and organisations behind them wait for `settle`.
        """
        with self.transaction():
            index_write.add(self._db, records)
            if settled:
                derive(self._db)
            else:
                round_up(self._db)

    def resolve(self, removed: Iterable[str], added: Iterable[str], settled: bool = True) -> None:
        """Follow a change of the resolution graph, given as statements; `settled` as in `put`."""
        with self.transaction():
            index_write.resolve(self._db, index_write.resolution(removed), index_write.resolution(added))
            if settled:
                derive(self._db)

    def resolve_whole(self, statements: Iterable[str]) -> None:
        """Follow the resolution graph as it now is."""
        with self.transaction():
            held = [self._db.execute(f"SELECT * FROM {t}").fetchall() for t in ("member", "cluster")]
            index_write.resolve(self._db, (held[0], held[1]), index_write.resolution(statements))
            derive(self._db)

    def settle(self) -> None:
        """Make anew what follows from everything that was put and resolved."""
        if not self.settled:
            with self.transaction():
                derive(self._db)

    def vocabulary(self, graph: str, statements: Iterable[str]) -> None:
        """Replace what is held of a graph of concepts (themes with labels and hierarchy)."""
        with self.transaction():
            index_write.vocabulary(self._db, graph, statements)

    def rebuild(
        self,
        records: Iterable[tuple[tuple[str, str], Rows | None]],
        resolution: Iterable[str],
        vocabularies: Iterable[tuple[str, Iterable[str]]],
    ) -> None:
        """Make everything anew, in one transaction: readers see the old state until it is done."""
        with self.transaction():
            index_write.clear(self._db)
            for graph, statements in vocabularies:
                index_write.concepts(self._db, graph, statements)
            index_write.themes(self._db)
            index_write.members(self._db, resolution)
            index_write.add(self._db, records)
            derive(self._db)
            self._db.execute("DELETE FROM intent")

    def refill(self, path: Path) -> bool:
        """Become what another index file is; readers see the old state until then.

        False where its format is another: nothing has changed then.
        """
        with self._writing, closing(sqlite3.connect(path)) as other:
            if index_format(other) != FORMAT:
                return False
            other.backup(self._db)
            self._revision = self._meta("revision")
            self._kept.clear()
            return True

    @property
    def published(self) -> int:
        """The store's revision that this index was last published with, -1 before the first."""
        return self._meta("published")

    def publish(self, store_revision: int) -> None:
        if store_revision != self.published:
            with self.transaction(bump=False):
                self._db.execute("UPDATE meta SET value = ? WHERE name = 'published'", (store_revision,))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers out."""
        with self._writing:
            yield

    @contextmanager
    def transaction(self, bump: bool = True) -> Iterator[None]:
        """Everything within becomes visible together, as a new revision where `bump`."""
        with self._writing:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                if bump:
                    self.bump()
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            self._revision = self._meta("revision")

    def bump(self) -> None:
        """Within a transaction: what becomes visible is a new revision."""
        self._db.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")

    def _meta(self, name: str) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(row[0])
