"""A syntax error for a person: where it is, what stands there, and what was probably meant."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from ontology.terms import OWN, PREFIXES, VOCABULARIES
from service.problems import Problem
from service.tokens import Token, tokens

ELSEWHERE = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dct": "http://purl.org/dc/terms/",
    "bibo": "http://purl.org/ontology/bibo/",
    "vivo": "http://vivoweb.org/ontology/core#",
    "cito": "http://purl.org/spar/cito/",
    "c4o": "http://purl.org/spar/c4o/",
    "frbr": "http://purl.org/vocab/frbr/core#",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "sh": "http://www.w3.org/ns/shacl#",
    "time": "http://www.w3.org/2006/time#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbr": "http://dbpedia.org/resource/",
    "mesh": "http://id.nlm.nih.gov/mesh/",
    "meshv": "http://id.nlm.nih.gov/mesh/vocab#",
}
"""Prefixes of vocabularies that the graph does not use but people type (as registered at prefix.cc)."""

KEYWORDS = """
SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED PREFIX BASE OPTIONAL FILTER UNION MINUS GRAPH SERVICE BIND VALUES
GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET DISTINCT REDUCED EXISTS NOT IN AS INSERT DELETE DATA WITH USING LOAD
CLEAR DROP CREATE ADD MOVE COPY INTO TO SILENT DEFAULT ALL COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT SEPARATOR
CONTAINS STRSTARTS STRENDS REGEX LANG LANGMATCHES DATATYPE BOUND COALESCE
"""
OURS = [(f"{v.prefix}:", v) for v in VOCABULARIES if v.namespace.startswith(OWN)]
MOST = 5
"""Hints that a person reads."""

_AT = re.compile(r"error at (\d+):(\d+): expected (.*)", re.S)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"')


def syntax_error(text: str, message: str) -> Problem:
    """The engine's complaint about a text as a problem with line, column (both from 1), place and hints."""
    found = list(tokens(text))
    undeclared = list(_undeclared(found))
    hints = list(dict.fromkeys([*(_undeclared_prefix(token) for token in undeclared), *misspelt(text)]))[:MOST]
    match = _AT.match(message)
    if not match:
        return Problem(400, "Syntax error", message[:500], hints=hints)
    line, column = int(match[1]), int(match[2])
    at = _offset(text, line, column)
    if undeclared and "Prefix not found" in message:  # the engine complains where such a name ends
        at = max((token.start for token in undeclared if token.start <= at), default=at)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    place = _place(text, line, column)
    hints += [hint for hint in _keyword(found, at) if len(hints) < MOST]
    return Problem(
        400,
        "Syntax error",
        f"Line {line}, column {column}: {_expected(text, at, match[3])}",
        line=line,
        column=column,
        place=place,
        hints=hints,
    )


def misspelt(text: str) -> Iterator[str]:
    """What to say of names that our own vocabularies do not have, the nearest that they do have with it."""
    for mark, vocabulary in OURS:
        if mark not in text:
            continue
        for token in tokens(text):
            prefix, _, name = token.text.partition(":")
            if token.kind == "name" and prefix == vocabulary.prefix and name and name not in vocabulary.names:
                near = get_close_matches(name, vocabulary.names, 1)
                guess = f", did you mean {prefix}:{near[0]}?" if near else ""
                yield f"{prefix}: has no term {name}{guess}"


def _undeclared(found: list[Token]) -> Iterator[Token]:
    """The names whose prefix is neither declared nor ours."""
    declared = {b.text[:-1] for a, b in pairwise(found) if a.says("PREFIX") and b.kind == "name"}
    for token in found:
        prefix = token.text.partition(":")[0]
        if token.kind == "name" and prefix not in declared and prefix not in PREFIXES and prefix != "_":
            yield token


def _undeclared_prefix(token: Token) -> str:
    prefix = token.text.partition(":")[0]
    said = f"the prefix {prefix}: is not declared"
    if prefix in ELSEWHERE:
        return f"{said}, did you mean PREFIX {prefix}: <{ELSEWHERE[prefix]}>?"
    if near := get_close_matches(prefix, PREFIXES, 1):
        return f"{said}, did you mean {near[0]}: (<{PREFIXES[near[0]]}>)?"
    return f"{said}: add PREFIX {prefix}: <…>"


def _keyword(found: list[Token], at: int) -> Iterator[str]:
    for token in found:
        if token.kind == "word" and token.start <= at <= token.end + 1 and token.text.upper() not in KEYWORDS.split():
            for near in get_close_matches(token.text.upper(), KEYWORDS.split(), 1, 0.7):
                yield f"did you mean {near}?"


def _expected(text: str, at: int, expected: str) -> str:
    here = "the text ends here" if at >= len(text.rstrip()) else f"not understood at {text[at : at + 20].split()[0]!r}"
    if "Prefix not found" in expected:
        return "a prefix is not declared"
    said = re.match(r"(?:one of )?([A-Z][A-Za-z ]+ [a-z][A-Za-z ]+)", expected)
    if said:
        return said[1].strip()
    marks = [mark.replace('\\"', '"') for mark in _QUOTED.findall(expected)]
    words = re.findall(r"\b[A-Z]{2,}(?: BY)?\b", re.sub(r"\[[^\]]*\]", "", expected))
    wanted = list(dict.fromkeys([*words, *(mark for mark in marks if not mark.startswith("\\"))]))[:8]
    return here + (f"; there could be {' '.join(wanted)}" if wanted else "")


def _offset(text: str, line: int, column: int) -> int:
    before = text.splitlines(keepends=True)[: line - 1]
    return min(sum(map(len, before)) + column - 1, max(len(text) - 1, 0)) if text else 0


def _place(text: str, line: int, column: int, width: int = 100) -> str:
    lines = text.splitlines() or [""]
    content = lines[min(line, len(lines)) - 1]
    start = max(0, min(column - 1 - width // 2, len(content) - width))
    shown = content[start : start + width].replace("\t", " ")
    return f"{shown}\n{' ' * (min(column - 1, len(content)) - start)}^"
