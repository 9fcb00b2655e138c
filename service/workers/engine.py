"""The engine as workers use it: a snapshot opened for reading, and one query answered into a file."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar, cast

import pyoxigraph as ox

from ontology.terms import PREFIXES
from service.known import known_prefixes
from service.workers.query import Query

BINDINGS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "n3": ox.RdfFormat.N3,
}
TRIPLES = GRAPHS | {"nquads": ox.RdfFormat.N_TRIPLES, "trig": ox.RdfFormat.TURTLE, "n3": ox.RdfFormat.TURTLE}
"""How one graph is written in each: as the triples that a syntax for datasets has too."""


HELD_BACK = 8192
"""So much of an answer is kept until more comes: an error in it still gets a status of its own."""
PIECE = 65536
"""Bytes of an answer that go out together after that."""


class Refusal(Exception):
    """A request that cannot be answered: a kind of `service.workers.query.QueryError` and words for it."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Sink(Protocol):
    """A file that an answer is written to."""

    def write(self, data: bytes) -> int: ...
    def flush(self) -> None: ...


S = TypeVar("S", bound=Sink)


def state(snapshot: str | Path) -> str:
    """The name of what a snapshot holds: its revision and when it was made, for a folder made anew counts from 1 again.

    Raises OSError.
    """
    made = Path(snapshot)
    return f"{made.name}-{made.stat().st_mtime_ns:x}"


def opened(snapshot: str | Path) -> ox.Store:
    """A snapshot. Raises Refusal."""
    try:
        return ox.Store.read_only(str(snapshot))
    except OSError as error:
        raise Refusal("unavailable", f"the graph could not be opened: {error}") from None


def evaluate(store: ox.Store, query: Query, begin: Callable[[str], S]) -> S:
    """Answer a query into the file that `begin` makes of its form.

    The form is "select", "ask" or "graph". Returns that file, which has the whole answer. Raises Refusal,
    SyntaxError, ValueError, RuntimeError, OSError.
    """
    result = _begun(store, query)
    if isinstance(result, ox.QueryTriples):
        if query.graphs is None:
            raise Refusal("unacceptable", "graph")
        sink = begin("graph")
        serialize(result, sink, query.graphs)
    else:
        if query.bindings is None:
            raise Refusal("unacceptable", "bindings")
        sink = begin("select" if isinstance(result, ox.QuerySolutions) else "ask")
        result.serialize(cast(BinaryIO, sink), BINDINGS[query.bindings])
    return sink


def _begun(store: ox.Store, query: Query) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """A query's result as the engine makes it.

    Who declares prefixes mostly declares all: ours, which cost time, are then given only if one is missing.
    """
    default, named = _nodes(query.default), _nodes(query.named)
    if "PREFIX" in query.text:
        try:
            return store.query(query.text, base_iri=query.base, default_graph=default, named_graphs=named)
        except SyntaxError:
            pass
    prefixes = known_prefixes(query.text)
    return store.query(query.text, base_iri=query.base, prefixes=prefixes, default_graph=default, named_graphs=named)


def _nodes(iris: tuple[str, ...] | None) -> list[Any] | None:
    return None if iris is None else [ox.NamedNode(iri) for iri in iris]


def serialize(triples: Iterable[ox.Triple], sink: Sink, form: str) -> None:
    """Write triples in a syntax of GRAPHS."""
    syntax = TRIPLES[form]
    if isinstance(triples, ox.QueryTriples) and syntax != ox.RdfFormat.TURTLE:
        triples.serialize(cast(BinaryIO, sink), syntax)  # without a Python object for each triple
    else:
        ox.serialize(triples, cast(BinaryIO, sink), syntax, prefixes=PREFIXES)
