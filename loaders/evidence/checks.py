"""Questions that the rules in `roles` ask of a theme in a sentence, each answered by cues and turns of phrase."""

from dataclasses import dataclass

from loaders.evidence import cues, phrases
from loaders.evidence.reading import Reading


@dataclass(frozen=True, slots=True)
class Named:
    """What names a theme at start..end of a sentence, and what is known of the theme and the record.

    `instrument`: it measures the theme. `approach`: the theme is a way of doing research. `planned`: the
    record is a registration or a protocol, which can have found nothing. `model`: the section was guessed.
    `heading`: the author's own, or "".
    """

    start: int
    end: int
    instrument: bool = False
    approach: bool = False
    planned: bool = False
    model: bool = False
    heading: str = ""


_BEHIND = 3  # words from a theme to what measures it: "burnout and anxiety scores"
_SCORES = (
    "score", "scores", "scale", "scales", "symptoms", "severity", "rating", "ratings", "level", "levels", "index",
    "inventory",
)  # fmt: skip


def in_a_name(r: Reading, named: Named) -> bool:
    """Whether the theme's words are capitals in the name of a survey, a fund, a society."""
    return (
        r.text[named.start : named.start + 1].isupper()
        and named.start > 0
        and (
            bool(phrases.NAME_AFTER.match(r.text, named.end))
            and bool(phrases.NAME_BEFORE.search(r.text[: named.start]))
        )
    )


def who_was_studied(r: Reading, named: Named) -> bool:
    """Whether the theme only says who was studied."""
    if (
        r.follows(named.start, cues.WITH)
        or r.follows(named.start, cues.PLACE)
        or phrases.SUBJECT.search(r.hay, named.end)
        or phrases.CRITERIA.search(r.hay)
    ):
        return True
    return bool(phrases.PEOPLE.search(r.text[named.start : named.end]) and not phrases.OWNED.match(r.text, named.end))


def counted(r: Reading, named: Named) -> bool:
    """Whether a result only says how many there were of whom: "1,527 women (514 Hispanic) enrolled"."""
    return bool(phrases.COUNTED.search(r.text[: named.start])) and bool(phrases.JOINED.search(r.hay))


def measures(r: Reading, named: Named) -> bool:
    """Whether a measuring cue governs the theme: before it, or close behind it."""
    outcome = phrases.OUTCOME.search(r.hay, 0, named.start + 1)
    if outcome and not phrases.PEOPLE.search(r.text[named.start : named.end]):
        return True
    if (
        r.follows(named.start, cues.WITH)
        or phrases.PART_OF.match(r.text, named.end)
        or (phrases.MODE.search(r.text[named.start : named.end]) and phrases.ASKED_BY.match(r.text, named.end))
        or r.before(named.start, cues.ADJUSTED)
    ):
        return False
    given = phrases.GIVEN.search(r.hay, 0, named.start + 1)
    reach = 3 if phrases.TREATMENT.search(r.text[named.start : named.end]) else 99
    for cue in r.of(cues.MEASURE):
        if cue.start < named.end and named.start < cue.end:
            if r.text[named.start : named.end].lower().endswith(_SCORES):
                return True
            continue
        if cue.end <= named.start and r.distance(cue.end, named.start) > reach:
            continue
        if cue.end <= named.start:
            between = r.hay[cue.end : named.start + 1]
            stopped = phrases.STOPPERS.search(between) or phrases.AFTER.search(between) or phrases.GIVEN.search(between)
            if not stopped and r.together(cue.end, named.start):
                return True
        elif (
            not given
            and r.distance(named.end, cue.start) <= _BEHIND
            and r.together(named.end, cue.start)
            and phrases.NOUN.match(r.hay, cue.start)
        ):
            return True
    later = phrases.ASSESSED.search(r.hay, named.end)
    return later is not None and not phrases.STOPPERS.search(r.hay[named.end : later.start() + 1])


