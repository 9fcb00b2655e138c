"""The text of a research summary of the Health Research Authority (HRA): a registered study.

Every block of the page may be missing. The labels, their order and the sentinels are those of the HRA's own
open page template. Texts of the page come in three layouts: bullets (`• Label`, then the value), flat (each
label on a line of its own, or stuck to the end of the value before it), and run on in one line.
"""

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import BinaryIO

from loaders.names import organisation_kind, split_name
from loaders.pages import page_text, shown
from loaders.record import (
    IRAS,
    ISRCTN,
    NCT,
    Entry,
    Identifier,
    Opinion,
    Organisation,
    Person,
    Record,
    Registration,
    Unreadable,
)
from loaders.text import clean, duration, iso_date, whole
from ontology.iris import normalise, title_key

NAME = "hra"
VERSION = "2"

LABELS = (
    *("Research type", "Full title", "IRAS ID", "Contact name", "Contact email", "Sponsor organisation"),
    *("Eudract number", "ISRCTN Number", "Clinicaltrials.gov Identifier (NCT)", "Clinicaltrials.gov Identifier"),
    *("Duration of Study in the UK", "Research summary", "REC name", "REC reference", "Date of REC Opinion"),
    *("REC opinion", "Data collection arrangements", "Research programme", "Storage license", "RTBTitle"),
    *("Research database title", "Establishment organisation", "Establishment organisation address"),
)
"""Every label, in the order of the page. A ClinicalTrials.gov one is printed a second time over additional
reference numbers; those after the REC opinion are of tissue banks and databases alone."""

_TELLING = frozenset(
    {
        *("IRAS ID", "REC name", "REC reference", "Date of REC Opinion", "Duration of Study in the UK"),
        *("Sponsor organisation", "Research summary"),
    }
)
_FORMS = {
    "Research type": "Research (?:Study|Tissue Bank|Database)",
    "IRAS ID": r"\d{4,7}",
    "Contact email": r"[^\s@]+@[^\s@]+",
    "Duration of Study in the UK": r"\d+ years?, \d+ months?, \d+ days?",
    "REC reference": r"\d\d/[A-Z]+\d*/\d+",
    "Date of REC Opinion": r"\d{1,2} \w{3,9} \d{4}",
    "REC opinion": r"[\w\s]*favourable opinion",
}
"""Values as pages have them: a text that talks of the labels has none."""
_ABSENT = frozenset({"n/a", "n/a, n/a", "publication of this data is currently deferred."})
_ANY = "|".join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))
_LINE = re.compile(rf"^[ \t]*(?:[•*·▪–-][ \t]*)?({_ANY})[ \t]*(?::|$)", re.MULTILINE)
_STUCK = re.compile(rf"(?<=\S)[ \t]*({_ANY})[ \t]*:?[ \t]*$", re.MULTILINE)
_INLINE = re.compile(rf"({_ANY})(?![a-z])[ \t]*:?")
_SUMMARY = LABELS.index("Research summary")
_TWICE = frozenset(rank for rank, label in enumerate(LABELS) if label.startswith("Clinicaltrials.gov"))
_OUTCOMES = frozenset(
    {"favourable", "unfavourable", "further-information-favourable", "further-information-unfavourable"}
)


