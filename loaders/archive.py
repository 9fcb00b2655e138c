"""What people loaded, kept: every entry's raw bytes by their hash, which record they became, and what failed.

Unlike the store and the index this is primary data: `rebuild` makes everything else out of it. It also
remembers when things happened, which the graph does not, since the same records must give the same graph.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bytes(hash TEXT PRIMARY KEY, packed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record(
  source TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, versions TEXT NOT NULL,
  file TEXT NOT NULL, place TEXT NOT NULL, loaded_at TEXT NOT NULL,
  PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_hash ON record(hash);
CREATE TABLE IF NOT EXISTS pending(
  hash TEXT NOT NULL, source TEXT NOT NULL, file TEXT NOT NULL, place TEXT NOT NULL,
  PRIMARY KEY(hash, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS change(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, key TEXT NOT NULL,
  action TEXT NOT NULL, hash TEXT, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS change_record ON change(source, key);
CREATE TABLE IF NOT EXISTS quarantine(
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL, file TEXT NOT NULL, place TEXT NOT NULL,
  source TEXT, reason TEXT NOT NULL, at TEXT NOT NULL, UNIQUE(hash, file, place));
CREATE TABLE IF NOT EXISTS decision(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL,
  person TEXT NOT NULL, at TEXT NOT NULL);
"""


def content_hash(raw: bytes) -> str:
    """SHA-256 of an entry's bytes, 64 hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def now() -> str:
    """The present moment, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Work:
    """An entry on its way into the graph. `file` and `place` say where it stands, for a person."""

    source: str
    raw: bytes
    hash: str
    file: str
    place: str


@dataclass(frozen=True, slots=True)
class Archived:
    """A record as it was loaded. `versions` are those of the reader and the annotator that read it last."""

    source: str
    key: str
    hash: str
    versions: str
    file: str
    place: str
    loaded_at: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An entry that could not be loaded, and why. `file` and `place` say where it stands."""

    hash: str
    file: str
    place: str
    source: str | None
    reason: str
    at: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change feed. `action` is "added", "changed", "reread" or "deleted"."""

    seq: int
    source: str
    key: str
    action: str
    hash: str | None
    at: str


