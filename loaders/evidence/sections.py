"""A text's sentences and the section that each stands in: by the author's heading, or else by the model."""

from collections.abc import Sequence
from dataclasses import dataclass

from loaders.evidence import model
from loaders.evidence.headings import BACKGROUND, OBJECTIVE, SECTIONS, Heading
from loaders.evidence.match import fold
from loaders.evidence.sentences import sentences

_EVERY = tuple(range(len(SECTIONS)))
_OPENING = (SECTIONS.index(BACKGROUND), SECTIONS.index(OBJECTIVE))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an abstract: text[start:end], the section it is in, and what says so.

    `section_by`: "heading: Purpose", "model", or "heading: Methods and findings; model" where the heading
    leaves a choice.
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
    spans: list[tuple[int, int, Heading | None]] = []
    for heading, start, end in parts:
        skip = start + len(text[start:end]) - len(text[start:end].lstrip(" :.–—-\t\r\n"))
        spans += [(a, b, heading) for a, b in sentences(text, skip if heading else start, end)]
    if all(heading is not None and len(heading.sections) == 1 for _, _, heading in spans):
        return [Sentence(a, b, h.sections[0], f"heading: {h.name}") for a, b, h in spans if h is not None]
    return _modelled(text, spans, bool(found))


def _modelled(text: str, spans: list[tuple[int, int, Heading | None]], structured: bool) -> list[Sentence]:
    """The same where some sentence has no heading, or one that allows several sections."""
    linear = model.shipped()
    quotes = [text[start:end] for start, end, _ in spans]
    rows = linear.scores([(quote, fold(quote)) for quote in quotes])
    choices = []
    for _, _, heading in spans:
        if heading is not None:
            choices.append(tuple(SECTIONS.index(section) for section in heading.sections))
        else:
            choices.append(_OPENING if structured else _EVERY)
    sections = linear.best(rows, choices)
    result = []
    for (start, end, heading), section in zip(spans, sections, strict=True):
        by = "model" if heading is None else f"heading: {heading.name}"
        if heading is not None and len(heading.sections) > 1:
            by += "; model"
        result.append(Sentence(start, end, SECTIONS[section], by))
    return result
