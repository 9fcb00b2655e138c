"""RIS, in the dialects of the tools that write it.

Tags: https://en.wikipedia.org/wiki/RIS_(file_format). Tools differ: dates are in PY, Y1 or DA and in many
forms; keywords come one a tag or one a line; absent values are written "NA" or "No Title".
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, pmcid, pmid, repair_doi
from loaders.markup import paragraphs, plain
from loaders.names import listed_author
from loaders.record import DOI, PMCID, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import line_entries
from loaders.tagged import Tagged
from loaders.tex import detex
from loaders.text import calendar, decode, peek
from ontology.iris import title_key

NAME = "ris"
VERSION = "2"

_LINES = (r"([A-Z][A-Z0-9])  - {0,3}(.*)", r"([A-Z][A-Z0-9]) {1,2}- {0,3}(.*)")
"""Most tools write two spaces after a tag; of theirs, "CT - a scan" at the start of a line is no tag."""
_START = re.compile(rb"\s*TY {1,2}-")
_END = re.compile(rb"\s*ER {1,2}-")
TYPES = {
    "JOUR": "journal-article",
    "EJOUR": "journal-article",
    "JFULL": "journal-article",
    "MGZN": "journal-article",
    "INPR": "journal-article",
    "CONF": "conference-paper",
    "CPAPER": "conference-paper",
    "BOOK": "book",
    "EBOOK": "book",
    "CHAP": "book-chapter",
    "ECHAP": "book-chapter",
    "THES": "thesis",
    "RPRT": "report",
    "DATA": "dataset",
    "PREP": "preprint",
}
_ABSENT = frozenset({"na", "n/a", "no title", "undefined", "null", "none", "[no title]", "untitled"})
_ET_AL = re.compile(r"(?:and )?(?:et\.? al\.?|others)", re.IGNORECASE)
_TAKEN = frozenset(
    {
        *("TY", "ER", "TI", "T1", "CT", "ST", "BT", "TT", "AU", "A1", "A2", "A3", "ED", "PY", "Y1", "DA", "Y2", "AB"),
        *("N2", "KW", "JF", "JO", "JA", "J1", "J2", "T2", "VL", "IS", "CP", "SP", "EP", "C7", "SN", "DO", "UR", "L1"),
        *("L2", "L3", "L4", "LK", "AN", "ID", "PB", "LA", "U1", "C2", "M3", "DB", "DP", "AD", "CY"),
    }
)


def sniff(head: bytes) -> bool:
    return bool(re.search(r"^\s*TY {1,2}- {0,3}[A-Za-z]*\s*$", peek(head), re.MULTILINE)) and head.lstrip()[:1] not in (
        b"<",
        b"{",
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return line_entries(stream, _START, _END)


def read(raw: bytes) -> Record:
    """The record of one reference. Raises Unreadable where it has neither title nor DOI."""
    text = decode(raw)
    tags = Tagged(text, _LINES[0] if re.match(r"\s*TY  -", text) else _LINES[1])
    identifiers = tuple(_identifiers(tags))
    titles = [title for tag in ("TI", "T1", "CT", "BT") if (title := _said(tags.first(tag)))]
    value = next((i.value for i in identifiers if i.scheme == DOI), None)
    if not titles and not value:
        raise Unreadable("the reference has neither a title (TI, T1) nor a DOI (DO): give it one and load it again")
    title = titles[0] if titles else f"{DOI}:{value}"
    kind = tags.first("TY") or ""
    issued = _issued(tags)
    names = tags.lines("AU", "A1")
    people = (*_people(tags, "author", "AU", "A1"), *_people(tags, "editor", "A2", "ED"))
    pages, number = _pages(tags)
    best = value or next((f"{i.scheme}-{i.value}" for i in identifiers), None)
    translated = [text for text in (_said(tags.first("TT")), *titles[1:]) if text and text != title]
    return Record(
        source=NAME,
        key=best or title_key(" ".join([title, (issued or "")[:4], people[0].name if people else ""])),
        title=title,
        alternative_titles=tuple(dict.fromkeys(translated)),
        abstract=paragraphs(_said(tags.prose("AB", "N2"))),
        language=_said(tags.first("LA")),
        keywords=_keywords(tags),
        identifiers=identifiers,
        people=people,
        authors_truncated=any(_ET_AL.fullmatch(name) for name in names),
        url=tags.first("UR", "LK", "L2"),
        publication=Publication(
            type=TYPES.get(kind, ""),
            journal=_container(tags, kind),
            issns=tuple(
                dict.fromkeys(code for text in tags.all("SN") for t in re.split(r"[,;\s]+", text) if (code := issn(t)))
            ),
            publisher=_said(tags.first("PB")),
            volume=_said(tags.first("VL")),
            issue=_said(tags.first("IS", "CP")),
            article_number=number,
            pages=pages,
            issued=issued,
        ),
        leftovers=tags.left(_TAKEN),
    )


def _said(text: str | None) -> str | None:
    """A value on one line or with its paragraphs; None for the words that tools write for none."""
    if not text or text.casefold().strip(" .") in _ABSENT:
        return None
    return detex(text) if "\n" in text else plain(detex(text))


def _identifiers(tags: Tagged) -> Iterator[Identifier]:
    stated = next((found for text in tags.all("DO") if (found := repair_doi(_unspaced(plain(text) or "")))), None)
    elsewhere = (_linked(text) for text in tags.all("UR", "L3", "M3", "LK", "L2") if "10." in text)
    if stated and stated.status != "inferred":
        yield stated
    elif linked := next(filter(None, elsewhere), None):
        yield Identifier(DOI, linked)
    for text in tags.all("U1", "C2", "AN", "ID"):
        if match := re.fullmatch(r"(\d+) \[PMID\]|(?:PMID:? ?)(\d+)|MEDLINE:(\d+)", text):
            if number := pmid(match[1] or match[2] or match[3]):
                yield Identifier(PMID, number)
        elif re.match(r"PMC\d+", text) and (central := pmcid(text.split()[0])):
            yield Identifier(PMCID, central)
        elif match := re.fullmatch(r"(?:WOS|ISI):(\w+)", text):
            yield Identifier("wos", match[1])
        elif match := re.fullmatch(r"pub\.\d+", text):
            yield Identifier("dimensions", text)


def _unspaced(text: str) -> str:
    """A DOI without the spaces that some tools put around its brackets ("029 [ 0126:FITEOT]2.0.CO;2")."""
    return re.sub(r"\s+", "", text) if re.fullmatch(r"10\.\d{4,}/\S+ ?[\[<(] ?\S+", text) else text


def _linked(text: str) -> str | None:
    return doi(text) if re.match(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?10\.\d", text, re.IGNORECASE) else None


def _container(tags: Tagged, kind: str) -> str | None:
    """The journal, or what else the document is part of; a book's T2 is a series and no container."""
    if kind in ("BOOK", "EBOOK", "THES", "RPRT", "DATA"):
        return _said(tags.first("JF", "JO"))
    return next((name for tag in ("JF", "T2", "JO", "BT", "JA", "J2", "J1") if (name := _said(tags.first(tag)))), None)