def scaled(r: Reading, named: Named) -> bool:
    """Whether the theme is in the name of a scale, and not only who fills it in or by what means."""
    theme = r.text[named.start : named.end]
    return bool(phrases.SCALE.match(r.text, named.end)) and not (
        phrases.PEOPLE.search(theme) or phrases.MODE.search(theme)
    )


def aimed(r: Reading, named: Named) -> bool:
    """Whether an aim stands before the theme; in methods "we will examine" is none."""
    if phrases.TO.match(r.text):
        return False
    return any(cue.end <= named.start and not r.hay.startswith(" will ", cue.start) for cue in r.of(cues.AIM))


def conducted_for(r: Reading, named: Named) -> bool:
    """Whether the sentence says what a study was conducted for."""
    done = phrases.CONDUCTED.search(r.hay, 0, named.start + 1)
    purpose = phrases.PURPOSE.search(r.hay, done.end() - 1, named.start + 1) if done else None
    return purpose is not None and bool(phrases.STUDY.search(r.hay, 0, purpose.start() + 1))


def asks(r: Reading, named: Named) -> bool:
    """Whether a question was taken for an answer."""
    if phrases.FIRST.search(r.hay, 0, named.start + 1):
        return True
    return phrases.ASKS.match(r.hay) is not None and not r.has(cues.OWN, cues.SAME)


def speaks_of_itself(r: Reading, named: Named) -> bool:
    """Whether a document says what it deals with: "this paper presents …", "implications are discussed"."""
    before = r.hay[: named.start + 1]
    return bool(phrases.DISCUSSED.search(r.hay)) or (
        " evidence " not in before and bool(phrases.ITSELF.match(before) or phrases.HIGHLIGHTS.match(before + "x "))
    )


def comments(r: Reading, named: Named) -> str | None:
    """What a sentence does that comments on the study or the matter, instead of saying what was found; or None."""
    if phrases.OPINION.match(r.hay):
        return "argues"
    if phrases.STRESSES.match(r.hay):
        return "says why it matters"
    before = r.hay[: named.start + 1]
    return "says what the study adds" if phrases.ADDS.search(before) and " that " not in before else None


def cites(r: Reading, named: Named) -> bool:
    """Whether a sentence gives others' results, or its own beside theirs and the theme is in theirs."""
    for cue in r.of(cues.CITED):
        if not phrases.BESIDE.search(r.hay[: cue.start + 1]):
            return True
        opening = r.distance(0, cue.start) <= 5 and cue.end <= named.start
        if opening and "," not in r.text[cue.end : named.start] and "," in r.text[named.end :] and " by " not in r.hay:
            return True
    return False


def outcome(r: Reading, named: Named) -> bool:
    """Whether the theme is called an outcome of the study."""
    return phrases.OUTCOME.search(r.hay, 0, named.start + 1) is not None


def told_of_others(r: Reading, named: Named) -> bool:
    """Whether what a sentence says of the theme is what others found: "Smith et al. (2010) found"."""
    told = phrases.BY_OTHERS.search(r.text, 0, named.start)
    return told is not None and phrases.OURS.search(r.text) is None


def adjusted_for(r: Reading, named: Named) -> bool:
    """Whether the theme is only what a result was adjusted for."""
    links = r.of(cues.LINK)
    return any(
        cue.end <= named.start
        and not phrases.FINITE.search(r.hay[cue.end : named.start + 1])
        and not any(cue.end <= link.start and link.end <= named.start for link in links)
        for cue in r.of(cues.ADJUSTED)
    )


def recommends(r: Reading, named: Named) -> bool:
    """Whether a recommending cue stands before the theme or in its clause, or somebody is told what to do."""
    low, high = r.clause(named.start)
    return bool(phrases.PRACTICE.search(r.hay, 0, named.start + 1)) or any(
        cue.end <= named.start or (low <= cue.start < high and not phrases.URGED.search(r.hay[: cue.start + 1]))
        for cue in r.of(cues.RECOMMEND)
    )
