"""NHS trusts by their names, typing faults and all."""

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from loaders.linking.organisation_names import fold
from loaders.linking.registry import Entry, registry

LIKE = 88
"""Likeness (`rapidfuzz.fuzz.ratio`, 0 to 100) of the whole name from which a trust may be meant."""
MARGIN = 6
"""By how much it must be liker than any other."""
LIKE_WORD = 72
"""Likeness of each telling word to one of the other name's: none may be left over on either side."""
_FORMS = ("nhs", "foundation", "trust")
_DIRECTIONS = frozenset(
    ("north", "south", "east", "west", "mid", "central", "northern", "southern", "eastern", "western")
)
_SMALL = frozenset(("the", "and", "of", "for", "ft"))


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust that a name means; `score` 0 to 1, `reason` in words."""

    entry: Entry
    score: float
    reason: str


def looks_like_trust(name: str) -> bool:
    """Whether a name says of itself, faults apart, that it is an NHS trust."""
    words = fold(name).split()
    return "nhs" in words or any(len(word) > 3 and fuzz.ratio(word, "trust") >= 80 for word in words)


def telling(name: str) -> list[str]:
    """The words that tell a trust from another: not the form of trust, not the small ones, no bracketed acronym."""
    words = fold(re.sub(r"\([^)]*\)", " ", name)).split()
    return [word for word in words if word not in _SMALL and not any(_form(word, form) for form in _FORMS)]


def _form(word: str, form: str) -> bool:
    if len(form) == 3:
        return sorted(word) == sorted(form)
    return fuzz.ratio(word, form) >= 80


@cache
def by_words() -> dict[str, list[int]]:
    """The telling words of every name of every trust in the register, with who bears it."""
    found: dict[str, list[int]] = {}
    for number, entry in enumerate(registry().entries):
        if entry.ods:
            for name in entry.names:
                numbers = found.setdefault(" ".join(telling(name)), [])
                if number not in numbers:
                    numbers.append(number)
    return found


def find(name: str) -> Trust | None:
    """The trust that a name means; None where it might mean another, or one that the register does not have."""
    words = telling(name)
    if not words:
        return None
    key, known = " ".join(words), by_words()
    if key in known:
        return _only(known[key], 0.98, "the register has this name of a trust")
    best = process.extract(key, known.keys(), scorer=fuzz.ratio, limit=6, score_cutoff=LIKE - MARGIN)
    if not best or best[0][1] < LIKE:
        return None
    meant = known[best[0][0]]
    if any(known[other] != meant and score > best[0][1] - MARGIN for other, score, _ in best[1:]):
        return None
    if not _aligned(words, best[0][0].split()):
        return None
    return _only(
        meant, 0.8 + (best[0][1] - LIKE) / 100, f"a trust's name but for {100 - best[0][1]:.0f}% of its letters"
    )


def _only(numbers: list[int], score: float, reason: str) -> Trust | None:
    return Trust(registry().entries[numbers[0]], score, reason) if len(numbers) == 1 else None


def _aligned(left: list[str], right: list[str]) -> bool:
    """Whether each word has its like on the other side, or is there run together with its neighbour."""
    if "".join(left) == "".join(right):
        return True
    if len(left) != len(right):
        return len("".join(left)) > 12 and fuzz.ratio("".join(left), "".join(right)) >= 95
    return all(_alike(one, other) for one, other in zip(left, right, strict=True))


def _alike(one: str, other: str) -> bool:
    if one in _DIRECTIONS and other in _DIRECTIONS:
        return one == other
    return fuzz.ratio(one, other) >= LIKE_WORD
