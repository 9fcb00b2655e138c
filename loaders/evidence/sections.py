"""A text's sentences and the section that each stands in: by the author's heading, or else by the model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loaders.evidence import model
from loaders.evidence.headings import BACKGROUND, CONCLUSIONS, SECTIONS, Heading
from loaders.evidence.match import fold
from loaders.evidence.sentences import sentences

_EVERY = tuple(range(len(SECTIONS)))
# What journals put behind an abstract's last section: it says nothing of the study's subject.
_ASIDE = re.compile(
    r"\W*(?:\w+ ){0,3}?(?:trials?|study|review|protocol|regist\w+|clinicaltrials|www|https?|prospero|nct|isrctn)\b"
    r".*(?:\d{5}|\bregistered\b)"  # a register's number, in a sentence that begins with what is registered
    r"|.*\b(?:trial registration:|(?:is|was|were) funded by)\b|(?:level of evidence|funding)\b"
    r"|.*\b(?:no|authors?|declared?|disclosed?)\b.{0,60}"
    r"\b(?:financial|proprietary|commercial|competing|conflicts? of) interest"
    r"|.*\bconflicts? of interest (?:is |are |was |were )?(?:declared|none)"
    r"|.*\bsupported by (?:an? |the |\w+ ){0,3}(?:grants?|funds?|funding|foundation|council|ministry|institutes?)\b"
    r"|.*\b(?:is|are) (?:an? )?(?:employees? of|consultants? (?:to|for))\b"
    r"|.*\breceives? (?:\w+ ){0,2}(?:royalties|honoraria)\b"
    r"|\W*(?:nct|isrctn|chictr|actrn|drks|crd)\W?\d{5}"
    r"|\W*(?:(?:was|is|were) )?(?:retrospectively |prospectively )?registered (?:at|in|with|on)\b"
    r"|.{0,30}\bprotocol was (?:not )?published\b"
    # A funder's name alone: capitals and what joins them.
    r"|(?-i:(?=.*\b(?:Foundation|Council|Programme|Program|Institutes?|Ministry|Fund|Trust|Inc|Ltd|Agency|Commission))"
    r"(?:(?:[A-Z][\w'’-]*|of|for|and|the|in|on|&)(?:[.,;()\s]+|$))+$)",
    re.IGNORECASE | re.DOTALL,
)
_REGISTER = re.compile(
    r"regist|clinicaltrials|prospero|isrctn|\bnct\b|fund|sponsor|disclos|acknowledg|interest", re.IGNORECASE
)
_BY_ASIDE = "rule: registration, funding or interests"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an abstract: text[start:end], the section it is in, and what says so.

    `section_by`: "heading: Purpose", "model", or "heading: Methods and findings; model" where the heading
    leaves a choice. Registration, funding and interests at the end of a text without headings are no part of
    its sections: they are called background, by a rule that says so.
    """

    start: int
    end: int
    section: str
    section_by: str


def unglued(text: str, found: Sequence[Heading]) -> str:
    """The text with a space for the last letter of every heading that runs into a word: "Result Burnout"."""
    for heading in found:
        if text[heading.end - 1 : heading.end + 1].isalnum():
            text = f"{text[: heading.end - 1]} {text[heading.end :]}"
    return text


def sectioned(text: str, found: Sequence[Heading]) -> list[Sentence]:
    """Every sentence of an abstract with its section, given its `headings`. Headings are no sentences."""
    parts: list[tuple[Heading | None, int, int]] = []
    ends = [*(heading.start for heading in found), len(text)]
    first = ends.pop(0)
    if first:
        parts.append((None, 0, first))
    parts += [(heading, heading.end, end) for heading, end in zip(found, ends, strict=True)]
    # A lone "AIM:" heads one sentence of a text without headings; a lone "Conclusions:" heads what follows.
    heads = {heading.sections for heading in found if not _REGISTER.search(heading.name)}
    lone = len(heads) == 1 and heads != {(CONCLUSIONS,)}
    spans: list[tuple[int, int, Heading | None]] = []
    for heading, start, end in parts:
        skip = start + len(text[start:end]) - len(text[start:end].lstrip(" :.–—-\t\r\n"))
        for place, (a, b) in enumerate(sentences(text, skip if heading else start, end)):
            spans.append((a, b, None if lone and place else heading))
    if all(heading is not None and len(heading.sections) == 1 for _, _, heading in spans):
        return [Sentence(a, b, h.sections[0], f"heading: {h.name}") for a, b, h in spans if h is not None]
    return _modelled(text, spans)


def _modelled(text: str, spans: list[tuple[int, int, Heading | None]]) -> list[Sentence]:
    """The same where some sentence has no heading, or one that allows several sections."""
    asides: list[Sentence] = []
    while len(spans) > 1 and (aside := _aside(text, *spans[-1])):
        asides.insert(0, aside)
        spans.pop()
    linear = model.shipped()
    quotes = [text[start:end] for start, end, _ in spans]
    rows = linear.scores([(quote, fold(quote)) for quote in quotes])
    choices: list[tuple[int, ...]] = []
    for _, _, heading in spans:
        if heading is not None:
            choices.append(tuple(SECTIONS.index(section) for section in heading.sections))
        else:
            choices.append(_EVERY[min(choices[-1]) :] if choices and len(choices[-1]) < len(_EVERY) else _EVERY)
    for place in reversed(range(len(spans) - 1)):  # what stands before a heading is in no later section
        if spans[place][2] is None:
            last = max(choices[place + 1])
            choices[place] = tuple(at for at in choices[place] if at <= last) or choices[place + 1]
    sections = linear.best(rows, choices)
    result = []
    for (start, end, heading), section in zip(spans, sections, strict=True):
        by = "model" if heading is None else f"heading: {heading.name}"
        if heading is not None and len(heading.sections) > 1:
            by += "; model"
        result.append(Sentence(start, end, SECTIONS[section], by))
    return result + asides


def _aside(text: str, start: int, end: int, heading: Heading | None) -> Sentence | None:
    """What stands at the end of a text but is no part of its sections, or None."""
    if heading is None:
        return Sentence(start, end, BACKGROUND, _BY_ASIDE) if _ASIDE.match(text, start, end) else None
    if len(heading.sections) == 1 and _REGISTER.search(heading.name):
        return Sentence(start, end, heading.sections[0], f"heading: {heading.name}")
    return None
