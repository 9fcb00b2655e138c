"""Web of Science's tagged export ("plain text"): two-character tags, continued lines indented, `PT` to `ER`.

Tags: https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, pmid
from loaders.names import affiliation, listed_author
from loaders.record import DOI, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import line_entries
from loaders.tagged import Tagged
from loaders.text import calendar, clean, decode, peek
from ontology.iris import title_key

NAME = "web-of-science"
VERSION = "2"

_LINE = r"([A-Z][A-Z0-9])(?: |$)(.*)"
_TYPES = {
    "review": "review",
    "editorial material": "editorial",
    "letter": "letter",
    "proceedings paper": "conference-paper",
    "book chapter": "book-chapter",
    "book": "book",
    "data paper": "journal-article",
    "article": "journal-article",
    "meeting abstract": "conference-paper",
}
_TAKEN = frozenset(
    {
        *("PT", "ER", "AU", "AF", "CA", "TI", "SO", "LA", "DT", "DE", "ID", "AB", "C1", "SN", "EI", "PD", "PY", "VL"),
        *(
            "IS",
            "BP",
            "EP",
            "PS",
            "EF",
            "AR",
            "DI",
            "PM",
            "UT",
            "PU",
            "J9",
            "JI",
            "RP",
            "EM",
            "NR",
            "TC",
            "Z9",
            "U1",
            "U2",
            "PI",
        ),
        *("PA", "PG", "WC", "SC", "GA", "DA", "CR", "RI", "OI", "FN", "VR", "BE", "OA", "HC", "HP"),
    }
)


_MONTH = r"([A-Za-z]{3})(?: (\d{1,2}))?(?: \d{4})?$"


def sniff(head: bytes) -> bool:
    text = peek(head)
    return bool(re.search(r"^PT [A-Z]\s*$", text, re.MULTILINE) and re.search(r"^(?:AU|TI|SO) \S", text, re.MULTILINE))


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return line_entries(stream, re.compile(rb"PT [A-Z]\s*$"), re.compile(rb"ER\s*$"))


def read(raw: bytes) -> Record:
    """The record of one reference. Raises Unreadable where it has no title."""
    tags = Tagged(decode(raw), _LINE)
    title = tags.first("TI")
    if not title:
        raise Unreadable("a Web of Science record needs its TI line: export it again as plain text")
    number = re.fullmatch(r"(?:WOS|ISI):(\w+)", tags.first("UT") or "")
    pairs = ((DOI, doi(tags.first("DI"))), (PMID, pmid(tags.first("PM"))), ("wos", number and number[1]))
    identifiers = tuple(Identifier(scheme, value) for scheme, value in pairs if value)
    first, last = tags.first("BP"), tags.first("EP")
    kinds = [kind.strip().casefold() for kind in (tags.first("DT") or "").split(";")]
    authors = tuple(_people(tags))
    year, month = tags.first("PY"), re.match(_MONTH, tags.first("PD") or "")
    issued = year and ((month and (calendar(year, month[1], month[2]))) or calendar(year))
    return Record(
        source=NAME,
        key=number[1] if number else identifiers[0].value if identifiers else title_key(f"{title} {year}"),
        title=title,
        abstract=tags.first("AB"),
        language=tags.first("LA"),
        keywords=tuple(dict.fromkeys(w for text in tags.all("DE", "ID") for k in text.split(";") if (w := clean(k)))),
        identifiers=identifiers,
        people=authors,
        organisations=tuple(affiliation(text.rstrip(".")) for text in tags.lines("C1")),
        publication=Publication(
            type=next((_TYPES[kind] for kind in kinds if kind in _TYPES), ""),
            journal=tags.first("SO"),
            issns=tuple(code for text in tags.all("SN", "EI") if (code := issn(text))),
            publisher=tags.first("PU"),
            volume=tags.first("VL"),
            issue=tags.first("IS"),
            article_number=tags.first("AR"),
            pages=f"{first}-{last}" if first and last and first != last else first,
            issued=issued or None,
        ),
        leftovers=tags.left(_TAKEN),
    )


def _people(tags: Tagged) -> Iterator[Person]:
    """Authors by their full names (AF) where these are given, then group authors (CA)."""
    names = tags.lines("AF") or tags.lines("AU")
    for position, name in enumerate((re.sub(r"\s*\(\S+@\S+\)$", "", name) for name in names), 1):
        yield listed_author(name, position)
    for position, name in enumerate(tags.lines("CA"), len(names) + 1):
        yield Person(name, position=position, collective=True)
