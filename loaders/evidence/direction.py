"""Which way a finding goes: what each cue of its clause can say of the theme, and which of it is likeliest.

A word of direction offers one or two ways to read a theme ("lower": it fell, or it is only related to what fell).
That no way is said is one more, since half of the themes in findings are whom or what these are about. The signs
of each option are how the cue is used and how it stands to the theme; a conditional logistic model weighs them.
`python -m tests.benchmarks.directions` fits the weights, natural logarithms of odds, and says how often it is right.
"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from loaders.evidence import cues
from loaders.evidence.negation import negated, negations
from loaders.evidence.reading import HYPHENS, Cue, Reading
from loaders.evidence.spared import spares

INCREASE, DECREASE, NO_CHANGE, ASSOCIATION = "increase", "decrease", "no-change", "association"
GROUPS = ("none", "went", "beside", "same", "denied", cues.LINK, cues.MOVE)
FILE = Path(__file__).with_name("direction.txt")
GIVEN = 0.45  # from which likelihood on a way is given
UNSAID = 0.65  # from which likelihood on that no way is said, the words do not even lean to one

_OPPOSITE = {INCREASE: DECREASE, DECREASE: INCREASE}
_STEM = 6  # letters by which a cue is known
_REACH = 30  # words from a cue to a theme that it says something of
_DENIED = 7  # words that a negation may stand before the cue that it denies
_NEAR = (0, 1, 2, 4, 7, 11, 17)  # distances that count as one, in words
# More insomnia is less sleep, but what "improves insomnia" lessens it.
_ILL = re.compile(r"problem|disorder|illness|insomnia|unemploy|psychopath|dissatisf|difficult|absence|disparit|inequal")
_FINITE = re.compile(r" (?:was|were|is|are|had|has|have|did|can|may|might|could|will) ")
# A finite verb, by which a theme is its subject, its object, or only beside it
_PREDICATE = re.compile(
    r" (?:was|were|is|are|had|has|have|did|can|may|might|could|will|led|felt|found|showed|predict(?:s|ed)|increased"
    r"|decreased|reduced|improved|reported|experienced|related|mediated|moderated|contributed|influenced|affected"
    r"|remained|impeded|resulted|facilitated|exacerbated?|revealed|indicated|suggest(?:s|ed)|scored|declined|worsened) "
)
_VERB = re.compile(
    r"\w+ed|rose|fell|grew|built|led|leads?|results?|causes|gained|(?:reduc|improv|increas|decreas|enhanc|promot|mitigat"
    r"|exacerbat|alleviat|influenc|rais|declin|undermin)es|(?:foster|prevent|lower|impair|affect|buffer|predict|protect"
    r"|worsen|boost|strengthen|contribute)s"
)


def _by_word(listed: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in listed.items() for word in words.split()}


# What a word does that stands beside a cue or a theme; others are "other", or "adverb"s in "ly"
_BESIDE = _by_word(
    {
        **{word: word for word in ("of", "in", "for", "on", "to", "with", "by", "than", "from", "between", "as")},
        **{word: word for word in ("through", "about")},
        "be": "was were is are be been being had has have did does do may might can could will would should",
        "among": "among amongst",
        "when": "during after before following since over within at across",
        "and": "and or but nor",
        "who": "that which who when if",
        "people": "patients patient participants people persons individuals adults group groups women men children"
        " students workers users subjects staff nurses survivors population populations class sample cohort"
        " adolescents youth",
        "doing": "program programme programs programmes intervention interventions treatment therapy training"
        " approach services service care project policy policies measures restrictions period infection tool tools",
        "likely": "likely apt prone",
        "chance": "odds probability likelihood chance chances risk risks",
        "extent": "symptoms symptom scores score levels level rates rate severity problems problem outcomes"
        " status prevalence disorder disorders",
    }
)
# What leads to a cue, words aside that may stand between
_LEADING = _by_word(
    {
        "be": "was were is are been be being remained became become felt scored got",
        "help": "to can could may might will would should did does do helps help helped",
        "": "also not much even more the at in reported found observed seen",
    }
)
# "Tended to fall" is "fell"
_GOING_ON = re.compile(r" (?:tend(?:s|ed)?|began|begins|started|continue[sd]?|seemed|appeared) +to +$")
# Verbs that labels have too seldom are weighed as those that say the same.
_AS = {
    **dict.fromkeys(("rose", "grew", "climbe", "soared", "surged", "spiked", "escala", "intens", "double"), "increa"),
    **dict.fromkeys(("fell", "droppe", "dimini", "lessen", "plumme", "halved", "subsid", "plunge"), "decrea"),
    "deteri": "worsen",
}
# "Sleep improved, but burnout did not": the verb is not said again
_DID_NOT = re.compile(r" (?:did|does|do|was|were|is|are|had|has|have) not *(?:[.,;)]|$)")
# "No longer significant after adjustment" tells of no time
_ADJUSTED = re.compile(r" (?:after|when|once|upon|following|in|on) (?:\w+ ){0,2}(?:adjust|control|multivaria|correct)")
_MARKS = {",": "comma", ";": "comma", ":": "comma", "(": "open", "[": "open", ")": "close", ".": "end", "": "end"}
_SIDES = ("before", "after")
_NEARNESS = {side: [f"{side} by {n}" for n in (*_NEAR, "more")] for side in _SIDES}
_THAN = {side: f"{side}, than between" for side in _SIDES}
_FINITE_BETWEEN = {side: f"{side}, a finite verb between" for side in _SIDES}
_RIVALS = {side: [f"{side}, {n} between" for n in ("none", "one", "more")] for side in _SIDES}


@dataclass(frozen=True, slots=True)
class _Said:
    """A cue of direction, whether a negation denies it, and its form, as a sign of where it stands to a theme."""

    start: int
    end: int
    kind: str
    denied: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


Option = tuple[str | None, str, list[str]]
"""A way, the group that its weights are in, and its signs."""


def direction(reading: Reading, start: int, end: int, improvement: str | None) -> str | None:
    """The direction of what is found on the theme named at start..end; None where nothing says one.

    `improvement` is the direction that getting better takes for this theme.
    """
    way, sure = leaning(reading, start, end, improvement)
    return way if sure else None


def leaning(reading: Reading, start: int, end: int, improvement: str | None) -> tuple[str | None, bool]:
    """The direction that the words lean to, if to any, and whether it is likely enough to be given."""
    if _DID_NOT.match(reading.text, end):
        return NO_CHANGE, True
    weights = _weights()
    likely: dict[str | None, float] = {}
    for way, group, signs in options(reading, start, end, improvement):
        weight = weights[group]
        likely[way] = likely.get(way, 0.0) + math.exp(sum([weight.get(sign, 0.0) for sign in signs]))
    every, unsaid = sum(likely.values()), likely.pop(None)
    if not likely or unsaid >= UNSAID * every:
        return None, False
    way = max(likely, key=lambda way: likely[way])
    return way, likely[way] >= GIVEN * every


def lasting(reading: Reading, start: int) -> bool | None:
    """False where a sentence goes on to say that a change did not last, True where that it did."""
    if any(cue.start > start and not _ADJUSTED.match(reading.hay, cue.end + 1) for cue in reading.of(cues.ENDED)):
        return False
    kept = [cue for cue in reading.of(cues.LASTED) if cue.start > start]
    return not negated(reading, kept[0].start, kept[0].end) if kept else None


def options(reading: Reading, start: int, end: int, improvement: str | None) -> list[Option]:
    """Each way that the theme at start..end can be read, with the signs that speak for it or against it.

    The first is that no way is said.
    """
    low, high = reading.clause(start)
    said = [
        cue
        for cue in _said(reading)
        if (low < cue.end <= start and reading.distance(cue.end, start) <= _REACH)
        or (end <= cue.start < high and reading.distance(end, cue.start) <= _REACH)
    ]
    ahead = sum(cue.end <= start for cue in said)
    goes = "goes better or worse" if improvement else "goes no way"
    about = [_before(reading, start), _after(reading, end), goes]
    linked = []
    if any(cue.kind == cues.LINK and reading.distance(cue.end, start) <= 4 for cue in said[:ahead]):
        linked.append("linked before")
    if any(cue.kind == cues.LINK and reading.distance(end, cue.start) <= 7 for cue in said[ahead:]):
        linked.append("linked after")
    better = improvement or INCREASE
    if better == INCREASE and (_ILL.search(reading.hay, start + 1, end + 1) or _ILL.match(reading.hay, end + 2)):
        better = DECREASE
    if _PREDICATE.search(reading.hay, end, high + 1) is None:
        stands = "no verb behind"
    else:
        stands = "between verbs" if _PREDICATE.search(reading.hay, low, start + 1) else "subject"
    first = said[ahead - 1].kind if ahead else "nothing"
    then = said[ahead].kind if ahead < len(said) else "nothing"
    found: list[Option] = [(None, "none", [*about, *linked, stands, f"{min(4, len(said))} cues"])]
    for place, cue in enumerate(said):
        signs = [goes, cue.kind, *linked]
        if place < ahead:
            side, here, there, between = "before", cue.end, start, ahead - 1 - place
            signs += (*cue.before, f"before, {stands}", f"before, then {then}")
        else:
            side, here, there, between = "after", end, cue.start, place - ahead
            signs += (*cue.after, f"after, {stands}", f"after, first {first}")
        signs.append(_NEARNESS[side][bisect_left(_NEAR, reading.distance(here, there))])
        signs.append(_RIVALS[side][min(2, between)])
        if " than " in reading.hay[here : there + 2]:
            signs.append(_THAN[side])
        elif _FINITE.search(reading.hay, here, there + 2):
            signs.append(_FINITE_BETWEEN[side])
        if reading.aside(cue.start, start) or reading.aside(start, cue.start):
            signs.append("in brackets")
        if cue.denied or cue.kind == cues.SAME:
            found.append((NO_CHANGE, "denied" if cue.denied else "same", signs))
        elif cue.kind in (cues.LINK, cues.MOVE):
            found.append((ASSOCIATION, cue.kind, signs + about))
        else:
            found.append((_way(cue.kind, better), "went", signs))
            found.append((ASSOCIATION, "beside", signs + about))
    return found


@lru_cache(maxsize=1)
def _said(reading: Reading) -> tuple[_Said, ...]:
    """The cues of direction in a sentence, without those that are a part of a longer one."""
    said = []
    longest = (0, 0)
    for cue in reading.of(*cues.DIRECTIONS):  # by their start, of two that start together the longer first
        span = (cue.start, cue.end)
        behind_hyphen = reading.text[max(0, cue.start - 1) : cue.start] in HYPHENS  # "pandemic-related" relates nothing
        if (cue.end <= longest[1] and span != longest) or behind_hyphen:
            continue
        longest = max(longest, span, key=lambda one: one[1])
        denied = cue.kind != cues.SAME and any(
            negation.end <= cue.start
            and reading.near(negation.end, cue.start, _DENIED)
            and not spares(reading, negation, cue.start)
            for negation in negations(reading)
        )
        form = _form(reading, cue)
        follows = _next(reading, cue.end)
        stem = reading.hay[cue.start + 1 : min(cue.end, cue.start + _STEM) + 1].strip()
        if form == "verb":
            stem = _AS.get(stem, stem)
        shown = (form, f"then {follows}", f"{form}, then {follows}", f"{stem}…")
        before, after = (tuple(f"{side}: {sign}" for sign in shown) for side in _SIDES)
        said.append(_Said(cue.start, cue.end, cue.kind, denied, before, after))
    return tuple(said)


def _form(reading: Reading, cue: Cue) -> str:
    """What a cue is in its sentence: "passive", "predicate", "infinitive", "verb" or "word"."""
    before = reading.hay[max(0, cue.start - 40) : cue.start + 1]
    if _GOING_ON.search(before):
        return "verb"
    leads = ""
    for word in reversed(before.split()):
        leads = _LEADING.get(word, "" if word.endswith("ly") else "other")
        if leads:
            break
    verb = _VERB.fullmatch(reading.hay, cue.start + 1, cue.end + 1) is not None
    if leads == "be":
        return "passive" if verb else "predicate"
    if leads == "help":
        return "infinitive"
    return "verb" if verb else "word"


def _before(reading: Reading, start: int) -> str:
    """What stands directly before a theme."""
    shown = reading.text[max(0, start - 20) : start].rstrip()
    if not shown:
        return "first"
    words = reading.hay[max(0, start - 20) : start + 1].split()
    return f"after {_MARKS.get(shown[-1]) or _class(words[-1] if words else '')}"


def _after(reading: Reading, end: int) -> str:
    """What stands directly after a theme."""
    return f"before {_next(reading, end)}"


def _next(reading: Reading, end: int) -> str:
    mark = _MARKS.get(reading.text[end : end + 8].lstrip()[:1])
    if mark:
        return mark
    words = reading.hay[end + 1 : end + 30].split(maxsplit=1)
    return _class(words[0]) if words else "end"


def _class(word: str) -> str:
    return _BESIDE.get(word) or ("adverb" if word.endswith("ly") else "other")


def _way(kind: str, better: str) -> str:
    if kind in (cues.UP, cues.DOWN):
        return INCREASE if kind == cues.UP else DECREASE
    return better if kind == cues.BETTER else _OPPOSITE[better]


@cache
def _weights() -> dict[str, dict[str, float]]:
    """By group and sign."""
    weights: dict[str, dict[str, float]] = {group: {} for group in GROUPS}
    for line in FILE.read_text("utf-8").splitlines():
        weight, group, sign = line.split("\t")
        weights[group][sign] = float(weight)
    return weights
