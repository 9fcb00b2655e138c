"""Studies as items of a list: a fixed number of look-ups for however many are shown."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from ontology.iris import Iris
from ontology.terms import METHOD, OPINION
from service.answers.common import THESE, Item, address, key_of, listed, ref, rows, source_of, url_of
from service.answers.names import parted
from service.answers.question import NARROWER, StudyQuestion, evidence_condition
from service.index.rows import REPORTING

AUTHORS = 10
"""Authors of an item that are named; the others are counted."""


def study_ref(title: str | None, iri: str, iris: Iris) -> Item:
    """A study by title and address."""
    return {"iri": iri, "key": key_of(iri, iris), "url": url_of(iri, iris), "title": title}


def labels(db: sqlite3.Connection, concepts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Short name and label of some concepts; of one that no scheme has, what its IRI ends in."""
    wanted = set(concepts)
    found = {iri: (iri.rstrip("/#").replace("#", "/").rpartition("/")[2],) * 2 for iri in wanted}
    sql = f"SELECT iri, name, label FROM concept WHERE iri IN {THESE} ORDER BY graph DESC"
    return found | {row["iri"]: (row["name"], row["label"]) for row in rows(db, sql, values=(listed(wanted),))}


def study_items(
    db: sqlite3.Connection,
    ids: Sequence[int],
    iris: Iris,
    question: StudyQuestion | None = None,
    themes: Sequence[Sequence[str]] = (),
    authors: int = AUTHORS,
) -> list[Item]:
    """The items of some studies, in their order. With `themes` (IRIs), each has the evidence that the question asks."""
    these = (listed(ids),)
    sql = f"SELECT * FROM study WHERE id IN {THESE}"
    found = {row["id"]: _item(row, iris) for row in rows(db, sql, values=these)}
    _people(db, these, found, iris, authors)
    _organisations(db, these, found, iris)
    _themes(db, these, found)
    _lists(db, these, found)
    if question and themes:
        for item in found.values():
            item["evidence"] = []
        for study, quote in quotes(db, ids, iris, question, themes):
            found[study]["evidence"].append(quote)
    return [found[id_] for id_ in ids if id_ in found]


def _item(row: sqlite3.Row, iris: Iris) -> Item:
    return {
        **study_ref(row["title"], row["iri"], iris),
        "kind": "registered" if row["registered"] else "implied",
        "doi": row["doi"],
        "doi_url": address("doi", row["doi"]) if row["doi"] else None,
        "year": row["year"] if row["year"] >= 0 else None,
        "journal": row["journal"],
        "authors": [],
        "author_count": 0,
        "authors_truncated": bool(row["truncated"]),
        "sponsor": None,
        "recs": [],
        "opinion": None,
        "methods": [],
        "themes": [],
        "sources": [],
        "retracted": bool(row["retracted"]),
    }


def _people(db: sqlite3.Connection, these: tuple[str], found: dict[int, Item], iris: Iris, most: int) -> None:
    sql = (
        "SELECT s.study, p.iri, p.name, p.sort FROM study_person AS s JOIN person AS p ON p.id = s.person "
        f"WHERE s.study IN {THESE} AND s.role = 'author' ORDER BY s.study, s.place, p.sort, p.id"
    )
    for row in rows(db, sql, values=these):
        item = found[row["study"]]
        item["author_count"] += 1
        if len(item["authors"]) < most:
            family, given = parted(row["name"], row["sort"]) or (None, None)
            item["authors"].append(ref(row["name"], row["iri"], iris) | {"family": family, "given": given})


def _organisations(db: sqlite3.Connection, these: tuple[str], found: dict[int, Item], iris: Iris) -> None:
    sql = (
        "SELECT s.study, s.relation, o.iri, o.name FROM study_organisation AS s "
        f"JOIN organisation AS o ON o.id = s.organisation WHERE s.study IN {THESE} "
        "AND s.relation IN ('sponsor', 'rec') ORDER BY s.study, o.sort, o.id"
    )
    for row in rows(db, sql, values=these):
        item, named = found[row["study"]], ref(row["name"], row["iri"], iris)
        if row["relation"] == "rec":
            item["recs"].append(named)
        elif item["sponsor"] is None:
            item["sponsor"] = named
    sql = (
        "SELECT r.item, o.reference, o.date, o.outcome FROM record AS r JOIN opinion AS o ON o.record = r.id "
        f"WHERE r.item IN {THESE} ORDER BY r.item, o.date DESC, o.iri"
    )
    for row in rows(db, sql, values=these):
        item = found[row["item"]]
        item["opinion"] = item["opinion"] or {name: row[name] for name in ("reference", "date", "outcome")}


