"""Tables of references (CSV, TSV, semicolons) with a header row: exports of Scopus, PubMed, Zotero, Covidence,
Rayyan and of spreadsheets that people keep.

Columns are known by their names, whatever their order. Of a table with other names the user says which is which
(`loaders/columns.py`). An entry is its row together with the header row, in which the columns that the user named bear
our names: so the archived bytes hold all that the record was read from.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.columns import BadColumns, Columns, known
from loaders.identifiers import doi, issn, pmcid, pmid, repair_doi
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import listed_author
from loaders.record import DOI, PMCID, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.rows import Rows, opening, quoted
from loaders.streams import LINES_LIMIT
from loaders.text import calendar, clean, decode, iso_date, peek
from ontology.iris import title_key

NAME = "csv"
VERSION = "2"

_NEEDED = frozenset({"authors", "year", "date", "journal", "doi", "pmid", "abstract"})


_PREAMBLE = 5
"""Rows that may stand above the header: a note on the export, Excel's `sep=;`."""
_SEPARATOR = re.compile(r"sep=.?\s*")
csv.field_size_limit(LINES_LIMIT)


_CITED = re.compile(
    r"(?P<journal>.+?) \((?P<year>\d{4})\)(?: (?P<volume>[^\s:().]+)(?::(?P<issue>[^\s()]+))?)?"
    r"(?: \((?P<pages>[^()]+)\))?\.?(?: Article Number: (?P<article_number>\S+?)\.?)? Date of Publication: (?P<date>.+)"
)
"""What Embase writes into one column: `Cancer (2004) 102:4 (253-258). Date of Publication: 25 Aug 2004`."""


def sniff(head: bytes) -> bool:
    text = peek(head)
    if _is_other(text):
        return False
    return any(_tells(_row(line, _delimiter(line))) for line in text.lstrip("\n").split("\n", _PREAMBLE)[:_PREAMBLE])


def _is_other(text: str) -> bool:
    """Whether a text is of a kind that begins with a mark: XML, JSON, BibTeX."""
    return text.lstrip().startswith(("<", "{", "[", "@"))


def _tells(header: list[str]) -> bool:
    """Whether a row names columns of references."""
    fields = {found[0] for cell in header if (found := known(cell))}
    return "title" in fields and len(fields & _NEEDED) >= 1


def header_of(head: bytes) -> list[str]:
    """The column names of what looks like a table, whatever they are; none where it does not.

    >>> header_of(b"Papr;When\\nPeers at work;2020\\n")
    ['Papr', 'When']
    """
    lines = [line for line in peek(head).split("\n") if line.strip() and not _SEPARATOR.fullmatch(line)]
    if len(lines) < 2 or _is_other(lines[0]):
        return []
    mark = _delimiter(lines[0])
    names = [cell.strip() for cell in _row(lines[0], mark)]
    return names if len(names) > 1 and all(names) and len(_row(lines[1], mark)) == len(names) else []


def entries(stream: BinaryIO, columns: Columns = Columns()) -> Iterator[Entry]:  # noqa: B008 - frozen
    """The rows of a table, each with its header row, in UTF-8; the columns that `columns` names bear our names there.

    Raises Unreadable where a named column is not in the table, or where its encoding is not the table's.
    """
    rows = Rows(stream, columns.encoding)
    header = _header(rows, columns)
    mark = _delimiter(header.decode("utf-8", "replace")).encode()
    while row := rows.row(mark):
        if row.strip(b"\r\n\t ,;"):
            yield Entry(header + row, f"line {rows.begun}")


def _header(rows: Rows, columns: Columns) -> bytes:
    """The header row: the first that names columns of references (or one of `columns`), else the very first."""
    wanted, first = set(columns.fields.values()), b""
    for _ in range(_PREAMBLE):
        row = rows.row(b"")
        text = row.decode("utf-8", "replace").strip("\ufeff\r\n")
        cells = _row(text, _delimiter(text))
        if wanted & {cell.strip() for cell in cells} if wanted else _tells(cells):
            return _renamed(cells, _delimiter(text), columns)
        if text.strip() and not _SEPARATOR.fullmatch(text):
            first = first or row.removeprefix(b"\xef\xbb\xbf")
    text = decode(first).strip("\n")
    return _renamed(_row(text, _delimiter(text)), _delimiter(text), columns)


