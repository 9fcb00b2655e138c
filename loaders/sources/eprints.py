"""The text of an EPrints item page, as saved or copied from a repository such as UCL Discovery.

A page has the title, a citation (authors, year, title, journal, volume, issue, article, DOI, open-access
status), the files, the abstract and a block of labelled fields that ends with the item's URI.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from loaders.identifiers import doi, repair_doi
from loaders.names import split_name
from loaders.record import EPRINTS, Copy, Entry, Identifier, Organisation, Person, Publication, Record, Unreadable
from loaders.text import calendar, clean, decode, labelled, licence, peek, whole

NAME = "eprints"
VERSION = "1"

_URI = re.compile(r"^URI:\s*(https?://[^\s/]+/(?:id/eprint/)?(\d+))/?\s*$", re.MULTILINE)
_TYPE = re.compile(r"^(?:Item )?Type:\s*\S", re.MULTILINE)
_FILE = re.compile(r"^(.+\.(\w{2,4})) - (.+(?:Version|Manuscript))\s*$", re.MULTILINE)
_AFTER_TITLE = re.compile(
    r"(?P<journal>[^,]+?(?:, [^,\d]+?)*) ?, (?P<volume>[^\s,()]+)?(?: ?\((?P<issue>[^)]+)\))?"
    r"(?: ?,? Article (?:no\.? ?)?(?P<article>[^\s.,]+)| ?,? ?pp?\. ?(?P<pages>[\w–-]+))?\."
)
_TYPES = {
    "article": "journal-article",
    "proceedings paper": "conference-paper",
    "conference or workshop item": "conference-paper",
    "book": "book",
    "book chapter": "book-chapter",
    "book section": "book-chapter",
    "thesis": "thesis",
    "report": "report",
    "monograph": "report",
    "working / discussion paper": "report",
    "dataset": "dataset",
}
_MEDIA = {"pdf": "application/pdf", "html": "text/html", "xml": "application/xml", "txt": "text/plain"}
_LABELS = frozenset(
    {
        *("Type", "Item Type", "Title", "Location", "Event", "Dates", "ISBN", "ISBN-13", "Open access status"),
        *("DOI", "Publisher version", "Official URL", "Language", "Additional information", "Additional Information"),
        *("Keywords", "Uncontrolled Keywords", "UCL classification", "Divisions", "Subjects", "URI"),
        *("Depositing User", "Date Deposited", "Last Modified", "Identification Number"),
    }
)
_LONGEST = 20_000  # characters of a citation: some have a thousand authors
_FURNITURE = frozenset({"Depositing User", "Date Deposited", "Last Modified"})


def sniff(head: bytes) -> bool:
    text = peek(head)
    return not text.lstrip().startswith(("<", "{", "[")) and bool(_URI.search(text) and _TYPE.search(text))


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one item page. Raises Unreadable where it has no item URI or no title."""
    text = decode(raw)
    uri, start = _URI.search(text), _TYPE.search(text)
    if not uri or not start:
        raise Unreadable(
            "an EPrints page needs its 'URI: https://…/id/eprint/…' and 'Type:' lines: save the whole page again"
        )
    top, fields = text[: start.start()], labelled(text[start.start() : uri.end()].split("\n"), _LABELS)
    fields.pop("URI", None)

    def take(*labels: str) -> str | None:
        return next((value for label in labels if (value := fields.pop(label, ""))), None)

    title = take("Title") or next((line.strip() for line in top.split("\n") if line.strip()), None)
    if not title:
        raise Unreadable("an EPrints page needs its 'Title:' line: save the whole page again")
    citation = _citation(top, title)
    notes = take("Additional information", "Additional Information")
    stated = take("DOI", "Identification Number")
    found = repair_doi(stated or "") or repair_doi(citation["doi"])
    status = take("Open access status")
    address = take("Publisher version", "Official URL")
    people, truncated = _authors(citation["authors"])
    kind = take("Type", "Item Type") or ""
    key = f"{urlsplit(uri[1]).hostname}-{uri[2]}"
    classification = (take("UCL classification", "Divisions") or "").split("\n")
    return Record(
        source=NAME,
        key=key,
        title=title,
        abstract=_abstract(top),
        language=take("Language"),
        keywords=_keywords(take("Keywords", "Uncontrolled Keywords")),
        identifiers=(*([found] if found else []), Identifier(EPRINTS, key)),
        people=people,
        authors_truncated=truncated,
        organisations=_organisations(classification),
        url=uri[1],
        rights=notes,
        publication=Publication(
            type=_TYPES.get(kind.casefold(), ""),
            journal=citation["journal"] or None,
            volume=citation["volume"] or None,
            issue=citation["issue"] or None,
            article_number=citation["article"] or None,
            pages=citation["pages"] or None,
            issued=calendar(citation["year"]),
            open_access=_open(citation["access"], status),
            copies=_copies(top, citation["access"] or status, licence(notes or ""), address),
        ),
        leftovers=tuple(label for label in fields if fields[label] and label not in _FURNITURE)
        + ((f"Type: {kind}",) if kind and kind.casefold() not in _TYPES else ()),
    )