class Archive:
    """The archive in one SQLite file; `path` None keeps it in memory.

    Reads may come from any thread; writes from one at a time. What a `with archive.transaction():` block wrote
    is on disk when the block ends.
    """

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is written together or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # ---- bytes

    def keep(self, hash_: str, raw: bytes) -> None:
        """Store raw bytes under their hash; what is there already stays as it is."""
        self._db.execute("INSERT OR IGNORE INTO bytes(hash, packed) VALUES (?, ?)", (hash_, zlib.compress(raw, 1)))

    def begin(self, work: Iterable[Work]) -> None:
        """Keep the bytes of entries that are about to be loaded, and that they are: a killed load is found again."""
        for w in work:
            self.keep(w.hash, w.raw)
            self._db.execute("INSERT OR IGNORE INTO pending VALUES (?, ?, ?, ?)", (w.hash, w.source, w.file, w.place))

    def end(self, work: Iterable[Work]) -> None:
        """These entries were loaded or put aside."""
        self._db.executemany("DELETE FROM pending WHERE hash = ? AND source = ?", ((w.hash, w.source) for w in work))

    def pending(self) -> list[Work]:
        """Entries whose load was begun and not ended."""
        sql = "SELECT source, packed, hash, file, place FROM pending JOIN bytes USING (hash) ORDER BY hash"
        return [Work(s, zlib.decompress(p), h, f, pl) for s, p, h, f, pl in self._db.execute(sql)]

    def raw(self, hash_: str) -> bytes | None:
        row = self._db.execute("SELECT packed FROM bytes WHERE hash = ?", (hash_,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    # ---- records

    def current(self, hash_: str, versions: str | None = None) -> list[tuple[str, str]]:
        """Source and key of the records that stand as these very bytes, read by these versions."""
        sql, values = "SELECT source, key FROM record WHERE hash = ?", [hash_]
        if versions is not None:
            sql, values = sql + " AND versions = ?", [*values, versions]
        return self._db.execute(sql, values).fetchall()

    def get(self, source: str, key: str) -> Archived | None:
        sql = "SELECT source, key, hash, versions, file, place, loaded_at FROM record WHERE source = ? AND key = ?"
        row = self._db.execute(sql, (source, key)).fetchone()
        return Archived(*row) if row else None

    def records(self, source: str | None = None) -> Iterator[Archived]:
        """Every record, in the order of source and key."""
        sql = "SELECT source, key, hash, versions, file, place, loaded_at FROM record"
        where, values = (" WHERE source = ?", (source,)) if source else ("", ())
        for row in self._db.execute(f"{sql}{where} ORDER BY source, key", values):
            yield Archived(*row)

    def put(self, records: Iterable[Archived]) -> None:
        """Note that records now stand as these bytes; the change feed tells what is new in that."""
        for r in records:
            before = self.get(r.source, r.key)
            action = "added" if before is None else "changed" if before.hash != r.hash else "reread"
            self._db.execute(
                "INSERT OR REPLACE INTO record(source, key, hash, versions, file, place, loaded_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (r.source, r.key, r.hash, r.versions, r.file, r.place, r.loaded_at),
            )
            self._changed(r.source, r.key, action, r.hash, r.loaded_at)
            self._db.execute("DELETE FROM quarantine WHERE hash = ?", (r.hash,))

    def stale(self, source: str, key: str) -> None:
        """Let a record be read again although its bytes are the same."""
        self._db.execute("UPDATE record SET versions = '' WHERE source = ? AND key = ?", (source, key))

    def forget(self, source: str, key: str) -> bool:
        """Take a record out; its bytes go too where nothing else needs them. False if there was none."""
        record = self.get(source, key)
        if record is None:
            return False
        self._db.execute("DELETE FROM record WHERE source = ? AND key = ?", (source, key))
        held = "SELECT 1 FROM record WHERE hash = ?1 UNION SELECT 1 FROM quarantine WHERE hash = ?1"
        if not self._db.execute(held, (record.hash,)).fetchone():
            self._db.execute("DELETE FROM bytes WHERE hash = ?", (record.hash,))
        self._changed(source, key, "deleted", None, now())
        return True

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM record").fetchone()[0])

    # ---- changes

    def _changed(self, source: str, key: str, action: str, hash_: str | None, at: str) -> None:
        self._db.execute(
            "INSERT INTO change(source, key, action, hash, at) VALUES (?, ?, ?, ?, ?)",
            (source, key, action, hash_, at),
        )

    def changes(self, after: int = 0, limit: int = 1000) -> list[Change]:
        """The feed from a sequence number on, oldest first."""
        sql = "SELECT seq, source, key, action, hash, at FROM change WHERE seq > ? ORDER BY seq LIMIT ?"
        return [Change(*row) for row in self._db.execute(sql, (after, limit))]

    def history(self, source: str, key: str) -> list[Change]:
        """Everything that happened to one record, oldest first."""
        sql = "SELECT seq, source, key, action, hash, at FROM change WHERE source = ? AND key = ? ORDER BY seq"
        return [Change(*row) for row in self._db.execute(sql, (source, key))]

    # ---- quarantine

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """Put entries aside with their reasons. The same entry again replaces what was said of it."""
        self._db.executemany(
            "INSERT OR REPLACE INTO quarantine(hash, file, place, source, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
            ((i.hash, i.file, i.place, i.source, i.reason, i.at or now()) for i in items),
        )

    def quarantined(self) -> list[Quarantined]:
        sql = "SELECT hash, file, place, source, reason, at, id FROM quarantine ORDER BY id"
        return [Quarantined(*row) for row in self._db.execute(sql)]

    # ---- people's decisions

    def decide(self, kind: str, body: str, person: str) -> int:
        """Keep a person's decision (JSON in `body`) for good; returns its number."""
        sql = "INSERT INTO decision(kind, body, person, at) VALUES (?, ?, ?, ?)"
        return int(self._db.execute(sql, (kind, body, person, now())).lastrowid or 0)

    def decisions(self, kind: str) -> list[tuple[int, str, str, str]]:
        """Number, body, person and moment of every decision of a kind, oldest first."""
        sql = "SELECT seq, body, person, at FROM decision WHERE kind = ? ORDER BY seq"
        return self._db.execute(sql, (kind,)).fetchall()
