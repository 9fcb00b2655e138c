"""Finding many phrases in a text in one pass (Aho-Corasick), whole words only, case and accents aside.

A pattern is a phrase of plain words. A `*` at the end of a word stands for any ending of that word. Between
words, a space in the pattern stands for spaces, one hyphen or one line break in the text, never for a comma or a
full stop: "well being" is found in "well-being" but not in "well, being".
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick

T = TypeVar("T")

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# How accents of their own and ligatures begin in UTF-8, where looking for them takes a third of the time.
_LOOSE = (b"\xcc", b"\xcd", b"\xef\xac")
_UNEVEN = re.compile("(?P<space>(?<=\\w) {2,}(?=\\w))|(?P<ligature>[\ufb00-\ufb06])|[\u0300-\u036f]+")
_ASCII = {code: (chr(code).lower() if chr(code).isalnum() else " ") for code in range(128)}
_ASCII_TABLE = str.maketrans(_ASCII)


def _plain(found: re.Match[str]) -> str:
    """One character for one: its base letter in lower case, or a space for what is no letter or digit."""
    char = found.group()
    if not char.isalnum():
        return " "
    base = unicodedata.normalize("NFKD", char)[0].lower()
    return base if len(base) == 1 else char


def fold(text: str) -> str:
    """The text in lower case without accents, a space for all else; as long as it was, so offsets hold.

    >>> fold("Émotions: burn-out’s 2nd")
    'emotions  burn out s 2nd'
    """
    if not text.isascii():
        text = _NOT_ASCII.sub(_plain, text)
    return text.translate(_ASCII_TABLE)


def straight(text: str) -> tuple[str, list[int] | None]:
    """The text without accents that are characters of their own, its ligatures as letters, and one space where
    several part two words; and the offset of each of its characters in the text, and of its end, or None where
    nothing changed.

    >>> straight("eﬃcacy"), straight("low  mood")
    (('efficacy', [0, 1, 1, 1, 2, 3, 4, 5, 6]), ('low mood', [0, 1, 2, 3, 5, 6, 7, 8, 9]))
    """
    if "  " not in text and (text.isascii() or not _loose(text.encode("utf-8", "surrogatepass"))):
        return text, None
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for found in _UNEVEN.finditer(text):
        start = found.start()
        instead = " " if found["space"] else unicodedata.normalize("NFKD", found["ligature"] or "")
        parts += text[last:start], instead
        places += range(last, start)
        places += [start] * len(instead)
        last = found.end()
    parts.append(text[last:])
    places += range(last, len(text) + 1)
    return "".join(parts), places


def _loose(raw: bytes) -> bool:
    return any(mark in raw for mark in _LOOSE)


def haystack(text: str) -> str:
    """The folded text with a space at either end, in which `Lexicon.find` and `occurs` look."""
    return f" {fold(text)} "


_SPACES = re.compile(r" +")
_PLURAL = re.compile(r"\w{3,}s \w")


def words(pattern: str) -> str:
    """A pattern folded, its stars kept, its words parted by one space."""
    plain, _ = straight(pattern)
    return _SPACES.sub(" ", " ".join("*".join(fold(part) for part in plain.split("*")).split()))


def needle(pattern: str) -> str:
    """What `occurs` looks for: the pattern up to its first star, with a space where a word begins or ends."""
    plain = words(pattern)
    return f" {plain.split('*')[0]}" if "*" in plain else f" {plain} "


class Lexicon(Generic[T]):
    """Patterns, each with something to say. Raises ValueError for a pattern without a letter or digit."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        by_key: dict[str, list[tuple[int, re.Pattern[str] | None, T]]] = {}
        for pattern, payload in entries:
            plain = words(pattern)
            key = plain.split("*")[0]
            if not key.strip():
                raise ValueError(f"a pattern has to begin with a letter or digit: {pattern!r}")
            rest = plain[len(key) :]
            kind, tail = (_WHOLE, None) if not rest else (_PREFIX, None)
            if rest not in ("", "*"):
                kind, tail = _TAIL, re.compile(rest.replace("*", r"\w*") + r"(?!\w)")
            by_key.setdefault(key, []).append((kind, tail, payload))
            if _PLURAL.match(key):  # "nurses' attitudes": the apostrophe is folded to a space of its own
                by_key.setdefault(key.replace("s ", "s  ", 1), []).append((kind, tail, payload))
        self._keys = list(by_key)
        self._payloads = list(by_key.values())
        self._lengths = [len(key) for key in self._keys]
        self._automaton = self._build()

    def _build(self) -> AhoCorasick:
        return AhoCorasick([f" {key}" for key in self._keys])

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_automaton"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._automaton = self._build()

    def find(self, hay: str) -> list[tuple[int, int, T]]:
        """Every match in a `haystack`, overlapping ones too, as (start, end, payload) in the text's offsets."""
        found: list[tuple[int, int, T]] = []
        payloads, lengths = self._payloads, self._lengths
        for key, start, end in self._automaton.find_matches_as_indexes(hay, overlapping=True):
            whole = hay[end] == " "
            for kind, tail, payload in payloads[key]:
                if whole and kind != _TAIL:
                    found.append((start, start + lengths[key], payload))
                elif kind == _PREFIX:
                    found.append((start, hay.index(" ", end) - 1, payload))
                elif tail is not None and (match := tail.match(hay, end)):
                    found.append((start, match.end() - 1, payload))
        return found


_WHOLE, _PREFIX, _TAIL = range(3)
