"""The quality of the data: what is missing, by source and by organisation, and which publications are retracted.

Everything comes from the index, in one pass for each table: nothing is asked record by record.
"""

import sqlite3
from typing import Any, Protocol, runtime_checkable

import anyio.to_thread

from service.answers import checks, conflicts
from service.answers.common import THESE, Found, Item, Knowledge, listed, number, ref, rows
from service.answers.errors import BadQuestion
from service.answers.people import matching
from service.answers.question import INVOLVED
from service.answers.records import item_of
from service.index.rows import KIND_BITS

MISSING = {
    "doi": "NOT r.registration AND r.doi IS NULL",
    "year": "NOT r.registration AND r.year IS NULL",
    "journal": "NOT r.registration AND r.journal IS NULL",
    "abstract": "NOT EXISTS (SELECT 1 FROM document AS d WHERE d.id = r.id AND d.abstract IS NOT NULL)",
    "authors": "NOT r.registration AND NOT EXISTS "
    "(SELECT 1 FROM person_mention AS p WHERE p.record = r.id AND p.role = 'author')",
    "orcid": "EXISTS (SELECT 1 FROM person_mention AS p WHERE p.record = r.id AND p.role = 'author') AND NOT EXISTS "
    "(SELECT 1 FROM person_mention AS p WHERE p.record = r.id AND p.role = 'author' AND p.orcid IS NOT NULL)",
    "ror": "EXISTS (SELECT 1 FROM organisation_mention AS o WHERE o.record = r.id) AND NOT EXISTS "
    "(SELECT 1 FROM organisation_mention AS o WHERE o.record = r.id AND (o.ror IS NOT NULL OR o.ods IS NOT NULL))",
}
"""What a record may lack, as a condition. Of ORCIDs and RORs: has somebody who could have one, and nobody has."""


@runtime_checkable
class Aside(Protocol):
    """What the report asks of the archive (`loaders/archive.py`)."""

    def quarantine_counts(self) -> dict[str, int]: ...


_RECORDS = """SELECT r.source, count(*) AS records, sum(NOT r.registration) AS publications,
       sum(r.registration) AS registrations, sum(r.retracted) AS retracted, sum(r.truncated) AS truncated,
       sum(NOT r.registration AND r.doi IS NULL) AS doi, sum(NOT r.registration AND r.year IS NULL) AS year,
       sum(NOT r.registration AND r.journal IS NULL) AS journal, sum(d.abstract IS NULL) AS abstract
    FROM record AS r LEFT JOIN document AS d ON d.id = r.id GROUP BY r.source ORDER BY r.source"""
_AUTHORS = """SELECT r.source, sum(p.n IS NULL) AS missing FROM record AS r
    LEFT JOIN (SELECT record, count(*) AS n FROM person_mention WHERE role = 'author' GROUP BY record) AS p
    ON p.record = r.id WHERE NOT r.registration GROUP BY r.source"""
_ORCIDS = """SELECT r.source, count(*) AS n, sum(p.orcid IS NULL) AS missing FROM person_mention AS p
    JOIN record AS r ON r.id = p.record WHERE p.role = 'author' GROUP BY r.source"""
_RORS = """SELECT r.source, count(*) AS n, sum(o.ror IS NULL AND o.ods IS NULL) AS missing
    FROM organisation_mention AS o JOIN record AS r ON r.id = o.record
    WHERE o.iri NOT IN (SELECT mention FROM organisation_link WHERE relation = 'publisher') GROUP BY r.source"""


def by_source(db: sqlite3.Connection) -> list[Item]:
    """Of every source, how many records it has and what they lack.

    `missing` has for each thing how many lack it, of how many that could have it: publications for DOI, year, journal
    and authors; records for abstracts; mentions of authors for ORCIDs, of organisations (no publishers) for RORs.
    """
    authors, orcids, rors = ({row["source"]: row for row in rows(db, sql)} for sql in (_AUTHORS, _ORCIDS, _RORS))
    found = []
    for row in rows(db, _RECORDS):
        source, of = row["source"], row["publications"]
        lacks = {name: _share(row[name], of) for name in ("doi", "year", "journal")}
        lacks["abstract"] = _share(row["abstract"], row["records"])
        lacks["authors"] = _share(authors[source]["missing"] if source in authors else 0, of)
        for name, held in (("orcid", orcids.get(source)), ("ror", rors.get(source))):
            lacks[name] = _share(held["missing"], held["n"]) if held else _share(0, 0)
        counts = {n: row[n] for n in ("records", "publications", "registrations", "retracted", "truncated")}
        found.append({"source": source} | counts | {"missing": lacks})
    return found


