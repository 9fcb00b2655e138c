"""N-Triples statements as plain text values: what the index and the answers are made from."""

import re
from collections.abc import Iterable

from ontology.terms import Vocabulary

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

Nodes = dict[str, dict[str, list[str]]]
"""Subject IRI to predicate IRI to the objects' values: IRIs and literals alike as plain text."""


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _PLAIN.get(code, code)


def value(term: str) -> str:
    """The text of an N-Triples term: an IRI without brackets, a literal without quotes, type or language.

    >>> value('"a \\\\"b\\\\""@en')
    'a "b"'
    """
    if term[0] == "<":
        return term[1:-1]
    if term[0] != '"':
        return term
    text = term[1:-1] if term[-1] == '"' else term[1 : term.rindex('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def nodes(statements: Iterable[str]) -> Nodes:
    """Statements by subject and predicate. Triple terms, which no record has, are left out."""
    found: Nodes = {}
    last = ""
    node: dict[str, list[str]] = {}
    for line in statements:
        subject, predicate, term = line.split(" ", 2)
        if subject != last:
            last = subject
            node = {} if subject.startswith("<<") else found.setdefault(value(subject), {})
        if term[0] == "<":
            if term[1] == "<":
                continue
            text = term[1:-1]
        elif term[-1] == '"' and "\\" not in term:
            text = term[1:-1]
        else:
            text = value(term)
        name = predicate[1:-1]
        if name in node:
            node[name].append(text)
        else:
            node[name] = [text]
    return found


def first(node: dict[str, list[str]], predicate: str) -> str | None:
    """The smallest value, so that it does not hang on the order of statements."""
    held = node.get(predicate)
    if held is None:
        return None
    return held[0] if len(held) == 1 else min(held)


def whole(text: str | None) -> int | None:
    """A value as a whole number, None where it is none."""
    return int(text) if text and re.fullmatch(r"[+-]?[0-9]{1,15}", text) else None


def decimal(text: str | None) -> float | None:
    """A value as a number, None where it is none."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def local(iri: str | None, vocabulary: Vocabulary) -> str | None:
    """The name of a term in one of our vocabularies; None for anything else."""
    return vocabulary.local(iri) if iri is not None and iri in vocabulary else None
