"""How sure a piece of evidence is: how often readers gave the like of it the same theme and role.

A logistic model over a few signs, each said in words. Its weights are natural logarithms of odds, fitted to
every label but those of split `held-out` by `python -m tests.benchmarks.calibrate`, which prints them; the
constant is then lowered, since rules do better on sentences that they were made with. `python -m
tests.benchmarks.evidence` compares what is claimed with what is right.
"""

import math

_CONSTANT = 1.92
_WEIGHTS: dict[str, float] = {
    "aim: a plan that states an aim": 0.59,
    "aim: an aim is stated before it": 0.01,
    "aim: says what the document deals with": -0.57,
    "aim: speaks of what is to come": -1.23,
    "aim: states an aim": 0.08,
    "background: a plan, which has found nothing yet": -0.21,
    "background: a statement among the aims": -0.80,
    "background: background of the study": 0.29,
    "background: described, not measured": 0.14,
    "background: names how the study was done": 0.57,
    "background: says who was studied": 0.05,
    "direction": 1.01,
    "finding: concludes from results": -0.16,
    "finding: states a result": 0.68,
    "measured: a measuring word governs it": 0.70,
    "measured: a plan that says what is measured": 0.44,
    "measured: names what measures it": 1.12,
    "named once": -0.72,
    "recommendation: recommends": -0.39,
    "section guessed": -0.89,
    "weak label": -0.35,
}


def signs(
    role: str,
    why: str,
    *,
    guessed: bool = False,
    directed: bool = False,
    once: bool = False,
    weak: bool = False,
) -> list[str]:
    """What speaks for or against a piece of evidence.

    `why`: the rule that gave the role. `guessed`: its section is the model's. `directed`: a direction was found.
    `once`: the record names the theme nowhere else. `weak`: by a word that has other senses.
    """
    more = {"section guessed": guessed, "direction": directed, "named once": once, "weak label": weak}
    return [f"{role}: {why}", *(name for name, given in more.items() if given)]


def confidence(given: list[str]) -> float:
    """From 0 to 1, to two places, for the `signs` of a piece of evidence."""
    odds = _CONSTANT + sum(_WEIGHTS.get(sign, 0.0) for sign in given)
    return round(1 / (1 + math.exp(-odds)), 2)
