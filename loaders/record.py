"""The one model that every source reader fills and that `triples.py` alone turns into RDF.

A record is what one source says of one document or one registration, nothing more: no resolution, no
guesses. Values are as the source gives them, but for white space at their ends. What a source does not say
is None or empty, never a placeholder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

Status = Literal["stated", "repaired", "inferred"]
"""How an identifier came to be known: names of `status:` in ontology/vocabularies.ttl."""

DOI, IRAS, EPRINTS, ISRCTN, NCT = "doi", "iras", "eprints", "isrctn", "nct"
PMID, PMCID, OPENALEX, ORCID, ROR, ODS = "pmid", "pmcid", "openalex", "orcid", "ror", "ods"

RECORD = "_:record"
"""In `Record.statements`: the record itself."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name in somebody's scheme.

    `scheme` is one of the constants above or another short lower-case name; `value` is in the scheme's plain
    form (a bare lower-case DOI, an ORCID with its hyphens, no URL prefix). A repaired one keeps in `raw` the
    text that the source has.
    """

    scheme: str
    value: str
    status: Status = "stated"
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as a source names it. `parent` is the one that the same source names above it.

    `kind`: what the source's own label or the name itself says: "nhs-foundation-trust", "nhs-trust",
    "university", "research-ethics-committee", "unit" (part of another), or "" where nothing says it.
    """

    name: str
    kind: str = ""
    identifiers: tuple[Identifier, ...] = ()
    parent: "Organisation | None" = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person in one role in one record: a mention, not a resolved human being.

    `name` is letter for letter the source's. `family` and `given` are filled where the source or the form of
    the name tells them apart. Exactly one of `position` (1 is first) and `position_from_end` (1 is last) is
    given for an author: the latter where a truncated list hides the former.
    `email` is kept here so that an operator can ask for it; by default only its domain reaches the graph.
    """

    name: str
    role: Literal["author", "editor", "contact", "chief-investigator"] = "author"
    family: str | None = None
    given: str | None = None
    position: int | None = None
    position_from_end: int | None = None
    identifiers: tuple[Identifier, ...] = ()
    affiliations: tuple[Organisation, ...] = ()
    email: str | None = None
    collective: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the document that can be read somewhere.

    `status`: the source's own words on open access ("Green open access"); `version` in the source's words
    ("Published Version"); `licence` a URL.
    """

    status: str | None = None
    version: str | None = None
    licence: str | None = None
    url: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A link to another document that the source states.

    `kind`: "is-preprint-of", "has-preprint", "is-version-of", "has-version", "corrects", "retracts",
    "is-corrected-by", "is-retracted-by", "is-supplement-to", "references-study" (a registration).
    """

    kind: str
    target: Identifier


@dataclass(frozen=True, slots=True)
class Publication:
    """What is said of a document: the bibliographic part of a record.

    `type`: "journal-article", "preprint", "conference-paper", "book", "book-chapter", "thesis", "report",
    "review", "editorial", "letter", "dataset" or "" where the source does not say.
    `issued`: "YYYY", "YYYY-MM" or "YYYY-MM-DD", as precise as the source and no more.
    """

    type: str = ""
    journal: str | None = None
    issns: tuple[str, ...] = ()
    publisher: str | None = None
    volume: str | None = None
    issue: str | None = None
    article_number: str | None = None
    pages: str | None = None
    issued: str | None = None
    open_access: bool | None = None
    copies: tuple[Copy, ...] = ()
    relations: tuple[Relation, ...] = ()
    funders: tuple[Organisation, ...] = ()
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """A decision of a research ethics committee (REC).

    `outcome` is a name of `opinion:` in ontology/vocabularies.ttl; `date` is ISO 8601, a full date.
    """

    committee: Organisation | None = None
    reference: str | None = None
    date: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What a register says of a study: it can hold aims and methods, never a finding.

    `duration` is an `xsd:duration` in canonical form ("P11M30D"); `expected_end` "YYYY", "YYYY-MM" or
    "YYYY-MM-DD".
    """

    research_type: str | None = None
    version: str | None = None
    sponsor: Organisation | None = None
    establishment: Organisation | None = None
    duration: str | None = None
    expected_end: str | None = None
    participants: int | None = None
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One source record. At most one of `publication` and `registration` is given; where neither is, the record is
    nothing but its `statements`.

    `source` is the reader's name and `key` what identifies the record within it; together they name its
    graphs and its page, so a key is minted from the record's own identifiers, best first (repository id,
    DOI, IRAS ID, a hash of the normalised title), never from its place in a file.
    `abstract` and `title` are texts in which quotes are found letter for letter: white space within them is
    as the source has it. `leftovers` names the fields that the reader saw and has no place for.
    """

    source: str
    key: str
    title: str
    publication: Publication | None = None
    registration: Registration | None = None
    alternative_titles: tuple[str, ...] = ()
    abstract: str | None = None
    language: str | None = None
    keywords: tuple[str, ...] = ()
    subjects: tuple[Identifier, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    people: tuple[Person, ...] = ()
    authors_truncated: bool = False
    organisations: tuple[Organisation, ...] = ()
    url: str | None = None
    rights: str | None = None
    leftovers: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def describes(self) -> bool:
        """Whether it says something of a document or a registration: what can be linked and listed."""
        return self.publication is not None or self.registration is not None

    def identifier(self, scheme: str) -> str | None:
        """The value of the record's first identifier in a scheme, or None."""
        return next((i.value for i in self.identifiers if i.scheme == scheme), None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a record that says something on a theme.

    `theme` is the theme's IRI. `role`, `section` and `direction` are names in `role:`, `section:` and
    `direction:`. `start` and `end` are offsets of `quote` in one text field of the record, in Unicode code
    points from 0: in the title where the section is "title", in the keywords joined by "; " where it is
    "keywords", else in the abstract. `matched` are the words that named the theme.
    `maintained` is False where the sentence says of a change that it did not last, True where that it did.
    `section_by` and `role_by` say which rule or model gave them. `confidence` is 0 to 1.
    """

    theme: str
    role: str
    section: str
    quote: str
    start: int
    end: int
    matched: str
    direction: str | None = None
    negated: bool = False
    hedged: bool = False
    maintained: bool | None = None
    confidence: float = 1.0
    section_by: str = ""
    role_by: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record's own bytes within an input, and where they stand there ("line 12", "entry 3", "")."""

    raw: bytes
    place: str = ""


class Unreadable(Exception):
    """A record that a reader cannot read. The message says what is wrong and what to do, for a person."""


class Withdrawn(Exception):
    """A source says that it deleted a record. `key` is the record's."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the source has deleted {key}")
        self.key = key


class Source(Protocol):
    """What a module in `loaders/sources` offers. The module itself is the object.

    `NAME` is the `source` of its records and `VERSION` is raised whenever the same bytes would be read
    differently. `sniff` is asked with the first bytes of an input (at least 64 KB where there are so many)
    and answers by content alone. `entries` splits an input into the bytes of single records, streaming.
    `read` is a pure function of one entry's bytes; it raises Unreadable, or Withdrawn where the entry says that
    its record was deleted.
    """

    NAME: str
    VERSION: str

    def sniff(self, head: bytes) -> bool: ...
    def entries(self, stream: BinaryIO) -> Iterator[Entry]: ...
    def read(self, raw: bytes) -> Record: ...
