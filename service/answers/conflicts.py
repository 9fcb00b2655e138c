"""Where sources say different things of the same thing.

Records are of one thing where linking put their publications into one cluster of works. Versions of a work, a preprint
and its article, have DOIs of their own, and may well differ: only records of one DOI are held against each other.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ontology.iris import Iris, normalise
from service.answers.common import Found, Item, Knowledge, rows, source_of, url_of
from service.answers.errors import BadQuestion

FIELDS = {
    "year": "Year of publication",
    "title": "Title",
    "doi": "Several DOIs on one work: versions of it, or one of them is wrong",
    "retracted": "Said to be retracted by some, not by others",
    "orcid": "Several ORCIDs for one person",
    "ror": "Several ROR identifiers for one organisation",
}
"""What sources may differ in."""

_WORKS = """WITH of AS (
      SELECT r.id, coalesce(m.cluster, r.topic) AS work FROM record AS r LEFT JOIN member AS m ON m.iri = r.topic
      WHERE NOT r.registration),
    several AS (SELECT work FROM of GROUP BY work HAVING count(*) > 1)
    SELECT of.work, r.source, r.key, r.iri, r.topic, r.title, r.doi, r.year, r.retracted
    FROM several JOIN of USING (work) JOIN record AS r ON r.id = of.id ORDER BY of.work, r.source, r.key"""
_CODES = """SELECT t.iri AS work, t.name AS title, r.source, r.iri, m.{code} AS value
    FROM {kind}_mention AS m JOIN record AS r ON r.id = m.record JOIN {kind} AS t ON t.id = m.{kind}
    WHERE m.{code} IS NOT NULL AND m.{kind} IN (
      SELECT {kind} FROM {kind}_mention WHERE {code} IS NOT NULL GROUP BY {kind} HAVING count(DISTINCT {code}) > 1)
    ORDER BY t.sort, t.id, m.{code}, r.source, r.iri"""


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is said differently: the field, of what (IRI and name), each value with the records (source, IRI)."""

    field: str
    iri: str
    title: str | None
    values: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def found(db: sqlite3.Connection) -> list[Conflict]:
    """Every conflict, by field in the order of FIELDS; of years, the widest apart first."""
    made: dict[str, list[Conflict]] = {field: [] for field in FIELDS}
    for _, of in groupby(rows(db, _WORKS), key=lambda row: row["work"]):
        for conflict in _of_work(list(of)):
            made[conflict.field].append(conflict)
    made["year"].sort(key=_apart, reverse=True)
    for field, kind in (("orcid", "person"), ("ror", "organisation")):
        held = rows(db, _CODES.format(code=field, kind=kind))
        for _, group in groupby(held, key=lambda row: row["work"]):
            of_one = list(group)
            made[field].append(
                _conflict(field, of_one[0]["work"], of_one[0]["title"], of_one, lambda r: str(r["value"]))
            )
    return [conflict for of_field in made.values() for conflict in of_field]


def counts(conflicts: Iterable[Conflict]) -> dict[str, int]:
    """How many there are in each field."""
    counted = Counter(conflict.field for conflict in conflicts)
    return {field: counted[field] for field in FIELDS}


def _apart(conflict: Conflict) -> int:
    years = [int(value) for value, _ in conflict.values]
    return max(years) - min(years)


def _of_work(held: Sequence[sqlite3.Row]) -> Iterator[Conflict]:
    dois = {row["doi"] for row in held if row["doi"]}
    if len(dois) > 1:
        yield _conflict(
            "doi", held[0]["topic"], held[0]["title"], [r for r in held if r["doi"]], lambda r: str(r["doi"])
        )
    # Of several versions, a record without a DOI may be either.
    parts = [[r for r in held if r["doi"] == doi] for doi in sorted(dois)] if len(dois) > 1 else [list(held)]
    for part in parts:
        yield from _differing(part)


def _differing(part: Sequence[sqlite3.Row]) -> Iterator[Conflict]:
    topic, title = part[0]["topic"], part[0]["title"]
    dated = [row for row in part if row["year"] is not None]
    if len({row["year"] for row in dated}) > 1:
        yield _conflict("year", topic, title, dated, lambda row: str(row["year"]))
    titled = [row for row in part if row["title"]]
    if len({_folded(title) for title in {row["title"] for row in titled}}) > 1:
        yield _conflict("title", topic, title, titled, lambda row: str(row["title"]))
    if len({row["retracted"] for row in part}) > 1:
        said = ("not said to be retracted", "retracted")
        yield _conflict("retracted", topic, title, part, lambda row: said[bool(row["retracted"])])


def _folded(title: str) -> str:
    """A title without what catalogues write in different ways: case, marks, and where words are joined."""
    return normalise(title).replace(" ", "")


def _conflict(
    field: str, iri: str, title: str | None, held: Sequence[sqlite3.Row], value: Callable[[sqlite3.Row], str]
) -> Conflict:
    by: dict[str, dict[tuple[str, str], None]] = {}
    for row in held:
        by.setdefault(value(row), {})[row["source"], row["iri"]] = None
    return Conflict(field, iri, title, tuple((v, tuple(of)) for v, of in sorted(by.items())))


async def listing(known: Knowledge, field: str | None = None, limit: int = 20, offset: int = 0) -> Found:
    """Conflicts, of one field or of all. Raises BadQuestion, TooSlow."""
    if field is not None and field not in FIELDS:
        raise BadQuestion("field", f"field is one of {', '.join(FIELDS)}; not {field!r}", tuple(FIELDS))

    def work(db: sqlite3.Connection) -> list[Conflict]:
        return known.index.kept(db, "conflicts", found)

    held = [c for c in await known.index.read(work) if field in (None, c.field)]
    shown = [_item(conflict, known.iris) for conflict in held[offset : offset + limit]]
    return Found(shown, len(held), limit, offset)


def _item(conflict: Conflict, iris: Iris) -> Item:
    return {
        "field": conflict.field,
        "iri": conflict.iri,
        "url": url_of(conflict.iri, iris),
        "title": conflict.title,
        "values": [
            {"value": value, "records": [source_of(source, record, iris) for source, record in records]}
            for value, records in conflict.values
        ],
    }