def _share(missing: int, of: int) -> Item:
    return {"missing": missing, "of": of}


def _total(sources: list[Item]) -> Item:
    counted = ("records", "publications", "registrations", "retracted", "truncated")
    total: Item = {name: sum(source[name] for source in sources) for name in counted}
    shares = ((name, [source["missing"][name] for source in sources]) for name in MISSING)
    total["missing"] = {
        name: _share(sum(s["missing"] for s in held), sum(s["of"] for s in held)) for name, held in shares
    }
    return total


def summary(db: sqlite3.Connection) -> Item:
    """What can be said of the data from the index alone: totals, sources, conflicts and retractions counted."""
    sources = by_source(db)
    return {
        "total": _total(sources),
        "sources": sources,
        "conflicts": conflicts.counts(conflicts.found(db)),
        "retracted_works": number(db, f"SELECT count(*) FROM ({_RETRACTED})"),
    }


async def report(known: Knowledge) -> Item:
    """The whole report, with what the last check of the shapes found and how much lies in the quarantine."""
    made = await known.index.read(lambda db: known.index.kept(db, "quality", summary))
    aside = known.archive
    counts: dict[str, int] = {}
    if isinstance(aside, Aside):
        counts = await anyio.to_thread.run_sync(aside.quarantine_counts)
    check = await anyio.to_thread.run_sync(checks.last, known.index.path.parent)
    set_aside = [{"source": source or None, "entries": n} for source, n in sorted(counts.items())]
    return dict(made) | {"quarantined": set_aside, "check": check}


# ---- organisations

_OF_ORGANISATIONS = f"""SELECT s.organisation, count(*) AS records, sum(NOT r.registration) AS publications,
       sum(r.registration) AS registrations, sum(r.retracted) AS retracted, sum(r.truncated) AS truncated,
       sum(NOT r.registration AND r.doi IS NULL) AS doi, sum(NOT r.registration AND r.year IS NULL) AS year,
       sum(NOT r.registration AND r.journal IS NULL) AS journal, sum(d.abstract IS NULL) AS abstract
    FROM (SELECT DISTINCT organisation, study FROM study_organisation
          WHERE organisation IN {THESE} AND relation IN {THESE}) AS s
    JOIN record AS r ON r.item = s.study LEFT JOIN document AS d ON d.id = r.id GROUP BY s.organisation"""
_PEOPLE_OF = f"""SELECT m.organisation, count(DISTINCT p.person) AS n,
       count(DISTINCT CASE WHEN q.orcid IS NULL THEN p.person END) AS missing
    FROM organisation_mention AS m JOIN affiliation AS a ON a.record = m.record AND a.organisation = m.iri
    JOIN person_mention AS p ON p.iri = a.person JOIN person AS q ON q.id = p.person
    WHERE m.organisation IN {THESE} GROUP BY m.organisation"""


async def organisations(
    known: Knowledge, q: str = "", missing: str | None = None, limit: int = 20, offset: int = 0
) -> Found:
    """Organisations that studies involve, those of the most first, each with what their records lack.

    `missing` "ror": only those of which no register's code is known. Raises BadQuestion, TooSlow.
    """
    if missing not in (None, "ror"):
        raise BadQuestion("missing", f"missing is ror; not {missing!r}", ("ror",))
    condition, values = matching("organisation", q)
    more = ["p.studies > 0", *(["p.ror IS NULL AND p.ods IS NULL"] if missing else [])]
    condition = " AND ".join([condition or "WHERE true", *more])

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, "SELECT count(*) FROM organisation AS p", condition, values=values)
        sql = ("SELECT p.* FROM organisation AS p", condition, "ORDER BY p.studies DESC, p.sort, p.id LIMIT ? OFFSET ?")
        held = rows(db, *sql, values=(*values, limit, offset))
        ids = listed(row["id"] for row in held)
        of = {row["organisation"]: row for row in rows(db, _OF_ORGANISATIONS, values=(ids, listed(INVOLVED)))}
        people = {row["organisation"]: row for row in rows(db, _PEOPLE_OF, values=(ids,))}
        items = [_organisation(known, row, of.get(row["id"]), people.get(row["id"])) for row in held]
        return Found(items, total, limit, offset)

    return await known.index.read(work)


