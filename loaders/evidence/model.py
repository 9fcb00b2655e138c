"""The section of each sentence where the author gave no heading: a small linear model, read without a library.

A linear-chain conditional random field over words, pairs of words, the sentence's opening and those of its
neighbours, and its place.
Weights are whole numbers; a feature's five are packed into one integer, so that a sentence's scores are one sum.
`train.py` makes the file.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from loaders.evidence.headings import SECTIONS

FILE = Path(__file__).with_name("sections.txt.gz")
SCALE = 200
"""Weights are natural logarithms times this, rounded."""

_BITS = 18
_MASK, _HALF = (1 << _BITS) - 1, 1 << (_BITS - 1)
_DIGITS = str.maketrans("123456789", "0" * 9)
_SIGNS = (("%", "#%"), ("=", "#="), ("(", "#("), ("<", "#<"), ("±", "#±"), ("?", "#?"), (";", "#;"), (":", "#:"))


def features(sentences: Sequence[tuple[str, str]]) -> list[set[str]]:
    """What the model sees of each sentence of a text; each is given with its `match.fold`."""
    total = len(sentences)
    seen = []
    openings = []
    for place, (sentence, folded) in enumerate(sentences):
        words = folded.translate(_DIGITS).split()
        opening = [" ".join(words[:length]) for length in (1, 2, 3)]
        openings.append(opening)
        after = total - 1 - place
        seen.append(
            {
                *words,
                *map(" ".join, pairwise(words)),
                *(f"^{start}" for start in opening),
                *(name for sign, name in _SIGNS if sign in sentence),
                f"#p{10 * place // total}",
                f"#s{min(place, 6)}",
                f"#e{min(after, 6)}",
                f"#n{min(total // 2, 10)}",
                f"#l{min(len(words) // 6, 9)}",
                f"#p{6 * place // total}|{min(total // 3, 5)}",
            }
        )
    for place, opening in enumerate(openings):
        if place:
            seen[place - 1].update(f">^{start}" for start in opening)
        if place + 1 < total:
            seen[place + 1].update(f"<^{start}" for start in opening)
    return seen


def pack(weights: Sequence[int]) -> int:
    """Five signed numbers in one, so that sums of packed numbers are packed sums."""
    return sum(weight << (_BITS * at) for at, weight in enumerate(weights))


def unpack(packed: int) -> list[int]:
    """The numbers that `pack` was given, or their sums."""
    numbers = []
    for _ in SECTIONS:
        number = packed & _MASK
        if number >= _HALF:
            number -= 1 << _BITS
        numbers.append(number)
        packed = (packed - number) >> _BITS
    return numbers


@dataclass(frozen=True, slots=True)
class SectionModel:
    """Weights of features (packed), and of one section following another: `follows[before][after]`."""

    weights: dict[str, int]
    follows: tuple[tuple[int, ...], ...]

    def scores(self, sentences: Sequence[tuple[str, str]]) -> list[list[int]]:
        """For each sentence, given with its `match.fold`, a score for each of SECTIONS."""
        return [unpack(sum(filter(None, map(self.weights.get, seen)))) for seen in features(sentences)]

    def best(self, scores: Sequence[Sequence[int]], allowed: Sequence[Sequence[int]]) -> list[int]:
        """The best sequence of sections (indexes in SECTIONS), one a sentence, of those allowed to it."""
        paths: dict[int, tuple[int, tuple[int, ...]]] = {}
        for row, choices in zip(scores, allowed, strict=True):
            step: dict[int, tuple[int, tuple[int, ...]]] = {}
            for now in choices:
                if not paths:
                    step[now] = (row[now], (now,))
                    continue
                before = max(paths, key=lambda at: paths[at][0] + self.follows[at][now])
                score, path = paths[before]
                step[now] = (score + self.follows[before][now] + row[now], (*path, now))
            paths = step
        return list(max(paths.values(), key=lambda end: end[0])[1]) if paths else []


@cache
def shipped() -> SectionModel:
    """The model that the project ships."""
    lines = gzip.decompress(FILE.read_bytes()).decode().splitlines()
    follows = tuple(tuple(map(int, line.split())) for line in lines[: len(SECTIONS)])
    weights = {}
    for line in lines[len(SECTIONS) :]:
        feature, _, numbers = line.partition("\t")
        weights[feature] = pack([int(number) for number in numbers.split(" ")])
    return SectionModel(weights, follows)
