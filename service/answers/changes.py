"""What happened to the records, in order: the feed that another system follows to keep up."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import anyio.to_thread

from service.answers.common import Item, Knowledge, listed, rows, url_of
from service.answers.errors import BadQuestion, Unheard

ACTIONS = ("added", "changed", "reread", "corrected", "withdrawn", "deleted")
"""What may happen to a record; `loaders/archive.py` says what each means."""
ORDERS = ("oldest", "newest")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:Z|\+00:00))?")


class Change(Protocol):
    """One event, as the archive keeps it."""

    @property
    def seq(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def hash(self) -> str | None: ...
    @property
    def at(self) -> str: ...


@runtime_checkable
class Feed(Protocol):
    """What the feed asks of the archive (`loaders/archive.py`)."""

    def changes(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        before: int | None = None,
        source: str | None = None,
        action: str | None = None,
        newest: bool = False,
    ) -> Sequence[Change]: ...
    def last_change(self) -> int: ...
    def changed_since(self, moment: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the feed: events after `since` and before `before`, which are cursors."""

    since: int = 0
    before: int | None = None
    limit: int = 100
    source: str | None = None
    action: str | None = None
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the feed: `items` in order, whether there are more after them, and the newest cursor of all."""

    items: list[Item]
    more: bool
    last: int


async def cursor(known: Knowledge, since: str) -> int:
    """The cursor that a text names: a cursor, or a day or moment (UTC). Raises BadQuestion, Unheard."""
    feed = known.archive
    if since.isdecimal() and len(since) < 19:
        number = int(since)
        if number and isinstance(feed, Feed):
            held = await anyio.to_thread.run_sync(feed.changes, number - 1, 1)
            if not held or held[0].seq != number:
                raise Unheard(number)
        return number
    match = _MOMENT.fullmatch(since)
    if match is None or not is_moment(since):
        raise BadQuestion(
            "since", f"since is a cursor, as `cursor` gives it, or a date such as 2026-05-19; not {since!r}"
        )
    if not isinstance(feed, Feed):
        return 0
    moment = match[1] + (match[2] or "T00:00:00Z").replace("+00:00", "Z")
    return await anyio.to_thread.run_sync(feed.changed_since, moment)


def is_moment(text: str) -> bool:
    """Whether a text is a day or moment that there is, with its year, month and day in full."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return re.match(r"\d{4}-\d\d-\d\d", text) is not None


async def changes(known: Knowledge, asked: Asked) -> Part:
    """A part of the feed. The title of a record is its present one, None where it is here no more."""
    if asked.action is not None and asked.action not in ACTIONS:
        raise BadQuestion("action", f"action is one of {', '.join(ACTIONS)}; not {asked.action!r}", ACTIONS)
    feed = known.archive
    if not isinstance(feed, Feed):
        return Part([], False, 0)

    def work() -> tuple[Sequence[Change], int]:
        last = feed.last_change()
        found = feed.changes(
            asked.since,
            asked.limit + 1,
            before=asked.before,
            source=asked.source,
            action=asked.action,
            newest=asked.newest,
        )
        return found, last

    found, last = await anyio.to_thread.run_sync(work)
    shown = found[: asked.limit]
    titles = await known.index.read(lambda db: _titles(db, shown))
    items = [_item(known, change, titles.get((change.source, change.key))) for change in shown]
    return Part(items, len(found) > asked.limit, last)


def _titles(db: sqlite3.Connection, shown: Sequence[Change]) -> dict[tuple[str, str], str | None]:
    names = listed([change.source, change.key] for change in shown)
    sql = (
        "SELECT r.source, r.key, r.title FROM json_each(?) AS j JOIN record AS r "
        "ON r.source = json_extract(j.value, '$[0]') AND r.key = json_extract(j.value, '$[1]')"
    )
    return {(row["source"], row["key"]): row["title"] for row in rows(db, sql, values=(names,))}


def _item(known: Knowledge, change: Change, title: str | None) -> Item:
    iri = known.iris.record(change.source, change.key)
    return {
        "cursor": change.seq,
        "action": change.action,
        "source": change.source,
        "key": change.key,
        "iri": iri,
        "url": url_of(iri, known.iris),
        "title": title,
        "hash": change.hash,
        "at": change.at,
    }