def _organisation(known: Knowledge, row: sqlite3.Row, of: Any, people: Any) -> Item:
    counts = {n: of[n] if of else 0 for n in ("records", "publications", "registrations", "retracted", "truncated")}
    lacks = {n: _share(of[n] if of else 0, counts["publications"]) for n in ("doi", "year", "journal")}
    lacks["abstract"] = _share(of["abstract"] if of else 0, counts["records"])
    lacks["orcid"] = _share(people["missing"], people["n"]) if people else _share(0, 0)
    kinds = [name for name, bit in KIND_BITS.items() if row["kinds"] & bit] or ["other"]
    codes = {"ror": row["ror"], "ods": row["ods"], "kinds": kinds}
    return ref(row["name"], row["iri"], known.iris) | codes | counts | {"missing": lacks}


# ---- records that lack something


async def lacking(known: Knowledge, missing: str, source: str | None = None, limit: int = 20, offset: int = 0) -> Found:
    """The records that lack something, by source and key. Raises BadQuestion, TooSlow."""
    if missing not in MISSING:
        raise BadQuestion("missing", f"missing is one of {', '.join(MISSING)}; not {missing!r}", tuple(MISSING))
    where = f"WHERE {MISSING[missing]}" + (" AND r.source = ?" if source is not None else "")
    values = () if source is None else (source,)

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, "SELECT count(*) FROM record AS r", where, values=values)
        columns = "SELECT r.*, s.iri AS study_iri, s.title AS study_title FROM record AS r"
        study = "LEFT JOIN study AS s ON s.id = r.item"
        sql = (columns, study, where, "ORDER BY r.source, r.key LIMIT ? OFFSET ?")
        held = rows(db, *sql, values=(*values, limit, offset))
        return Found([item_of(row, known.iris) for row in held], total, limit, offset)

    return await known.index.read(work)


# ---- retractions

_RETRACTED = """SELECT coalesce(m.cluster, r.topic) AS work FROM record AS r LEFT JOIN member AS m ON m.iri = r.topic
    WHERE NOT r.registration GROUP BY work HAVING sum(r.retracted)"""


async def retractions(known: Knowledge, limit: int = 20, offset: int = 0) -> Found:
    """Works that a source says are retracted, the latest first, with the records that say so and those that do not."""

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, f"SELECT count(*) FROM ({_RETRACTED})")
        sql = (
            "SELECT coalesce(m.cluster, r.topic) AS work, max(r.year) AS latest FROM record AS r",
            "LEFT JOIN member AS m ON m.iri = r.topic WHERE NOT r.registration GROUP BY work",
            "HAVING sum(r.retracted) ORDER BY latest DESC, work LIMIT ? OFFSET ?",
        )
        works = [row["work"] for row in rows(db, *sql, values=(limit, offset))]
        return Found([_retraction(db, known, name) for name in works], total, limit, offset)

    return await known.index.read(work)


def _retraction(db: sqlite3.Connection, known: Knowledge, work: str) -> Item:
    sql = (
        "SELECT r.*, s.iri AS study_iri, s.title AS study_title FROM record AS r",
        "LEFT JOIN study AS s ON s.id = r.item",
        "WHERE NOT r.registration AND r.topic IN (SELECT iri FROM member WHERE cluster = ?1 UNION SELECT ?1)",
        "ORDER BY r.source, r.key",
    )
    held = rows(db, *sql, values=(work,))
    said = [item_of(row, known.iris) for row in held if row["retracted"]]
    return said[0] | {
        "said_by": said,
        "not_said_by": [item_of(row, known.iris) for row in held if not row["retracted"]],
    }
