"""A syntax error for a person: where it is, what stands there, and what was probably meant."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

from ontology.terms import OWN, PREFIXES, VOCABULARIES
from service.problem import Problem, of_query
from service.sparql.tokens import Token, tokens
from service.workers.query import QueryError

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

_EVERY_WORD = """
SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED PREFIX BASE VERSION OPTIONAL FILTER UNION MINUS GRAPH SERVICE BIND
VALUES UNDEF GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET DISTINCT REDUCED EXISTS NOT IN AS INSERT DELETE DATA WITH
USING LOAD CLEAR DROP CREATE ADD MOVE COPY INTO TO SILENT DEFAULT ALL A TRUE FALSE LATERAL COUNT SUM MIN MAX AVG
SAMPLE GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES LANGDIR HASLANG HASLANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS
CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH
DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF STRLANG
STRLANGDIR STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC ISTRIPLE TRIPLE SUBJECT PREDICATE OBJECT REGEX
SUBSTR REPLACE ADJUST
"""
WORDS = frozenset(_EVERY_WORD.split())
"""Every bare word that SPARQL 1.2 has."""
OURS = {v.prefix: v.names for v in VOCABULARIES if v.namespace.startswith(OWN)}
OUR_NAMES = {f"{prefix}:{name}" for prefix, names in OURS.items() for name in ("", *names)}
QUERIES = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
"""What a query begins with, after its prologue."""
UPDATES = ("INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD")
"""What an update begins with."""
_PROLOGUE = {"PREFIX": 3, "BASE": 2, "VERSION": 2}
"""The words of a prologue, and of how many tokens each is the first."""
MOST = 5
"""Hints that a person reads."""

_HALVES = {"{": "}", "(": ")", "[": "]", "<<": ">>"}
_MEANT = {"a variable that is unbound": "beside an aggregate such as COUNT, SELECT may name only what GROUP BY names"}
"""What to do about some complaints of the engine."""
_AT = re.compile(r"error at (\d+):(\d+): expected (.*)", re.S)
_ONLY_WORDS = re.compile(r"(?:one of )?[A-Z ]{2,}(?:, [A-Z ]{2,})*")
_OWN_NAME = re.compile(rf"(?:{'|'.join(OURS)}):[\w\-]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"')


def failure(text: str, error: QueryError) -> Problem:
    """What is wrong with a query, or why it has no whole answer: a syntax error is shown in its text."""
    return syntax_error(text, str(error)) if error.kind == "syntax" else of_query(error)


def syntax_error(text: str, message: str, begins: tuple[str, ...] = QUERIES) -> Problem:
    """The engine's complaint about a text as a problem with line, column (both from 1), place and hints.

    `begins` are the words that the text may begin with.
    """
    found = list(tokens(text))
    undeclared = list(_undeclared(found))
    hints = [*_unpaired(text, found), *(_undeclared_prefix(token) for token in undeclared), *misspelt(text)]
    match = _AT.match(message)
    if not match:
        return Problem(400, "Syntax error", message[:500], hints=hints[:MOST])
    at = _offset(text, int(match[1]), int(match[2]))
    first = next(_after_prologue(found), None)
    begun = first is not None and first.says(*begins)
    unknown = next(
        (t for t in found if t.kind == "word" and not t.text.isdigit() and t.text.upper() not in WORDS), None
    )
    if undeclared and "Prefix not found" in message:  # the engine complains where such a name ends
        at = max((token.start for token in undeclared if token.start <= at), default=at)
        said = "a prefix is not declared"
    elif unknown:
        at = unknown.start
        near = get_close_matches(unknown.text[:40].upper(), sorted(WORDS) if begun else begins, 1, 0.7)
        hints = [f"did you mean {word}?" for word in near] + hints
        begun = begun or bool(near)
        said = f"{unknown.text[:40]!r} is no word of SPARQL"
    elif not begun:
        at = first.start if first else len(text.rstrip())
        said = f"not understood at {first.text[:20]!r}" if first else "the text ends here"
    else:
        if _ONLY_WORDS.fullmatch(match[3]):  # and counts a keyword that it misses as read
            at = max(0, at - min(map(len, re.findall(r"\w{2,}", match[3].removeprefix("one of ")))))
        said = _expected(text, at, match[3])
        hints += [hint for mark, hint in _MEANT.items() if mark in said]
    if not begun:
        query = begins == QUERIES
        what, other, place = ("a query", UPDATES, "/update") if query else ("an update", QUERIES, "/sparql")
        hints.insert(0, f"{what} begins with {', '.join(begins[:-1])} or {begins[-1]}, after any PREFIX or BASE")
        if first and first.says(*other):
            hints.insert(1, f"{first.text} is sent to {place}")
    line, column = _line_and_column(text, at)
    return Problem(
        400,
        "Syntax error",
        f"Line {line}, column {column}: {said}",
        line=line,
        column=column,
        place=_place(text, line, column),
        hints=list(dict.fromkeys(hints))[:MOST],
    )


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    """Where an offset is, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _unpaired(text: str, found: list[Token]) -> Iterator[str]:
    """What to say of the first bracket without its other half."""
    waiting: list[Token] = []
    alone = None
    for token in found:
        if token.kind == "open":
            waiting.append(token)
        elif token.kind == "close":
            halves = [_HALVES[bracket.text] for bracket in waiting]
            if token.text not in halves:
                alone = token
            elif halves[-1] != token.text:
                alone = waiting[-1]
            else:
                waiting.pop()
        if alone:
            break
    if alone := alone or (waiting[-1] if waiting else None):
        line, column = _line_and_column(text, alone.start)
        lacks = "is not closed" if alone.kind == "open" else "closes nothing"
        yield f"the {alone.text} of line {line}, column {column} {lacks}"


