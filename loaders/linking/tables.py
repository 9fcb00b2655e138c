"""The working tables of linking, in SQLite. Everything in them can be made again from the records."""

import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from loaders.linking.reading import Reading

VERSION = "4"
"""Raised whenever the same records would give other rows: the tables are then made again."""
SHAPE = 4
"""Raised whenever the tables themselves are others: what an older program made is dropped."""
BY_NAME = "organisation:"
"""How the keys of the blocks of organisations begin."""
TABLES = ("record", "item", "block", "pair", "due", "member", "cluster", "mapping", "setting", "kept")

FEW = 4 << 20
"""Bytes of the log of what was written up to which it is left as it is."""
LOGGED = 32_000
"""Pages (4 KiB) in that log from which the next change waits until all are in their places."""

_SCHEMA = """
create table if not exists setting (name text primary key, value text) without rowid;
create table if not exists kept (removed blob not null, rows blob not null);
create table if not exists record (
    id integer primary key autoincrement, source text not null, key text not null,
    mark text not null, said blob not null,
    unique (source, key));
create table if not exists item (
    id integer primary key autoincrement, record integer not null, kind integer not null,
    iri text not null, label text not null, keys text not null, traits blob not null);
create index if not exists item_record on item (record);
create index if not exists item_iri on item (iri);
create table if not exists block (key text not null, item integer not null, primary key (key, item)) without rowid;
create table if not exists pair (
    kind integer not null, left integer not null, right integer not null, score real not null, firm integer not null,
    primary key (left, right)) without rowid;
create index if not exists pair_right on pair (right);
create table if not exists due (item integer primary key);
create table if not exists member (iri text primary key, cluster text not null) without rowid;
create index if not exists member_cluster on member (cluster);
create table if not exists cluster (iri text primary key, said blob not null) without rowid;
create table if not exists mapping (
    iri text primary key, kind text not null, left text not null, right text not null, said blob not null,
    status text not null, score real not null, author text not null)
    without rowid;
create index if not exists mapping_status on mapping (status, kind, score);
create index if not exists mapping_left on mapping (left);
create index if not exists mapping_right on mapping (right);
"""


