"""How sure evidence is that `judge` leaves to the rules: how often readers gave the like of it the same role.

A logistic model over a few signs, each said in words. Its weights are natural logarithms of odds, fitted to
the labels by `python -m tests.benchmarks.calibrate`, which prints them; the constant is then lowered, since rules
do better on sentences that they were made with.
"""

import math

_CONSTANT = 1.64
_WEIGHTS: dict[str, float] = {
    "aim: a plan that states an aim": 0.63,
    "aim: an aim is stated before it": 0.04,
    "aim: asks, in what was taken for conclusions": -0.24,
    "aim: says what the document deals with": -0.65,
    "aim: speaks of what is to come": -1.04,
    "aim: states an aim": 0.27,
    "background: a plan, which has found nothing yet": -0.34,
    "background: a statement among the aims": -0.87,
    "background: background of the study": 0.38,
    "background: described, not measured": 0.23,
    "background: names how the study was done": 0.77,
    "background: says who was studied": 0.30,
    "named once": -0.55,
    "recommendation: recommends": -0.11,
    "section guessed": -0.70,
    "weak label": -0.10,
}


def signs(
    role: str,
    why: str,
    *,
    guessed: bool = False,
    once: bool = False,
    weak: bool = False,
) -> list[str]:
    """What speaks for or against a piece of evidence.

    `why`: the rule that gave the role. `guessed`: its section is the model's.
    `once`: the record names the theme nowhere else. `weak`: by a word that has other senses.
    """
    more = {"section guessed": guessed, "named once": once, "weak label": weak}
    return [f"{role}: {why}", *(name for name, given in more.items() if given)]


def confidence(given: list[str]) -> float:
    """From 0 to 1, to two places, for the `signs` of a piece of evidence."""
    odds = _CONSTANT + sum(_WEIGHTS.get(sign, 0.0) for sign in given)
    return round(1 / (1 + math.exp(-odds)), 2)
