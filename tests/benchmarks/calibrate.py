"""Fit what judges the rules' answers: `python -m tests.benchmarks.calibrate`.

Two models come from the labels. `loaders/evidence/judge.txt`, which is written: how likely a sentence reports a theme,
by its signs. The weights of `loaders/evidence/confidence.py`, which are printed: how often the other roles are right.
Printed first is what new documents are like: each tenth of the documents judged by trees fitted to the others. The
same labels give the same trees.
"""

import math
from collections import Counter
from unittest.mock import patch

from rich.console import Console

from loaders.evidence import REPORTING, annotator, judge
from tests.benchmarks import judging
from tests.benchmarks.evidence import SETS, SPLITS, Bench

RIDGE = 2.0  # what a squared weight costs, in labels
RARE = 8  # a rule with fewer labels has no weight of its own
LOWERED = 0.25
"""By how much the constant is lowered: most of these roles were seen while rules were made."""


def other_roles() -> list[tuple[list[str], bool]]:
    """Of the labelled pieces of evidence that the judge leaves alone: signs, and whether the role is right."""
    kept: list[list[str]] = []

    def noted(given: list[str]) -> float:
        kept.append(given)
        return -float(len(kept))

    pieces = []
    with patch.object(annotator, "confidence", noted):
        bench = Bench()
        for label, piece in bench.judged(SETS, SPLITS):
            if piece is not None and piece.confidence < 0:
                right = piece.role == label["role"] or {piece.role, label["role"]} <= REPORTING
                pieces.append((kept[-int(piece.confidence) - 1], right))
    return pieces


def weights(pieces: list[tuple[list[str], bool]]) -> tuple[float, dict[str, float]]:
    """A logistic model's constant and weights, by gradient descent."""
    often = Counter(sign for signs, _ in pieces for sign in signs)
    found = {sign: 0.0 for sign in sorted(often) if often[sign] >= RARE}
    constant = 1.0
    for _ in range(2000):
        slopes, slope = {sign: RIDGE * weight for sign, weight in found.items()}, 0.0
        for signs, right in pieces:
            odds = constant + sum(found.get(sign, 0.0) for sign in signs)
            miss = 1 / (1 + math.exp(-odds)) - right
            slope += miss
            for sign in signs:
                if sign in slopes:
                    slopes[sign] += miss
        constant -= slope / len(pieces)
        for sign in found:
            found[sign] -= slopes[sign] / (RIDGE + often[sign] / 3)
    return constant, found


def main() -> None:
    """Print the figures by document, write the trees, print the weights."""
    out = Console()
    every = list(judging.rows(Bench()))
    judging.show(every, judging.judged_by_others(every), out)
    constant, trees = judging.fit(every)
    lines = [f"{constant:+.3f}", *(line for tree in trees for line in judge.written(tree))]
    judge.FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    judge.shipped.cache_clear()
    constant, found = weights(other_roles())
    out.print(f"_CONSTANT = {constant - LOWERED:.2f}\n_WEIGHTS = {{")
    for sign, weight in found.items():
        out.print(f'    "{sign}": {weight:.2f},')
    out.print("}")


if __name__ == "__main__":
    main()
