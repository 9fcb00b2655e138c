"""Two things side by side: what the records say of each, every value with the record that says it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from loaders.archive import Archive
from loaders.linking.links import Link, Links
from loaders.linking.organisation_names import fold
from loaders.linking.registry import registry
from loaders.parts import names, organisations, people
from loaders.prepare import read
from loaders.record import Identifier, Organisation, Person, Record, Unreadable
from ontology.iris import ODS, ROR, Iris, unpath

MEMBERS = 12
"""Nodes of a side's cluster whose records are read; the others are counted."""
VALUES = 12
"""Values of one sort that are shown; the others are counted."""
PEOPLE = ("Name", "Co-author", "Author")
COMMONPLACE = ("Role", "Type", "Named as")
"""Sorts of values that say nothing for two being one."""
Fact = tuple[str, str]
"""A sort of value ("Affiliation") and a value."""
Key = tuple[str, str]
"""Source and key of a record."""


@dataclass(slots=True)
class Value:
    """A value with the records (source/key) that say it; `shared` where the other side has it too."""

    text: str
    records: list[str] = field(default_factory=list)
    shared: bool = False


@dataclass(slots=True)
class Row:
    """One sort of value on both sides; `more` are the values that are not shown."""

    name: str
    left: list[Value]
    right: list[Value]
    more: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the node that the mapping is on, the cluster around it, the records that were read."""

    iri: str
    label: str
    cluster: str
    size: int
    records: tuple[str, ...]


def side_by_side(
    link: Link, links: Links, records: Callable[[Key], Record | None], iris: Iris
) -> tuple[Side, Side, list[Row]]:
    """Both sides of a mapping and their values, row by row. `records` gives a record by its source and key
    (`reader`).

    Of two that are in one cluster each side is the node alone; else it is the cluster around it.
    """
    together = bool(link.clusters[0]) and link.clusters[0] == link.clusters[1]
    sides, found = [], []
    ends = (link.mapping.left, link.mapping.right)
    for iri, label, cluster, size in zip(ends, link.labels, link.clusters, link.sizes, strict=True):
        told: dict[str, dict[str, Value]] = {}
        seen: dict[str, None] = {}
        members = [iri] if together or not cluster else links.members(iri, MEMBERS)
        for member in members:
            for name, text, record in _of_node(member, links, records, iris):
                value = told.setdefault(name, {}).setdefault(_folded(name, text), Value(text))
                if record and record not in value.records:
                    value.records.append(record)
                seen.update({record: None} if record else {})
        sides.append(Side(iri, label, cluster, size, tuple(seen)))
        found.append(told)
    return sides[0], sides[1], list(_rows(found[0], found[1]))


def _folded(name: str, text: str) -> str:
    """A value as it is compared: names of people whatever comes first, given name or family name."""
    folded = fold(text)
    return " ".join(sorted(folded.split())) if name in PEOPLE else folded or text


def _rows(left: dict[str, dict[str, Value]], right: dict[str, dict[str, Value]]) -> Iterator[Row]:
    order = [name for name in ORDER if name in left or name in right]
    for name in order:
        here, there = left.get(name, {}), right.get(name, {})
        for folded in here.keys() & there.keys() if name not in COMMONPLACE else ():
            here[folded].shared = there[folded].shared = True
        shown = [sorted(side.values(), key=lambda v: (not v.shared, v.text))[:VALUES] for side in (here, there)]
        yield Row(name, shown[0], shown[1], (len(here) - len(shown[0]), len(there) - len(shown[1])))


ORDER = (
    "Name",
    "Identifier",
    "Title",
    "Role",
    "Affiliation",
    "E-mail domain",
    "Co-author",
    "Sponsor",
    "Committee",
    "Reference",
    "Date",
    "Author",
    "Journal",
    "Year",
    "Type",
    "Named as",
    "Part of",
    "Place",
    "Says",
)
"""The sorts of values, as a person reads them."""


def _of_node(
    iri: str, links: Links, records: Callable[[Key], Record | None], iris: Iris
) -> Iterator[tuple[str, str, str]]:
    """What is said of a node: sort, value, and the record (source/key) that says so."""
    if iri.startswith((ROR, ODS)):
        for name, text in _registered(iri):
            yield name, text, ""
        return
    for key in links.records(iri):
        if record := records(key):
            for name, text in _facts(record, iri, iris):
                if text.strip():
                    yield name, " ".join(text.split()), "/".join(key)


def _facts(record: Record, iri: str, iris: Iris) -> Iterator[Fact]:
    _, hash_, part = iri.partition("#")
    if not hash_:
        # a study that a record merely refers to has that record's number and nothing else
        yield from _study(record) if iri in (names(record, iris).study, names(record, iris).topic) else _referred(iri)
        return
    person = next((person for name, person in people(record) if name == part), None)
    if person:
        yield from _person(person, record)
    else:
        yield from _organisation(next((o for o, name in organisations(record).items() if name == part), None), part)
    yield "Title", record.title
    yield from _publication(record)


def _person(person: Person, record: Record) -> Iterator[Fact]:
    yield "Name", person.name
    yield "Role", person.role.replace("-", " ")
    for affiliation in person.affiliations:
        yield "Affiliation", _whole(affiliation)
    if person.email:
        yield "E-mail domain", person.email.rpartition("@")[2]
    yield from _identifiers(person.identifiers)
    yield from (("Co-author", other.name) for other in record.people if other is not person)


def _organisation(named: Organisation | None, part: str) -> Iterator[Fact]:
    if named:
        yield "Name", named.name
        yield from _identifiers(named.identifiers)
        if named.parent:
            yield "Part of", _whole(named.parent)
        yield "Named as", part.partition("-")[0]


def _registered(iri: str) -> Iterator[Fact]:
    """What the register says of an institution."""
    try:
        entry = registry().entry(iri)
    except KeyError:
        return
    yield from (("Name", name) for name in (*entry.names, *entry.acronyms))
    yield from (("Identifier", f"{scheme.upper()} {value}") for scheme, value in entry.identifiers.items())
    yield from (("E-mail domain", domain) for domain in entry.domains)
    yield "Place", ", ".join(filter(None, (entry.city, entry.country)))


def _document(record: Record) -> Iterator[Fact]:
    yield "Title", record.title
    yield from _identifiers(record.identifiers)
    yield from (("Author", person.name) for person in record.people)
    yield from _publication(record)
    said = record.publication
    if said:
        yield "Type", said.type.replace("-", " ")
        yield from (("Says", f"{r.kind.replace('-', ' ')} {r.target.scheme} {r.target.value}") for r in said.relations)


def _study(record: Record) -> Iterator[Fact]:
    said = record.registration
    if not said:
        yield from _document(record)
        return
    yield "Title", record.title
    yield from _identifiers(record.identifiers)
    yield from (("Author", person.name) for person in record.people)
    if said.sponsor:
        yield "Sponsor", said.sponsor.name
    for opinion in said.opinions:
        yield "Committee", opinion.committee.name if opinion.committee else ""
        yield "Reference", opinion.reference or ""
        yield "Date", opinion.date or ""
    yield "Type", said.research_type or ""


def _referred(iri: str) -> Iterator[Fact]:
    """A study that a publication names and of which there may be no record."""
    scheme, _, value = unpath(iri).rpartition("/study/")[2].partition("/")
    yield "Identifier", f"{scheme.upper()} {value}"


def _publication(record: Record) -> Iterator[Fact]:
    if record.publication:
        yield "Journal", record.publication.journal or ""
        yield "Year", (record.publication.issued or "")[:4]


def _identifiers(known: tuple[Identifier, ...]) -> Iterator[Fact]:
    yield from (("Identifier", f"{i.scheme.upper()} {i.value}") for i in known if i.status != "inferred")


def _whole(organisation: Organisation) -> str:
    """An organisation's name with those of what it is part of."""
    above = organisation.parent
    return organisation.name + (f", {_whole(above)}" if above else "")


def reader(archive: Archive) -> Callable[[Key], Record | None]:
    """What reads a record anew from its archived bytes; None where there is none, or it can no longer be read."""

    @cache
    def read_record(key: Key) -> Record | None:
        held = archive.get(*key)
        raw = archive.raw(held.hash) if held else None
        try:
            return read(key[0], raw) if raw is not None else None
        except Unreadable:
            return None

    return read_record
