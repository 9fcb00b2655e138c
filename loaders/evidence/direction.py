"""Which way a finding goes: the cue that governs the theme, nearest in words and in the same clause."""

import re

from loaders.evidence import cues
from loaders.evidence.reading import Cue, Reading

INCREASE, DECREASE, NO_CHANGE, ASSOCIATION = "increase", "decrease", "no-change", "association"
_OPPOSITE = {INCREASE: DECREASE, DECREASE: INCREASE}
_REACH = 18

_PASSIVE = re.compile(r" (?:was|were|is|are|been|be|being|significantly|also|has|have|had|greatly|more|not) $")
_BE = re.compile(r" (?:was|were|is|are|been|be|being|significantly|remained|had|to be) (?:\w+ly |also |not |much )?$")
_LOOSE = re.compile(
    r" *(?:in|by|from|over|after|at|to|with|during|among|amongst|between|significantly|and|for|across|when|as|following"
    r"|compared|than|within|p|or|but|while|until|on|since|because|if|is|was|were|are|$)(?: |$)"
)
# "Factors associated with higher strain were …": what is listed after it is neither more nor less
_LISTED = re.compile(
    r" (?:associated with|predictors? of|predicting|risk factors? (?:for|of)|determinants? of|correlates of) "
    r"(?:[^ ]+ +){0,12}?(?:were|was|are|included?|includes) "
    r"(?!(?:not|associated|significantly|also|found|higher|lower) )"
)
_OF = re.compile(r" *(?:in|of|for|on|to) ")
_VERB = re.compile(
    r" (?:increased|decreased|reduced|improved|declined|rose|fell|dropped|enhanced|lowered|worsened|raised|alleviated|"
    r"diminished|reduces|improves|increases|decreases|enhances|promotes|promoted|mitigated|mitigates|attenuated|fostered|"
    r"fosters|boosted|strengthened|prevented|prevents|exacerbated|exacerbates|lowers|ameliorated|alleviates|elevated|grew|"
    r"deteriorated|impaired|impairs|caused|causes|affected|affects|buffered|buffers|influenced|influences|predicted|predicts"
    r"|benefited|protected|protects|undermined|undermines|buffered|gained|built)$"
)
_TO_VERB = re.compile(r" (?:to|can|could|may|might|will|would|should|did|does|do|not|helps?|helped) (?:\w+ly )?$")


def direction(reading: Reading, start: int, end: int, improvement: str | None) -> str | None:
    """The direction of what is found on the theme named at start..end; None where nothing says one.

    `improvement` is the direction that getting better takes for this theme.
    """
    best: tuple[float, str] | None = None
    if _LISTED.search(reading.hay, 0, start + 1):
        return ASSOCIATION
    low, high = reading.clause(start)
    for cue in reading.cues:
        if cue.kind not in cues.DIRECTIONS or cue.end <= low or cue.start >= high:
            continue
        if (cue.start < end and start < cue.end) or reading.aside(cue.start, start):
            continue
        cost, way = _governs(reading, cue, start, end, improvement)
        if way is not None and cost <= _REACH and (best is None or cost < best[0]):
            best = (cost, way)
    return best[1] if best else None


def _governs(reading: Reading, cue: Cue, start: int, end: int, improvement: str | None) -> tuple[float, str | None]:
    """How far a cue is from the theme, and what it says of it: None where it speaks of something else."""
    before, after = reading.hay[: cue.start + 1], reading.hay[cue.end + 1 :]
    word = reading.hay[cue.start : cue.end + 1]
    denied = cue.kind != cues.SAME and _denied(reading, cue)
    if cue.kind == cues.MOVE and not denied:
        return 0, None
    way = NO_CHANGE if denied else _way(cue.kind, improvement)
    verb = bool(_VERB.search(" " + word.strip())) or bool(_TO_VERB.search(before))
    passive = verb and bool(_PASSIVE.search(before))
    predicate = bool(_BE.search(before))
    if cue.end <= start:
        cost = float(reading.distance(cue.end, start))
        cost += 3 * reading.commas_between(cue.end, start)
        if cue.kind in (cues.SAME, cues.LINK, cues.MOVE):
            cost += 2 if cue.kind == cues.LINK and not denied else 0.5
        elif not _OF.match(after) and (passive or (predicate and not verb) or (verb and _LOOSE.match(after))):
            cost += 6  # "was higher …": what comes after is only compared with
        return cost, way
    cost = float(reading.distance(end, cue.start)) + 3 * reading.commas_between(end, cue.start)
    if cue.kind == cues.LINK:
        joined = word.strip().startswith(("associated", "related", "linked", "correlated"))
        return cost + (6 if joined and not predicate and not denied else 1), way
    if cue.kind in (cues.SAME, cues.MOVE):
        return cost, way
    if not verb and not predicate and _OF.match(after) and "favo" not in word:
        return cost + 12, way  # "… and increase in burnout" says nothing of what stands before it
    if verb and not passive and not _LOOSE.match(after):
        return cost + 1, ASSOCIATION if way != NO_CHANGE else NO_CHANGE  # the theme acts on something else
    if not verb and not predicate and not _LOOSE.match(after):
        return cost + 8, way  # "higher satisfaction" belongs to what follows
    return cost, way


def _denied(reading: Reading, cue: Cue) -> bool:
    return any(
        negation.end <= cue.start
        and reading.distance(negation.end, cue.start) <= 7
        and reading.together(negation.end, cue.start)
        for negation in reading.negations()
    )


def _way(kind: str, improvement: str | None) -> str:
    if kind == cues.UP:
        return INCREASE
    if kind == cues.DOWN:
        return DECREASE
    if kind == cues.SAME:
        return NO_CHANGE
    if kind == cues.LINK:
        return ASSOCIATION
    better = improvement or INCREASE
    return better if kind == cues.BETTER else _OPPOSITE[better]
