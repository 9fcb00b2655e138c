"""The syntax of BibTeX entries: fields, values in braces or quotes, macros, lists of names."""

import re
from collections.abc import Iterator, Mapping

HEAD = re.compile(r"@\s*(\w+)\s*[{(]\s*([^,\s{}]*)\s*,", re.DOTALL)
STRING = re.compile(r"@\s*string\s*[{(]\s*([\w:.+-]+)\s*=\s*", re.IGNORECASE)
_FIELD = re.compile(r"[\s,]*([\w:.+-]+)\s*=\s*")
_WORD = re.compile(r"[^\s,#{}()\"]*")
_JOIN = re.compile(r"\s*#\s*")
_MARK = re.compile(r'\\.|[{}"]', re.DOTALL)


def fields_of(text: str, start: int, macros: Mapping[str, str]) -> dict[str, str]:
    """The fields of an entry, names in lower case; of a field that stands twice, the first."""
    found: dict[str, str] = {}
    while match := _FIELD.match(text, start):
        value, start = value_at(text, match.end(), macros)
        found.setdefault(match[1].lower(), value)
    return found


def value_at(text: str, start: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """The value that starts at an offset (parts joined by #) and the offset after it.

    >>> value_at('"Milton {Abram}" # and # {x}, y', 0, {"and": " and "})
    ('Milton {Abram} and x', 28)
    """
    parts = []
    while start < len(text):
        if text[start] in '{"':
            end = _closing(text, start)
            parts.append(text[start + 1 : end])
            start = end + 1
        else:
            match = _WORD.match(text, start)
            word = match[0] if match else ""
            parts.append(macros.get(word.lower(), word))
            start += len(word)
        joined = _JOIN.match(text, start)
        if not joined:
            break
        start = joined.end()
    return "".join(parts), start


def _closing(text: str, start: int) -> int:
    """The offset of the brace or quote that closes the one at `start`; of the text's end where none does."""
    braced = text[start] == "{"
    depth = 0
    for match in _MARK.finditer(text, start + 1):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            if depth == 0 and braced:
                return match.start()
            depth = max(0, depth - 1)
        elif mark == '"' and depth == 0 and not braced:
            return match.start()
    return len(text)


def parted(text: str) -> Iterator[str]:
    """The names of a list: parted by "and" outside of braces.

    >>> list(parted("Smith, J and {Bill and Melinda} and others"))
    ['Smith, J', '{Bill and Melinda}', 'others']
    """
    depth, start = 0, 0
    for match in re.finditer(r"\\.|[{}]|\s+and(?=\s)\s*", text, re.DOTALL | re.IGNORECASE):
        mark = match[0]
        depth += (mark == "{") - (mark == "}")
        if depth == 0 and mark.strip().lower() == "and":
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()
