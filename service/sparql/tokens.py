"""SPARQL text cut into tokens: enough to measure it and to find its parts, and no parser.

One regular expression, linear in the length of the text: it is safe where a parser's recursion is not.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n\r]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*(?:\\[uU][0-9A-Fa-f]+[^<>"{}|^`\\\x00-\x20]*)*>)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<variable>[?$]\w+)
    |(?P<name>(?:\w(?:[\w.\-]*[\w\-])?)?:(?:[\w:%]|\\[_~.\-!$&'()*+,;=/?#@%])?(?:(?:[\w:%\-]|\\[_~.\-!$&'()*+,;=/?#@%]|\.(?=[\w:%\-.\\]))*))
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>\w+)
    |(?P<language>@[\w\-]+)
    |(?P<open>[({\[]|<<)
    |(?P<close>[)}\]]|>>)
    |(?P<other>.)""",
    re.S | re.X,
)


class Token(NamedTuple):
    """A token: `kind` is a group of the expression above, `start` and `end` are offsets in the text."""

    kind: str
    text: str
    start: int
    end: int

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords (given in capitals) or marks."""
        return (self.kind == "word" and self.text.upper() in words) or (
            self.kind in ("open", "close", "other") and self.text in words
        )


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text without white space and comments.

    >>> [t.text for t in tokens("SELECT * { ?s dcterms:title 'a.b'@en } # all")]
    ['SELECT', '*', '{', '?s', 'dcterms:title', "'a.b'", '@en', '}']
    """
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind and kind != "space":
            yield Token(kind, match.group(), match.start(), match.end())


_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def unescaped(text: str) -> str:
    r"""A text with its code point escapes resolved, as SPARQL does it before it reads anything else.

    >>> unescaped(r"S\u0045LECT")
    'SELECT'
    """
    return _ESCAPE.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), text) if "\\" in text else text
