"""One sentence read for its cues, once, and asked about each theme that it names."""

import re
from bisect import bisect_left
from dataclasses import dataclass

from loaders.evidence import cues
from loaders.evidence.match import haystack

_WORD = re.compile(r"\S+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ITEM = re.compile(
    r"[,;]\s*(?:(?:or|nor)\s|(?:and\s+[^\s,;]+(?:\s+[^\s,;]+){0,6}?|[^\s,;]+(?:\s+[^\s,;]+){0,4}?)\s*"
    r"(?=[,;:.)]| and | or | nor |$))"
)
_SAYS = re.compile(r" (?:includ\w+|was|were|is|are|had|have|has|report\w*|show\w*|completed) ")
_TIGHT = re.compile(r" absence")
# A lack of support is something that is there; only a lack of a result denies one.
_LACK = re.compile(
    r" lack(?: of|ed|ing|s) (?:\w+ ){0,3}?(?:effects?|effectiveness|efficacy|impacts?|influence|differences?"
    r"|associations?|relationships?|correlations?|changes?|improvements?|evidence|significance|benefits?) "
)
# Nor does somebody who is unable to do something deny it, but a study that is unable to show it does.
_UNABLE = re.compile(
    r" unable to (?:\w+ly )?(?:detect|show|find|demonstrate|confirm|establish|replicate|identify|reduce|improve"
    r"|increase|decrease|change|affect|prevent|predict|explain) "
)
_LOCAL = re.compile(r" (?:without|free) ")
_AFTER = re.compile(r" (?:not|never|un\w+|nor|fail\w*|didn|wasn|weren|non\w*|insignificant) ")
_HAD_NO = re.compile(
    r" (?:had|has|have|having|showed|shows|show|was|were|is|are|found|produced|exerted|exhibited|demonstrated|displayed"
    r"|revealed|made) no$"
)
# Between a theme and a hedge: what shows that the hedged verb has another subject.
_OTHER_SUBJECT = re.compile(
    r" (?:it|this|that|they|these|which|who|and|or|we|there) $| (?:is|are|was|were|has|have|had|improve[sd]?"
    r"|reduce[sd]?|increase[sd]?|predict(?:s|ed)) "
)
_ELLIPSIS = re.compile(r" not (?:in terms |or |but |than |and )")  # "those who had not"
# Between a negation and a theme: another predicate, unless it only says that nothing was found.
_FOUND = re.compile(
    r" (?:was|were|is|are|has been|have been) (?:\w+ly )?(?:found|observed|noted|seen|detected|identified|reported"
    r"|evident|apparent|shown|present|significant|given|made) "
)
_PREDICATE = re.compile(r" (?:was|were|is|are|has|have|had|can|could|may|might|will|would|during|because|since) ")
_BE_OR_HAVE = re.compile(r"^ (?:have|had|be|been|yet) ")  # "do not have …": the negated verb itself
_VERBAL = re.compile(  # what "not" stands behind where it denies a whole clause, and not only a word of a list
    r" (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|may|might|should|be|been|but|also|still|why|or)"
    r"(?: \w+ly)? +$"
)
_PASSIVE = re.compile(r" (?:is|are|was|were|be|been|being) $")  # "were denied help"
_DID, _ALONE = re.compile(r" (?:did|do|does|could|can) +$"), re.compile(r" not \w+ and ")  # "did not matter and …"
# "Participants who did not drink reported …", "those not at work had …": only of whom it is told is denied
_WHO = re.compile(r" (?:who|that) (?:did|do|does|had|have|has|was|were|is|are) $")
_THOSE = re.compile(r" (?:those|staff|people|men|women|children|(?!(?:was|is|has|does|this) )\w+s) $")
_LEFT_OUT = re.compile(r" (?:not \w+ing|not (?:at|in|on)|without) ")
_TOLD = re.compile(
    r"(?<! self) (?:reported|showed|had|experienced|scored|expressed|described|felt|perceived|presented|exhibited"
    r"|displayed|were|was) "
)
_BESIDE = re.compile(r" (?:than|with|to|versus|vs) (?:\w+ ){0,3}$")  # "higher than in those without burnout"
_NO_EVIDENCE = re.compile(r" no (?:\w+ )?(?:evidence|indication|suggestion|proof|sign) that ")
_NO_STUDY = re.compile(
    r" no (?:stud(?:y|ies)|trials?|research|data) (?:\w+ )?(?:demonstrated|showed|found|reported|revealed|reached) "
)
_AUXILIARY = re.compile(
    r"(?: (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|been|significantly))+ +$"
)
# Between a theme and a negation behind it: another verb, or another subject.
_SAID = re.compile(
    r" (?:was|were|is|are|has|have|had|showed|found|suggests?|shows?|indicates?|thought|it|they|there) | this $"
    r"| and \w+ed "
)
_STOP = re.compile(r"(?<=[a-z)%\]][a-z)%\]])\. ")  # a full stop that ended no sentence, for want of a capital behind it
# A negation reaches this many words on, and a negated verb this many back to its subject.
FORWARD, BACKWARD = 30, 16
SUBJECT = 14  # words from a subject to the hedge of its verb


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue's words, at offsets in its sentence, and its kind in `cues`."""

    start: int
    end: int
    kind: str


