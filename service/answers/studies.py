"""Which studies: the list with its filters, and what it can be narrowed to."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ontology.terms import METHOD
from service.answers.common import Found, Item, Knowledge, number, rows
from service.answers.dois import bare
from service.answers.errors import BadQuestion
from service.answers.items import labels, study_items
from service.answers.names import unknown
from service.answers.question import Plan, StudyQuestion, plan
from service.answers.study import publication, study

__all__ = ["StudyQuestion", "each", "facets", "find", "items", "publication", "study"]

FACET_VALUES = 50
FACETED = 100_000
"""Studies of the largest answer whose facets are counted."""


async def find(known: Knowledge, question: StudyQuestion) -> Found:
    """The studies that answer a question, with the quotes that say so where themes are asked for.

    Raises BadQuestion, TooSlow.
    """

    def work(db: sqlite3.Connection) -> Found:
        made = plan(db, question, known.iris)
        total = number(db, "SELECT count(*)", made.unordered, values=made.all_values)
        ids = _ids(db, made, question.limit, question.offset)
        items = study_items(db, ids, known.iris, question, made.themes)
        notices = (*unknown(db, _named(question, total), known.iris), *_never(question))
        return Found(items, total, question.limit, question.offset, notices)

    return await known.index.read(work)


def _named(question: StudyQuestion, total: int) -> Iterator[tuple[str, str]]:
    """What a question names that the graph may not know: where studies are found, nothing but sources."""
    yield from (("source", name) for name in question.sources)
    if not total:
        yield from (("author", name) for name in question.authors)
        yield from (("organisation", name) for name in question.organisations)
        yield from (("research ethics committee", name) for name in question.recs)
        yield from (("keyword", name) for name in question.keywords)


def _never(question: StudyQuestion) -> Iterator[str]:
    """What a question asks that can hold of nothing, in a sentence for a person."""
    if question.year_from is not None and question.year_to is not None and question.year_from > question.year_to:
        yield f"No year is both {question.year_from} or later and {question.year_to} or earlier."
    with suppress(BadQuestion):
        yield f"Words are looked for with q; this is the DOI of /api/doi/{bare(question.q)}"


def _ids(db: sqlite3.Connection, made: Plan, limit: int, offset: int) -> list[int]:
    sql = ("SELECT d.id", made.body, "ORDER BY", made.order, "LIMIT ? OFFSET ?")
    return [row[0] for row in rows(db, *sql, values=[*made.all_values, limit, offset])]


async def each(known: Knowledge, question: StudyQuestion, most: int, part: int = 500) -> tuple[int, list[list[int]]]:
    """The total, and the ids of the answer from the question's `offset` on, at most `most`, in parts: for exports."""

    def work(db: sqlite3.Connection) -> tuple[int, list[list[int]]]:
        made = plan(db, question, known.iris)
        ids = _ids(db, made, most, question.offset)
        total = number(db, "SELECT count(*)", made.unordered, values=made.all_values)
        return total, [ids[start : start + part] for start in range(0, len(ids), part)]

    return await known.index.read(work)


async def items(known: Knowledge, question: StudyQuestion, ids: list[int], authors: int = 10_000) -> list[Item]:
    """Some studies of an answer, with every author."""

    def work(db: sqlite3.Connection) -> list[Item]:
        return study_items(db, ids, known.iris, question, plan(db, question, known.iris).themes, authors)

    return await known.index.read(work)


async def facets(known: Knowledge, question: StudyQuestion) -> dict[str, list[Item]]:
    """What the answer can be narrowed to: values of theme, method, kind, source and year with their counts.

    At most 50 values each, the most frequent first (years: the latest). Counts of themes are of studies that
    report them. Empty for an answer of more than 100,000 studies: counting would take longer than a page may.
    Raises BadQuestion, TooSlow.
    """
    asked = replace(question, limit=0, offset=0, sort=None)

    def count(db: sqlite3.Connection) -> dict[str, list[Item]]:
        made = plan(db, asked, known.iris)
        sql = ("SELECT count(*) FROM (SELECT 1", made.unordered, "LIMIT ?)")
        few = number(db, *sql, values=[*made.all_values, FACETED + 1])
        return dict(_facets(db, made)) if few <= FACETED else {}

    return await known.index.read(lambda db: known.index.kept(db, ("facets", asked), count))


def _facets(db: sqlite3.Connection, made: Plan) -> Iterator[tuple[str, list[Item]]]:
    answer = f"WITH answer AS MATERIALIZED (SELECT d.id {made.unordered})"
    end = f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {FACET_VALUES}"

    def counted(select: str, order: str = end) -> list[tuple[Any, int]]:
        return [(row[0], row[1]) for row in rows(db, answer, select, order, values=made.all_values)]

    themes = counted(
        "SELECT t.theme, count(*) FROM answer AS a JOIN study_theme AS t ON t.study = a.id AND t.roles & 3"
    )
    named = labels(db, (iri for iri, _ in themes))
    yield "theme", [{"value": named[iri][0], "label": named[iri][1], "count": n} for iri, n in themes]
    methods = counted("SELECT m.method, count(*) FROM answer AS a JOIN study_method AS m ON m.study = a.id")
    called = labels(db, (METHOD[name] for name, _ in methods))
    yield "method", [{"value": name, "label": called[METHOD[name]][1], "count": n} for name, n in methods]
    kinds = counted("SELECT s.registered, count(*) FROM answer AS a JOIN study AS s ON s.id = a.id")
    texts = {0: ("implied", "Implied by a publication"), 1: ("registered", "Registered")}
    yield "kind", [{"value": texts[kind][0], "label": texts[kind][1], "count": n} for kind, n in kinds]
    sources = counted("SELECT o.source, count(*) FROM answer AS a JOIN study_source AS o ON o.study = a.id")
    yield "source", [{"value": name, "label": name, "count": n} for name, n in sources]
    dated = "SELECT s.year, count(*) FROM answer AS a JOIN study AS s ON s.id = a.id WHERE s.year >= 0"
    years = counted(dated, f"GROUP BY 1 ORDER BY 1 DESC LIMIT {FACET_VALUES}")
    yield "year", [{"value": year, "label": str(year), "count": n} for year, n in years]
