"""Statements as a table that a person can read: labels in place of IRIs, one group for each thing."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import queries
from ontology.iris import Iris
from ontology.terms import OWN
from service.answers import Knowledge
from service.pages import ontology_site
from service.pages.words import day, source_of
from service.workers.query import Term

Row = dict[str, Term]
XSD = "http://www.w3.org/2001/XMLSchema#"
MOST = 10_000
"""Statements that are given of one thing; there are other ways to ask for more."""
SHOWN = 2000
"""Statements that a page shows."""
LONGEST = 400
"""Characters of a value that a table shows."""


@dataclass(frozen=True, slots=True)
class Value:
    label: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A property and its values."""

    label: str
    href: str | None
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Group:
    """What is said of one thing. `id` is its fragment, where it is a part of a record."""

    label: str
    href: str | None
    id: str
    rows: list[Line]


async def statements(known: Knowledge, thing: str, limit: int = MOST) -> list[Row]:
    """What the graph says with a thing as subject or object: rows of subject, predicate, object."""
    return await known.ask(queries.bind("description", thing=thing, limit=limit))


async def of_graphs(known: Knowledge, graphs: Sequence[str], limit: int = MOST) -> list[Row]:
    """What some named graphs say."""
    return await known.ask(queries.bind("statements", graphs=graphs, limit=limit))


def whole_nodes(rows: Sequence[Row], first: Collection[str] = (), most: int = SHOWN) -> tuple[list[Row], set[str]]:
    """The rows that a page has room for, node by node, and the subjects that it leaves out.

    `first` are the subjects that come before all others; these follow in the order of their IRIs and numbers. Only
    what has more to say than a page has room for is shown in part.
    """
    subjects = _of_subjects(rows)
    left = set(subjects)
    if len(rows) >= MOST and len(subjects) > 1:  # what came last may have more to say
        subjects.popitem()
    kept: list[Row] = []
    for iri in sorted(subjects, key=lambda iri: (iri not in first, _by_number(iri))):
        if kept and len(kept) + len(subjects[iri]) > most:
            break
        kept += subjects[iri][:most]
        left.remove(iri)
    return kept, left


def _of_subjects(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the IRI of their subject."""
    subjects: dict[str, list[Row]] = {}
    for row in rows:
        subjects.setdefault(row["subject"].value, []).append(row)
    return subjects


def _by_number(iri: str) -> list[tuple[int, str]]:
    """An order in which `#author-9` comes before `#author-10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"([0-9]{1,9})", iri)]


async def names(known: Knowledge, rows: Iterable[Row]) -> dict[str, str]:
    """What the things under our base are called that some rows speak of, by IRI."""
    iris = {t.value for row in rows for t in row.values() if t.kind == "uri"}
    return await labels_of(known, {iri for iri in iris if iri.startswith(known.iris.base)})


async def labels_of(known: Knowledge, things: Collection[str]) -> dict[str, str]:
    """What some things are called, by IRI; what has no name is left out."""
    found: dict[str, str] = {}
    for row in await known.ask(queries.bind("labels", things=sorted(things))) if things else ():
        found.setdefault(row["thing"].value, row["label"].value)
    return found


def about(thing: str, rows: Sequence[Row], named: dict[str, str], iris: Iris) -> list[Group]:
    """Two groups: what is said of a thing, and what points to it."""
    words = Words(named, iris)
    own = [r for r in rows if r["subject"].value == thing]
    others = [Row(r, object=r["subject"]) for r in rows if r["subject"].value != thing]
    found = [Group("What is said of it", None, "", words.lines(own))] if own else []
    return [*found, Group("What points to it", None, "", words.lines(others, inverse=True))] if others else found


def by_subject(rows: Sequence[Row], named: dict[str, str], iris: Iris, whole: str = "") -> list[Group]:
    """A group for each subject, in the order of IRIs and numbers; the parts of `whole` get their fragments as `id`."""
    words = Words(named, iris)
    subjects = _of_subjects(rows)
    return [
        Group(
            words.label(s),
            words.href(s),
            unquote(s.partition("#")[2]) if s.startswith(f"{whole}#") else "",
            words.lines(subjects[s]),
        )
        for s in sorted(subjects, key=_by_number)
    ]


@dataclass(frozen=True, slots=True)
class Words:
    """Names and addresses for IRIs and values."""

    named: dict[str, str]
    iris: Iris

    def lines(self, rows: Iterable[Row], inverse: bool = False) -> list[Line]:
        gathered: dict[str, list[Term]] = {}
        for row in rows:
            gathered.setdefault(row["predicate"].value, []).append(row["object"])
        found = []
        for predicate in sorted(gathered, key=lambda p: (p != ontology_site.TYPE, self.label(p))):
            label = self.label(predicate)
            values = [
                Value(self.value(t), self.href(t.value) if t.kind == "uri" else None) for t in gathered[predicate]
            ]
            values = sorted(set(values), key=lambda v: v.label)
            found.append(Line(f"{label} of" if inverse else label, self.href(predicate), values))
        return found

    def value(self, term: Term) -> str:
        if term.kind == "uri":
            return self.label(term.value)
        if term.datatype in (XSD + "date", XSD + "gYear", XSD + "gYearMonth"):
            return day(term.value)
        return term.value if len(term.value) <= LONGEST else term.value[:LONGEST].rstrip() + " …"

    def label(self, iri: str) -> str:
        """What a thing is called; never a bare IRI of ours."""
        if iri in self.named:
            return self.named[iri]
        if iri.startswith(self.iris.base):
            return self._unnamed(iri)
        return ontology_site.label(iri)

    def _unnamed(self, iri: str) -> str:
        noun, _, key = unquote(iri.removeprefix(self.iris.base)).partition("/")
        if noun == "record":
            source, _, rest = key.partition("/")
            key, _, part = rest.partition("#")
            return (
                f"{part.replace('-', ' ')} in {source_of(source)} {key}"
                if part
                else f"{source_of(source)} record {key}"
            )
        if noun == "graph":
            kind, _, rest = key.partition("/")
            source, _, key = rest.partition("/")
            told = {"record": "What the {} record {} says", "evidence": "What was read out of the {} record {}"}
            return told[kind].format(source_of(source), key) if kind in told else "What is held to be the same"
        return f"{noun.capitalize()} {key}"

    def href(self, iri: str) -> str | None:
        """Where a person reads on: our things and our terms on our own pages."""
        if iri.startswith(self.iris.base):
            return "/" + iri.removeprefix(self.iris.base)
        if iri.startswith(OWN + "theme/"):
            return "/theme/" + iri.removeprefix(OWN + "theme/")
        if iri.startswith(OWN):
            return ontology_site.href(iri)
        return iri if iri.startswith(("http://", "https://", "mailto:")) else None
