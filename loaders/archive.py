"""What people loaded, kept: every entry's raw bytes by their hash, which record they became, and what failed.

Unlike the store and the index this is primary data: `rebuild` makes everything else out of it. It also
remembers when things happened, which the graph does not, since the same records must give the same graph.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from loaders.kept import Archived, Change, Quarantined, Work, content_hash, now

__all__ = ["Archive", "Archived", "Change", "Quarantined", "Work", "content_hash", "now"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bytes(hash TEXT PRIMARY KEY, packed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record(
  source TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, versions TEXT NOT NULL,
  file TEXT NOT NULL, place TEXT NOT NULL, loaded_at TEXT NOT NULL,
  PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_hash ON record(hash);
CREATE TABLE IF NOT EXISTS pending(
  hash TEXT NOT NULL, source TEXT NOT NULL, file TEXT NOT NULL, place TEXT NOT NULL, seq INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(hash, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unlinked(source TEXT, key TEXT, PRIMARY KEY(source, key)) WITHOUT ROWID;
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
        if not self._db.execute("SELECT 1 FROM pragma_table_info('pending') WHERE name = 'seq'").fetchone():
            self._db.execute("ALTER TABLE pending ADD COLUMN seq INTEGER NOT NULL DEFAULT 0")  # of an older program
        self._begun = int(self._db.execute("SELECT coalesce(max(seq), 0) FROM pending").fetchone()[0])

    @classmethod
    def reading(cls, path: Path) -> "Archive":
        """The archive of a file to be read only, which may be written to meanwhile.

        One that holds nothing where there is no such file. SQLite may leave an empty log beside the file.
        """
        if not path.exists():
            return cls(None)
        made = cls.__new__(cls)
        address = f"{path.absolute().as_uri()}?mode=ro"
        made._db = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        try:
            made._db.execute("SELECT 1 FROM record LIMIT 1")
        except sqlite3.OperationalError:  # a folder in which nobody can write: SQLite has no place for its log there
            made._db.close()
            address += "&immutable=1"
            made._db = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        made._db.execute("PRAGMA busy_timeout=10000")
        return made

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
            self._begun += 1
            row = (w.hash, w.source, w.file, w.place, self._begun)
            self._db.execute(
                "INSERT OR REPLACE INTO pending(hash, source, file, place, seq) VALUES (?, ?, ?, ?, ?)", row
            )

    def end(self, work: Iterable[Work]) -> None:
        """These entries were loaded or put aside."""
        self._db.executemany("DELETE FROM pending WHERE hash = ? AND source = ?", ((w.hash, w.source) for w in work))

    def pending(self) -> Iterator[Work]:
        """Entries whose load was begun and not ended, in the order of their beginning."""
        held = self._db.execute("SELECT source, hash, file, place FROM pending ORDER BY seq, hash").fetchall()
        return self.with_bytes(Work(source, b"", *rest) for source, *rest in held)

    def with_bytes(self, work: Iterable[Work]) -> Iterator[Work]:
        """Entries that were given without their bytes, with them."""
        for w in work:
            raw = self.raw(w.hash)
            if raw is not None:
                yield replace(w, raw=raw)

    def raw(self, hash_: str) -> bytes | None:
        row = self._db.execute("SELECT packed FROM bytes WHERE hash = ?", (hash_,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    # ---- records

    def standing(self, hashes: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
        """The records that stand as some bytes, by their hashes: source, key and the versions that read them."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for start in range(0, len(hashes), 500):
            some = hashes[start : start + 500]
            sql = f"SELECT hash, source, key, versions FROM record WHERE hash IN ({', '.join('?' * len(some))})"
            for hash_, *record in self._db.execute(sql, some):
                found.setdefault(hash_, []).append((record[0], record[1], record[2]))
        return found

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

    def has_known(self, source: str, key: str) -> bool:
        """Whether there is or was a record of this name."""
        return (
            self._db.execute("SELECT 1 FROM change WHERE source = ? AND key = ?", (source, key)).fetchone() is not None
        )

    def put(self, records: Iterable[Archived]) -> None:
        """Note that records now stand as these bytes; the change feed tells what is new in that."""
        for r in records:
            before = self.get(r.source, r.key)
            action = "added" if before is None else "changed" if before.hash != r.hash else "reread"
            if before and before.hash == r.hash and before.versions in (r.versions, ""):
                action = "corrected"  # nothing else reads the same bytes in the same way again
            self._db.execute(
                "INSERT OR REPLACE INTO record(source, key, hash, versions, file, place, loaded_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (r.source, r.key, r.hash, r.versions, r.file, r.place, r.loaded_at),
            )
            self._changed(r.source, r.key, action, r.hash, r.loaded_at)
            self._db.execute("DELETE FROM quarantine WHERE hash = ?", (r.hash,))
            self.unlink([(r.source, r.key)])

    def note_versions(self, records: Iterable[tuple[str, str, str]]) -> None:
        """These records (source, key, versions) were read anew by other versions; where that is new it is told."""
        for source, key, versions in records:
            held = self.get(source, key)
            if held and held.versions != versions:
                self.put([replace(held, versions=versions)])

    def stale(self, records: Iterable[Archived]) -> None:
        """Let records be read again although their bytes are the same: the graph may soon not hold what these say."""
        sql = "UPDATE record SET versions = '' WHERE source = ? AND key = ?"
        self._db.executemany(sql, ((r.source, r.key) for r in records))

    def forget(self, source: str, key: str, action: str = "deleted") -> bool:
        """Take a record out; its bytes go too where nothing else needs them. False if there was none.

        `action` is what the change feed says of it: "deleted" or "withdrawn".
        """
        record = self.get(source, key)
        if record is None:
            return False
        self._db.execute("DELETE FROM record WHERE source = ? AND key = ?", (source, key))
        self._drop_bytes(record.hash)
        self._changed(source, key, action, None, now())
        self.unlink([(source, key)])
        return True

    def _drop_bytes(self, hash_: str) -> None:
        """Let bytes go that nothing needs any more."""
        held = "SELECT 1 FROM record WHERE hash = ?1 UNION SELECT 1 FROM quarantine WHERE hash = ?1"
        if not self._db.execute(held, (hash_,)).fetchone():
            self._db.execute("DELETE FROM bytes WHERE hash = ?", (hash_,))

    def of_bytes(self, hash_: str) -> list[Archived]:
        """The records that stand as these bytes, whatever read them."""
        sql = "SELECT source, key, hash, versions, file, place, loaded_at FROM record WHERE hash = ?"
        return [Archived(*row) for row in self._db.execute(sql, (hash_,))]

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM record").fetchone()[0])

    # ---- linking

    def unlink(self, records: Iterable[tuple[str, str]]) -> None:
        """Note that linking is to see to these records, which came, changed or went."""
        self._db.executemany("INSERT OR IGNORE INTO unlinked VALUES (?, ?)", records)

    def unlink_all(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO unlinked SELECT source, key FROM record")

    def linked(self, records: Iterable[tuple[str, str]]) -> None:
        """Note that linking has seen to these records."""
        self._db.executemany("DELETE FROM unlinked WHERE source = ? AND key = ?", records)

    def unlinked(self, limit: int, after: tuple[str, str] = ("", "")) -> list[tuple[str, str]]:
        """Records that linking is to see to, in the order of source and key, from the one that comes `after` on."""
        sql = "SELECT source, key FROM unlinked WHERE (source, key) > (?, ?) ORDER BY source, key LIMIT ?"
        return self._db.execute(sql, (*after, limit)).fetchall()

    def unlinked_count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM unlinked").fetchone()[0])

    # ---- changes

    def _changed(self, source: str, key: str, action: str, hash_: str | None, at: str) -> None:
        self._db.execute(
            "INSERT INTO change(source, key, action, hash, at) VALUES (?, ?, ?, ?, ?)",
            (source, key, action, hash_, at),
        )

    def changes(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        before: int | None = None,
        source: str | None = None,
        action: str | None = None,
        newest: bool = False,
    ) -> list[Change]:
        """The feed between two sequence numbers, neither included; oldest first unless `newest`."""
        asked = (("seq > ?", after), ("seq < ?", before), ("source = ?", source), ("action = ?", action))
        where = " AND ".join(condition for condition, value in asked if value is not None)
        order = "seq DESC" if newest else "seq"
        sql = f"SELECT seq, source, key, action, hash, at FROM change WHERE {where} ORDER BY {order} LIMIT ?"
        values = [value for _, value in asked if value is not None]
        return [Change(*row) for row in self._db.execute(sql, (*values, limit))]

    def last_change(self) -> int:
        """The sequence number of the newest change, 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0])

    def changed_since(self, moment: str) -> int:
        """The sequence number that the changes from a moment (ISO 8601, UTC) on come after."""
        sql = "SELECT coalesce((SELECT min(seq) - 1 FROM change WHERE at >= ?), (SELECT max(seq) FROM change), 0)"
        return int(self._db.execute(sql, (moment,)).fetchone()[0])

    def gone(self) -> list[Change]:
        """The records that are here no more, each as its last change, in the order of source and key."""
        sql = (
            "SELECT max(seq), source, key, action, hash, at FROM change GROUP BY source, key "
            "HAVING action IN ('deleted', 'withdrawn') ORDER BY source, key"
        )
        return [Change(*row) for row in self._db.execute(sql)]

    def history(self, source: str, key: str) -> list[Change]:
        """Everything that happened to one record, oldest first."""
        sql = "SELECT seq, source, key, action, hash, at FROM change WHERE source = ? AND key = ? ORDER BY seq"
        return [Change(*row) for row in self._db.execute(sql, (source, key))]

    # ---- quarantine

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """Put entries aside with their reasons. The same entry again has its old number."""
        self._db.executemany(
            "INSERT INTO quarantine(hash, file, place, source, reason, at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(hash, file, place) DO UPDATE SET source = excluded.source, reason = excluded.reason, "
            "at = excluded.at",
            ((i.hash, i.file, i.place, i.source, i.reason, i.at or now()) for i in items),
        )

    def release(self, items: Iterable[Quarantined]) -> None:
        """Take entries out of the quarantine; their bytes go where nothing else needs them."""
        for item in items:
            self._db.execute("DELETE FROM quarantine WHERE id = ?", (item.id,))
            self._drop_bytes(item.hash)

    def quarantined(self) -> list[Quarantined]:
        sql = "SELECT hash, file, place, source, reason, at, id FROM quarantine ORDER BY id"
        return [Quarantined(*row) for row in self._db.execute(sql)]

    def quarantine_counts(self) -> dict[str, int]:
        """How many entries are set aside, by source; "" where no reader knew them."""
        return dict(self._db.execute("SELECT coalesce(source, ''), count(*) FROM quarantine GROUP BY 1"))

    # ---- people's decisions

    def decide(self, kind: str, body: str, person: str) -> int:
        """Keep a person's decision (JSON in `body`) for good; returns its number."""
        sql = "INSERT INTO decision(kind, body, person, at) VALUES (?, ?, ?, ?)"
        return int(self._db.execute(sql, (kind, body, person, now())).lastrowid or 0)

    def decisions(self, kind: str) -> list[tuple[int, str, str, str]]:
        """Number, body, person and moment of every decision of a kind, oldest first."""
        sql = "SELECT seq, body, person, at FROM decision WHERE kind = ? ORDER BY seq"
        return self._db.execute(sql, (kind,)).fetchall()
