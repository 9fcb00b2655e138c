"""How sure a piece of evidence is: how often readers gave the like of it the same theme and role.

Shares of right answers among labelled sentences (tests/benchmarks/data, splits `dev` and `seen`), drawn a
little towards the middle where there were few. `python -m tests.benchmarks.evidence` compares what is
claimed with what is right on sentences that were not used.
"""

_BY_RULE = {
    "results": 0.87,
    "conclusions": 0.90,
    "methods: instrument": 0.91,
    "methods: measuring cue": 0.89,
    "methods: described": 0.94,
    "methods: who was studied": 0.96,
    "methods: how the study was done": 0.95,
    "methods: aim cue": 0.72,
    "background": 0.80,
    "background: aim cue": 0.72,
    "background: aim cue before": 0.89,
    "objective: aim cue": 0.89,
    "objective: statement without aim": 0.60,
    "conclusions: recommending cue": 0.80,
    "conclusions: plan": 0.82,
    "plan: aim cue": 0.92,
    "title": 0.95,
    "keyword": 0.97,
}
_OTHER_RULES = 0.85
_WITH_DIRECTION, _NAMED_ONCE, _WEAK_LABEL = 0.06, -0.03, -0.03


def confidence(rule: str, *, directed: bool = False, once: bool = False, weak: bool = False) -> float:
    """From 0 to 1, by the rule that gave the role.

    `directed`: a direction was found too. `once`: the record names the theme nowhere else. `weak`: by a word
    that has other senses.
    """
    sure = _BY_RULE.get(rule, _OTHER_RULES)
    sure += _WITH_DIRECTION * directed + _NAMED_ONCE * once + _WEAK_LABEL * weak
    return round(min(sure, 0.99), 2)
