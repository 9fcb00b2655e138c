"""Organisations: sponsors, employers, funders and research ethics committees (RECs)."""

import sqlite3

from ontology.iris import Iris
from service.answers.common import (
    THESE,
    Found,
    Item,
    Knowledge,
    address,
    identifiers,
    listed,
    mappings,
    number,
    one,
    ref,
    rows,
    source_of,
)
from service.answers.errors import BadQuestion, NotKnown
from service.answers.items import opinions, study_items, study_ref
from service.answers.names import digest_of, with_units
from service.answers.people import matching
from service.answers.question import INVOLVED
from service.index.rows import KIND_BITS

KINDS = (*KIND_BITS, "other")
SORTS = ("name", "studies")
SHOWN = 50
"""Studies, people and units of one organisation that are shown; the others are counted."""
SPONSORED = 5
"""Sponsored studies that an item of a list names."""


async def find(
    known: Knowledge,
    q: str = "",
    kind: str | None = None,
    limit: int = 20,
    offset: int = 0,
    sort: str | None = None,
) -> Found:
    """Organisations of a kind whose name has every word of `q` as a beginning. Raises BadQuestion, TooSlow.

    `kind`: "trust", "foundation-trust", "university", "rec", "unit" or "other". `sort`: "name" or "studies".
    """
    condition, values = matching("organisation", q)
    if kind is not None:
        if kind not in KINDS:
            raise BadQuestion("kind", f"kind is one of {', '.join(KINDS)}; not {kind!r}", KINDS)
        of_kind = f"p.kinds & {KIND_BITS[kind]}" if kind != "other" else "p.kinds = 0"
        condition = f"{condition} AND {of_kind}" if condition else f"WHERE {of_kind}"
    return await listing(known, condition, values, limit, offset, sort)


async def listing(
    known: Knowledge, condition: str, values: tuple[str, ...], limit: int, offset: int, sort: str | None
) -> Found:
    """The organisations `p` of a condition."""
    if sort not in (None, *SORTS):
        raise BadQuestion("sort", f"sort is one of {', '.join(SORTS)}; not {sort!r}", SORTS)
    order = "p.studies + p.reviewed DESC, p.sort, p.id" if sort == "studies" else "p.sort, p.id"

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, "SELECT count(*) FROM organisation AS p", condition, values=values)
        sql = ("SELECT p.* FROM organisation AS p", condition, "ORDER BY", order, "LIMIT ? OFFSET ?")
        held = rows(db, *sql, values=(*values, limit, offset))
        return Found([_item(db, row, known.iris) for row in held], total, limit, offset)

    return await known.index.read(work)


def _item(db: sqlite3.Connection, row: sqlite3.Row, iris: Iris) -> Item:
    kinds = [name for name, bit in KIND_BITS.items() if row["kinds"] & bit] or ["other"]
    sponsored = rows(
        db,
        "SELECT s.title, s.iri FROM study_organisation AS o JOIN study AS s ON s.id = o.study",
        "WHERE o.organisation = ? AND o.relation = 'sponsor' ORDER BY s.year DESC, s.id LIMIT ?",
        values=(row["id"], SPONSORED),
    )
    return ref(row["name"], row["iri"], iris) | {
        "kinds": kinds,
        "ror": row["ror"],
        "ror_url": address("ror", row["ror"]) if row["ror"] else None,
        "ods": row["ods"],
        "studies": len(_studies(db, row["id"])),
        "sponsored": row["sponsored"],
        "reviewed": row["reviewed"],
        "sponsors": [study_ref(study["title"], study["iri"], iris) for study in sponsored],
    }


def _studies(db: sqlite3.Connection, organisation: int) -> list[int]:
    """The studies that an organisation or a unit of it is part of, the latest first."""
    sql = (
        "SELECT DISTINCT s.id, s.year FROM study_organisation AS o JOIN study AS s ON s.id = o.study "
        f"WHERE o.organisation IN {THESE} AND o.relation IN {THESE} ORDER BY s.year DESC, s.id"
    )
    within = with_units(db, [organisation])
    return [row[0] for row in rows(db, sql, values=(listed(within), listed(INVOLVED)))]