def _themes(db: sqlite3.Connection, these: tuple[str], found: dict[int, Item]) -> None:
    """Themes as the evidence names them, those that the study reports first; broader ones go without saying."""
    sql = (
        "SELECT r.item, e.theme, sum(DISTINCT e.bit) AS roles, count(*) AS n FROM record AS r "
        f"JOIN evidence AS e ON e.record = r.id WHERE r.item IN {THESE} GROUP BY r.item, e.theme"
    )
    held = rows(db, sql, values=these)
    known = labels(db, (row["theme"] for row in held))
    order = sorted(held, key=lambda row: (not row["roles"] & REPORTING, -row["n"], known[row["theme"]]))
    for row in order:
        name, label = known[row["theme"]]
        reports = bool(row["roles"] & REPORTING)
        found[row["item"]]["themes"].append({"theme": name, "label": label, "reports": reports})


def _lists(db: sqlite3.Connection, these: tuple[str], found: dict[int, Item]) -> None:
    held = rows(db, f"SELECT study, method FROM study_method WHERE study IN {THESE}", values=these)
    known = labels(db, {METHOD[row["method"]] for row in held})
    for row in held:
        label = known[METHOD[row["method"]]][1]
        found[row["study"]]["methods"].append({"method": row["method"], "label": label})
    for row in rows(db, f"SELECT study, source FROM study_source WHERE study IN {THESE}", values=these):
        found[row["study"]]["sources"].append(row["source"])


QUOTES = (
    "SELECT r.item, r.iri AS record_iri, r.source, e.* FROM record AS r JOIN evidence AS e ON e.record = r.id "
    "WHERE {where} ORDER BY r.item, r.source, r.key, e.section = 'title' DESC, e.section = 'keywords', e.start, e.theme"
)


def quotes(
    db: sqlite3.Connection, ids: Sequence[int], iris: Iris, question: StudyQuestion, themes: Sequence[Sequence[str]]
) -> list[tuple[int, Item]]:
    """The evidence of some studies that a question asks for, in the order of the text, each with its study's id."""
    condition, values = evidence_condition(question)
    where = f"r.item IN {THESE} AND e.theme IN {NARROWER} AND {condition}"
    wanted = listed(theme for several in themes for theme in several)
    return of_rows(db, rows(db, QUOTES.format(where=where), values=(listed(ids), wanted, *values)), iris)


def of_rows(db: sqlite3.Connection, held: Sequence[sqlite3.Row], iris: Iris) -> list[tuple[int, Item]]:
    known = labels(db, (row["theme"] for row in held))
    return [(row["item"], _quote(row, known[row["theme"]], iris)) for row in held]


def _quote(row: sqlite3.Row, theme: tuple[str, str], iris: Iris) -> Item:
    return {
        "iri": row["iri"],
        "theme": theme[0],
        "theme_iri": row["theme"],
        "label": theme[1],
        **{name: row[name] for name in ("role", "direction", "section", "quote", "start", "end", "matched")},
        "negated": bool(row["negated"]),
        "hedged": bool(row["hedged"]),
        "maintained": None if row["maintained"] is None else bool(row["maintained"]),
        **{name: row[name] for name in ("confidence", "section_by", "role_by")},
        **source_of(row["source"], row["record_iri"], iris),
    }


OPINIONS = (
    "SELECT o.iri, o.reference, o.date, o.outcome, r.iri AS record_iri, r.source, s.iri AS study, s.title, "
    "g.iri AS rec, g.name FROM opinion AS o JOIN record AS r ON r.id = o.record LEFT JOIN study AS s ON s.id = r.item "
    "LEFT JOIN organisation_mention AS m ON m.iri = o.rec LEFT JOIN organisation AS g ON g.id = m.organisation "
)


def opinions(db: sqlite3.Connection, where: str, values: Sequence[Any], iris: Iris) -> list[Item]:
    """Ethics opinions, the newest first. `where` speaks of `o` (opinion), `r` (record) and `g` (REC)."""
    held = rows(db, OPINIONS, where, values=values)
    known = labels(db, {OPINION[row["outcome"]] for row in held if row["outcome"]})
    return [
        {
            **{name: row[name] for name in ("iri", "reference", "date", "outcome")},
            "outcome_label": known[OPINION[row["outcome"]]][1] if row["outcome"] else None,
            "study": study_ref(row["title"], row["study"], iris) if row["study"] else None,
            "rec": ref(row["name"], row["rec"], iris) if row["rec"] else None,
            **source_of(row["source"], row["record_iri"], iris),
        }
        for row in held
    ]
