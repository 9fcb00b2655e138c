"""One sentence read for its cues, once, and asked about each theme that it names."""

import re
from bisect import bisect_left
from dataclasses import dataclass

from loaders.evidence import cues
from loaders.evidence.match import haystack

_WORD = re.compile(r"\S+")
_MARKS = re.compile(r"[;:()]|,\s+(?=(?:and|but|while|with|or)\s)|\s[–—-]\s")
# A negation reaches this many words on, and a negated verb this many words back to its subject.
FORWARD, BACKWARD = 14, 7


@dataclass(frozen=True, slots=True)
class Cue:
    start: int
    end: int
    kind: str


@dataclass(slots=True)
class Reading:
    """A sentence, its folded form, its cues in order, and where its words and clauses begin.

    All offsets are within the sentence.
    """

    text: str
    hay: str
    cues: list[Cue]
    words: list[int]
    clauses: list[int]

    def __init__(self, text: str) -> None:
        self.text = text
        self.hay = haystack(text)
        found = cues.lexicon().find(self.hay)
        found.sort(key=lambda hit: (hit[0], -hit[1]))
        self.cues = [Cue(start, end, kind) for start, end, kind in found]
        self.words = [match.start() for match in _WORD.finditer(self.hay[1:])]
        breaks = {match.start() for match in re.finditer(r"[;:()]", text)}
        breaks |= {cue.start for cue in self.cues if cue.kind == cues.CLAUSE}
        self.clauses = sorted(breaks)

    def of(self, *kinds: str) -> list[Cue]:
        """Cues of some kinds, in order."""
        return [cue for cue in self.cues if cue.kind in kinds]

    def has(self, *kinds: str) -> bool:
        return any(cue.kind in kinds for cue in self.cues)

    def distance(self, start: int, end: int) -> int:
        """Words from one offset to a later one."""
        return bisect_left(self.words, end) - bisect_left(self.words, start)

    def together(self, start: int, end: int) -> bool:
        """Whether no clause begins between two offsets."""
        at = bisect_left(self.clauses, start)
        return at == len(self.clauses) or self.clauses[at] >= end

    def clause(self, start: int) -> tuple[int, int]:
        """The clause that an offset is in."""
        at = bisect_left(self.clauses, start + 1)
        return (
            self.clauses[at - 1] if at else 0,
            self.clauses[at] if at < len(self.clauses) else len(self.text),
        )

    def follows_with(self, start: int) -> bool:
        """Whether "patients with", "diagnosis of" or the like stands directly before an offset."""
        return any(
            0 <= self.distance(cue.end, start) <= 4
            and cue.end <= start
            and self.together(cue.end, start)
            and "," not in self.text[cue.end : start]
            for cue in self.of(cues.WITH)
        )

    def negations(self) -> list[Cue]:
        """Negating words, without those of "not only", "little is known" and the like."""
        shields = self.of(cues.NOT_NEGATION, cues.GAP, cues.ENDED)
        return [
            cue
            for cue in self.of(cues.NEGATION)
            if not any(shield.start <= cue.start and cue.end <= shield.end for shield in shields)
        ]

    def negated(self, start: int, end: int) -> bool:
        """Whether a negation reaches the words from start to end."""
        for cue in self.negations():
            if cue.end <= start:
                near = 3 if self.hay.startswith((" lack", " absence"), cue.start) else FORWARD
                if self.distance(cue.end, start) <= near and self.together(cue.end, start):
                    return True
            elif cue.start >= end and self.hay.startswith((" not ", " no ", " never ", " un", " fail", " did"), cue.start):
                if self.distance(end, cue.start) <= BACKWARD and self.together(end, cue.start):
                    return True
        return False

    def hedged(self, start: int) -> bool:
        """Whether something in the same clause, or "suggest" and the like anywhere before, makes it less than sure."""
        return any(
            self.together(min(cue.start, start), max(cue.start, start)) or self.hay.startswith((" suggest", " indicat"), cue.start) and cue.start < start
            for cue in self.of(cues.HEDGE)
        )

    def lasting(self, start: int) -> bool | None:
        """False where the sentence goes on to say that a change did not last, True where that it did."""
        ended = [cue for cue in self.of(cues.ENDED) if cue.start > start]
        if ended:
            return False
        kept = [cue for cue in self.of(cues.LASTED) if cue.start > start]
        return not self.negated(kept[0].start, kept[0].end) if kept else None
