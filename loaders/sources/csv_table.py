"""Tables of references (CSV, TSV, semicolons) with a header row: exports of Scopus, PubMed, Zotero, Covidence,
Rayyan and of spreadsheets that people keep.

Columns are known by their names, whatever their order. Of a table with other names the caller says which is
which: `entries(stream, {"Paper": "title"})`. An entry is its row together with the header row.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from loaders.identifiers import doi, issn, pmcid, pmid, repair_doi
from loaders.markup import paragraphs, plain
from loaders.names import listed_author
from loaders.record import DOI, PMCID, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import ENTRY_LIMIT
from loaders.text import calendar, clean, decode, iso_date, peek
from ontology.iris import normalise, title_key

NAME = "csv"
VERSION = "1"

COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "primary title", "publication title article"),
    "authors": ("authors", "author", "author full names", "author names", "creators", "author s"),
    "year": ("year", "publication year", "published year", "pub year", "year published"),
    "month": ("month", "published month"),
    "date": ("date", "publication date", "date published"),
    "journal": (
        "journal",
        "source title",
        "journal book",
        "publication title",
        "journal title",
        "publication",
        "source",
    ),
    "volume": ("volume", "vol"),
    "issue": ("issue", "number", "issue number"),
    "article_number": ("art no", "article number", "article no"),
    "pages": ("pages", "page", "page range"),
    "first_page": ("page start", "start page", "first page"),
    "last_page": ("page end", "end page", "last page"),
    "doi": ("doi", "doi link", "article doi"),
    "pmid": ("pmid", "pubmed id", "pubmedid"),
    "pmcid": ("pmcid", "pmc id"),
    "abstract": ("abstract", "abstract note", "abstract text", "summary"),
    "keywords": ("keywords", "author keywords", "manual tags", "tags", "keyword"),
    "index_keywords": ("index keywords", "automatic tags", "mesh terms"),
    "type": ("type", "document type", "item type", "publication type"),
    "language": ("language", "language of original document"),
    "publisher": ("publisher",),
    "issn": ("issn", "eissn", "issns"),
    "url": ("url", "link", "links", "source url s"),
}
"""Our names of fields, and the column names (as `iris.normalise` folds them) that mean each."""

_BY_NAME = {name: field for field, names in COLUMNS.items() for name in names}
_NEEDED = frozenset({"authors", "year", "date", "journal", "doi", "pmid", "abstract"})
_TYPES = {
    "article": "journal-article",
    "journal article": "journal-article",
    "journalarticle": "journal-article",
    "review": "review",
    "systematic review": "review",
    "conference paper": "conference-paper",
    "conferencepaper": "conference-paper",
    "book": "book",
    "book chapter": "book-chapter",
    "booksection": "book-chapter",
    "thesis": "thesis",
    "dissertation": "thesis",
    "report": "report",
    "preprint": "preprint",
    "editorial": "editorial",
    "letter": "letter",
    "dataset": "dataset",
}


def sniff(head: bytes) -> bool:
    text = peek(head)
    if text.lstrip().startswith(("<", "{", "[", "@")):
        return False
    line = text.lstrip("\n").partition("\n")[0]
    fields = {_BY_NAME.get(normalise(cell)) for cell in _row(line, _delimiter(line))}
    return "title" in fields and len(fields & _NEEDED) >= 1


def entries(stream: BinaryIO, columns: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """The rows of a table. `columns` names for columns of the table the field of COLUMNS that each is."""
    header = stream.readline(ENTRY_LIMIT)
    while header.isspace():
        header = stream.readline(ENTRY_LIMIT)
    if columns:
        text = decode(header).rstrip("\n")
        mark = _delimiter(text)
        header = mark.join(columns.get(cell, cell) for cell in _row(text, mark)).encode() + b"\n"
    header = header.rstrip(b"\r\n") + b"\n"
    number = 1
    while row := stream.readline(ENTRY_LIMIT):
        first = number = number + 1
        # a quoted value may hold line ends: the row ends where its quotes are even
        while row.count(b'"') % 2 and len(row) < ENTRY_LIMIT and (more := stream.readline(ENTRY_LIMIT)):
            row += more
            number += 1
        if row.strip(b"\r\n\t ,;"):
            yield Entry(header + row, f"line {first}")


def read(raw: bytes) -> Record:
    """The record of one row. Raises Unreadable where it has neither title nor DOI."""
    text = decode(raw)
    mark = _delimiter(text.partition("\n")[0])
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise Unreadable(f"this row is no CSV ({error}): export the table again") from None
    if len(rows) < 2:
        raise Unreadable("a table needs a header row and rows: export it again with column names")
    header, row = rows[0], rows[1]
    if len(row) > len(header):
        raise Unreadable(f"the row has {len(row)} values for {len(header)} columns: a comma or quote may be missing")
    named = list(zip(header, row, strict=False))
    fields: dict[str, str] = {}
    for name, value in named:
        if (field := _BY_NAME.get(normalise(name))) and value.strip():
            fields.setdefault(field, value.strip())
    identifiers = tuple(_identifiers(fields))
    title = plain(fields.get("title")) or next((f"{i.scheme}:{i.value}" for i in identifiers), None)
    if not title:
        raise Unreadable("the row has neither a title nor a DOI: give it one and load the table again")
    people = tuple(_people(fields.get("authors", "")))
    issued = _issued(fields)
    first, last = fields.get("first_page"), fields.get("last_page")
    words = [text for name in ("keywords", "index_keywords") for text in _words(fields.get(name, ""))]
    return Record(
        source=NAME,
        key=next(
            (i.value for i in identifiers),
            title_key(" ".join([title, (issued or "")[:4], people[0].name if people else ""])),
        ),
        title=title,
        abstract=paragraphs(fields.get("abstract")),
        language=fields.get("language"),
        keywords=tuple(dict.fromkeys(words)),
        identifiers=identifiers,
        people=people,
        url=fields.get("url"),
        publication=Publication(
            type=_TYPES.get(fields.get("type", "").casefold(), ""),
            journal=plain(fields.get("journal")),
            issns=tuple(code for part in re.split(r"[,;\s]+", fields.get("issn", "")) if (code := issn(part))),
            publisher=plain(fields.get("publisher")),
            volume=fields.get("volume"),
            issue=fields.get("issue"),
            article_number=fields.get("article_number"),
            pages=fields.get("pages") or (f"{first}-{last}" if first and last and first != last else first),
            issued=issued,
        ),
        leftovers=tuple(name for name, value in named if value.strip() and normalise(name) not in _BY_NAME),
    )


def _delimiter(line: str) -> str:
    return max(",\t;", key=line.count)


def _row(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _words(text: str) -> Iterator[str]:
    parts = text.split(";") if ";" in text else text.split(",")
    return (word for part in parts if (word := clean(part)))


def _identifiers(fields: dict[str, str]) -> Iterator[Identifier]:
    stated = repair_doi(fields.get("doi", ""))
    linked = doi(fields.get("url"))
    if stated and stated.status != "inferred":
        yield stated
    elif linked:
        yield Identifier(DOI, linked)
    if number := pmid(fields.get("pmid")):
        yield Identifier(PMID, number)
    if central := pmcid(fields.get("pmcid")):
        yield Identifier(PMCID, central)


def _people(text: str) -> Iterator[Person]:
    """Names parted by ";" or "|", by " and ", or by commas where each part is a whole name ("Smith J, Roe K")."""
    text = re.sub(r"\s*\(\d+\)", "", text)  # Scopus adds its author ids
    if ";" in text or "|" in text:
        names = re.split(r"[;|]", text)
    elif " and " in text:
        names = text.split(" and ")
    elif all(len(part.split()) > 1 for part in text.rstrip(".").split(",")):
        names = text.rstrip(".").split(",")
    else:
        names = [text]
    for position, name in enumerate((clean(name) for name in names if name.strip()), 1):
        yield listed_author(name, position)


def _issued(fields: dict[str, str]) -> str | None:
    year = re.search(r"(?<!\d)[12]\d{3}(?!\d)", fields.get("year", ""))
    date = iso_date(fields.get("date", ""))
    if date and (not year or date.startswith(year[0])):
        return date
    return calendar(year[0], fields.get("month")) or calendar(year[0]) if year else None
