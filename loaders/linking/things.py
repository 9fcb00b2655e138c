"""What is compared: the things that records name, and what of a record bears on what they are."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import orjson

from loaders.linking.frequencies import length
from loaders.linking.personal_names import family_key, parse
from loaders.linking.statements import Mapping
from loaders.record import Person, Record
from ontology.iris import Iris, digest, normalise

_STOP = frozenset(
    re.findall(
        r"\S+",
        "about after also among analysis been between both case cohort comparison controlled data does during effect "
        "evaluation evidence from have impact into method more outcome over patient people protocol random randomised "
        "randomized report research result review role study systematic than that their them there these they this "
        "those through toward towards trial under upon used using versus very were what when where which while will "
        "with within without your",
    )
)
_FIRM = ("doi", "pmid", "pmcid", "arxiv", "openalex", "eprints", "handle", "iras", "isrctn", "nct")
_TELLING = 4  # words: a shorter title ("Editorial", "In reply") names many documents


@dataclass(frozen=True)
class Document:
    """The record around a thing.

    `ids` are what names the document for certain ("doi:10.1186/…", "title:<hash>"), `words` the content words of
    title and keywords, `people` one key a person in the record's order (`person_key`), `organisations` the keys
    of those that the whole record names.
    """

    record: str
    ids: frozenset[str]
    title: str
    words: frozenset[str]
    year: int | None
    journal: str
    people: tuple[str, ...]
    organisations: frozenset[str]

    @cached_property
    def company(self) -> frozenset[str]:
        """Who is named in the record; empty for consortia (over 60 names), where company says little."""
        return frozenset(self.people) - {""} if len(self.people) <= 60 else frozenset()

    @cached_property
    def breadth(self) -> float:
        """The length of `words` as a vector."""
        return length("word", self.words)

    def dump(self) -> list[Any]:
        """JSON of it; `Document(*load)` by `document` below."""
        sets = (sorted(self.ids), sorted(self.words), sorted(self.organisations))
        return [self.record, sets[0], self.title, sets[1], self.year, self.journal, list(self.people), sets[2]]


def document(said: list[Any]) -> Document:
    """A document from its JSON (`Document.dump`)."""
    record, ids, title, content, year, journal, people, organisations = said
    return Document(
        record, frozenset(ids), title, frozenset(content), year, journal, tuple(people), frozenset(organisations)
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to resolve, as a record names it.

    `iri` is its node's: a publication or a study that several records name has an item of each. `keys` are its
    blocks: only items that share one are ever compared. `traits` is JSON that its resolver reads.
    """

    iri: str
    label: str
    keys: tuple[str, ...]
    traits: dict[str, Any]


@dataclass(slots=True)
class Node:
    """An item taken from the tables: what its resolver made of its traits, and the record around it."""

    id: int
    kind: int
    iri: str
    label: str
    traits: Any
    document: Document


class Group(Protocol):
    """What a cluster under construction holds, to tell with whom it cannot be one. Both reasons are in words."""

    def never(self, other: Any, /) -> str | None:
        """Why no person's word makes the two one; None where it may."""

    def clashes(self, other: Any, /) -> str | None:
        """Why the machine may not make the two one; None where it may."""

    def take(self, other: Any, /, *, by_person: bool) -> None:
        """Makes the two one."""


class Resolver(Protocol):
    """How one kind of thing is resolved. `score` and `reasons` are pure functions of the two, and symmetric."""

    name: str
    cluster: str
    """Class of its clusters, an IRI."""
    same: str
    """Predicate of its mappings, an IRI."""

    @property
    def accept(self) -> float:
        """From this score on two are held to be one; from .5 on they are a candidate."""

    def items(self, record: Record, about: Document, iris: Iris, /) -> Iterator[Item]: ...
    def read(self, traits: dict[str, Any]) -> Any: ...
    def further_keys(self, node: Node, /) -> Iterable[str]:
        """What two of a large block must share one of to be compared."""

    def score(self, left: Node, right: Node) -> float: ...
    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        """Why, in words, and by what sort of matching (an IRI of SEMAPV)."""

    def group(self, node: Node, /) -> Group: ...
    def further(self, node: Node, /) -> Sequence[Mapping]:
        """Mappings that follow from one node alone."""

    def label(self, nodes: list[Node]) -> str:
        """The best name of a cluster; of one node alone, its own label."""


def packed(value: Any) -> bytes:
    """JSON that is kept: what orjson gives still takes the 4 KB in which it was written, however short it is."""
    return bytes(memoryview(orjson.dumps(value)))


def content_words(text: str) -> frozenset[str]:
    """The content words of a text: folded, plural endings off, four letters or more."""
    found = (
        word[:-1] if word[-1] == "s" and word[-2:-1] not in ("", "s") else word for word in normalise(text).split()
    )
    return frozenset(word for word in found if len(word) > 3 and word not in _STOP)


def person_key(person: Person) -> str:
    """A person's family name and first initial, for company: "gillard|s"."""
    name = parse(person)
    return f"{family_key(name.family)}|{name.given[0][0] if name.given else ''}"


def read_document(record: Record, iris: Iris, organisations: frozenset[str]) -> Document:
    """What of a record bears on everything that it names."""
    folded = normalise(record.title)
    firm = {i.scheme + ":" + i.value.lower() for i in record.identifiers if i.status != "inferred"}
    ids = {name for name in firm if name.partition(":")[0] in _FIRM}
    if len(folded.split()) >= _TELLING:
        ids.add("title:" + digest(folded, 12))
    said = record.publication
    year = said.issued[:4] if said and said.issued else ""
    return Document(
        record=iris.record(record.source, record.key),
        ids=frozenset(ids),
        title=folded,
        words=content_words(" ".join((record.title, *record.keywords))),
        year=int(year) if year.isdecimal() else None,
        journal=normalise(said.journal or "") if said else "",
        people=tuple("" if person.collective else person_key(person) for person in record.people),
        organisations=organisations,
    )
