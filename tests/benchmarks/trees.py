"""Boosted trees over signs that are there or not: what `calibrate` fits for `loaders/evidence/judge.py`. Needs numpy.

Newton boosting (Friedman 2001; Chen and Guestrin 2016, section 2): each tree is grown on a part of the rows and
of the signs, which the seed draws, so the same rows give the same trees.
"""

from collections import Counter
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from loaders.evidence.judge import Tree

TREES, DEPTH, RATE = 100, 4, 0.1
RIDGE = 1.0  # added to a leaf's curvature
ROWS, SIGNS = 0.6, 0.15  # the part of the rows and of the signs that a tree sees
CURVATURE = 2.0  # that either side of a question has at least: some ten rows in doubt
RARE = 12  # a sign that fewer rows have, or lack, is asked by no tree

Floats = NDArray[np.float64]


def fitted(rows: Sequence[Set[str]], right: Sequence[bool], seed: int = 0) -> tuple[float, list[Tree]]:
    """A constant and trees, whose sum is the log-odds that a row is right."""
    often = Counter(sign for row in rows for sign in row)
    names = sorted(sign for sign, count in often.items() if RARE <= count <= len(rows) - RARE)
    place = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(rows), len(names)), dtype=np.float32)
    for at, row in enumerate(rows):
        table[at, [place[sign] for sign in row if sign in place]] = 1
    answers = np.array(right, dtype=np.float64)
    draw = np.random.default_rng(seed)
    constant = float(np.log(answers.sum() / (1 - answers).sum()))
    odds = np.full(len(rows), constant)
    trees: list[Tree] = []
    for _ in range(TREES):
        chance = 1 / (1 + np.exp(-odds))
        slopes = np.stack([answers - chance, chance * (1 - chance)])
        part = np.flatnonzero(draw.random(len(rows)) < ROWS)
        asked = np.sort(draw.choice(len(names), max(1, int(len(names) * SIGNS)), replace=False))
        tree = _grown(part, DEPTH, slopes, table, asked, names)
        trees.append(tree)
        _add(tree, np.arange(len(rows)), odds, table, place)
    return constant, trees


def _grown(
    rows: NDArray[np.int64],
    depth: int,
    slopes: Floats,
    table: NDArray[np.float32],
    asked: NDArray[np.int64],
    names: Sequence[str],
) -> Tree:
    """The tree that lowers the loss on some rows the most, question by question."""
    slope, curve = slopes[:, rows].sum(axis=1)
    leaf = round(float(RATE * slope / (curve + RIDGE)), 3)
    if not depth or not len(rows):
        return leaf
    yes = slopes[:, rows] @ table[np.ix_(rows, asked)]
    no = np.array([[slope], [curve]]) - yes
    gains = yes[0] ** 2 / (yes[1] + RIDGE) + no[0] ** 2 / (no[1] + RIDGE) - slope**2 / (curve + RIDGE)
    gains[(yes[1] < CURVATURE) | (no[1] < CURVATURE)] = 0
    best = int(gains.argmax())
    if gains[best] <= 0:
        return leaf
    there = table[rows, asked[best]] > 0
    return (
        names[asked[best]],
        _grown(rows[there], depth - 1, slopes, table, asked, names),
        _grown(rows[~there], depth - 1, slopes, table, asked, names),
    )


def _add(tree: Tree, rows: NDArray[np.int64], odds: Floats, table: NDArray[np.float32], place: dict[str, int]) -> None:
    """Add a tree's answers to the log-odds of some rows."""
    if isinstance(tree, float):
        odds[rows] += tree
        return
    there = table[rows, place[tree[0]]] > 0
    _add(tree[1], rows[there], odds, table, place)
    _add(tree[2], rows[~there], odds, table, place)
