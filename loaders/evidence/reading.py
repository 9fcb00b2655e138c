"""One sentence read for its cues, once, and asked about each theme that it names."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from loaders.evidence import cues
from loaders.evidence.match import haystack

_WORD = re.compile(r"\S+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
AUXILIARIES = "was|were|is|are|has|have|had|did|do|does|can|could|may|might|will|would"
_NO_VERB = rf"(?!(?:{AUXILIARIES}|didn.t)\b)[^\s,;]+"
_ITEM = re.compile(
    rf"[,;]\s*(?:(?:or|nor)\s|(?:and\s+[^\s,;]+(?:\s+[^\s,;]+){{0,6}}?|[^\s,;]+(?:\s+{_NO_VERB}){{0,4}}?)\s*"
    r"(?=[,;:.)]| and | or | nor |$))"
)
_SAYS = re.compile(r" (?:includ\w+|was|were|is|are|had|have|has|report\w*|show\w*|completed) ")
# Between a theme and a hedge: what shows that the hedged verb has another subject.
_OTHER_SUBJECT = re.compile(
    r" (?:it|this|that|they|these|which|who|and|or|we|there) $| (?:is|are|was|were|has|have|had|improve[sd]?"
    r"|reduce[sd]?|increase[sd]?|predict(?:s|ed)) "
)
_BE = re.compile(r"(?: (?:is|are|was|were|has|have|had|be|been|to|\w+ly|also|not))+ $")  # "is likely"
# Words that a verb behind them is not said of: "those who have burnout may …", "with burnout, pay may …"
WHOSE = re.compile(r" ?(?:who|whose) ")
_OPENS = re.compile(
    r" ?(?:in|with|during|after|before|for|among|given|despite|due to|by|through|as|while|although|when|if|since"
    r"|because|besides|beyond|apart from) "
)
# "Findings suggest a change and show that …"
_SHOWS = re.compile(r" and (?:show|shows|showed|indicates?d?|confirm\w*|found|reveal\w*|highlight\w*|demonstrat\w*) ")
_ADVERB = re.compile(r" (?:potentially|possibly|probably|presumably|plausibly) ")
# "Burnout rose and stress fell": behind "and" another subject with a verb of its own, where one stands before it too
_STATES = (
    "was|were|is|are|did|does|had|has|have|rose|fell|grew|increased|decreased|improved|worsened|declined|dropped|remained"
    "|differed|changed|diminished|lessened|eased|escalated|intensified|doubled|halved|climbed|soared|surged|plummeted"
    "|deteriorated|subsided"
)
_AND_ANOTHER = re.compile(
    rf" and (?!\w+ly |no |there |it |this )"
    rf"(?:(?!(?:{_STATES}|and|or|but|that|which|who|to|with|by|than|between|as) )[\w%]+ +){{1,6}}?"
    rf"(?:\w+ly )?(?:{_STATES}) "
)
_SAID_OF_ONE = re.compile(rf" (?:{_STATES}|reduced|lowered|raised|predicted|led to) ")
_STOP = re.compile(r"(?<=[a-z)%\]][a-z)%\]])\. ")  # a full stop that ended no sentence, for want of a capital behind it
_MEANWHILE = re.compile(
    r" (?:however|on the other hand|nevertheless|nonetheless|therefore|in contrast) +(?:was|were|is|are|did|do|does|had"
    r"|has|have|could|can|may|might|not|remained|that) "
)
SUBJECT = 14  # words from a subject to the hedge of its verb
ADVERB = 5  # words on which an adverb hedges
HYPHENS = ("-", "‐")


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue's words, at offsets in its sentence, and its kind in `cues`."""

    start: int
    end: int
    kind: str

    def within(self, others: "Iterable[Cue]") -> bool:
        """Whether these are words of one of some other cues."""
        return any(other.start <= self.start and self.end <= other.end for other in others)


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
            if cue.kind == cues.CLAUSE
            and not text[cue.start : cue.end].isupper()
            and not any(start <= cue.start < end for start, end in self.brackets)
            and not _MEANWHILE.match(self.hay, cue.start)
            and not self.hay.startswith(" not yet ", cue.start - 4)
        }
        shown = " " + shown
        for subject in _AND_ANOTHER.finditer(shown):
            low = max((at for at in breaks if at < subject.start()), default=0)
            if _SAID_OF_ONE.search(shown, max(low, shown.rfind(" that ", 0, subject.start())), subject.start() + 1):
                breaks.add(subject.start())
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

    def near(self, start: int, end: int, words: int) -> bool:
        """Whether two offsets are some words apart at most, in one clause, with no comma that parts more than items."""
        return self.distance(start, end) <= words and self.together(start, end) and not self.commas_between(start, end)

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
            cue.end <= start and self.near(cue.end, start, 6) and not _SAYS.search(self.hay[cue.end : start + 1])
            for cue in self.of(kind)
        )

    def hedged(self, start: int, end: int) -> bool:
        """Whether a hedge reaches the words from start to end.

        A hedge reaches what follows it in its clause (an adverb a few words on, "suggests" to what is shown or to the
        sentence's end), and back to the subject of its verb: "burnout among nurses may …", not "burnout rose, and this
        may …".
        """
        shields = self.of(cues.NOT_HEDGE)
        for cue in self.of(cues.HEDGE):
            if cue.within(shields):
                continue
            if cue.start and self.text.startswith("May", cue.start):  # the month
                continue
            suggests = self.hay.startswith(" suggest", cue.start)
            if cue.end <= start:
                if suggests:
                    reached = _SHOWS.search(self.hay, cue.end, start + 1) is None
                else:
                    near = not _ADVERB.match(self.hay, cue.start) or self.distance(cue.end, start) <= ADVERB
                    reached = near and self.together(cue.start, start)
            else:
                reached = cue.start >= end and not suggests and self._hedges_subject(cue, start, end)
            if reached:
                return True
        return False

    def _hedges_subject(self, cue: Cue, start: int, end: int) -> bool:
        """Whether words are in the subject of a verb that a hedge behind them is of."""
        opening = self.clause(start)[0]
        return (
            self.near(end, cue.start, SUBJECT)
            and not _OTHER_SUBJECT.search(_BE.sub(" ", self.hay[end : cue.start + 1]))
            and not WHOSE.match(self.hay, opening)
            and not (_OPENS.match(self.hay, opening) and "," in self.text[end : cue.start])
        )
