"""What a request asks of the query endpoint, read from its text, its parameters and its Accept header."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import pyoxigraph as ox

from service.problem import Problem
from service.sparql import explain, fields, formats, guard
from service.sparql.tokens import unescaped
from service.workers.query import Query

VARY = "accept, accept-encoding, origin"
VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE|SERVICE)\b")
"""What makes an answer differ though the graph does not."""

Parameters = dict[str, list[str]]


class Asked(NamedTuple):
    """A query that may be put to the workers, the formats that its answer may have, and whether that answer
    may differ the next time though the graph does not.
    """

    query: Query
    wish: formats.Wish
    volatile: bool

    def headers(self, state: str, *, repeatable: bool) -> dict[str, str]:
        """What the answer's headers say beside its format, given the name of the graph's state.

        `repeatable`: whether the same request may be cached.
        """
        extra = {"vary": VARY}
        if repeatable and not self.volatile:
            extra["etag"] = f'W/"{state}"'
        if hint := next(explain.misspelt(self.query.text), None):
            extra["x-hint"] = hint.encode("ascii", "replace").decode()
        return extra


def ask(text: str | None, parameters: Parameters, accept: str | None, base: str, largest: int) -> Asked:
    """Read a request. `base` is the IRI of the service, `largest` the bytes that a text may have. Raises Problem."""
    if "update" in parameters:
        raise Problem(400, "An update at the query endpoint", f"Updates go to {base}update.")
    if not text:
        raise Problem(400, "No query", "The parameter `query` is missing or empty.")
    wish = _wish(accept, parameters)
    guard.check(text, largest)
    default, named = dataset(parameters, "default-graph-uri", "named-graph-uri")
    query = Query(
        text,
        wish.bindings.name if wish.bindings else None,
        wish.graphs.name if wish.graphs else None,
        base=base + "sparql",
        default=default,
        named=named,
        timeout=_timeout(parameters),
    )
    return Asked(query, wish, _volatile(text))


def _volatile(text: str) -> bool:
    upper = unescaped(text).upper()
    # Signs first, and one by one: the expression costs as much as a small query.
    if "NOW" in upper or "RAND" in upper or "UUID" in upper or "BNODE" in upper or "SERVICE" in upper:
        return VOLATILE.search(upper) is not None
    return False


def _wish(accept: str | None, parameters: Mapping[str, list[str]]) -> formats.Wish:
    named = parameters.get("format", [])
    if len(named) > 1:  # SPARQLWrapper says it twice, in two ways
        named = [name for name in named if formats.known(name)][:1] or named
    try:
        return formats.wish(accept, named[0] if named else None)
    except formats.UnknownFormat as unknown:
        raise Problem(400, "Unknown format", str(unknown)) from None


def _timeout(parameters: Parameters) -> float | None:
    given = fields.one(parameters, "timeout")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not 1 <= seconds < float("inf"):
        raise Problem(400, "A parameter is wrong", "timeout: a number of seconds is needed, 1 or more.")
    return seconds


def dataset(parameters: Parameters, default: str, named: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The graphs that a request's parameters name; (None, None) where it names none. Raises Problem.

    SPARQL 1.1 Protocol, 2.1.4: naming either kind replaces the whole dataset.
    """
    if default not in parameters and named not in parameters:
        return None, None
    graphs = []
    for name in (default, named):
        for iri in parameters.get(name, ()):
            try:
                ox.NamedNode(iri)
            except ValueError:
                raise Problem(400, "A parameter is wrong", f"{name}: {iri[:200]!r} is no absolute IRI.") from None
        graphs.append(tuple(dict.fromkeys(parameters.get(name, ()))))
    return graphs[0], graphs[1]
