"""The register of organisations: who bears a name, an acronym or a domain."""

import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from ontology.iris import ODS, ROR
from ontology.terms import EVG, ORG, SCHEMA

FILE = "organisations.tsv.xz"
"""A register of the operator's own, in the data folder (`evidence-graph registries update`)."""
CLOSED = "-"
"""The successor of a trust that is no more and of which no register says what took over."""
CHOSEN = Path()
"""The file that is read in place of the shipped one, where there is one; `organisations.use_register` sets it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An organisation of the register. `names` begins with the one that it goes by; `parent` and `successor` are
    identifiers (a ROR id, for a trust's successor an ODS code, or CLOSED).
    """

    ror: str
    ods: str
    country: str
    city: str
    types: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...]
    domains: tuple[str, ...]
    parent: str
    successor: str

    @property
    def iri(self) -> str:
        """Its IRI: that of ROR, else that of the ODS directory."""
        return ROR + self.ror if self.ror else ODS + self.ods

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that its kind makes it a member of, IRIs."""
        if self.ods:
            foundation = "foundation" in self.names[0].lower()
            return (ORG.FormalOrganization, EVG.NHSTrust, *((EVG.NHSFoundationTrust,) if foundation else ()))
        return (SCHEMA.CollegeOrUniversity,) if "education" in self.types.split("|") else ()

    @property
    def identifiers(self) -> dict[str, str]:
        return {scheme: value for scheme, value in (("ror", self.ror), ("ods", self.ods)) if value}


class Entries:
    """Entries by their numbers, each made out of its line when it is asked for: as objects they take four times the
    memory.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> Entry:
        ror, ods, country, city, types, names, acronyms, domains, parent, successor = (
            self._lines[number].decode().split("\t")
        )
        told = (_values(names), _values(acronyms), _values(domains))
        return Entry(ror, ods, country, city, types, *told, parent, successor)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self._lines)))


class Registry:
    """All entries, found by what they are called."""

    def __init__(self, text: str) -> None:
        self.entries = Entries([line.encode() for line in text.splitlines()[1:]])
        self.acronyms: dict[str, list[int]] = {}
        self.domains: dict[str, list[int]] = {}
        self.by_id: dict[str, int] = {}
        for number, entry in enumerate(self.entries):
            for identifier in (entry.ror, entry.ods):
                if identifier:
                    self.by_id[identifier] = number
            for index, values in ((self.acronyms, entry.acronyms), (self.domains, entry.domains)):
                for value in values:
                    index.setdefault(value, []).append(number)

    def entry(self, iri: str) -> Entry:
        """The entry of an IRI that an entry gave. Raises KeyError for any other."""
        return self.entries[self.by_id[iri.rpartition("/")[2]]]

    def successor(self, entry: Entry) -> str:
        """The IRI of what took over from an organisation that is no more; empty where none is known."""
        number = self.by_id.get(entry.successor)
        return self.entries[number].iri if number is not None else ""


def _values(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


@cache
def registry() -> Registry:
    """The register that is in use, read once."""
    return read(packed())


@cache
def edition() -> str:
    """A digest of the register that is in use: another one links otherwise."""
    return blake2b(packed(), digest_size=6).hexdigest()


def packed() -> bytes:
    """The register's file: the one that was chosen, else the shipped one (`data/organisations.tsv.xz`)."""
    if CHOSEN.is_file():
        return CHOSEN.read_bytes()
    return files("loaders.linking").joinpath("data/organisations.tsv.xz").read_bytes()


def read(raw: bytes) -> Registry:
    """A register from its file's bytes."""
    return Registry(lzma.decompress(raw).decode())
