"""Records in, evidence out: sections, themes, roles, directions put together. No state, no reading of files."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from loaders.evidence import abstracts, judge, methods
from loaders.evidence import themes as schemes
from loaders.evidence.abstracts import Abstract, Draft
from loaders.evidence.confidence import confidence, signs
from loaders.evidence.direction import INCREASE, direction, lasting
from loaders.evidence.finder import Finder, Mention
from loaders.evidence.headings import Heading, headings
from loaders.evidence.roles import AIM, FINDING, KEYWORD, MEASURED, REPORTING
from loaders.evidence.sections import Sentence, sectioned, unglued
from loaders.markup import blanked
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


def field(evidence: Evidence) -> str:
    """The record's text field that a piece of evidence is in: "title", "keywords" or "abstract"."""
    return evidence.section if evidence.section in (TITLE, KEYWORDS) else ABSTRACT


def keywords_text(record: Record) -> str:
    """The keywords as the one text in which offsets of section "keywords" count."""
    return "; ".join(record.keywords)


class Annotator:
    """Finds the themes of the shipped scheme, and of a user's own SKOS file beside it, in records.

    Building one takes about a third of a second; it can be pickled. Its answers depend on the record alone.
    Raises OSError, ValueError or SyntaxError for a scheme that cannot be read.
    """

    def __init__(self, scheme: Path | None = None) -> None:
        own = tuple(map(_can_go, schemes.load(scheme))) if scheme is not None else ()
        taken = {theme.iri for theme in own}
        self.themes = (*own, *(theme for theme in schemes.shipped() if theme.iri not in taken))
        self.known = frozenset(theme.iri for theme in self.themes)
        self._ubiquitous = {theme.iri for theme in self.themes if theme.ubiquitous}
        self._commonplace = self._ubiquitous | {theme.iri for theme in self.themes if theme.commonplace}
        self._finder = Finder(self.themes)

    def sentences(self, record: Record) -> tuple[Sentence, ...]:
        """The sentences of the abstract, each with its section."""
        text = blanked(record.abstract or "")
        return tuple(sectioned(text, headings(text)))

    def methods(self, record: Record) -> tuple[str, ...]:
        """Names of `method:` in ontology/vocabularies.ttl that the title or the abstract speaks of, sorted."""
        return methods.found(f"{record.title}\n{record.abstract or ''}")

    def annotate(self, record: Record) -> tuple[Evidence, ...]:
        """One piece of evidence for each theme and sentence, title and keyword: in that order of the fields.

        Markup in the title or the abstract is not read, but stays in the quotes.
        """
        written = {TITLE: record.title, KEYWORDS: keywords_text(record), ABSTRACT: record.abstract or ""}
        title, abstract = blanked(record.title), blanked(written[ABSTRACT])
        if (title, abstract) == (written[TITLE], written[ABSTRACT]):
            return tuple(self._annotate(record))
        found = self._annotate(replace(record, title=title, abstract=abstract))
        return tuple(_as_written(piece, written[field(piece)]) for piece in found)

    def _annotate(self, record: Record) -> Iterable[Evidence]:
        parts = headings(record.abstract or "")
        found = self._found(record, parts)
        evidence = [self._in_title(record.title, mention) for mention in _first(found[TITLE])]
        evidence += self._in_keywords(record.keywords, found[KEYWORDS])
        if found[ABSTRACT]:
            whole = self._read(record, parts, found)
            evidence += [self._judged(whole, draft, seen) for draft, seen in self._drawn(whole)]
            if len(whole.sentences) >= _WHOLE:
                return self._weighty(evidence)
        return evidence

    def drafts(self, record: Record) -> Iterator[tuple[Sentence, Draft, set[str]]]:
        """Each theme in each sentence of the abstract, with the rules' answer, and the signs by which it is judged."""
        parts = headings(record.abstract or "")
        whole = self._read(record, parts, self._found(record, parts))
        for draft, seen in self._drawn(whole):
            yield whole.sentences[draft.place], draft, seen

    def _drawn(self, whole: Abstract) -> Iterator[tuple[Draft, set[str]]]:
        drawn = abstracts.drafts(whole, self.themes)
        return zip(drawn, abstracts.described(whole, drawn, self.themes), strict=True)

    def _found(self, record: Record, parts: Sequence[Heading]) -> dict[str, list[Mention]]:
        abstract = unglued(record.abstract or "", parts)
        return self._finder.find({TITLE: record.title, KEYWORDS: keywords_text(record), ABSTRACT: abstract})

    def _read(self, record: Record, parts: Sequence[Heading], found: dict[str, list[Mention]]) -> Abstract:
        text = record.abstract or ""
        return Abstract(
            record.title,
            text,
            sectioned(text, parts),
            found[ABSTRACT],
            above={mention.theme for mention in (*found[TITLE], *found[KEYWORDS])},
            planned=record.registration is not None or _is_plan(record.title, text),
            times=Counter(mention.theme for mention in found[ABSTRACT]),
        )

    def _weighty(self, evidence: list[Evidence]) -> Iterator[Evidence]:
        """Without commonplace themes that one sentence of the abstract names in passing."""
        times = Counter(piece.theme for piece in evidence)
        for piece in evidence:
            once = times[piece.theme] == 1 and field(piece) == ABSTRACT
            if not (once and piece.theme in self._commonplace and self._in_passing(piece)):
                yield piece

    def _in_passing(self, piece: Evidence) -> bool:
        """Whether a sentence neither reports its theme nor, where few records would name it, asks about it."""
        return piece.role not in REPORTING and (piece.role != AIM or piece.theme in self._ubiquitous)

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

    def _judged(self, abstract: Abstract, draft: Draft, seen: set[str]) -> Evidence:
        """A draft as evidence, its role put right where the judge does not believe the rules."""
        sentence, reading, mention = abstract.sentences[draft.place], draft.reading, draft.mention
        theme, start, end = self.themes[mention.theme], draft.named.start, draft.named.end
        given, rule, sure = judge.verdict(draft, sentence.section, seen)
        if sure is None:
            once = abstract.times[mention.theme] == 1
            sure = confidence(signs(given, rule, guessed=draft.named.model, once=once, weak=mention.weak))
        way = draft.leaning if given == FINDING and draft.sure else None
        if given == FINDING and draft.role != FINDING:
            way = direction(reading, start, end, theme.improvement)
        return Evidence(
            theme=theme.iri,
            role=given,
            section=sentence.section,
            quote=reading.text,
            start=sentence.start,
            end=sentence.end,
            matched=reading.text[start:end],
            direction=way,
            negated=draft.negated,
            hedged=given != MEASURED and draft.hedged,
            maintained=lasting(reading, start) if way else None,
            confidence=sure,
            section_by=sentence.section_by,
            role_by=rule,
        )


def _as_written(piece: Evidence, text: str) -> Evidence:
    """A piece of evidence with the words that a text has at its offsets."""
    start = piece.start + piece.quote.index(piece.matched)
    return replace(piece, quote=text[piece.start : piece.end], matched=text[start : start + len(piece.matched)])


def _first(mentions: list[Mention]) -> list[Mention]:
    """Each theme's first mention."""
    return list({mention.theme: mention for mention in reversed(mentions)}.values())[::-1]


def _can_go(theme: schemes.Theme) -> schemes.Theme:
    """A user's theme as one that there can be more of and less of, whether or not it says which is better."""
    return replace(theme, improvement=theme.improvement or INCREASE)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _is_plan(title: str, abstract: str) -> bool:
    """Whether a document is the protocol of a study yet to be done."""
    if _PLAN.search(title):
        return True
    return " will " in abstract and len(_WILL.findall(abstract)) >= 2 and not _FOUND.search(abstract)