def _people(tags: Tagged, role: str, *names: str) -> tuple[Person, ...]:
    found: list[Person] = []
    for text in tags.lines(*names):
        name = plain(detex(re.sub(r"(?:\s+and|\s*[,(]?\s*\beds?\.?\)?)$", "", text.strip(" ;"))))
        if name and name.casefold() not in _ABSENT and not _ET_AL.fullmatch(name):
            place = len(found) + 1 if role == "author" else None
            found.append(listed_author(name, place, "editor" if role == "editor" else "author"))
    return tuple(found)


def _issued(tags: Tagged) -> str | None:
    """The year of PY, Y1 or DA, and the month and day where PY, Y1 or DA has them for that year."""
    dates = [date for tag in ("PY", "Y1", "DA") for text in tags.all(tag) if (date := _date(text))]
    if not dates:
        return None
    year = dates[0][:4]
    best = max((date for date in dates if date.startswith(year)), key=len)
    month = tags.first("DA") if len(best) == 4 else None
    if month and (match := re.fullmatch(r"([A-Za-z]{3,9})(?: (\d{1,2}))?", month)):
        return calendar(year, match[1], match[2]) or calendar(year, match[1]) or year
    return best


def _date(text: str) -> str | None:
    """A date of RIS: year/month/day/anything, with empty or wrong parts at its end."""
    match = re.match(r"\D{0,3}([12]\d{3})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?", text)
    if not match:
        return None
    return calendar(match[1], match[2], match[3]) or calendar(match[1], match[2]) or calendar(match[1])


def _pages(tags: Tagged) -> tuple[str | None, str | None]:
    """Pages and article number (C7, or a start page such as e0815 that has no end)."""
    first, last, number = (_said(tags.first(tag)) for tag in ("SP", "EP", "C7"))
    first = re.sub(r"-{2,}", "-", first) if first else None
    if first and not last and re.fullmatch(r"[A-Za-z]+\d+", first):
        return None, number or first
    same = not last or first == last or not first or "-" in first
    return first or last if same else f"{first}-{last}", number


def _keywords(tags: Tagged) -> tuple[str, ...]:
    rows = tags.lines("KW")
    parts = (part for row in rows for part in (row.split(";") if ";" in row and len(rows) < 3 else [row]))
    return tuple(dict.fromkeys(word for part in parts if (word := _said(part.strip(" *")))))
