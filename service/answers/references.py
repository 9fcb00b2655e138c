"""References to the publications of studies, as lists of references hold them: one for each work."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import queries
from ontology.terms import DCTERMS, FABIO, PRISM, RDF
from service.answers.common import THESE, Item, Knowledge, address, listed, rows
from service.answers.names import parted
from service.answers.said import type_of

GRAPHS = 200
"""Named graphs that one query looks into."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as a source has it. Without `family` it is a group, or nobody tells the parts apart."""

    name: str
    family: str | None = None
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A publication of a study; of a study that has none, its registration, with `type` "".

    `iri` names it and `key` is the end of that; `type` is as in `publications` of a study. `issued` is YYYY, YYYY-MM
    or YYYY-MM-DD. `quotes` are the sentences that were asked for, `themes` what the study reports,
    `notes` what a register says that has no field of its own.
    """

    iri: str
    key: str
    title: str | None
    type: str = ""
    authors: tuple[Name, ...] = ()
    editors: tuple[Name, ...] = ()
    truncated: bool = False
    issued: str | None = None
    journal: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    article_number: str | None = None
    issns: tuple[str, ...] = ()
    publisher: str | None = None
    language: str | None = None
    doi: str | None = None
    url: str | None = None
    abstract: str | None = None
    keywords: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    retracted: bool = False

    @property
    def year(self) -> str | None:
        return self.issued[:4] if self.issued else None


@dataclass(slots=True)
class _Told:
    """What one record tells of a publication."""

    record: sqlite3.Row
    people: dict[str, list[Name]] = field(default_factory=lambda: {"author": [], "editor": []})
    keywords: list[str] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def type(self) -> str | None:
        return type_of(self.said.get(RDF.type, ()))

    @property
    def rank(self) -> tuple[object, ...]:
        """What others may have left out comes later: a version with a DOI, no preprint, in a journal, the first."""
        r = self.record
        return (
            r["doi"] is None,
            self.type == "preprint",
            r["journal"] is None,
            r["year"] or 9999,
            r["topic"],
            r["iri"],
        )


async def references(known: Knowledge, items: Sequence[Item]) -> list[Reference]:
    """The references to some studies (items as `study_items` gives them), in their order. Raises TooSlow."""

    def work(db: sqlite3.Connection) -> tuple[dict[str, dict[str, list[_Told]]], list[_Told]]:
        return _works(db, [item["iri"] for item in items])

    works, every = await known.index.read(work)
    await _said(known, every)
    found: list[Reference] = []
    for item in items:
        themes = tuple(theme["label"] for theme in item["themes"] if theme["reports"])
        quotes = [(quote["source"], quote["quote"]) for quote in item.get("evidence") or ()]
        of_study = [(_reference(told), {t.record["iri"] for t in told}) for told in works[item["iri"]].values()]
        if not of_study:
            of_study = [(_registered(item), {source for source, _ in quotes})]
        elsewhere = {source for source, _ in quotes}.difference(*(records for _, records in of_study))
        for number, (reference, records) in enumerate(of_study):
            held = records if number else records | elsewhere
            said = dict.fromkeys(quote for source, quote in quotes if source in held)
            found.append(replace(reference, themes=themes, quotes=tuple(said)))
    return found


def _registered(item: Item) -> Reference:
    """The reference to a study of which no publication is known: what its register says."""
    scheme, _, number = item["key"].partition("/")
    return Reference(
        item["iri"],
        item["key"],
        item["title"],
        url=item["doi_url"] or item["iri"],
        issued=str(item["year"]) if item["year"] else None,
        publisher=item["sponsor"]["name"] if item["sponsor"] else None,
        notes=(
            *([f"IRAS ID {number}"] if scheme == "iras" else []),
            *(f"Reviewed by {rec['name']}" for rec in item["recs"]),
            *([_opinion(item["opinion"])] if item["opinion"] else []),
        ),
    )


def _opinion(opinion: Item) -> str:
    outcome = (opinion["outcome"] or "").replace("-", " ")
    return "Ethics opinion " + ", ".join(filter(None, (opinion["reference"], outcome, opinion["date"])))


def _works(db: sqlite3.Connection, studies: Sequence[str]) -> tuple[dict[str, dict[str, list[_Told]]], list[_Told]]:
    """What records tell of each work of each study; a publication may be of several studies."""
    sql = """
        WITH asked AS (SELECT value AS iri, (SELECT item FROM record WHERE study = value) AS item FROM json_each(?)),
             held AS (
               SELECT a.iri, r.id FROM asked AS a JOIN record AS r ON r.item = a.item WHERE NOT r.registration UNION
               SELECT a.iri, w.id FROM asked AS a JOIN record AS r ON r.item = a.item
               JOIN reported AS p ON p.study = r.study JOIN record AS w ON w.id = p.record WHERE NOT w.registration)
        SELECT h.iri AS of, r.*, d.abstract, coalesce(m.cluster, r.topic) AS work FROM held AS h
        JOIN record AS r ON r.id = h.id LEFT JOIN document AS d ON d.id = r.id LEFT JOIN member AS m ON m.iri = r.topic
        ORDER BY r.topic, r.iri"""
    found: dict[str, dict[str, list[_Told]]] = {study: {} for study in studies}
    by_record: dict[int, _Told] = {}
    for row in rows(db, sql, values=(listed(studies),)):
        told = by_record.setdefault(row["id"], _Told(row))
        found[row["of"]].setdefault(row["work"], []).append(told)
    ids = (listed(by_record),)
    sql = (
        f"SELECT record, role, name, sort FROM person_mention WHERE record IN {THESE} AND role IN ('author', 'editor') "
        "ORDER BY record, coalesce(position, 1000000000 - from_end, 0), iri"
    )
    for row in rows(db, sql, values=ids):
        parts = parted(row["name"], row["sort"]) or ()
        by_record[row["record"]].people[row["role"]].append(Name(row["name"], *parts))
    for row in rows(db, f"SELECT record, keyword FROM keyword WHERE record IN {THESE} ORDER BY 1, 2", values=ids):
        by_record[row["record"]].keywords.append(row["keyword"])
    return found, list(by_record.values())


async def _said(known: Knowledge, every: Iterable[_Told]) -> None:
    """Fill in what the graph says, which the index has not."""
    of = {known.iris.record_graph(told.record["source"], told.record["key"]): told for told in every}
    graphs = list(of)
    for start in range(0, len(graphs), GRAPHS):
        for row in await known.ask(queries.bind("references", graphs=graphs[start : start + GRAPHS])):
            of[row["graph"].value].said.setdefault(row["property"].value, []).append(row["value"].value)


def _reference(told: Sequence[_Told]) -> Reference:
    """One reference to a work: to its best version, filled up from records of that version alone."""
    told = sorted(told, key=lambda t: t.rank)
    best = told[0].record
    same = [t for t in told if t.record["doi"] == best["doi"] or t.record["doi"] is None]

    def first(value: Callable[[_Told], str | None]) -> str | None:
        return next((found for t in same if (found := value(t))), None)

    def said(predicate: str) -> str | None:
        return first(lambda t: next(iter(t.said.get(predicate, ())), None))

    listing = min(same, key=lambda t: (bool(t.record["truncated"]), -len(t.people["author"])))
    return Reference(
        iri=best["topic"],
        key=best["topic"].partition("/publication/")[2],
        title=best["title"],
        type=first(lambda t: t.type) or "",
        authors=tuple(listing.people["author"]),
        editors=next((tuple(t.people["editor"]) for t in same if t.people["editor"]), ()),
        truncated=bool(listing.record["truncated"]),
        journal=first(lambda t: t.record["journal"]),
        issns=tuple(dict.fromkeys(code for t in same for code in t.said.get(PRISM.issn, ()))),
        doi=best["doi"],
        url=address("doi", best["doi"]) if best["doi"] else best["topic"],
        abstract=first(lambda t: t.record["abstract"]),
        keywords=tuple(dict.fromkeys(word for t in same for word in t.keywords)),
        retracted=any(t.record["retracted"] for t in told),
        issued=said(DCTERMS.issued),
        volume=said(PRISM.volume),
        issue=said(PRISM.number),
        pages=said(PRISM.pageRange),
        article_number=said(FABIO.hasElectronicArticleIdentifier),
        publisher=said(DCTERMS.publisher),
        language=said(DCTERMS.language),
    )
