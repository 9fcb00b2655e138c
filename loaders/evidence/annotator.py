"""Records in, evidence out: sections, themes, roles, directions put together. No state, no reading of files."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loaders.evidence import methods
from loaders.evidence import themes as schemes
from loaders.evidence.checks import Named
from loaders.evidence.confidence import confidence, signs
from loaders.evidence.direction import direction
from loaders.evidence.finder import Finder, Mention
from loaders.evidence.headings import headings
from loaders.evidence.reading import Reading
from loaders.evidence.roles import AIM, FINDING, KEYWORD, MEASURED, REPORTING, role
from loaders.evidence.sections import Sentence, sectioned, unglued
from loaders.record import Evidence, Record

IN_TITLE, AS_KEYWORD = "stands in the title", "is a keyword"
TITLE, KEYWORDS, ABSTRACT = FIELDS = ("title", "keywords", "abstract")
_PLAN = re.compile(r"\bprotocol\b|\bstudy design\b|\brationale and design\b", re.IGNORECASE)
_WILL = re.compile(r"\bwill (?:be|also|then|include|receive|complete|take|undergo|use|assess|evaluate|measure)\b")
_FOUND = re.compile(
    r"\bp ?[<=≤] ?0?\.\d|\b(?:was|were) (?:found|observed|significantly)\b|\bno (?:\w+ ){0,2}differences?\b",
    re.IGNORECASE,
)
_WHOLE = 5  # sentences from which on an abstract is long enough to name twice what it is about
_SURE = 0.7  # at which confidence a finding on a commonplace theme that is named once, and goes no way, is kept
_CERTAIN = 0.85  # at which confidence a finding on a ubiquitous theme that is named once is kept
_RANK = {"measured": 1, "finding": 0, "recommendation": 2, "aim": 3, "background": 4, "keyword": 5}


def field(evidence: Evidence) -> str:
    """The record's text field that a piece of evidence is in: "title", "keywords" or "abstract"."""
    return evidence.section if evidence.section in (TITLE, KEYWORDS) else ABSTRACT


def keywords_text(record: Record) -> str:
    """The keywords as the one text in which offsets of section "keywords" count."""
    return "; ".join(record.keywords)


@dataclass(slots=True)
class _Best:
    rank: tuple[int, float]
    evidence: Evidence