def sniff(head: bytes) -> bool:
    text = shown(head)
    marks = _labels(text)
    seen = {match[1] for match in marks}
    if len(seen) < 3 or not seen & _TELLING:
        return False
    values = _values(text, marks)
    return sum(bool(re.fullmatch(form, values.get(label, ""), re.I)) for label, form in _FORMS.items()) >= 2


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one summary. Raises Unreadable where neither IRAS ID nor any title is there."""
    text = page_text(raw)
    marks = _labels(text)
    fields = _values(text, marks)
    short, version = _heading(text[: marks[0].start()] if marks else "")

    def take(label: str) -> str | None:
        """A block's value; None where it is missing, empty or one of the register's words for absent."""
        value = fields.pop(label, "")
        return value if value and clean(value).casefold() not in _ABSENT else None

    number = take("IRAS ID")
    iras = match[0] if (match := re.search(r"(?<!\d)\d{4,7}(?!\d)", number or "")) else None
    names = (take("Full title"), short, take("RTBTitle"), take("Research database title"))
    titles = list(dict.fromkeys(name for name in names if name and normalise(name)))  # marks alone are none
    if not titles and not iras:
        raise Unreadable("an HRA summary needs its IRAS ID or a title: save the whole page again")
    contact, email = take("Contact name"), take("Contact email")
    sponsor, establishment = take("Sponsor organisation"), take("Establishment organisation")
    length, outcome = take("Duration of Study in the UK"), take("REC opinion")
    opinion = Opinion(
        committee=_organisation(take("REC name"), "research-ethics-committee"),
        reference=take("REC reference"),
        date=_full_date(take("Date of REC Opinion")),
        outcome=_outcome(outcome),
    )
    identifiers = (*((Identifier(IRAS, iras),) if iras else ()), *_numbers(take))
    unread = [
        label
        for label, value, result in (
            ("Duration of Study in the UK", length, duration(length or "")),
            ("REC opinion", outcome, opinion.outcome),
        )
        if value and not result and not re.fullmatch(r"0 years, 0 months, 0 days", value)
    ]
    return Record(
        source=NAME,
        key=iras or title_key(titles[0]),
        title=titles[0] if titles else f"IRAS {iras}",
        alternative_titles=tuple(titles[1:]),
        abstract=take("Research summary"),
        identifiers=identifiers,
        people=(_contact(contact, email),) if contact else (),
        registration=Registration(
            research_type=take("Research type"),
            version=version,
            sponsor=_organisation(sponsor),
            establishment=_organisation(establishment),
            duration=duration(length or ""),
            opinions=(opinion,) if opinion != Opinion() else (),
        ),
        leftovers=(*unread, *(label for label, value in fields.items() if value)),
    )


def _labels(text: str) -> list[re.Match[str]]:
    """Where the labels stand, in the page's order, each at most once (ClinicalTrials.gov's twice)."""
    alone = list(_LINE.finditer(text))
    if len(alone) >= 2:
        seen = {match[1] for match in alone}
        marks = alone + [match for match in _STUCK.finditer(text) if match[1] not in seen]
    else:
        marks = list(_INLINE.finditer(text))
    return _ordered(sorted(marks, key=lambda match: match.start(1)))


def _ordered(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """The longest run of labels that keeps the page's order.

    A label's words within a text (a summary that says "Full title") break the order and fall away. Where the
    same label could stand in two places, it is the first up to the summary and the last after it.
    """
    best: dict[int, tuple[int, int]] = {}  # rank of a label: length of the best run from it on, its place
    following: list[int] = [-1] * len(marks)
    for place in range(len(marks) - 1, -1, -1):
        rank = LABELS.index(marks[place][1])
        later = [best[other] for other in best if other > rank or other == rank in _TWICE]
        length, following[place] = max(later, default=(0, -1))
        if length + 1 > best.get(rank, (0, 0))[0] or (length + 1 == best[rank][0] and rank <= _SUMMARY):
            best[rank] = (length + 1, place)
    place = max(best.values(), default=(0, -1))[1]
    run = []
    while place >= 0:
        run.append(marks[place])
        place = following[place]
    return run


def _values(text: str, marks: list[re.Match[str]]) -> dict[str, str]:
    """Each label's value, letter for letter; of a label printed twice both, the second as "…, again"."""
    found: dict[str, str] = {}
    for match, following in zip_longest(marks, marks[1:]):
        label = match[1] if match[1] not in found else f"{match[1]}, again"
        found[label] = text[match.end() : following.start() if following else len(text)].strip()
    return found


def _heading(top: str) -> tuple[str | None, str | None]:
    """The page's short title and the version that it bears. A bare number is no title."""
    lines = [line.strip(" \t•") for line in top.split("\n") if line.strip(" \t•")]
    title = lines[-1] if lines else ""
    version = None
    if match := re.search(r"\s*\((?:version|v\.?) ?([\w.]+)\)$", title, re.IGNORECASE):
        title, version = title[: match.start()], match[1]
    return (None if title.isdecimal() else title or None), version


def _contact(name: str, email: str | None) -> Person:
    family, given = split_name(name)
    address = email if email and re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", email) else None
    return Person(name, role="contact", family=family, given=given, email=address)


def _organisation(name: str | None, kind: str = "") -> Organisation | None:
    return Organisation(clean(name), kind or organisation_kind(name)) if name else None


def _full_date(text: str | None) -> str | None:
    date = iso_date(text or "")
    return date if date and len(date) == 10 else None


def _outcome(text: str | None) -> str | None:
    name = re.sub(r"[\s-]+", "-", (text or "").strip().casefold()).removesuffix("-opinion")
    return name if name in _OUTCOMES else None


def _numbers(take: Callable[[str], str | None]) -> Iterator[Identifier]:
    """The identifiers of other registers, and a sponsor's own reference numbers as scheme "local"."""
    eudract, isrctn = take("Eudract number"), take("ISRCTN Number")
    if match := re.search(r"\d{4}-\d{6}-\d{2}", eudract or ""):
        yield Identifier("eudract", match[0])
    if match := re.search(r"ISRCTN\s?(\d{8})", isrctn or "", re.IGNORECASE):
        yield Identifier(ISRCTN, f"ISRCTN{match[1]}")
    for label in (LABELS[rank] for rank in sorted(_TWICE)):
        for value in (take(label), take(f"{label}, again")):
            for part in (value or "").split(";"):
                if match := re.search(r"\bNCT\d{8}\b", part, re.IGNORECASE):
                    yield Identifier(NCT, match[0].upper())
                elif (local := clean(part.partition(",")[0])) and local.casefold() not in _ABSENT:
                    yield Identifier("local", local)
