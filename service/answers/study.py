"""One study, or one publication, with everything that its records say and which of them says it."""

import sqlite3

from ontology.iris import Iris
from ontology.terms import DCTERMS
from service.answers.common import THESE, Item, Knowledge, key_of, links, listed, named, one, ref, rows, source_of
from service.answers.errors import NotKnown
from service.answers.items import QUOTES, of_rows, opinions, study_items, study_ref
from service.answers.said import (
    abstracts,
    identifiers_of,
    keywords,
    publication_item,
    record_items,
    registration_item,
    said,
    titles,
    unique,
)
from service.answers.stated import stated, works


async def study(known: Knowledge, key: str) -> Item:
    """Everything that is known of a study. `key` is decoded: "of/doi/10.1186/…". Raises NotKnown, TooSlow.

    A study that is held to be the same as others answers for all of them; `iri` is the one that stands for them.
    """
    iri = named("study", key, known.iris)

    def work(db: sqlite3.Connection) -> tuple[Item, list[sqlite3.Row], list[sqlite3.Row], dict[str, str]]:
        found = one(db, "SELECT item FROM record WHERE study = ?", values=(iri,))
        if found is None:
            raise NotKnown("study", key, _near(db, key, known.iris))
        [item] = study_items(db, [found[0]], known.iris, authors=10_000)
        held = rows(db, "SELECT * FROM record WHERE item = ? ORDER BY registration, source, key", values=(found[0],))
        evidence = rows(db, QUOTES.format(where="r.item = ?"), values=found)
        item["evidence"] = [quote for _, quote in of_rows(db, evidence, known.iris)]
        item["organisations"] = _organisations(db, found[0], known.iris)
        reporting = rows(
            db,
            "SELECT * FROM record WHERE NOT registration AND item != ? AND id IN",
            f"(SELECT record FROM reported WHERE study IN {THESE}) ORDER BY source, key",
            values=(found[0], listed({row["study"] for row in held})),
        )
        item["opinions"] = opinions(db, "WHERE r.item = ? ORDER BY o.date DESC, o.iri", found, known.iris)
        item["people"] = _people(db, [row["id"] for row in held], known.iris)
        return item, held, reporting, works(db, [row["topic"] for row in (*held, *reporting)])

    item, held, more, work_of = await known.index.read(work)
    records = await said(known, held)
    others = await said(known, more)
    same = {r.study for r in records if r.study} - {item["iri"]}
    publications = [publication_item(r, known.iris) for r in (*records, *others) if not r.registration]
    return item | {
        "abstracts": abstracts(records, known.iris),
        "alternative_titles": titles(records, item["title"]),
        "keywords": sorted({k for r in records for k in keywords(r)}),
        "publications": publications,
        "stated": stated(publications, work_of),
        "registration": next((registration_item(r) for r in records if r.registration), None),
        "identifiers": (found := unique(i for r in records for i in identifiers_of(r, r.topic))),
        "links": [
            *links(found),
            *(
                {"label": r.source, "url": page}
                for r in records
                if r.registration and (page := r.of(r.iri, DCTERMS.source)) and page.startswith(("https:", "http:"))
            ),
        ],
        "records": await record_items(known, records),
        "same_as": sorted(same),
    }


async def publication(known: Knowledge, key: str) -> Item:
    """One publication. `key` is decoded: "doi/10.1186/…". Raises NotKnown, TooSlow.

    Where several records describe it, the values of the first that has them; `sources` names them all.
    """
    iri = named("publication", key, known.iris)

    def work(db: sqlite3.Connection) -> tuple[list[sqlite3.Row], sqlite3.Row | None, list[Item]]:
        held = rows(db, "SELECT * FROM record WHERE topic = ? ORDER BY source, key", values=(iri,))
        if not held:
            raise NotKnown("publication", key)
        of = one(db, "SELECT iri, title FROM study WHERE id = ?", values=(held[0]["item"],))
        return held, of, _people(db, [row["id"] for row in held], known.iris)

    held, of, people = await known.index.read(work)
    described = [publication_item(r, known.iris) for r in await said(known, held)]
    whole_ = dict(described[0])
    for other in described[1:]:
        whole_ |= {name: value for name, value in other.items() if whole_[name] in (None, [], False)}
    return whole_ | {
        "study": study_ref(of["title"], of["iri"], known.iris) if of else None,
        "people": people,
        "sources": [{name: d[name] for name in ("source", "source_url", "source_name")} for d in described],
    }


def _near(db: sqlite3.Connection, key: str, iris: Iris) -> list[str]:
    """Keys of studies that start like one that is not there."""
    stem = named("study", key[: max(6, len(key) - 2)], iris)
    sql = "SELECT DISTINCT study FROM record WHERE study >= ? AND study < ? LIMIT 3"
    return [key_of(row[0], iris) for row in rows(db, sql, values=(stem, stem + "\U0010ffff"))]


def _organisations(db: sqlite3.Connection, item: int, iris: Iris) -> list[Item]:
    sql = (
        "SELECT s.relation, o.iri, o.name FROM study_organisation AS s JOIN organisation AS o ON o.id = s.organisation "
        "WHERE s.study = ? ORDER BY s.relation, o.sort, o.id"
    )
    return [ref(r["name"], r["iri"], iris) | {"relation": r["relation"]} for r in rows(db, sql, values=(item,))]


def _people(db: sqlite3.Connection, records: list[int], iris: Iris) -> list[Item]:
    """Everybody whom the records name, as they spell them, with whom that is held to be."""
    these = (listed(records),)
    sql = (
        "SELECT a.person, o.iri, o.name FROM affiliation AS a JOIN organisation_mention AS m ON m.iri = a.organisation "
        f"JOIN organisation AS o ON o.id = m.organisation WHERE a.record IN {THESE} ORDER BY o.sort, o.id"
    )
    of: dict[str, list[Item]] = {}
    for row in rows(db, sql, values=these):
        of.setdefault(row["person"], []).append(ref(row["name"], row["iri"], iris))
    sql = (
        "SELECT m.*, p.iri AS who, p.name AS called, r.iri AS record_iri, r.source FROM person_mention AS m "
        f"JOIN record AS r ON r.id = m.record JOIN person AS p ON p.id = m.person WHERE m.record IN {THESE} "
        "ORDER BY r.source, r.key, m.role, coalesce(m.position, 1000000000 - m.from_end, 0), m.iri"
    )
    return [
        {
            "name": row["raw"],
            "role": row["role"],
            "position": row["position"],
            "position_from_end": row["from_end"],
            "person": ref(row["called"], row["who"], iris),
            "affiliations": of.get(row["iri"], []),
            **source_of(row["source"], row["record_iri"], iris),
        }
        for row in rows(db, sql, values=these)
    ]
