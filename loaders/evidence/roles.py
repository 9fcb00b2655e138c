"""What a sentence does with a theme: the rules that give the role, each by a name that explains it."""

import re

from loaders.evidence import cues
from loaders.evidence.headings import BACKGROUND, METHODS, OBJECTIVE, RESULTS
from loaders.evidence.reading import Reading

AIM, MEASURED, FINDING, CONTEXT, RECOMMENDATION, KEYWORD = ROLES = (
    "aim", "measured", "finding", "background", "recommendation", "keyword",
)  # fmt: skip
REPORTING = frozenset((MEASURED, FINDING))
"""The roles that make a study report a theme: members of role:reporting in ontology/vocabularies.ttl."""

_TO = re.compile(r"\W*(?:[Tt]o|TO) \w+")


def role(
    reading: Reading, section: str, start: int, end: int, *, instrument: bool, planned: bool, model: bool
) -> tuple[str, str]:
    """The role of the theme named at start..end, and the rule that gave it.

    `instrument`: what was named measures the theme. `planned`: the record is a registration or a protocol,
    which can have found nothing. `model`: the section was guessed, so that strong cues may overrule it.
    """
    given = _ROLES[section](reading, start, end, instrument, planned, model)
    if given[0] == FINDING and planned:
        return (AIM, "plan: nothing found yet") if reading.has(cues.AIM, cues.FUTURE) else (CONTEXT, "plan: nothing found yet")
    return given


def _in_background(r: Reading, start: int, end: int, instrument: bool, planned: bool, model: bool) -> tuple[str, str]:
    if r.has(cues.AIM) and not r.has(cues.OTHERS, cues.GAP):
        return AIM, "background: aim cue"
    if r.has(cues.AIM) and any(cue.start < start for cue in r.of(cues.AIM)):
        return AIM, "background: aim cue before"
    if model and _own_result(r):
        return FINDING, "background by model: own result"
    return CONTEXT, "background"


def _in_objective(r: Reading, start: int, end: int, instrument: bool, planned: bool, model: bool) -> tuple[str, str]:
    if r.has(cues.AIM) or _TO.match(r.text) or r.text.rstrip().endswith("?"):
        return AIM, "objective: aim cue"
    if r.has(cues.OTHERS, cues.GAP):
        return CONTEXT, "objective: literature cue"
    if not re.search(r" (?:is|are|was|were|has|have|can|may|could|require|remains?|suggests?|experience|affects?) ", r.hay):
        return AIM, "objective: no statement"
    return CONTEXT, "objective: statement without aim"


def _in_methods(r: Reading, start: int, end: int, instrument: bool, planned: bool, model: bool) -> tuple[str, str]:
    if instrument:
        return MEASURED, "methods: instrument"
    if r.follows_with(start):
        return CONTEXT, "methods: who was studied"
    if any(cue.start < start for cue in r.of(cues.AIM)) and not _TO.match(r.text):
        if not any(cue.start > cue2.end for cue2 in r.of(cues.AIM) for cue in r.of(cues.MEASURE) if cue.end <= start):
            return AIM, "methods: aim cue"
    if r.has(cues.MEASURE):
        return MEASURED, "methods: measuring cue"
    return CONTEXT, "methods: described"


def _in_results(r: Reading, start: int, end: int, instrument: bool, planned: bool, model: bool) -> tuple[str, str]:
    if r.has(cues.OTHERS) and not _own_result(r):
        return CONTEXT, "results: literature cue"
    if any(cue.start < start for cue in r.of(cues.RECOMMEND)) and r.hay.find(" recommend") != -1:
        return RECOMMENDATION, "results: recommending cue"
    if r.has(cues.SAMPLE) and not r.has(*cues.DIRECTIONS) and (r.follows_with(start) or not r.has(cues.MEASURE)):
        return CONTEXT, "results: who was studied"
    return FINDING, "results"


def _in_conclusions(r: Reading, start: int, end: int, instrument: bool, planned: bool, model: bool) -> tuple[str, str]:
    low, high = r.clause(start)
    for cue in r.of(cues.RECOMMEND):
        if cue.end <= start or low <= cue.start < high:
            return RECOMMENDATION, "conclusions: recommending cue"
    if r.has(cues.GAP):
        return CONTEXT, "conclusions: gap"
    if r.has(cues.FUTURE) and not _own_result(r):
        return AIM, "conclusions: plan"
    if r.has(cues.OTHERS) and not _own_result(r) and not r.has(*cues.DIRECTIONS):
        return CONTEXT, "conclusions: literature cue"
    return FINDING, "conclusions"


def _own_result(r: Reading) -> bool:
    return r.has(cues.OWN)


_ROLES = {
    BACKGROUND: _in_background,
    OBJECTIVE: _in_objective,
    METHODS: _in_methods,
    RESULTS: _in_results,
    "conclusions": _in_conclusions,
}
