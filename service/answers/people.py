"""People: everybody held to be one person, over every spelling."""

import sqlite3

from ontology.iris import Iris
from service.answers.common import (
    THESE,
    Found,
    Item,
    Knowledge,
    address,
    identifiers,
    key_of,
    listed,
    mappings,
    number,
    one,
    ref,
    rows,
    source_of,
    url_of,
    words,
)
from service.answers.errors import BadQuestion, NotKnown
from service.answers.items import study_items
from service.answers.names import digest_of

SORTS = ("name", "studies")
STUDIES = 200
"""Studies and publications of one person that are shown; the others are counted."""


async def find(known: Knowledge, q: str = "", limit: int = 20, offset: int = 0, sort: str | None = None) -> Found:
    """People whose name has every word of `q` as a beginning. Raises BadQuestion, TooSlow.

    `sort`: "name" (by family name) or "studies" (most first).
    """
    if sort not in (None, *SORTS):
        raise BadQuestion("sort", f"sort is one of {', '.join(SORTS)}; not {sort!r}", SORTS)
    order = "p.studies DESC, p.sort, p.id" if sort == "studies" else "p.sort, p.id"
    where, values = matching("person", q)

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, "SELECT count(*) FROM person AS p", where, values=values)
        sql = ("SELECT p.* FROM person AS p", where, "ORDER BY", order, "LIMIT ? OFFSET ?")
        held = rows(db, *sql, values=(*values, limit, offset))
        spelt: dict[int, list[str]] = {}
        names = f"SELECT DISTINCT person, raw FROM person_mention WHERE person IN {THESE} ORDER BY person, raw"
        for row in rows(db, names, values=(listed(row["id"] for row in held),)):
            spelt.setdefault(row["person"], []).append(row["raw"])
        return Found([_item(row, known.iris) | {"spellings": spelt[row["id"]]} for row in held], total, limit, offset)

    return await known.index.read(work)


def matching(noun: str, q: str) -> tuple[str, tuple[str, ...]]:
    """The condition that names have the words of `q`; raises BadQuestion where it has none."""
    if not q.strip():
        return "", ()
    text = words(q)
    if not text:
        raise BadQuestion("q", "q has no word to look for")
    return f"WHERE p.id IN (SELECT rowid FROM {noun}_name WHERE names MATCH ?)", (text,)


def _item(row: sqlite3.Row, iris: Iris) -> Item:
    return ref(row["name"], row["iri"], iris) | {
        "orcid": row["orcid"],
        "orcid_url": address("orcid", row["orcid"]) if row["orcid"] else None,
        "studies": row["studies"],
        "publications": row["publications"],
    }


async def person(known: Knowledge, key: str) -> Item:
    """Everything that is known of a person. Raises NotKnown, TooSlow.

    Only the key's last twelve digits count; they may be of any mention. `key` in the answer is the present one.
    """

    def work(db: sqlite3.Connection) -> Item:
        found = one(
            db,
            "SELECT p.* FROM person_mention AS m JOIN person AS p ON p.id = m.person WHERE m.digest = ?",
            values=(digest_of(key),),
        )
        if found is None:
            raise NotKnown("person", key)
        these = (found["id"],)
        mentions = rows(db, _MENTIONS, values=these)
        studies = [r[0] for r in rows(db, _STUDIES, values=(*these, STUDIES))]
        return _item(found, known.iris) | {
            "study_count": found["studies"],
            "publication_count": found["publications"],
            "spellings": _spellings(mentions, known.iris),
            "coauthors": [
                ref(r["name"], r["iri"], known.iris) | {"together": r["together"]}
                for r in rows(db, _COAUTHORS, values=these * 2)
            ],
            "affiliations": [ref(r["name"], r["iri"], known.iris) for r in rows(db, _AFFILIATIONS, values=these)],
            "studies": study_items(db, studies, known.iris),
            "publications": [_publication(r, known.iris) for r in mentions if not r["registration"]][:STUDIES],
            "mentions": [r["iri"] for r in mentions],
            "names": {r["iri"]: r["raw"] for r in mentions},
        }

    item = await known.index.read(work)
    names = item.pop("names")
    item["identifiers"] = await identifiers(known, item["mentions"])
    item["mappings"] = await mappings(known, names)
    return item


_MENTIONS = (
    "SELECT m.iri, m.name, m.raw, m.role, m.position, m.from_end, r.iri AS record_iri, r.source, r.topic, r.title, "
    "r.doi, r.year, r.journal, r.registration FROM person_mention AS m JOIN record AS r ON r.id = m.record "
    "WHERE m.person = ? ORDER BY r.year DESC, r.topic, r.iri, m.iri"
)
_STUDIES = (
    "SELECT DISTINCT s.id, s.year FROM study_person AS o JOIN study AS s ON s.id = o.study "
    "WHERE o.person = ? ORDER BY s.year DESC, s.id LIMIT ?"
)
# Of the same study and of the same kind of role: a contact of a registration is nobody's co-author.
_COAUTHORS = (
    "SELECT p.name, p.iri, count(DISTINCT a.study) AS together FROM study_person AS a JOIN study_person AS b "
    "ON b.study = a.study AND b.role = 'author' JOIN person AS p ON p.id = b.person "
    "WHERE a.person = ? AND a.role = 'author' AND b.person != ? GROUP BY p.id ORDER BY together DESC, p.sort, p.id"
)
_AFFILIATIONS = (
    "SELECT DISTINCT o.name, o.iri, o.sort FROM person_mention AS m JOIN affiliation AS a ON a.record = m.record "
    "AND a.person = m.iri JOIN organisation_mention AS n ON n.iri = a.organisation "
    "JOIN organisation AS o ON o.id = n.organisation WHERE m.person = ? ORDER BY o.sort, o.iri"
)


def _spellings(mentions: list[sqlite3.Row], iris: Iris) -> list[Item]:
    found: dict[str, list[Item]] = {}
    for row in mentions:
        found.setdefault(row["raw"], []).append(source_of(row["source"], row["record_iri"], iris))
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [{"name": name, "count": len(sources), "sources": sources} for name, sources in ordered]


def _publication(row: sqlite3.Row, iris: Iris) -> Item:
    return {
        "title": row["title"],
        "iri": row["topic"],
        "key": key_of(row["topic"], iris),
        "url": url_of(row["topic"], iris),
        "year": row["year"],
        "doi": row["doi"],
        "doi_url": address("doi", row["doi"]) if row["doi"] else None,
        "journal": row["journal"],
        "role": row["role"],
        "position": row["position"],
        "position_from_end": row["from_end"],
        "name": row["raw"],
        **source_of(row["source"], row["record_iri"], iris),
    }