def _after_prologue(found: list[Token]) -> Iterator[Token]:
    """The tokens of a text from where it says what is asked."""
    rest = iter(found)
    for token in rest:
        length = next((length for word, length in _PROLOGUE.items() if token.says(word)), 0)
        if not length:
            yield token
        for _ in range(length - 1):
            next(rest, None)


def misspelt(text: str) -> Iterator[str]:
    """What to say of names that our own vocabularies do not have, the nearest that they do have with it."""
    prologue, _, pattern = text.partition("{")
    if _right(prologue) and _right.__wrapped__(pattern):  # as good as always, and it costs a tenth of the rest
        return
    for token in tokens(text):
        prefix, _, name = token.text.partition(":")
        if token.kind == "name" and prefix in OURS and name and name not in OURS[prefix]:
            near = get_close_matches(name, OURS[prefix], 1)
            guess = f", did you mean {prefix}:{near[0]}?" if near else ""
            yield f"{prefix}: has no term {name}{guess}"


@lru_cache(maxsize=64)  # a client's queries mostly begin alike
def _right(text: str) -> bool:
    """Whether all that looks like a name of ours is one."""
    return OUR_NAMES.issuperset(_OWN_NAME.findall(text))


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


def _expected(text: str, at: int, expected: str) -> str:
    here = (
        "the text ends here"
        if at >= len(text.rstrip())
        else f"not understood at {text[at : at + 20].partition(' ')[0]!r}"
    )
    said = re.match(r"(?:one of )?([A-Z][A-Za-z ]+ [a-z][A-Za-z ]+)", expected)
    if said:
        return said[1].strip()
    marks = [mark.replace('\\"', '"') for mark in _QUOTED.findall(expected)]
    words = re.findall(r"\b[A-Z]{2,}(?: BY)?\b", re.sub(r"\[[^\]]*\]", "", expected))
    wanted = list(dict.fromkeys([*words, *(mark for mark in marks if not mark.startswith("\\"))]))[:8]
    return here + (f"; there could be {' '.join(wanted)}" if wanted else "")


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a place; lines end with a line feed, as the engine counts them."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


def _place(text: str, line: int, column: int, width: int = 100) -> str:
    content = text.split("\n")[line - 1].rstrip("\r")
    start = max(0, min(column - 1 - width // 2, len(content) - width))
    shown = content[start : start + width].replace("\t", " ")
    return f"{shown}\n{' ' * (min(column - 1, len(content)) - start)}^"
