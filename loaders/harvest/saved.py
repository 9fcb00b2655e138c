"""Harvests on disk: where each stands, and the pages that were fetched and not yet loaded.

One SQLite file in the data folder, `harvests.sqlite`, which backups take along with the archive: what a restored
graph lacks, its harvests do not hold for fetched. A page and the position after it are written together, so that
a kill at any moment leaves a state that is true.
"""

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from loaders.harvest.service import Ask, Halted

FILE = "harvests.sqlite"
_SCHEMA = """
PRAGMA auto_vacuum=FULL;
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA busy_timeout=10000;
CREATE TABLE IF NOT EXISTS harvest(name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page(
  harvest TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, problem TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(harvest, number));
"""


@dataclass(slots=True)
class State:
    """Where a harvest stands.

    `position` is what to ask the service for next, None at the end. `since` is the date that the list begins with
    in truth (an update moves it). `pages` were fetched, with `records` in them, `problems` of them could not be
    had; `lost` answers broke off on their way. `total` is what the service says there are, 0 where that is not
    known. `mark` is the digest of the page `mark_page`, by which a list that goes round in a circle is told.
    `empty` counts pages without records in a row, `anew` how often the list was begun again. Moments are ISO 8601
    in UTC.
    """

    ask: Ask
    position: dict[str, Any] | None
    started: str
    since: str = ""
    finished: str = ""
    pages: int = 0
    records: int = 0
    problems: int = 0
    lost: int = 0
    total: int = 0
    mark: str = ""
    mark_page: int = 0
    empty: int = 0
    anew: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page on disk. `name` is what a person knows it by; `problem` says why it has no body."""

    number: int
    name: str
    body: bytes = b""
    problem: str = ""


class Saved:
    """One harvest of a data folder. Threads may share it."""

    def __init__(self, folder: Path, ask: Ask) -> None:
        self._name = _name(ask)
        self._lock = threading.Lock()
        self._db = _opened(folder)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def load(self) -> State | None:
        """The state as it was last saved. Raises Halted for one that cannot be read."""
        return self._load(self._name)

    def load_of(self, ask: Ask) -> State | None:
        """The state of another ask. Raises Halted for one that cannot be read."""
        return self._load(_name(ask))

    def _load(self, name: str) -> State | None:
        with self._lock:
            row = self._db.execute("SELECT state FROM harvest WHERE name = ?", (name,)).fetchone()
        return _state(row[0]) if row else None

    def save(self, state: State, page: Fetched | None = None) -> None:
        """Keep a state, and with it the page that led to it."""
        text = json.dumps(asdict(state), ensure_ascii=False)
        with self._lock, self._db:
            self._db.execute("INSERT OR REPLACE INTO harvest VALUES (?, ?)", (self._name, text))
            if page:
                body = zlib.compress(page.body, 1)
                values = (self._name, page.number, page.name, page.problem, body)
                self._db.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?)", values)

    def forget(self) -> None:
        """Take the state and the pages away."""
        with self._lock, self._db:
            self._db.execute("DELETE FROM harvest WHERE name = ?", (self._name,))
            self._db.execute("DELETE FROM page WHERE harvest = ?", (self._name,))

    def waiting(self) -> Iterator[Fetched]:
        """The pages that were fetched and are not loaded, in their order, one at a time in memory."""
        number = -1
        sql = "SELECT number, name, body, problem FROM page WHERE harvest = ? AND number > ? ORDER BY number LIMIT 1"
        while True:
            with self._lock:
                row = self._db.execute(sql, (self._name, number)).fetchone()
            if row is None:
                return
            number, name, body, problem = row
            yield Fetched(number, name, zlib.decompress(body), problem)

    def loaded(self, last: int) -> None:
        """The pages up to `last` are in the graph."""
        with self._lock, self._db:
            self._db.execute("DELETE FROM page WHERE harvest = ? AND number <= ?", (self._name, last))


def every(folder: Path) -> Iterator[State]:
    """The states of all harvests of a data folder. Raises Halted for one that cannot be read."""
    if (folder / FILE).exists():
        with closing(_opened(folder)) as db:
            rows = db.execute("SELECT state FROM harvest ORDER BY name").fetchall()
        yield from (_state(text) for (text,) in rows)


def _opened(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / FILE, check_same_thread=False)
    try:
        db.executescript(_SCHEMA)
    except sqlite3.DatabaseError as error:
        db.close()
        raise Halted(f"{folder / FILE} cannot be read ({error}): move it away, and harvests begin anew") from None
    return db


def _state(text: str) -> State:
    try:
        values = json.loads(text)
        known = {f.name for f in fields(State)}
        ask = Ask(**values["ask"] | {"addresses": tuple(values["ask"]["addresses"])})
        return State(**{name: value for name, value in values.items() if name in known} | {"ask": ask})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Halted("where this harvest stopped cannot be read: begin it anew with --restart") from None


def _name(ask: Ask) -> str:
    """The service with twelve digits that tell one ask from another."""
    return f"{ask.service}-{hashlib.sha256(json.dumps(asdict(ask), sort_keys=True).encode()).hexdigest()[:12]}"
