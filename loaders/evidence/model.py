"""The section of each sentence where the author gave no heading: a small linear model, read without a library.

A linear-chain conditional random field over a sentence's words and pairs of words, its opening and those of its
neighbours, its place, and kinds of words (verbs of doing, of finding, of concluding; tense; numbers) in it and
around it, which hold in fields whose other words the model has never met.
Weights are whole numbers; a feature's five are packed into one integer, so that a sentence's scores are one sum.
`train.py` makes the file.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from loaders.evidence.headings import SECTIONS

FILE = Path(__file__).with_name("sections.txt.gz")
SCALE = 200
"""Weights are natural logarithms times this, rounded."""

_BITS = 18
_MASK, _HALF = (1 << _BITS) - 1, 1 << (_BITS - 1)
_DIGITS = str.maketrans("123456789", "0" * 9)
_SIGNS = (("%", "#%"), ("=", "#="), ("(", "#("), ("<", "#<"), ("±", "#±"), ("?", "#?"), (";", "#;"), (":", "#:"))
_KINDS = {
    "@past": "was were had did",
    "@now": "is are has have do does remain remains",
    "@modal": "may might could would can must should",
    "@will": "will",
    "@we": "we our us",
    "@aim": """aim aims aimed objective objectives purpose goal goals sought hypothesis hypotheses hypothesized
        hypothesised investigate evaluate assess explore examine determine compare describe identify understand test
        estimate clarify establish analyze analyse review present report develop whether""",
    "@did": """recruited enrolled randomized randomised randomly allocated assigned measured assessed evaluated
        recorded collected analyzed analysed performed conducted searched included reviewed studied administered
        interviewed completed used obtained examined compared calculated determined carried treated divided selected
        invited asked applied estimated extracted investigated retrieved undertaken underwent received consisted
        comprised tested explored identified defined""",
    "@using": """using according means used via software regression anova statistical database databases questionnaire
        questionnaires interviews scale""",
    "@design": """randomized randomised controlled cohort retrospective retrospectively prospective prospectively
        sectional observational pilot blind blinded qualitative survey consecutive eligible aged setting hospital
        participants intervention primary outcome outcomes measures""",
    "@found": """showed shown revealed found observed demonstrated increased decreased improved higher lower greater
        reduced significantly significant associated association differ differed difference differences correlated
        yielded ranged occurred developed detected similar identified reported""",
    "@figure": "p ci sd iqr hr rr aor smd auc vs versus respectively mean median total overall",
    "@conclude": """suggest suggests suggesting indicate indicates conclude concluded conclusion conclusions should
        implications future further recommend recommended highlight highlights warranted needed need potential
        potentially promising useful important effective feasible safe appears appear seems seem support supports
        findings provide provides thus therefore must understanding""",
    "@known": """common commonly remains remain unknown unclear little known increasingly increasing been leading
        controversial limited few often recent recently widely major however although despite evidence lack
        important""",
}
_FAR = frozenset(("@aim", "@did", "@found", "@figure", "@conclude", "@known", "@design"))
_COUNTED = ("@found", "@conclude", "@did", "@known")
_TENSES, _NUMBERS = ("@-past", "@-now", "@-none"), ("@0", "@1", "@2", "@3", "@6")
_NAMES = (*_KINDS, *_TENSES, *_NUMBERS)
_BEFORE, _AFTER = {name: f"<{name}" for name in _NAMES}, {name: f">{name}" for name in _NAMES}
_LONG_BEFORE, _LONG_AFTER = {name: f"<<{name}" for name in _FAR}, {name: f">>{name}" for name in _FAR}


def _kinds_of_words() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for kind, words in _KINDS.items():
        for word in words.split():
            kinds[word] = (*kinds.get(word, ()), kind)
    return kinds


_KINDS_OF = _kinds_of_words()
_WORDS = _KINDS_OF.keys()


def features(sentences: Sequence[tuple[str, str]]) -> list[set[str]]:
    """What the model sees of each sentence of a text; each is given with its `match.fold`."""
    total = len(sentences)
    seen: list[set[str]] = []
    kinds: list[set[str]] = []
    openings: list[list[str]] = []
    for place, (sentence, folded) in enumerate(sentences):
        words = folded.translate(_DIGITS).split()
        single = set(words)
        found = [kind for word in single & _WORDS for kind in _KINDS_OF[word]]
        kind = set(found)
        past, now = found.count("@past"), found.count("@now")
        tense = "@-past" if past > now else "@-now" if now else "@-none"
        digits = sum(word[0] == "0" for word in words)
        number = _NUMBERS[digits if digits < 3 else 3 if digits < 6 else 4]
        kind.update((tense, number))
        after = total - 1 - place
        own = single
        own.update(map(" ".join, pairwise(words)))
        own.update(name for sign, name in _SIGNS if sign in sentence)
        own.update(kind)
        own.update(
            (
                f"#p{10 * place // total}",
                f"#s{min(place, 6)}",
                f"#e{min(after, 6)}",
                f"#n{min(total // 2, 10)}",
                f"#l{min(len(words) // 6, 9)}",
                f"#p{6 * place // total}|{min(total // 3, 5)}",
                tense + number,
            )
        )
        own.update(f"{name}{min(times, 3)}" for name in _COUNTED if (times := found.count(name)) > 1)
        kinds.append(kind)
        seen.append(own)
        opening = [" ".join(words[:length]) for length in (1, 2, 3)]
        own.update(f"^{start}" for start in opening)
        openings.append(opening)
    for place, opening in enumerate(openings):
        if place:
            seen[place - 1].update([f">^{start}" for start in opening])
        if place + 1 < total:
            seen[place + 1].update([f"<^{start}" for start in opening])
    _look_around(seen, kinds)
    return seen


def _look_around(seen: list[set[str]], kinds: list[set[str]]) -> None:
    """Add to each sentence the kinds of words next to it and two to four sentences away, and where it stands
    among the sentences of the past and those of figures."""
    total = len(seen)
    far = [kind & _FAR for kind in kinds]
    past = [place for place, kind in enumerate(kinds) if "@-past" in kind] or [total, -1]
    figures = [place for place, kind in enumerate(kinds) if "@6" in kind or "@figure" in kind] or [total, -1]
    for place, own in enumerate(seen):
        if place:
            own.update([_BEFORE[name] for name in kinds[place - 1]])
        if place + 1 < total:
            own.update([_AFTER[name] for name in kinds[place + 1]])
        if place > 1:
            own.update([_LONG_BEFORE[name] for name in set().union(*far[max(0, place - 4) : place - 1])])
        if place + 2 < total:
            own.update([_LONG_AFTER[name] for name in set().union(*far[place + 2 : place + 5])])
        own.update(
            (
                f"#fp{max(-2, min(3, place - past[0]))}",
                f"#lp{max(-3, min(3, place - past[-1]))}",
                f"#ff{max(-3, min(3, place - figures[0]))}",
                f"#lf{max(-3, min(3, place - figures[-1]))}",
            )
        )


def pack(weights: Sequence[int]) -> int:
    """Five signed numbers in one, so that sums of packed numbers are packed sums."""
    return sum(weight << (_BITS * at) for at, weight in enumerate(weights))


def unpack(packed: int) -> list[int]:
    """The numbers that `pack` was given, or their sums."""
    numbers = []
    for _ in SECTIONS:
        number = packed & _MASK
        if number >= _HALF:
            number -= 1 << _BITS
        numbers.append(number)
        packed = (packed - number) >> _BITS
    return numbers


@dataclass(frozen=True, slots=True)
class SectionModel:
    """Weights of features (packed), and of one section following another: `follows[before][after]`."""

    weights: dict[str, int]
    follows: tuple[tuple[int, ...], ...]

    def scores(self, sentences: Sequence[tuple[str, str]]) -> list[list[int]]:
        """For each sentence, given with its `match.fold`, a score for each of SECTIONS."""
        return [unpack(sum(filter(None, map(self.weights.get, seen)))) for seen in features(sentences)]

    def best(self, scores: Sequence[Sequence[int]], allowed: Sequence[Sequence[int]]) -> list[int]:
        """The best sequence of sections (indexes in SECTIONS), one a sentence, of those allowed to it."""
        paths: dict[int, tuple[int, tuple[int, ...]]] = {}
        for row, choices in zip(scores, allowed, strict=True):
            step: dict[int, tuple[int, tuple[int, ...]]] = {}
            for now in choices:
                if not paths:
                    step[now] = (row[now], (now,))
                    continue
                before = max(paths, key=lambda at: paths[at][0] + self.follows[at][now])
                score, path = paths[before]
                step[now] = (score + self.follows[before][now] + row[now], (*path, now))
            paths = step
        return list(max(paths.values(), key=lambda end: end[0])[1]) if paths else []


@cache
def shipped() -> SectionModel:
    """The model that the project ships."""
    lines = gzip.decompress(FILE.read_bytes()).decode().splitlines()
    follows = tuple(tuple(map(int, line.split())) for line in lines[: len(SECTIONS)])
    weights = {}
    for line in lines[len(SECTIONS) :]:
        feature, _, numbers = line.partition("\t")
        weights[feature] = pack([int(number) for number in numbers.split(" ")])
    return SectionModel(weights, follows)
