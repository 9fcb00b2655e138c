"""A record as linking keeps it: read once, in whatever process, and the same everywhere."""

from dataclasses import dataclass
from hashlib import blake2b

import orjson

from loaders.linking import organisations
from loaders.linking.resolvers import ORGANISATION, RESOLVERS
from loaders.linking.things import Item, read_document
from loaders.record import Record
from ontology.iris import Iris


@dataclass(frozen=True, slots=True)
class Reading:
    """What linking takes from a record: its source and key, a digest of the rest, its document (JSON), its things, each
    with the number of its kind.
    """

    record: tuple[str, str]
    mark: str
    said: bytes
    items: list[tuple[int, Item]]


def read(record: Record, iris: Iris) -> Reading:
    """What linking takes from a record; by the register of organisations that this process uses."""
    about = read_document(record, iris, organisations.of_record(record))
    items = [(n, item) for n, resolver in enumerate(RESOLVERS) for item in resolver.items(record, about, iris)]
    items += [(ORGANISATION, item) for item in organisations.items(record, iris)]
    said = orjson.dumps(about.dump())
    mark = blake2b(said, digest_size=12)
    for _, item in items:
        mark.update(orjson.dumps(item))
    return Reading((record.source, record.key), mark.hexdigest(), said, items)
