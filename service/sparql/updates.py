"""Reads a SPARQL update as far as its effects go: which graphs it can change, and what it needs to be run.

It is no parser: a text that is no SPARQL gets some answer here, and its syntax error from the engine. Where
the graphs cannot be told (a variable, a relative IRI), the answer is None, which is always safe.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ontology.terms import PREFIXES
from service.problem import Problem
from service.sparql.tokens import Token, tokens, unescaped

DERIVED = "The default graph is the merge of the named graphs: name a graph with GRAPH, WITH, INTO or TO."
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S*")


@dataclass(frozen=True, slots=True)
class Update:
    """An update as it is to be run. `graphs`: those that it can change, None where that cannot be told.

    `searches`: it has a WHERE, so that its time and memory cannot be foreseen.
    """

    text: str
    graphs: frozenset[str] | None
    searches: bool


@dataclass(slots=True)
class _Reading:
    """What has been found out so far. A graph is None for any, "" for the default graph."""

    prefixes: dict[str, str]
    graphs: set[str | None] = field(default_factory=set)
    searches: bool = False


def read(
    text: str, *, merged: bool, default: Sequence[str] | None = None, named: Sequence[str] | None = None
) -> Update:
    """Read an update. `default` and `named` are the request's using-graph-uri and using-named-graph-uri.

    Raises Problem 409 for a write to a default graph that is derived, 400 where the request and the update
    both say what WHERE looks at (SPARQL 1.1 Protocol, 2.2.3).
    """
    reading = _Reading(dict(PREFIXES))
    using = "".join(f"USING <{iri}> " for iri in default or ()) + "".join(
        f"USING NAMED <{iri}> " for iri in named or ()
    )
    edits: list[tuple[int, int, str]] = []
    end = 0
    for operation in _operations(list(tokens(text))):
        end = operation[-1].end
        body = _without_prologue(operation, reading.prefixes)
        if body:
            _operation(body, reading)
            if using:
                edits += _with_using(text, body, using)
    changed = text[:end] if text.count(";", end) < 2 else text  # more than one is an error, and the engine's to find
    for start, stop, new in sorted(edits, reverse=True):
        changed = changed[:start] + new + changed[stop:]
    if merged and "" in reading.graphs:
        raise Problem(409, "The default graph is derived", DERIVED)
    graphs = None if None in reading.graphs else frozenset(g for g in reading.graphs if g)
    return Update(changed, graphs, reading.searches)


def _operations(found: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each operation; semicolons outside of braces part them."""
    operation: list[Token] = []
    depth = 0
    for token in found:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.text == ";":
            if operation:
                yield operation
            operation = []
        else:
            operation.append(token)
    if operation:
        yield operation


def _without_prologue(operation: list[Token], prefixes: dict[str, str]) -> list[Token]:
    """An operation without its BASE and PREFIX, which are noted. After a BASE every relative IRI is unknown."""
    at = 0
    while at < len(operation):
        if operation[at].says("PREFIX") and at + 2 < len(operation):
            iri = _iri(operation[at + 2], prefixes)
            prefixes[operation[at + 1].text[:-1]] = iri or ""
            at += 3
        elif operation[at].says("BASE", "VERSION"):
            at += 2
        else:
            break
    return operation[at:]


def _operation(body: list[Token], reading: _Reading) -> None:
    first = body[0]
    if first.says("CLEAR", "DROP", "CREATE"):
        reading.graphs |= _named(body[1:], reading)
    elif first.says("ADD", "COPY", "MOVE"):
        to = next((i for i, token in enumerate(body) if token.says("TO")), len(body))
        reading.graphs |= _named(body[to + 1 :], reading)
        if first.says("MOVE"):
            reading.graphs |= _named(body[1:to], reading)
    elif first.says("LOAD"):
        into = next((i for i, token in enumerate(body) if token.says("INTO")), None)
        reading.graphs |= {""} if into is None else _named(body[into + 1 :], reading)
    else:
        _modify(body, reading)


def _named(rest: list[Token], reading: _Reading) -> set[str | None]:
    """The graph that a reference names: an IRI, DEFAULT; None for NAMED, ALL and what is not understood."""
    words = [token for token in rest if not token.says("SILENT", "GRAPH")]
    if not words or words[0].says("NAMED", "ALL"):
        return {None}
    return {""} if words[0].says("DEFAULT") else {_iri(words[0], reading.prefixes)}


def _modify(body: list[Token], reading: _Reading) -> None:
    """INSERT DATA, DELETE DATA, DELETE WHERE, and [WITH] DELETE INSERT [USING] WHERE."""
    default: str | None = ""
    if body[0].says("WITH") and len(body) > 1:
        default = _iri(body[1], reading.prefixes)
    template = False
    depth = 0
    for at, token in enumerate(body):
        if depth == 0:
            if token.says("INSERT", "DELETE"):
                template = True
            elif token.says("USING") or (token.says("WHERE") and not body[at - 1].says("DELETE")):
                template = False
            reading.searches = reading.searches or token.says("WHERE")
        depth += (token.kind == "open") - (token.kind == "close")
        if not template or depth == 0:
            continue
        if depth == 1 and token.says("GRAPH") and at + 1 < len(body):
            reading.graphs.add(_iri(body[at + 1], reading.prefixes))
        elif depth == 1 and not body[at - 1].says("GRAPH") and token.text not in ("{", "}", "."):
            reading.graphs.add(default)


def _with_using(text: str, body: list[Token], using: str) -> Iterator[tuple[int, int, str]]:
    """The edits (start, end, new text) that put USING clauses into an operation with a WHERE."""
    depth = 0
    for at, token in enumerate(body):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.says("USING", "WITH"):
            raise Problem(400, "Two datasets", "The update has USING or WITH, the request using-graph-uri too.")
        if depth == 0 and token.says("WHERE"):
            if body[at - 1].says("DELETE"):
                pattern = text[token.end : body[-1].end]
                yield token.start, token.end, f"{pattern} {using} WHERE"
            else:
                yield token.start, token.start, using


def _iri(token: Token, prefixes: dict[str, str]) -> str | None:
    """The absolute IRI that a token stands for, None where it is none or depends on more than this text."""
    if token.kind == "iri":
        iri = unescaped(token.text[1:-1])
        return iri if _ABSOLUTE.fullmatch(iri) else None
    if token.kind == "name" and "\\" not in token.text:
        prefix, _, name = token.text.partition(":")
        return prefixes[prefix] + name if prefixes.get(prefix) else None
    return None