class Annotator:
    """Finds the themes of the shipped scheme, and of a user's own SKOS file beside it, in records.

    Building one takes about a third of a second; it can be pickled. Its answers depend on the record alone.
    Raises OSError, ValueError or SyntaxError for a scheme that cannot be read.
    """

    def __init__(self, scheme: Path | None = None) -> None:
        own = schemes.load(scheme) if scheme is not None else ()
        taken = {theme.iri for theme in own}
        self.themes = (*own, *(theme for theme in schemes.shipped() if theme.iri not in taken))
        self._ubiquitous = {theme.iri for theme in self.themes if theme.ubiquitous}
        self._commonplace = self._ubiquitous | {theme.iri for theme in self.themes if theme.commonplace}
        self._finder = Finder(self.themes)

    def sentences(self, record: Record) -> tuple[Sentence, ...]:
        """The sentences of the abstract, each with its section."""
        text = record.abstract or ""
        return tuple(sectioned(text, headings(text)))

    def methods(self, record: Record) -> tuple[str, ...]:
        """Names of `method:` in ontology/vocabularies.ttl that the title or the abstract speaks of, sorted."""
        return methods.found(f"{record.title}\n{record.abstract or ''}")

    def annotate(self, record: Record) -> tuple[Evidence, ...]:
        """One piece of evidence for each theme and sentence, title and keyword: in that order of the fields."""
        abstract, keywords = record.abstract or "", keywords_text(record)
        parts = headings(abstract)
        found = self._finder.find({TITLE: record.title, KEYWORDS: keywords, ABSTRACT: unglued(abstract, parts)})
        evidence = [self._in_title(record.title, mention) for mention in _first(found[TITLE])]
        evidence += self._in_keywords(record.keywords, found[KEYWORDS])
        if found[ABSTRACT]:
            planned = record.registration is not None or _is_plan(record.title, abstract)
            sentences = sectioned(abstract, parts)
            evidence += self._in_abstract(abstract, sentences, found[ABSTRACT], planned)
            if len(sentences) >= _WHOLE:
                return tuple(self._weighty(evidence))
        return tuple(evidence)

    def _weighty(self, evidence: list[Evidence]) -> Iterator[Evidence]:
        """Without commonplace themes that one sentence of the abstract names in passing."""
        times = Counter(piece.theme for piece in evidence)
        for piece in evidence:
            once = times[piece.theme] == 1 and field(piece) == ABSTRACT
            if not (once and piece.theme in self._commonplace and self._in_passing(piece)):
                yield piece

    def _in_passing(self, piece: Evidence) -> bool:
        """Whether a sentence neither asks about its theme nor surely reports it."""
        if piece.theme in self._ubiquitous and piece.role != MEASURED:
            return piece.role != FINDING or piece.confidence < _CERTAIN
        if piece.role == FINDING and piece.direction is None:
            return piece.confidence < _SURE
        return piece.role not in (AIM, *REPORTING)

    def _in_title(self, title: str, mention: Mention) -> Evidence:
        start, end = _bare(title, 0, len(title))
        return Evidence(
            theme=self.themes[mention.theme].iri,
            role=AIM,
            section=TITLE,
            quote=title[start:end],
            start=start,
            end=end,
            matched=title[mention.start : mention.end],
            confidence=confidence(signs(AIM, IN_TITLE, weak=mention.weak)),
            section_by="it is the title",
            role_by=IN_TITLE,
        )

    def _in_keywords(self, keywords: tuple[str, ...], mentions: list[Mention]) -> list[Evidence]:
        evidence, start = [], 0
        for keyword in keywords:
            end = start + len(keyword)
            inside = [mention for mention in mentions if start <= mention.start and mention.end <= end]
            evidence += [
                Evidence(
                    theme=self.themes[mention.theme].iri,
                    role=KEYWORD,
                    section=KEYWORDS,
                    quote=keyword,
                    start=start,
                    end=end,
                    matched=keyword[mention.start - start : mention.end - start],
                    confidence=confidence(signs(KEYWORD, AS_KEYWORD, weak=mention.weak)),
                    section_by="it is a keyword",
                    role_by=AS_KEYWORD,
                )
                for mention in _first(inside)
            ]
            start = end + 2
        return evidence

    def _in_abstract(
        self, abstract: str, sentences: list[Sentence], mentions: list[Mention], planned: bool
    ) -> list[Evidence]:
        evidence: list[Evidence] = []
        times = Counter(mention.theme for mention in mentions)
        at = 0
        for sentence in sentences:
            while at < len(mentions) and mentions[at].end <= sentence.start:
                at += 1
            inside = []
            while at < len(mentions) and mentions[at].start < sentence.end:
                if mentions[at].start >= sentence.start and mentions[at].end <= sentence.end:
                    inside.append(mentions[at])
                at += 1
            if inside:
                evidence += self._in_sentence(abstract, sentence, inside, planned, times)
        return evidence

    def _in_sentence(
        self, abstract: str, sentence: Sentence, mentions: list[Mention], planned: bool, times: Counter[int]
    ) -> list[Evidence]:
        quote = abstract[sentence.start : sentence.end]
        reading = Reading(quote)
        best: dict[int, _Best] = {}
        for mention in mentions:
            start, end = mention.start - sentence.start, mention.end - sentence.start
            theme = self.themes[mention.theme]
            named = Named(
                start,
                end,
                instrument=mention.instrument,
                approach=theme.approach,
                planned=planned,
                model="model" in sentence.section_by,
                heading=sentence.section_by.partition("heading: ")[2].partition(";")[0],
            )
            given, rule = role(reading, sentence.section, named)
            way = direction(reading, start, end, theme.improvement) if given == FINDING else None
            sure = confidence(
                signs(
                    given,
                    rule,
                    guessed=named.model,
                    directed=way is not None,
                    once=times[mention.theme] == 1,
                    weak=mention.weak,
                )
            )
            piece = Evidence(
                theme=theme.iri,
                role=given,
                section=sentence.section,
                quote=quote,
                start=sentence.start,
                end=sentence.end,
                matched=quote[start:end],
                direction=way,
                negated=reading.negated(start, end),
                hedged=given != MEASURED and reading.hedged(start, end),
                maintained=reading.lasting(start) if way else None,
                confidence=sure,
                section_by=sentence.section_by,
                role_by=rule,
            )
            rank = (_RANK[given], 0 if way else 1)
            if mention.theme not in best or rank < best[mention.theme].rank:
                best[mention.theme] = _Best(rank, piece)
        return [entry.evidence for entry in best.values()]


def _first(mentions: list[Mention]) -> list[Mention]:
    """Each theme's first mention."""
    return list({mention.theme: mention for mention in reversed(mentions)}.values())[::-1]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _is_plan(title: str, abstract: str) -> bool:
    """Whether a document is the protocol of a study yet to be done."""
    return bool(_PLAN.search(title)) or (len(_WILL.findall(abstract)) >= 2 and not _FOUND.search(abstract))
