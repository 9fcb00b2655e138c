"""Literals as N-Triples writes them: their text, their datatype, and whether the one is a form of the other."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from ontology.terms import XSD

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_LANGUAGE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_BEFORE_AT = re.compile(r"[\w.%+'-]+(?=@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2})")
_ZONE = r"(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_YEAR = r"(-?(?:[1-9]\d{3,}|0\d{3}))"


def split(term: str) -> tuple[str, str]:
    """The text of a literal and the IRI of its datatype.

    >>> split('"2015-05"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>')
    ('2015-05', 'http://www.w3.org/2001/XMLSchema#gYearMonth')
    >>> split('"a \\\\"b\\\\""@en')[0]
    'a "b"'
    """
    end = term.rindex('"')
    body, kind = term[1:end], term[end + 1 :]
    if "\\" in body:
        body = _ESCAPE.sub(_unescape, body)
    return body, kind[3:-1] if kind.startswith("^^") else _LANGUAGE if kind else XSD.string


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _PLAIN.get(code, code)


def starred(text: str) -> str:
    """A text with asterisks for what is a person's of its e-mail addresses, so that offsets stay.

    >>> starred("write to jane.doe@leeds.example or @leeds")
    'write to ********@leeds.example or @leeds'
    """
    return _BEFORE_AT.sub(lambda found: "*" * len(found[0]), text) if "@" in text else text


def text(term: str) -> str:
    """What SPARQL's STR gives: the IRI itself, or the text of a literal."""
    return term[1:-1] if term[0] == "<" else split(term)[0] if term[0] == '"' else term


def number(term: str) -> float | None:
    """The value of a numeric literal; None for anything else."""
    if term[0] != '"':
        return None
    body, kind = split(term)
    if kind not in (XSD.integer, XSD.decimal, XSD.double) or not valid(term):
        return None
    return float(body)


def _day(match: re.Match[str]) -> bool:
    """Whether a day is one of the calendar's. Years beyond the calendar of Python have the leap years of year 2000."""
    year = int(match[1])
    try:
        date(year if 1 <= year <= 9999 else 2000, int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


_DATE = rf"{_YEAR}-(\d\d)-(\d\d)"
_FORMS: dict[str, tuple[str, Callable[[re.Match[str]], bool] | None]] = {
    XSD.integer: (r"[+-]?\d+", None),
    XSD.decimal: (r"[+-]?(\d+(\.\d*)?|\.\d+)", None),
    XSD.double: (r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?|[+-]?INF|NaN", None),
    XSD.boolean: (r"true|false|1|0", None),
    XSD.date: (_DATE + _ZONE, _day),
    XSD.dateTime: (_DATE + r"T(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)" + _ZONE, _day),
    XSD.gYear: (_YEAR + _ZONE, None),
    XSD.gYearMonth: (_YEAR + r"-(0[1-9]|1[0-2])" + _ZONE, None),
    XSD.duration: (r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", None),
}
_COMPILED = {kind: (re.compile(form, re.ASCII), more) for kind, (form, more) in _FORMS.items()}
"""The lexical forms of XSD 1.1 datatypes; of one that is not listed, any text is a form."""


@lru_cache(maxsize=65536)
def valid(term: str) -> bool:
    """Whether a literal's text is a form of its datatype.

    >>> valid('"19 May 2015"^^<http://www.w3.org/2001/XMLSchema#date>')
    False
    """
    body, kind = split(term)
    if kind not in _COMPILED:
        return True
    form, more = _COMPILED[kind]
    found = form.fullmatch(body)
    return found is not None and (more is None or more(found))
