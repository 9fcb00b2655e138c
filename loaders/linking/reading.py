"""A record as linking keeps it: read once, in whatever process, and the same everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import orjson

from loaders.linking import organisations, registry
from loaders.linking.resolvers import ORGANISATION, RESOLVERS
from loaders.linking.things import packed, read_document
from loaders.record import Record
from ontology.iris import Iris


class Row(NamedTuple):
    """A thing (`things.Item`) as the tables have it: the number of its kind first, its blocks a line each, its traits
    JSON.
    """

    kind: int
    iri: str
    label: str
    keys: str
    traits: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What linking takes from a record: its source and key, a digest of the rest, its document (JSON), its things."""

    record: tuple[str, str]
    mark: str
    said: bytes
    rows: tuple[Row, ...]


def read(record: Record, iris: Iris) -> Reading:
    """What linking takes from a record; by the register of organisations that this process uses."""
    about = read_document(record, iris, organisations.of_record(record))
    items = [(n, item) for n, resolver in enumerate(RESOLVERS) for item in resolver.items(record, about, iris)]
    items += [(ORGANISATION, item) for item in organisations.items(record, iris)]
    said = packed(about.dump())
    mark = blake2b(said, digest_size=12)
    for _, item in items:
        mark.update(orjson.dumps(item))
    rows = (Row(kind, item.iri, item.label, "\n".join(item.keys), packed(item.traits)) for kind, item in items)
    return Reading((record.source, record.key), mark.hexdigest(), said, tuple(rows))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records for a linker, in whatever process: under its base, by the edition of the register of organisations
    that it uses. `register` is the file that it is in, where it is not the shipped one.
    """

    base: str
    register: Path
    edition: str

    def __call__(self, records: Sequence[Record]) -> list[Reading]:
        if registry.edition() != self.edition:
            organisations.use_register(self.register)
        iris = Iris(self.base)
        return [read(record, iris) for record in records]
