"""What no parser of ours is given: texts so large, deep or long-winded that they end or hang the engine.

Measured on pyoxigraph 0.5: 2,304 nested braces, 960 nested calls, 864 EXISTS, 4,864 parentheses or 9,728
exclamation marks overflow its stack. The limits leave a wide margin. The words SERVICE and LOAD are found
here too, which a comparison with `<` must not hide.
"""

import re

from service.problem import Problem
from service.sparql.tokens import tokens, unescaped

DEPTH = 64
TOKENS = 20_000
OPERATORS = 2_000
HARMLESS = 2_000
"""Characters of a text that cannot break the limits on tokens and operators."""

_OUTWARD = re.compile(r"\b(?:service|load)\b", re.I)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")


def check(text: str, largest: int, most: int = TOKENS) -> None:
    """Refuse a text that is too much. `largest` in bytes, `most` in tokens. Raises Problem.

    The limit on tokens is for queries; an update may carry data.
    """
    size = len(text) if text.isascii() else len(text.encode())
    if size > largest:
        raise Problem(413, "Text too large", f"It has {size} bytes, {largest} are allowed.", limit=largest)
    if size <= HARMLESS and sum(map(text.count, "{([<")) <= DEPTH:
        return
    depth = operators = 0
    for count, token in enumerate(tokens(text), 1):
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif token.kind == "other" and token.text in "!|/+-*^&":
            operators += 1
        if depth > DEPTH:
            raise Problem(400, "Nested too deep", f"Brackets are nested deeper than {DEPTH}.", limit=DEPTH)
        if count > most:
            raise Problem(413, "Text too large", f"It has more than {most} words and marks.", limit=most)
        if operators > OPERATORS:
            raise Problem(413, "Text too large", f"It has more than {OPERATORS} operators.", limit=OPERATORS)


def reaches_out(text: str) -> bool:
    """Whether a text has SERVICE or LOAD as a word of the language.

    Raises Problem where that cannot be told: after a `<` that may compare or begin an IRI, a `#` or a quote
    may or may not begin a comment or a string in which those words would mean nothing.
    """
    plain = unescaped(text)
    upper = plain.upper()
    if "SERVICE" not in upper and "LOAD" not in upper:  # half of what the expression costs
        return False
    if not _OUTWARD.search(plain):
        return False
    found = False
    for token in tokens(plain):
        if token.kind == "iri" and not _ABSOLUTE.match(token.text) and ("#" in token.text or "'" in token.text):
            raise Problem(
                400,
                "Ambiguous text",
                f"Put a space after < where it compares, or write {token.text} as an absolute IRI.",
            )
        found = found or token.says("SERVICE", "LOAD")
    return found