async def organisation(known: Knowledge, key: str) -> Item:
    """Everything that is known of an organisation, its units' studies included. Raises NotKnown, TooSlow.

    Only the key's last twelve digits count; they may be of any mention. `key` in the answer is the present one.
    """

    def work(db: sqlite3.Connection) -> Item:
        found = one(
            db,
            "SELECT p.* FROM organisation_mention AS m JOIN organisation AS p ON p.id = m.organisation",
            "WHERE m.digest = ?",
            values=(digest_of(key),),
        )
        if found is None:
            raise NotKnown("organisation", key)
        return _described(db, found, known.iris)

    item = await known.index.read(work)
    names = item.pop("names")
    # The organisation itself has the codes of the register in which linking found it.
    found = await identifiers(known, [*names, item["iri"]])
    stated = {(i["scheme"], i["value"]) for i in found if i["status"] != "inferred"}
    item["identifiers"] = [i for i in found if i["status"] != "inferred" or (i["scheme"], i["value"]) not in stated]
    item["mappings"] = await mappings(known, names)
    return item


def _described(db: sqlite3.Connection, found: sqlite3.Row, iris: Iris) -> Item:
    this = (found["id"],)
    mentions = rows(
        db,
        "SELECT m.iri, m.name, r.iri AS record_iri, r.source FROM organisation_mention AS m",
        "JOIN record AS r ON r.id = m.record WHERE m.organisation = ? ORDER BY m.name, r.iri LIMIT 1000",
        values=this,
    )
    spelt: dict[str, list[Item]] = {}
    for row in mentions:
        spelt.setdefault(row["name"], []).append(source_of(row["source"], row["record_iri"], iris))
    studies = _studies(db, found["id"])
    sponsored = rows(
        db,
        "SELECT s.id FROM study_organisation AS o JOIN study AS s ON s.id = o.study",
        "WHERE o.organisation = ? AND o.relation = 'sponsor' ORDER BY s.year DESC, s.id LIMIT ?",
        values=(*this, SHOWN),
    )
    reviewed = "WHERE g.id = ? ORDER BY o.date DESC, o.iri LIMIT ?"
    return _item(db, found, iris) | {
        "study_count": len(studies),
        "sponsored_count": found["sponsored"],
        "spellings": [{"name": name, "count": len(of), "sources": of[:10]} for name, of in sorted(spelt.items())],
        "parents": _refs(db, _PARENTS, this, iris),
        "units": _refs(db, _UNITS, (*this, SHOWN), iris),
        "people": _refs(db, _PEOPLE, (listed(with_units(db, this)), SHOWN), iris),
        "studies": study_items(db, studies[:SHOWN], iris),
        "sponsored": study_items(db, [row[0] for row in sponsored], iris),
        "opinions": opinions(db, reviewed, (*this, SHOWN), iris) if found["reviewed"] else [],
        "mentions": [row["iri"] for row in mentions],
        "names": {row["iri"]: row["name"] for row in mentions[:SHOWN]},
    }


_PARENTS = (
    "SELECT o.name, o.iri FROM organisation_up AS u JOIN organisation AS o ON o.id = u.parent "
    "WHERE u.organisation = ? ORDER BY o.sort, o.id"
)
_UNITS = (
    "SELECT o.name, o.iri FROM organisation_up AS u JOIN organisation AS o ON o.id = u.organisation "
    "WHERE u.parent = ? ORDER BY o.sort, o.id LIMIT ?"
)
_PEOPLE = (
    "SELECT DISTINCT p.name, p.iri, p.sort FROM organisation_mention AS m JOIN affiliation AS a "
    "ON a.record = m.record AND a.organisation = m.iri JOIN person_mention AS n ON n.iri = a.person "
    f"JOIN person AS p ON p.id = n.person WHERE m.organisation IN {THESE} ORDER BY p.sort, p.iri LIMIT ?"
)


def _refs(db: sqlite3.Connection, sql: str, values: tuple[object, ...], iris: Iris) -> list[Item]:
    return [ref(row["name"], row["iri"], iris) for row in rows(db, sql, values=values)]