def _renamed(cells: list[str], mark: str, columns: Columns) -> bytes:
    try:
        named = columns.renamed(cells)
    except BadColumns as error:
        raise Unreadable(str(error)) from None
    written = io.StringIO()
    csv.writer(written, delimiter=mark, lineterminator="\n").writerow([" ".join(cell.split()) for cell in named])
    return written.getvalue().encode()


def read(raw: bytes) -> Record:
    """The record of one row. Raises Unreadable where it has neither title nor DOI."""
    text = decode(raw)
    head, _, body = text.partition("\n")
    mark = _delimiter(head)
    unclosed = quoted(body.encode(), opening(mark.encode()))
    try:
        rows = list(
            csv.reader(
                io.StringIO(text, newline=""), delimiter=mark, quoting=csv.QUOTE_NONE if unclosed else csv.QUOTE_MINIMAL
            )
        )
    except csv.Error as error:
        raise Unreadable(f"this row is no CSV ({error}): export the table again") from None
    if len(rows) < 2:
        raise Unreadable("a table needs a header row and rows: export it again with column names")
    header, row = rows[0], rows[1]
    while len(row) > len(header) and not row[-1].strip():
        row.pop()
    if len(row) > len(header):
        raise Unreadable(f"the row has {len(row)} values for {len(header)} columns: a comma or quote may be missing")
    named = list(zip(header, row, strict=False))
    ranked = sorted((found[1], found[0], value) for name, value in named if value.strip() and (found := known(name)))
    fields: dict[str, str] = {}
    for _, field, value in ranked:
        fields.setdefault(field, value.strip())
    if cited := _CITED.fullmatch(fields.get("journal", "")):
        fields = (
            {name: text for name, text in cited.groupdict().items() if text} | fields | {"journal": cited["journal"]}
        )
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
        authors_truncated=bool(re.search(r"\bet al\.?\s*$", fields.get("authors", ""))),
        url=fields.get("url"),
        publication=Publication(
            type=kind_of(fields.get("type")),
            journal=plain(fields.get("journal")),
            issns=tuple(
                code
                for part in re.split(r"[,;\s]+", f"{fields.get('issn', '')} {fields.get('eissn', '')}")
                if (code := issn(part))
            ),
            publisher=plain(fields.get("publisher")),
            volume=fields.get("volume"),
            issue=fields.get("issue"),
            article_number=fields.get("article_number"),
            pages=fields.get("pages") or (f"{first}-{last}" if first and last and first != last else first),
            issued=issued,
        ),
        leftovers=tuple(name for name, value in named if value.strip() and not known(name)),
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
    if match := re.fullmatch(r"(?:WOS|ISI):(\w+)", fields.get("wos", "")):
        yield Identifier("wos", match[1])


def _people(text: str) -> Iterator[Person]:
    """Names parted by ";" or "|", by " and ", or by commas where each part is a whole name ("Smith J, Roe K")."""
    text = re.sub(r"\s*\(\d+\)", "", text)  # Scopus adds its author ids
    text = re.sub(r"[,;]?\s*\bet al\.?\s*$", "", text)
    if ";" in text or "|" in text:
        names = re.split(r"[;|]", text)
    elif " and " in text:
        names = text.split(" and ")
    elif all(len(part.split()) > 1 for part in text.rstrip(".").split(",")):
        # PubMed ends the list with a full stop; where others have one too it is an initial's
        names = (text if ".," in text else text.rstrip(".")).split(",")
    else:
        names = [text]
    for position, name in enumerate((clean(name) for name in names if name.strip()), 1):
        yield listed_author(name, position)


def _issued(fields: dict[str, str]) -> str | None:
    year = re.search(r"(?<!\d)[12]\d{3}(?!\d)", fields.get("year", ""))
    text = fields.get("date", "")
    date = iso_date(text) or (iso_date(f"{text} {year[0]}") if year and text else None)  # "MAR 5" beside the year
    if date and (not year or date.startswith(year[0])):
        return date
    return calendar(year[0], fields.get("month")) or calendar(year[0]) if year else None
