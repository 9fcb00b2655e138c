"""What a careful reader looks at before believing that a sentence reports a theme, each said in a few words.

Signs of a document (has it figures, participants, headings; does it call itself a review or an essay?), of a
sentence (its section and place, its tense, its kinds of words) and of a theme in it (before or after the verb, in
the clause of which cues, how often named). `judge` weighs them. They are of English and of research, not of any
field, but for the theme's own name.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

from loaders.evidence import phrases
from loaders.evidence.match import fold
from loaders.evidence.reading import Reading
from loaders.evidence.sections import Sentence


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_KINDS = {
    "found": """showed shown shows show revealed reveals reveal found finds observed demonstrated demonstrates indicated
        indicates emerged identified highlighted highlights yielded unveiled detected confirmed""",
    "moved": """increased decreased improved reduced declined rose fell dropped higher lower greater fewer less more
        worsened enhanced lowered""",
    "linked": """associated association associations correlated correlation predicted predictor predictors related
        relationship mediated moderated influenced affected contributed linked""",
    "said": """reported described expressed perceived felt experienced viewed considered stated mentioned valued
        suggested believed identified agreed preferred welcomed appreciated noted""",
    "figures": """significant significantly p ci sd or aor hr beta versus vs mean median most majority many some half
        percent proportion""",
    "compared": "differ differed difference differences similar compared than no not",
    "urged": """argue argues must should need needs important essential crucial vital key critical imperative necessary
        require requires required necessitates pivotal""",
    "known": """known often commonly common widely increasingly recognised recognized major growing despite although
        however many several studies literature evidence research""",
    "done": """recruited enrolled randomized randomised randomly allocated assigned measured assessed evaluated recorded
        collected analyzed analysed performed conducted searched included reviewed administered interviewed completed
        used obtained examined compared calculated determined surveyed invited asked applied estimated extracted
        undertaken""",
    "asked": """aim aims aimed objective objectives purpose goal sought seeks explore explores investigate investigates
        examine examines assess evaluate determine understand identify discuss discusses describe describes present
        presents consider considers address addresses review reviews provide provides outline outlines propose
        proposes""",
    "of the study": """study studies participants respondents patients sample analysis data results findings interviews
        survey""",
    "of the text": "paper article chapter essay commentary editorial manuscript report book issue review",
    "when": "during since when after before following while",
    "possible": "would will could can may might",
    "suggested": """suggest suggests suggesting conclude concluded conclusion implications support supports appears
        appear seems seem likely potential potentially promising""",
}
_KINDS_OF: dict[str, tuple[str, ...]] = {}
for _kind, _listed in _KINDS.items():
    for _word in _listed.split():
        _KINDS_OF[_word] = (*_KINDS_OF.get(_word, ()), _kind)
_KNOWN = _KINDS_OF.keys()

_EMPIRICAL = _words(
    """participants respondents sample interviews interviewed survey surveyed questionnaire questionnaires
    regression randomised randomized cohort sectional recruited collected thematic"""
)
_FOUND = _words("found revealed emerged significantly results findings associated reported showed")
_REVIEW = _words("review reviews meta databases pubmed medline embase psycinfo articles literature")
_ESSAY = _words(
    """article paper essay chapter commentary editorial argue argues perspective perspectives viewpoint
    opinion debate discuss discusses"""
)
_OURS = frozenset(("we", "our", "us", "i", "my"))
_TITLES = {
    "review": _words("review reviews meta synthesis"),
    "plan": frozenset(("protocol",)),
    "essay": _words("commentary editorial perspective viewpoint opinion toward towards why how call letter"),
    "study": _words(
        """trial cohort sectional survey longitudinal qualitative study randomised randomized pilot prevalence
        association associations predictors predicting effect effects effectiveness impact interview
        interviews evaluation"""
    ),
}
_TESTED = _words("p ci sd aor hr rr beta")
_NUMBER = re.compile(r"\d[\d.,]*")

_PREPOSITIONS = _words(
    """of in for with on by to from at about among between within through during after before as via into
    toward towards against regarding concerning including than over under across without"""
)
_DETERMINERS = _words("the a an this these that those their its his her our your my such any some each all both no")
_AUXILIARIES = _words(
    """is are was were has have had do does did can could may might will would should must remain remains
    remained"""
)
_PAST, _NOW = frozenset(("was", "were", "had", "did")), frozenset(("is", "are", "has", "have", "do", "does"))
_SHOWN = _PREPOSITIONS | _DETERMINERS | _AUXILIARIES | {"and", "or", "but"}
_ENDINGS = ("ly", "ing", "ed")
_AFTER_TO = re.compile(r" to \w+ (?:\w+ ){0,3}$")


def _up_to(count: int, *steps: int) -> int:
    """How many steps a count has reached."""
    return bisect_right(steps, count)


def of_document(title: str, abstract: str, sentences: Sequence[Sentence]) -> list[str]:
    """What kind of document it is."""
    words = fold(abstract).split()
    seen, above = set(words), set(fold(title).split())
    heads = len({s.section_by for s in sentences if s.section_by.startswith("heading")})
    past = sum(map(words.count, _PAST))
    signs = [
        f"document: headings {_up_to(heads, 1, 2, 3)}",
        f"document: sentences {_up_to(len(sentences), 6, 9, 13)}",
        f"document: numbers {_up_to(len(_NUMBER.findall(abstract)), 1, 3, 8, 20)}",
        f"document: empirical {_up_to(len(seen & _EMPIRICAL), 1, 2, 4)}",
        f"document: found {_up_to(len(seen & _FOUND), 1, 2, 4)}",
        f"document: reviews {_up_to(len(seen & _REVIEW), 1, 2, 3)}",
        f"document: argues {_up_to(len(seen & _ESSAY), 1, 2)}",
        f"document: past {_up_to(100 * past // max(1, len(sentences)), 1, 15, 30, 60, 100)}",
    ]
    if not _TESTED.isdisjoint(seen):
        signs.append("document: tests")
    if not _OURS.isdisjoint(seen):
        signs.append("document: we")
    signs += [f"title: {kind}" for kind, listed in _TITLES.items() if not listed.isdisjoint(above)]
    if "?" in title:
        signs.append("title: question")
    return signs


def of_sentence(reading: Reading, sentences: Sequence[Sentence], place: int) -> list[str]:
    """Where a sentence stands, and of what words it is."""
    sentence, text = sentences[place], reading.text
    words = reading.hay.split()
    seen = set(words)
    guessed = "guessed" if "model" in sentence.section_by else "headed"
    last = len(sentences) - 1
    signs = [
        guessed,
        f"section: {sentence.section}",
        f"section: {sentence.section}, {guessed}",
        f"section before: {sentences[place - 1].section if place else 'none'}",
        f"section after: {sentences[place + 1].section if place < last else 'none'}",
        f"place: {5 * place // (last + 1)}",
        f"words: {_up_to(len(words), 12, 20, 30, 45)}",
        f"past verbs: {min(3, sum(len(word) > 4 and word.endswith('ed') for word in words))}",
        f"opens: {words[0] if words else ''}",
        f"opens: {' '.join(words[:2])}",
    ]
    if not place:
        signs.append("place: first")
    if place == last:
        signs.append("place: last")
    past, now = not _PAST.isdisjoint(seen), not _NOW.isdisjoint(seen)
    signs.append("tense: both" if past and now else "tense: past" if past else "tense: now" if now else "tense: none")
    if _NUMBER.search(text):
        signs.append("number")
    if not _TESTED.isdisjoint(seen):
        signs.append("test")
    if not _OURS.isdisjoint(seen):
        signs.append("we")
    signs += [f"has {mark}" for mark in "(?:;%" if mark in text]
    signs += [f"verb: {word}" for word in _AUXILIARIES & seen]
    signs += {f"words {kind}" for word in _KNOWN & seen for kind in _KINDS_OF[word]}
    signs += {f"cue {cue.kind}" for cue in reading.cues}
    return signs


def of_words(reading: Reading, start: int, end: int) -> list[str]:
    """How the words from start to end stand in their sentence."""
    hay, text = reading.hay, reading.text
    low, high = reading.clause(start)
    before, after = hay[: start + 1].split(), hay[end + 1 :].split()
    mark = text[end : end + 1]
    verb_before, verb_after = _has_verb(before), _has_verb(after)
    signs = [
        f"word before: {_shown(before[-1]) if before else 'none'}",
        f"word after: {_shown(after[0]) if after else 'none'}",
        f"preposition: {next((word for word in reversed(before[-5:]) if word in _PREPOSITIONS), 'none')}",
        f"mark after: {mark if mark and mark in ',.;:()-' else 'none'}",
        f"quarter: {min(3, 4 * start // max(1, len(text)))}",
        "verb before" if verb_before else "no verb before",
        "verb after" if verb_after else "no verb after",
    ]
    if verb_after and not verb_before:
        signs.append("subject")
    if " that " in hay[: start + 1]:
        signs.append("after that")
    if _AFTER_TO.search(hay[: start + 1]):
        signs.append("after to")
    if start < 40 and "," in text[end:] and "," not in text[:start]:
        signs.append("opening phrase")
    if low:
        signs.append("later clause")
    if start and text[start].isupper():
        signs.append("capital")
    if reading.aside(start, -1):
        signs.append("in brackets")
    if phrases.PEOPLE.search(text[start:end]):
        signs.append("people")
    if phrases.PART_OF.match(text, end):
        signs.append("part of")
    kinds = set()
    for cue in reading.cues:
        if cue.end <= start:
            kinds.add(f"before: {cue.kind}")
        elif cue.start >= end:
            kinds.add(f"after: {cue.kind}")
        else:
            kinds.add(f"within: {cue.kind}")
        if low <= cue.start < high:
            kinds.add(f"clause: {cue.kind}")
    signs += kinds
    signs += {f"clause words {kind}" for word in _KNOWN & set(hay[low : high + 2].split()) for kind in _KINDS_OF[word]}
    return signs


def _shown(word: str) -> str:
    """A word as it is where it belongs to a closed class, else its ending."""
    if word in _SHOWN:
        return word
    return (
        "number" if word[0].isdigit() else next((f"-{ending}" for ending in _ENDINGS if word.endswith(ending)), "other")
    )


def _has_verb(words: Sequence[str]) -> bool:
    return not _AUXILIARIES.isdisjoint(words) or any(len(word) > 4 and word.endswith("ed") for word in words)
