"""Whether a sentence that the rules call a report of a theme is to be believed, and how far.

The rules in `roles` read words; where a section was guessed, or an essay sounds like a study, words mislead. So a
small model weighs the rules' answer with the `signs` around it: trees of at most four questions each, whose
answers are added up to the log-odds that a careful reader would say that the sentence reports the theme. The file
is text, one question or number a line, and `python -m tests.benchmarks.calibrate` makes it from the labels.
"""

import math
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from loaders.evidence import checks, cues
from loaders.evidence.headings import CONCLUSIONS, METHODS, RESULTS
from loaders.evidence.roles import AIM, BY_NAME, CONTEXT, FINDING, MEASURED, OF_OTHERS, RECOMMENDATION, REPORTING

if TYPE_CHECKING:
    from loaders.evidence.abstracts import Draft
    from loaders.evidence.sections import Sentence

FILE = Path(__file__).with_name("judge.txt")
Tree: TypeAlias = "float | tuple[str, Tree, Tree]"
"""Log-odds, or a sign, the tree where it is there, and the tree where it is not."""

BELIEVED = 0.58
"""A sentence reports a theme where the chance is no less."""

WHOLE = 4
"""Sentences from which on a text shows what kind of document it is. In a shorter one the rules are believed."""

_ASKED = (METHODS, RESULTS, CONCLUSIONS)
"""Sections in which a sentence that no rule calls a report can read like one; where it was guessed, any can."""


def asked(draft: "Draft", sentences: "Sequence[Sentence]") -> bool:
    """Whether the rules' answer is in doubt at all."""
    if len(sentences) < WHOLE or draft.rule == OF_OTHERS:
        return False
    return draft.role in REPORTING or (
        not draft.named.approach and (draft.named.model or sentences[draft.place].section in _ASKED)
    )


def verdict(draft: "Draft", section: str, signs: Set[str]) -> tuple[str, str, float | None]:
    """A draft's role, why, and how sure that is; None where the rules' answer stands as it is."""
    if not signs:
        return draft.role, draft.rule, None
    reports = draft.role in REPORTING
    sure = round(chance(signs, *shipped()), 2)
    if reports and sure < BELIEVED:
        if _beyond_doubt(draft):
            return draft.role, draft.rule, BELIEVED
        return *_instead(draft), round(1 - sure, 2)
    if not reports and sure >= BELIEVED and not (draft.named.planned and section != METHODS):
        return (
            (MEASURED, "reads like a measurement", sure)
            if section == METHODS
            else (FINDING, "reads like a result", sure)
        )
    return draft.role, draft.rule, sure if reports else None


def _beyond_doubt(draft: "Draft") -> bool:
    """Whether something is measured by what measures it, or as an outcome: so said 131 of 134 labels."""
    return draft.rule == BY_NAME or (draft.role == MEASURED and checks.outcome(draft.reading, draft.named))


def _instead(draft: "Draft") -> tuple[str, str]:
    """What a sentence does that reports nothing, though a rule says that it does."""
    if draft.reading.before(draft.named.start, cues.RECOMMEND):
        return RECOMMENDATION, f"{draft.rule}, but reads like advice"
    if draft.reading.before(draft.named.start, cues.AIM):
        return AIM, f"{draft.rule}, but reads like an aim"
    if draft.role == MEASURED:
        return CONTEXT, f"{draft.rule}, but reads like a description"
    return CONTEXT, f"{draft.rule}, but reads like what was known or thought before"


def of_rule(role: str, rule: str) -> tuple[str, str, str]:
    """The rules' answer as signs."""
    return f"rule: {role}", f"rule: {role}: {rule}", "rule: reports" if role in REPORTING else "rule: does not report"


def chance(signs: Set[str], constant: float, trees: Iterable[Tree]) -> float:
    """From 0 to 1: how likely a reader would say that a sentence with these signs reports the theme."""
    odds = constant
    for tree in trees:
        while isinstance(tree, tuple):
            tree = tree[1] if tree[0] in signs else tree[2]
        odds += tree
    return 1 / (1 + math.exp(-odds))


@cache
def shipped() -> tuple[float, tuple[Tree, ...]]:
    """The model that the project ships: a constant and its trees."""
    lines = iter(FILE.read_text(encoding="utf-8").splitlines())
    constant = float(next(lines))
    return constant, tuple(parsed(lines))


def parsed(lines: Iterator[str]) -> Iterator[Tree]:
    """The trees of a file's lines: a question, what holds where it is answered yes, and where no, each further in."""
    for line in lines:
        yield _tree(line, lines)


def _tree(line: str, rest: Iterator[str]) -> Tree:
    text = line.strip()
    if text[0] in "+-" and text[1:2].isdigit():
        return float(text)
    return text, _tree(next(rest), rest), _tree(next(rest), rest)


def written(tree: Tree, depth: int = 0) -> Iterator[str]:
    """The lines of a tree, as `parsed` reads them."""
    if isinstance(tree, float):
        yield f"{' ' * depth}{tree:+.3f}"
        return
    yield f"{' ' * depth}{tree[0]}"
    yield from written(tree[1], depth + 1)
    yield from written(tree[2], depth + 1)
