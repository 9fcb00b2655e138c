"""Research ethics committees (RECs), with what they reviewed."""

import sqlite3

from service.answers import organisations
from service.answers.common import Found, Item, Knowledge
from service.answers.errors import NotKnown
from service.answers.items import opinions
from service.answers.names import IS_REC, organisation_ids
from service.answers.people import matching

OPINIONS = 20
"""Opinions of a REC that a list shows; its own page has more."""


async def find(known: Knowledge, q: str = "", limit: int = 20, offset: int = 0, sort: str | None = None) -> Found:
    """RECs whose name has every word of `q` as a beginning, each with its opinions. Raises BadQuestion, TooSlow."""
    condition, values = matching("organisation", q)
    condition = f"{condition} AND {IS_REC}" if condition else f"WHERE {IS_REC}"
    found = await organisations.listing(known, condition, values, limit, offset, sort)

    def work(db: sqlite3.Connection) -> list[Item]:
        return [_item(db, item, known) for item in found.items]

    return Found(await known.index.read(work), found.total, limit, offset)


def _item(db: sqlite3.Connection, item: Item, known: Knowledge) -> Item:
    [this] = organisation_ids(db, item["iri"], known.iris)[:1] or [0]
    held = opinions(db, "WHERE g.id = ? ORDER BY o.date DESC, o.iri LIMIT ?", (this, OPINIONS), known.iris)
    shown = {name: item[name] for name in ("name", "key", "iri", "url")}
    return shown | {"studies": item["reviewed"], "opinions": held}


async def rec(known: Knowledge, key: str) -> Item:
    """Everything that is known of a REC. Raises NotKnown, also for an organisation that is none; TooSlow."""
    found = await organisations.organisation(known, key)
    if "rec" not in found["kinds"] and not found["reviewed"]:
        raise NotKnown("research ethics committee", key)
    return found