class Tables:
    """One connection. Ids are integers given in the order of loading: nothing that leaves may follow from them."""

    def __init__(self, path: Path | None) -> None:
        # Autocommit: transactions are opened by `begin` alone. The pipeline may hold the linker in another thread.
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")  # what the graph is to follow must be on disk before it does
        self.db.execute("pragma wal_autocheckpoint = 0")
        self.db.execute("pragma cache_size = -65536")  # KiB
        self.db.execute("pragma temp_store = memory")
        shape = self.db.execute("pragma user_version").fetchone()[0]
        if shape != SHAPE:
            for table in TABLES:
                self.db.execute(f"drop table if exists {table}")
            self.db.execute(f"pragma user_version = {SHAPE}")
        self.db.executescript(_SCHEMA)
        self.db.execute("create temp table wanted (value primary key) without rowid")
        self._path = path
        self._beside = ThreadPoolExecutor(1)
        self._moving: Future[int] | None = None

    def close(self) -> None:
        self._beside.shutdown()
        self.db.close()

    def begin(self) -> None:
        """Opens a transaction; one still open is taken back."""
        self.rollback()
        if self._path and self._moving and self._moving.done():
            if self._moving.result() > LOGGED:  # the log begins again where nothing is left in it
                _move(self._path)
            self._moving = None
        self.db.execute("begin immediate")

    def commit(self) -> None:
        """Ends a transaction. What it wrote goes from the log to its place beside whatever follows."""
        if self.db.in_transaction:
            self.db.execute("commit")
            if self._path and not self._moving and Path(f"{self._path}-wal").stat().st_size > FEW:
                self._moving = self._beside.submit(_move, self._path)

    def rollback(self) -> None:
        if self.db.in_transaction:
            self.db.execute("rollback")

    def map(self, size: int) -> None:
        """How many bytes of the file are read where they lie in the system's memory, 0 for none: many look-ups all over
        a large file take half the time so, but what they read is shown as memory of this process.
        """
        self.db.execute(f"pragma mmap_size = {size}")

    def setting(self, name: str) -> str | None:
        row = self.db.execute("select value from setting where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        self.db.execute("insert or replace into setting values (?, ?)", (name, value))

    def clear(self) -> None:
        for table in TABLES:
            self.db.execute(f"delete from {table}")

    def among(self, query: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows of a query over the temporary table `wanted (value)`, filled with `values`; read at once.

        Queries say `from wanted cross join …`, which makes SQLite look up each wanted value, not scan the other table.
        """
        self.db.execute("delete from wanted")
        self.db.execute("insert or ignore into wanted select value from json_each(?)", (orjson.dumps(list(values)),))
        yield from self.db.execute(query).fetchall()

    def record(self, source: str, key: str) -> tuple[int, str] | None:
        """The row of a record: its id and its mark, a digest of all that was read out of it."""
        row = self.db.execute("select id, mark from record where source = ? and key = ?", (source, key)).fetchone()
        return (row[0], row[1]) if row else None

    def add(self, read: Reading) -> list[int]:
        """A record with its things; the ids of these."""
        insert = "insert into record (source, key, mark, said) values (?, ?, ?, ?)"
        record = self.db.execute(insert, (*read.record, read.mark, read.said)).lastrowid
        insert = "insert into item (kind, iri, label, keys, traits, record) values (?, ?, ?, ?, ?, ?)"
        ids = [self.db.execute(insert, (*row, record)).lastrowid or 0 for row in read.rows]
        places = ((key, item) for item, row in zip(ids, read.rows, strict=True) for key in row.keys.split("\n"))
        self.db.executemany("insert into block values (?, ?)", places)
        return ids

    def remove(self, record: int) -> None:
        """A record's rows: itself, its items and their places in blocks."""
        for number, keys in self.db.execute("select id, keys from item where record = ?", (record,)).fetchall():
            places = ((key, number) for key in keys.split("\n"))
            self.db.executemany("delete from block where key = ? and item = ?", places)
        self.db.execute("delete from due where item in (select id from item where record = ?)", (record,))
        self.db.execute("delete from item where record = ?", (record,))
        self.db.execute("delete from record where id = ?", (record,))

    def blocks(self, keys: Iterable[str]) -> Iterator[tuple[str, list[int]]]:
        """Each block among `keys` with its items' ids."""
        query = "select key, item from wanted cross join block on key = value order by key"
        key: str | None = None
        items: list[int] = []
        for name, item in self.among(query, keys):
            if name != key:
                if key is not None:
                    yield key, items
                key, items = name, []
            items.append(item)
        if key is not None:
            yield key, items

    def items(self, ids: Iterable[int]) -> Iterator[tuple[int, int, str, str, bytes, int]]:
        """Rows (id, kind, iri, label, traits, record) of items."""
        query = "select id, kind, iri, label, traits, record from wanted cross join item on id = value"
        yield from self.among(query, ids)

    def documents(self, ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Each record's id with what was said of it (JSON)."""
        yield from self.among("select id, said from wanted cross join record on id = value", ids)

    def of_records(self, records: Iterable[int]) -> Iterator[tuple[int, str, list[str]]]:
        """The items of records: id, IRI and keys."""
        query = "select id, iri, keys from wanted cross join item on record = value"
        for item, iri, keys in self.among(query, records):
            yield item, iri, keys.split("\n")

    def of_nodes(self, iris: Iterable[str]) -> Iterator[tuple[int, int, str, list[str]]]:
        """The items of nodes: id, number of the kind, IRI and keys."""
        for item, kind, iri, keys in self.among(
            "select id, kind, iri, keys from wanted cross join item on iri = value", iris
        ):
            yield item, kind, iri, keys.split("\n")

    def pairs_of(self, items: Iterable[int], *, firm: bool = False) -> list[tuple[int, int, float, int]]:
        """Rows (left, right, score, firm) of the pairs, or of the firm ones, with an end among `items`, each once."""
        query = "select left, right, score, firm from wanted cross join pair on {} where {}"
        only = "firm" if firm else "true"
        found = list(self.among(query.format("left = value", only), items))
        rest = query.format("right = value", f"{only} and left not in (select value from wanted)")
        return found + self.db.execute(rest).fetchall()

    def beside(self, iris: Iterable[str]) -> frozenset[str]:
        """The nodes that are in one cluster with any of these."""
        query = (
            "select other.iri from wanted cross join member on member.iri = value "
            "cross join member as other on other.cluster = member.cluster"
        )
        return frozenset(iri for (iri,) in self.among(query, iris))

    def put_off(self, items: Iterable[int]) -> None:
        """Notes that components are to be worked out anew that hold these items."""
        self.db.executemany("insert or ignore into due values (?)", ((item,) for item in items))

    def due(self, limit: int) -> list[int]:
        """Items that were put off."""
        return [item for (item,) in self.db.execute("select item from due order by item limit ?", (limit,))]

    def settled(self, items: Iterable[int]) -> None:
        """Notes that the components of these items were worked out."""
        self.db.executemany("delete from due where item = ?", ((item,) for item in items))

    def home(self, iri: str) -> str | None:
        """The cluster of a node."""
        row = self.db.execute("select cluster from member where iri = ?", (iri,)).fetchone()
        return row[0] if row else None


def _move(path: Path) -> int:
    """Puts what was written where it belongs; the pages in the log."""
    with closing(sqlite3.connect(path)) as db:
        _, logged, _ = db.execute("pragma wal_checkpoint(passive)").fetchone()
    return int(logged)