class Reading:
    """A sentence, its folded form, its cues in order, and where its words and clauses begin.

    All offsets are within the sentence.
    """

    __slots__ = ("brackets", "clauses", "commas", "cues", "hay", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.hay = haystack(text)
        found = cues.lexicon().find(self.hay)
        found.sort(key=lambda hit: (hit[0], -hit[1]))
        self.cues = [Cue(start, end, kind) for start, end, kind in found]
        bare, shown = text, self.hay[1:]
        self.brackets = [match.span() for match in _BRACKETS.finditer(text)]
        for start, end in self.brackets:
            blank = " " * (end - start)
            bare, shown = bare[:start] + blank + bare[end:], shown[:start] + blank + shown[end:]
        self.words = [match.start() for match in _WORD.finditer(shown)]
        marks = [at for at, char in enumerate(bare) if char in ",;"]
        listed = {match.start() for match in _ITEM.finditer(bare)} if marks else set()
        self.commas = [at for at in marks if at not in listed]
        breaks = {at for at in marks if text[at] == ";"} | {match.start() for match in _STOP.finditer(bare)}
        breaks |= {
            cue.start
            for cue in self.cues
            if cue.kind == cues.CLAUSE and not any(start <= cue.start < end for start, end in self.brackets)
        }
        self.clauses = sorted(breaks)

    def of(self, *kinds: str) -> list[Cue]:
        """Cues of some kinds, in order."""
        return [cue for cue in self.cues if cue.kind in kinds]

    def has(self, *kinds: str) -> bool:
        """Whether the sentence has a cue of one of some kinds."""
        return any(cue.kind in kinds for cue in self.cues)

    def before(self, start: int, *kinds: str) -> bool:
        """Whether a cue of one of some kinds ends before an offset."""
        return any(cue.kind in kinds and cue.end <= start for cue in self.cues)

    def distance(self, start: int, end: int) -> int:
        """Words from one offset to a later one, without those in brackets."""
        return bisect_left(self.words, end) - bisect_left(self.words, start)

    def together(self, start: int, end: int) -> bool:
        """Whether no clause begins between two offsets."""
        at = bisect_left(self.clauses, start)
        return at == len(self.clauses) or self.clauses[at] >= end

    def commas_between(self, start: int, end: int) -> int:
        """Commas between two offsets that part more than the items of a list."""
        return bisect_left(self.commas, end) - bisect_left(self.commas, start)

    def clause(self, start: int) -> tuple[int, int]:
        """The clause that an offset is in."""
        at = bisect_left(self.clauses, start + 1)
        return (
            self.clauses[at - 1] if at else 0,
            self.clauses[at] if at < len(self.clauses) else len(self.text),
        )

    def aside(self, at: int, other: int) -> bool:
        """Whether an offset is within brackets that another is not in."""
        return any(start <= at < end and not start <= other < end for start, end in self.brackets)

    def follows(self, start: int, kind: str) -> bool:
        """Whether a cue of a kind ("patients with", "conducted in") stands directly before an offset."""
        return any(
            cue.end <= start
            and self.distance(cue.end, start) <= 6
            and self.together(cue.end, start)
            and not self.commas_between(cue.end, start)
            and not _SAYS.search(self.hay[cue.end : start + 1])
            for cue in self.of(kind)
        )

    def negations(self) -> list[Cue]:
        """Negating words, without those of "not only", "little is known", "never-smokers" and the like."""
        shields = self.of(cues.NOT_NEGATION, cues.GAP, cues.ENDED)
        return [
            cue
            for cue in self.of(cues.NEGATION)
            if not {self.text[cue.end : cue.end + 1], self.text[max(0, cue.start - 1) : cue.start]} & {"-", "‐"}
            and (not self.hay.startswith(" lack", cue.start) or _LACK.match(self.hay, cue.start))
            and (not self.hay.startswith(" unable", cue.start) or _UNABLE.match(self.hay, cue.start))
            and not (self.hay.startswith(" denied", cue.start) and _PASSIVE.search(self.hay, 0, cue.start + 1))
            and (
                _NO_STUDY.match(self.hay, cue.start)
                or not any(shield.start <= cue.start and cue.end <= shield.end for shield in shields)
            )
        ]

    def negated(self, start: int, end: int) -> bool:
        """Whether a negation reaches the words from start to end."""
        for cue in self.negations():
            if self.aside(cue.start, start):
                continue
            if cue.end <= start:
                between = _FOUND.sub(" ", _BE_OR_HAVE.sub(" ", self.hay[cue.end + 1 : start + 1]))
                if _NO_EVIDENCE.match(self.hay, cue.start):
                    between = _PREDICATE.sub(" ", between, count=1)
                if _ELLIPSIS.match(self.hay, cue.start) or _PREDICATE.search(between) or self._of_whom(cue, start):
                    continue
                near = 3 if _TIGHT.match(self.hay, cue.start) else 6 if _LOCAL.match(self.hay, cue.start) else FORWARD
                if (
                    self.distance(cue.end, start) <= near
                    and self.together(cue.end, start)
                    and not self.commas_between(cue.end, start)
                ):
                    return True
            elif (
                cue.start >= end
                and (_HAD_NO.search(self.hay[: cue.end + 1]) or self._denies(cue))
                and self.distance(end, cue.start) <= BACKWARD
                and self.together(end, cue.start)
                and not self.hay.endswith(" and", 0, cue.start)
                and not _SAID.search(_AUXILIARY.sub(" ", self.hay[end : cue.start + 1]))
            ):
                return True
        return False

    def _of_whom(self, cue: Cue, start: int) -> bool:
        """Whether a negation is only of whom a sentence tells something, or of a verb with no object."""
        hay, low = self.hay, max(0, cue.start - 20)
        if _DID.search(hay, low, cue.start + 1) and _ALONE.match(hay, cue.start, start + 1):
            return True
        if _LOCAL.match(hay, cue.start) and _BESIDE.search(hay, low, cue.start + 1):
            return True
        if _WHO.search(hay, low, cue.start + 1) or (
            _LEFT_OUT.match(hay, cue.start) and _THOSE.search(hay, low, cue.start + 1)
        ):
            return _TOLD.search(hay, cue.end, start + 1) is not None
        return False

    def _denies(self, cue: Cue) -> bool:
        """Whether a negation denies what stands before it."""
        if not _AFTER.match(self.hay, cue.start):
            return False
        return not self.hay.startswith(" not ", cue.start) or bool(_VERBAL.search(self.hay[: cue.start + 1]))

    def hedged(self, start: int, end: int) -> bool:
        """Whether a hedge reaches the words from start to end.

        A hedge reaches what follows it in its clause ("suggests" to the sentence's end), and back to the
        subject of its verb: "burnout among nurses may …", not "burnout rose, and this may …".
        """
        shields = self.of(cues.NOT_HEDGE)
        for cue in self.of(cues.HEDGE):
            if any(shield.start <= cue.start and cue.end <= shield.end for shield in shields):
                continue
            if cue.end <= start:
                if self.hay.startswith(" suggest", cue.start) or self.together(cue.start, start):
                    return True
            elif (
                cue.start >= end
                and not self.hay.startswith(" suggest", cue.start)
                and self.distance(end, cue.start) <= SUBJECT
                and self.together(end, cue.start)
                and not self.commas_between(end, cue.start)
                and not _OTHER_SUBJECT.search(self.hay[end : cue.start + 1])
            ):
                return True
        return False

    def lasting(self, start: int) -> bool | None:
        """False where the sentence goes on to say that a change did not last, True where that it did."""
        if any(cue.start > start for cue in self.of(cues.ENDED)):
            return False
        kept = [cue for cue in self.of(cues.LASTED) if cue.start > start]
        return not self.negated(kept[0].start, kept[0].end) if kept else None
