"""BibTeX and BibLaTeX, in the dialects of the tools that write it.

An entry is read by itself: the `@string` macros that it uses travel with it. Field names are those of
BibLaTeX's manual, section 2.2, and of the standard styles.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, pmcid, pmid, repair_doi
from loaders.markup import paragraphs, plain
from loaders.names import split_name
from loaders.record import DOI, PMCID, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import line_entries
from loaders.text import calendar, clean, decode, detex, iso_date, peek
from ontology.iris import title_key

NAME = "bibtex"
VERSION = "1"

_START = re.compile(rb"\s*@\s*\w+\s*[{(]")
_HEAD = re.compile(r"@\s*(\w+)\s*[{(]\s*([^,\s{}]*)\s*,", re.DOTALL)
_STRING = re.compile(r"@\s*string\s*[{(]\s*([\w:.+-]+)\s*=\s*", re.IGNORECASE)
_FIELD = re.compile(r"[\s,]*([\w:.+-]+)\s*=\s*")
_TYPES = {
    "article": "journal-article",
    "inproceedings": "conference-paper",
    "conference": "conference-paper",
    "proceedings": "book",
    "book": "book",
    "mvbook": "book",
    "inbook": "book-chapter",
    "incollection": "book-chapter",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "dataset": "dataset",
    "review": "review",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TECHNICAL = frozenset({"file", "timestamp", "added-at", "biburl", "interhash", "intrahash", "bdsk-url-1", "owner"})


def sniff(head: bytes) -> bool:
    text = peek(head)
    return not text.lstrip().startswith(("<", "{", "[")) and bool(
        re.search(r"^\s*@\s*[A-Za-z]+\s*[{(]\s*[^,\s{}=]*\s*,\s*[\w:.+-]+\s*=", text, re.MULTILINE)
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    macros: dict[bytes, bytes] = {}
    for entry in line_entries(stream, _START):
        kind = re.match(rb"\s*@\s*(\w+)\s*[{(]\s*([\w:.+-]*)", entry.raw)
        name = kind[1].lower() if kind else b""
        if kind and name == b"string":
            macros[kind[2].lower()] = entry.raw
        elif name not in (b"comment", b"preamble"):
            used = {word.lower() for word in re.findall(rb"[=#]\s*([A-Za-z][\w:.+-]*)", entry.raw)} if macros else set()
            yield Entry(b"".join(macros[word] for word in sorted(used) if word in macros) + entry.raw, entry.place)


def read(raw: bytes) -> Record:
    """The record of one entry. Raises Unreadable where it is no entry or has no title."""
    text = decode(raw)
    macros = {name: name for name in _MONTHS}
    head, body = None, ""
    for block in re.split(r"(?m)^(?=\s*@\s*\w+\s*[{(])", text):
        if found := _STRING.match(block.lstrip()):
            value, _ = _value(block.lstrip(), found.end(), macros)
            macros[found[1].lower()] = value
        elif match := _HEAD.match(block.lstrip()):
            head, body = match, block.lstrip()
            break
    if not head:
        raise Unreadable("this is no BibTeX entry (@type{key, field = value, …}): export it again")
    fields = _fields(body, head.end(), macros)

    def take(*names: str) -> str | None:
        values = [fields.pop(name, "") for name in names]
        return next((found for value in values if (found := plain(detex(value)))), None)

    title = take("title", "maintitle")
    if not title:
        raise Unreadable(f"the entry {head[2] or 'without a key'!r} has no title: give it one and load it again")
    subtitle, kind = take("subtitle"), head[1].lower()
    identifiers = tuple(_identifiers(fields))
    best = next((i.value for i in identifiers), None)
    people = (*_people(fields.pop("author", ""), "author"), *_people(fields.pop("editor", ""), "editor"))
    issued = _issued(take("date"), take("year"), take("month"))
    keywords = take("keywords", "keyword", "author_keywords", "mendeley-tags") or ""
    container = take("journal", "journaltitle", "booktitle", "maintitle")
    left = tuple(name for name in fields if name not in _TECHNICAL and name not in _TAKEN)
    return Record(
        source=NAME,
        key=best or title_key(" ".join([title, (issued or "")[:4], people[0].name if people else ""])),
        title=title,
        alternative_titles=(f"{title}: {subtitle}",) if subtitle else (),
        abstract=paragraphs(detex(fields.get("abstract", ""))),
        language=take("language", "langid"),
        keywords=tuple(w for part in re.split(r"[;,]", keywords) if (w := clean(part))),
        identifiers=identifiers,
        people=people,
        url=take("url"),
        publication=Publication(
            type=_TYPES.get(kind, ""),
            journal=container,
            issns=tuple(code for part in re.split(r"[,;\s]+", fields.get("issn", "")) if (code := issn(part))),
            publisher=take("publisher", "school", "institution"),
            volume=take("volume"),
            issue=take("number", "issue"),
            article_number=take("eid", "article-number", "articleno", "art_number"),
            pages=_pages(take("pages")),
            issued=issued,
        ),
        leftovers=left,
    )


_TAKEN = frozenset(
    {
        *("abstract", "language", "langid", "url", "issn", "publisher", "school", "institution", "volume", "number"),
        *("issue", "eid", "article-number", "articleno", "art_number", "pages", "urldate"),
    }
)


def _fields(text: str, start: int, macros: dict[str, str]) -> dict[str, str]:
    """The fields of an entry, names in lower case; of a field that stands twice, the first."""
    found: dict[str, str] = {}
    while match := _FIELD.match(text, start):
        value, start = _value(text, match.end(), macros)
        found.setdefault(match[1].lower(), value)
    return found


def _value(text: str, start: int, macros: dict[str, str]) -> tuple[str, int]:
    """The value that starts at an offset (parts joined by #) and the offset after it."""
    parts = []
    while start < len(text):
        opening = text[start]
        if opening in '{"':
            end = _closing(text, start)
            parts.append(text[start + 1 : end])
            start = end + 1
        else:
            match = re.compile(r"[^\s,#{}()\"]*").match(text, start)
            word = match[0] if match else ""
            parts.append(macros.get(word.lower(), word))
            start += len(word)
        joined = re.compile(r"\s*#\s*").match(text, start)
        if not joined:
            break
        start = joined.end()
    return "".join(parts), start


def _closing(text: str, start: int) -> int:
    """The offset of the brace or quote that closes the one at `start`; of the text's end where none does."""
    depth = 0
    for match in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(text, start):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
        if depth == 0 and (mark == "}" or (mark == '"' and match.start() > start)):
            return match.start()
    return len(text)


def _identifiers(fields: dict[str, str]) -> Iterator[Identifier]:
    stated = repair_doi(detex(fields.pop("doi", "")))
    linked = doi(fields.get("url", "")) if "doi.org" in fields.get("url", "") else None
    if stated and stated.status != "inferred":
        yield stated
    elif linked:
        yield Identifier(DOI, linked)
    if number := pmid(fields.pop("pmid", "")):
        yield Identifier(PMID, number)
    if central := pmcid(fields.pop("pmcid", "") or fields.pop("pmc", "")):
        yield Identifier(PMCID, central)
    archive = (fields.pop("archiveprefix", "") or fields.pop("eprinttype", "")).lower()
    preprint = fields.pop("eprint", "")
    if archive == "arxiv" and preprint:
        yield Identifier("arxiv", preprint.strip())
    if isbn := re.sub(r"[^\dXx]", "", fields.pop("isbn", "").split(",")[0]):
        yield Identifier("isbn", isbn.upper())


def _people(text: str, role: str) -> Iterator[Person]:
    """Names parted by "and" outside of braces; one wholly in braces is a body's."""
    position = 0
    for raw in _parted(text):
        body = re.fullmatch(r"\{(.*)\}", raw, re.DOTALL)
        name = plain(detex(raw))
        if not name or name.casefold() in ("others", "et al", "et al."):
            continue
        position += 1
        collective = bool(body) and "," not in name and " " in name
        family, given = (None, None) if collective else split_name(_suffix_last(name))
        yield Person(
            name=name,
            role="editor" if role == "editor" else "author",
            family=family,
            given=given,
            position=position if role == "author" else None,
            collective=collective,
        )


def _suffix_last(name: str) -> str:
    """BibTeX's "Family, Jr, Given" as "Family, Given, Jr"."""
    parts = [part.strip() for part in name.split(",")]
    return f"{parts[0]}, {parts[2]}, {parts[1]}" if len(parts) == 3 else name


def _parted(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for match in re.finditer(r"[{}]|\s+and\s+", text):
        mark = match[0]
        depth += (mark == "{") - (mark == "}")
        if depth == 0 and mark.strip() == "and":
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()


def _issued(date: str | None, year: str | None, month: str | None) -> str | None:
    """BibLaTeX's `date` (the start of a span), else year and month."""
    if date and (found := iso_date(date.split("/")[0])):
        return found
    if not year or not (match := re.search(r"[12]\d{3}", year)):
        return None
    named = re.match(r"(?:(\d{1,2})\D+)?([A-Za-z]{3,9}|\d{1,2})$", month.strip(" .")) if month else None
    return (named and calendar(match[0], named[2], named[1])) or calendar(match[0])


def _pages(text: str | None) -> str | None:
    return re.sub(r"\s*[-–—]+\s*", "-", text) if text else None
