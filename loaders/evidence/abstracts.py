"""What the rules say of each theme in each sentence of an abstract, and the signs by which that is judged."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loaders.evidence import judge, signs
from loaders.evidence.checks import Named
from loaders.evidence.direction import leaning
from loaders.evidence.finder import Mention
from loaders.evidence.negation import negated
from loaders.evidence.reading import Reading
from loaders.evidence.roles import AIM, CONTEXT, FINDING, MEASURED, RECOMMENDATION, role
from loaders.evidence.sections import Sentence
from loaders.evidence.themes import Theme

_ORDER = (FINDING, MEASURED, RECOMMENDATION, AIM, CONTEXT)


@dataclass(frozen=True, slots=True)
class Abstract:
    """A record's abstract in sentences, with the themes that it names, those named above it, and what it is."""

    title: str
    text: str
    sentences: Sequence[Sentence]
    mentions: Sequence[Mention]
    above: Collection[int]
    planned: bool
    times: Mapping[int, int]
    """How often the abstract names each theme."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A theme in the sentence at a place, and what the rules say of it."""

    place: int
    reading: Reading
    mention: Mention
    named: Named
    role: str
    rule: str
    leaning: str | None
    sure: bool
    """Whether the words lean to this direction enough for it to be given."""
    negated: bool
    hedged: bool

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """Which of a theme's mentions in a sentence counts: the lowest; of measured ones, first what measures it."""
        measures = self.role == MEASURED and self.mention.instrument
        return _ORDER.index(self.role), self.leaning is None, not measures


def drafts(abstract: Abstract, themes: Sequence[Theme]) -> list[Draft]:
    """One draft for each theme and sentence, in order."""
    found: list[Draft] = []
    at, mentions = 0, abstract.mentions
    for place, sentence in enumerate(abstract.sentences):
        while at < len(mentions) and mentions[at].end <= sentence.start:
            at += 1
        inside = []
        while at < len(mentions) and mentions[at].start < sentence.end:
            if mentions[at].start >= sentence.start and mentions[at].end <= sentence.end:
                inside.append(mentions[at])
            at += 1
        if not inside:
            continue
        reading = Reading(abstract.text[sentence.start : sentence.end])
        best: dict[int, Draft] = {}
        for mention in inside:
            theme = themes[mention.theme]
            named = Named(
                mention.start - sentence.start,
                mention.end - sentence.start,
                instrument=mention.instrument,
                approach=theme.approach,
                planned=abstract.planned,
                model="model" in sentence.section_by,
                heading=sentence.section_by.partition("heading: ")[2].partition(";")[0],
            )
            given, rule = role(reading, sentence.section, named)
            way, sure = None, False
            if given == FINDING:
                way, sure = leaning(reading, named.start, named.end, theme.improvement)
            span = named.start, named.end
            draft = Draft(
                place, reading, mention, named, given, rule, way, sure, negated(reading, *span), reading.hedged(*span)
            )
            if mention.theme not in best or draft.rank < best[mention.theme].rank:
                best[mention.theme] = draft
        found += best.values()
    return found


def described(abstract: Abstract, drawn: Sequence[Draft], themes: Sequence[Theme]) -> Iterator[set[str]]:
    """The signs of each draft, for `judge.chance`; none where it is not asked."""
    of_document: list[str] = []
    roles: dict[int, Counter[str]] = defaultdict(Counter)
    for draft in drawn:
        roles[draft.mention.theme][draft.role] += 1
    here = Counter(draft.place for draft in drawn)
    place, of_sentence = -1, [""]
    for draft in drawn:
        if not judge.asked(draft, abstract.sentences):
            yield set()
            continue
        of_document = of_document or signs.of_document(abstract.title, abstract.text, abstract.sentences)
        if draft.place != place:
            place = draft.place
            of_sentence = signs.of_sentence(draft.reading, abstract.sentences, place)
        named, mention, theme = draft.named, draft.mention, themes[draft.mention.theme]
        own = {*of_document, *of_sentence, *signs.of_words(draft.reading, named.start, named.end)}
        own.update(judge.of_rule(draft.role, draft.rule))
        own.update(f"elsewhere: {given}" for given, n in roles[mention.theme].items() if n > (given == draft.role))
        times, themes_here = abstract.times[mention.theme], here[place]
        own.update((f"theme: {theme.name}", f"times: {min(4, times)}", f"themes: {min(4, themes_here)}"))
        if draft.leaning:
            own.update(("direction", f"direction: {draft.leaning}"))
        more = {
            "document: plan": abstract.planned,
            "named above": mention.theme in abstract.above,
            "ubiquitous": theme.ubiquitous,
            "commonplace": theme.commonplace,
            "way of doing research": theme.approach,
            "weak label": mention.weak,
            "instrument": mention.instrument,
            "negated": draft.negated,
            "hedged": draft.hedged,
        }
        own.update(name for name, given in more.items() if given)
        yield own
