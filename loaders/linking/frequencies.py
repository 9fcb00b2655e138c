"""How common names and words are, counted over real records by `loaders/linking/train.py`."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from math import sqrt

FILE = "data/frequencies.tsv"
RAREST = {"word": 9.5, "place": 11.0}
"""The weight of a word that the counts do not hold, near that of one seen once."""


@cache
def table(kind: str) -> dict[str, float]:
    """All that was counted of one kind."""
    found: dict[str, float] = {}
    for line in files("loaders.linking").joinpath(FILE).read_text("utf-8").splitlines():
        which, name, value = line.split("\t")
        if which == kind:
            found[name] = float(value)
    return found


def commonness(kind: str, name: str) -> float:
    """How common a folded name is, 0 (rare) to 1 (the commonest). `kind` is "family" or "given"."""
    return table(kind).get(name, 0.0)


def rarity(family: str) -> float:
    """How rare a folded family name is: 1 where the counts hold it with one given name or none, 0 from four on."""
    return 0.0 if commonness("family", family) else 1.0 - table("scarce").get(family, 0.0)


def length(kind: str, words: Iterable[str]) -> float:
    """The length of a set of words as a vector of weights. `kind` is "word" (of titles) or "place"."""
    weights, rarest = table(kind), RAREST[kind]
    return sqrt(sum(weights.get(word, rarest) ** 2 for word in words))


def likeness(kind: str, left: frozenset[str], right: frozenset[str], lengths: float) -> float:
    """The cosine of two sets of words, 0 to 1: rare ones count more. `lengths` is the product of their lengths."""
    shared = left & right
    if not shared:
        return 0.0
    weights, rarest = table(kind), RAREST[kind]
    return sum(weights.get(word, rarest) ** 2 for word in shared) / lengths


def rarest(kind: str, words: Iterable[str], count: int) -> list[str]:
    """The rarest of some words."""
    weights, most = table(kind), RAREST[kind]
    return sorted(words, key=lambda word: (-weights.get(word, most), word))[:count]
