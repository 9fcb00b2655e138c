"""A record's graphs made ready to be written, by a pure function that runs in whatever process."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from ontology.iris import Iris
from service.index.rows import Rows, rows


class Packed(NamedTuple):
    """A record's graphs and what the index keeps of them.

    `graphs`: the name of each graph with its statements, one a line: N-Triples without the final dots. An empty
    graph is one to be dropped.
    """

    source: str
    key: str
    graphs: tuple[tuple[str, bytes], ...]
    rows: Rows | None


class Packer(Protocol):
    """What makes a record's graphs ready; it can be sent to another process."""

    def __call__(self, source: str, key: str, graphs: Mapping[str, Collection[str]]) -> Packed: ...


def packer(base: str) -> Packer:
    """The packer of a graph with this base IRI."""
    return partial(_pack, Iris(base))


def _pack(iris: Iris, source: str, key: str, graphs: Mapping[str, Collection[str]]) -> Packed:
    said, read = (graphs.get(n, ()) for n in (iris.record_graph(source, key), iris.evidence_graph(source, key)))
    texts = tuple((name, text_of(lines)) for name, lines in graphs.items())
    return Packed(source, key, texts, rows(source, key, said, read, iris))


def text_of(statements: Collection[str]) -> bytes:
    """Statements, one a line: what a store is filled with."""
    return "\n".join([*statements, ""]).encode()