def _citation(top: str, title: str) -> dict[str, str]:
    """The parts of the citation, "" for each that it does not have."""
    parts = dict.fromkeys(("authors", "year", "journal", "volume", "issue", "article", "pages", "doi", "access"), "")
    lines = (clean(line[:_LONGEST]) for line in top.split("\n"))
    line = next((line for line in lines if clean(title) in line and re.search(r"\S \([^)]{0,20}\) \S", line)), "")
    before, _, after = line.partition(clean(title))
    if head := re.fullmatch(r"(.*\S) \(([^)]*)\) ?", before):
        parts["authors"] = head[1]
        parts["year"] = head[2] if re.fullmatch(r"\d{4}", head[2]) else ""
    after = after.lstrip(". ")
    if match := _AFTER_TITLE.match(after):
        parts |= {name: (value or "").strip() for name, value in match.groupdict().items()}
        after = after[match.end() :]
    if match := re.search(r"(?<!\S)(10\.\d{4,9}\S+?)\.?(?=\s|$)", after):
        parts["doi"] = match[1] if doi(match[1]) else ""
    if match := re.search(r"\b((?:Green|Gold|Bronze|Hybrid|Diamond) open access)\b", after, re.IGNORECASE):
        parts["access"] = match[1]
    return parts


def _authors(text: str) -> tuple[tuple[Person, ...], bool]:
    """Authors in order. After "..." come those at the list's end, counted from there."""
    shown, dots, last = re.sub(r";?\s*\+ view all\b", "", text).partition("...")
    truncated = bool(dots) or "+ view all" in text or bool(re.search(r"\bet al\.?$", shown))
    shown = re.sub(r";?\s*\bet al\.?$", "", shown)
    names, tail = _names(shown), _names(last)
    people = [_author(name, position=place) for place, name in enumerate(names, 1)]
    people += [_author(name, from_end=len(tail) - place) for place, name in enumerate(tail)]
    return tuple(people), truncated


def _names(text: str) -> list[str]:
    parts = text.split(";") if ";" in text else re.split(r" and | & ", text)
    return [name for part in parts if (name := part.strip(" ;"))]


def _author(name: str, position: int | None = None, from_end: int | None = None) -> Person:
    family, given = split_name(name)
    return Person(name, family=family, given=given, position=position, position_from_end=from_end)


def _abstract(top: str) -> str | None:
    match = re.search(r"^Abstract[ \t]*$", top, re.MULTILINE)
    return (top[match.end() :].strip() or None) if match else None


def _keywords(text: str | None) -> tuple[str, ...]:
    separator = ";" if text and ";" in text else ","
    return tuple(word for part in (text or "").split(separator) if (word := clean(part)))


def _organisations(lines: list[str]) -> tuple[Organisation, ...]:
    """The deepest units of a classification, each within the chain of those above it."""
    chains = [tuple(clean(name) for name in line.split(" > ")) for line in lines if line.strip()]
    deepest = [c for c in chains if not any(other != c and other[: len(c)] == c for other in chains)]
    found = []
    for chain in dict.fromkeys(deepest):
        unit: Organisation | None = None
        for name in chain:
            unit = Organisation(name, "unit" if unit else "", parent=unit)
        if unit:
            found.append(unit)
    return tuple(found)


def _open(citation: str, status: str | None) -> bool | None:
    words = f"{citation} {status or ''}".casefold()
    return True if "open access" in words and "not open" not in words and "no open" not in words else None


def _copies(top: str, status: str | None, terms: str | None, address: str | None) -> tuple[Copy, ...]:
    copies = [
        Copy(status=status, version=match[3], licence=terms, media_type=_MEDIA.get(match[2].lower()))
        for match in _FILE.finditer(top)
    ]
    if not copies and (status or terms):
        copies = [Copy(status=status, licence=terms)]
    if address:
        copies.append(Copy(version="Publisher version", url=address))
    return tuple(copies)
