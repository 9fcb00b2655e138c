"""What people say of the machine's evidence: it holds, it does not, or its role is another.

A correction is kept for good, outranks the machine, and is applied whenever its record is read again. It is
tied to a theme, a text field and the quoted words, and follows these to where they stand now; while they stand
nowhere, or in several places of which none is the old one, it changes nothing. The last one on a place counts.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from loaders.evidence.annotator import Annotator, field, keywords_text
from loaders.parts import evidence_name
from loaders.record import Evidence, Record
from ontology.terms import DIRECTION, ROLE

YES, NO, UNDO = "yes", "no", "undo"
ROLES = ROLE.names - {"reporting"}
VERDICTS = (YES, NO, *sorted(ROLES), UNDO)


class NoSuchEvidence(Exception):
    """What was to be corrected is not there. The message says what is."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's verdict on one piece of evidence.

    `theme` is the theme's IRI; `quote` stands from `start` to `end` in `field` (title, keywords, abstract).
    `verdict` is "yes", "no", a role, or "undo", which takes back what was said before, whoever said it; `role`,
    `direction` and the sentence's other signs (as in `loaders.record.Evidence`) are those that hold from then on.
    `was` is the machine's role. `person` and `at` (ISO 8601, UTC) say who and when.
    """

    source: str
    key: str
    theme: str
    field: str
    start: int
    end: int
    quote: str
    matched: str
    section: str
    verdict: str
    role: str
    direction: str | None
    was: str
    section_by: str = ""
    negated: bool = False
    hedged: bool = False
    maintained: bool | None = None
    person: str = ""
    at: str = ""

    def body(self) -> dict[str, Any]:
        """What is kept of it beside who and when."""
        return {name: value for name, value in asdict(self).items() if name not in ("person", "at")}


def correction(
    record: Record, evidence: Iterable[Evidence], name: str, verdict: str, direction: str | None = None
) -> Correction:
    """The correction of one of a record's pieces of evidence, by its name (`evidence-burnout-abstract-496`).

    Raises NoSuchEvidence where there is none of that name, ValueError for a verdict or direction that is none or
    cannot be: a registration is of what is to be done, so it holds no finding, and only a finding has a direction.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"{verdict!r} is no verdict; there are {', '.join(VERDICTS)}")
    if direction is not None and direction not in DIRECTION.names:
        raise ValueError(f"{direction!r} is no direction; there are {', '.join(sorted(DIRECTION.names))}")
    known = {evidence_name(e.theme, field(e), e.start): e for e in evidence}
    if name not in known:
        near = ", ".join(get_close_matches(name, known, 3, 0.3))
        raise NoSuchEvidence(f"{record.source}/{record.key} has no {name}" + (f"; it has {near}" if near else ""))
    item = known[name]
    role = verdict if verdict in ROLES else item.role
    if role == "finding" and record.registration is not None:
        raise ValueError(f"{record.source}/{record.key} is a registration, which holds no finding")
    if direction is not None and role != "finding":
        raise ValueError(f"only a finding has a direction, and the role of {name} is {role}")
    return Correction(
        source=record.source,
        key=record.key,
        theme=item.theme,
        field=field(item),
        start=item.start,
        end=item.end,
        quote=item.quote,
        matched=item.matched,
        section=item.section,
        verdict=verdict,
        role=role,
        direction=direction or (item.direction if role == "finding" else None),
        was=item.role,
        section_by=item.section_by,
        negated=item.negated,
        hedged=item.hedged,
        maintained=item.maintained if role == "finding" else None,
    )


def corrected(
    record: Record, annotator: Annotator, corrections: Iterable[Correction]
) -> tuple[tuple[Evidence, ...], tuple[Correction, ...]]:
    """A record's evidence with people's corrections (oldest first) applied, and those of them that are in force.

    These are on themes that the annotator knows, and have the offsets at which their words stand now.
    """
    force = tuple(now for _, now in in_force(record, [c for c in corrections if c.theme in annotator.known]))
    found = list(annotator.annotate(record))
    for said in force:
        found = [e for e in found if not _meets(said, e.theme, field(e), e.start, e.end)]
        if said.verdict != NO:
            found.append(_evidence(said))
    return tuple(found), force


def in_force(record: Record, corrections: Iterable[Correction]) -> list[tuple[Correction, Correction]]:
    """The corrections (oldest first) that change or confirm something, each as it was said and as it stands now.

    Left out is what a later one of the same words replaces or takes back, and what is on words that are gone.
    """
    found: list[tuple[Correction, Correction]] = []
    for said in corrections:
        now = _placed(record, said)
        if now is not None:
            found = [(s, n) for s, n in found if not _meets(now, n.theme, n.field, n.start, n.end)]
            if now.verdict != UNDO:
                found.append((said, now))
    return found


def _placed(record: Record, said: Correction) -> Correction | None:
    """A correction where its words stand in the record's text of today; None where that is nowhere, or unsure."""
    held = text(record, said.field)
    if held[said.start : said.end] == said.quote:
        return said
    start = held.find(said.quote)
    if start < 0 or held.find(said.quote, start + 1) >= 0:
        return None
    return replace(said, start=start, end=start + len(said.quote))


def _meets(said: Correction, theme: str, name: str, start: int, end: int) -> bool:
    """Whether a correction is on the words from `start` to `end` of a field, or some of them, and on this theme.

    Another version of the annotator may draw a sentence's edges elsewhere.
    """
    return (said.theme, said.field) == (theme, name) and said.start < end and start < said.end


def _evidence(said: Correction) -> Evidence:
    return Evidence(
        said.theme,
        said.role,
        said.section,
        said.quote,
        said.start,
        said.end,
        said.matched,
        said.direction,
        said.negated,
        said.hedged,
        said.maintained,
        section_by=said.section_by,
        role_by=f"person: {said.person}",
    )


def text(record: Record, name: str) -> str:
    """One of a record's text fields, in which offsets count."""
    return {"title": record.title, "keywords": keywords_text(record), "abstract": record.abstract or ""}[name]
