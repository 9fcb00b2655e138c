"""BibTeX and BibLaTeX, in the dialects of the tools that write it.

An entry is read by itself: the `@string` macros that it uses travel with it, and so does the entry that its
`crossref` names. Field names are those of BibLaTeX's manual, section 2.2, and of the standard styles.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from loaders.bibtex_syntax import HEAD, STRING, fields_of, parted, value_at
from loaders.identifiers import doi, issn, pmcid, pmid, repair_doi
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import is_body, split_name
from loaders.record import DOI, PMCID, PMID, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import ENTRY_LIMIT, line_entries
from loaders.tex import detex
from loaders.text import calendar, clean, decode, iso_date, peek
from ontology.iris import title_key

NAME = "bibtex"
VERSION = "2"

_START = re.compile(rb"\s*@\s*\w+\s*[{(]")
_KIND = re.compile(rb"\s*@\s*(\w+)\s*[{(]\s*([^,\s{}=]*)")
_CROSSREF = re.compile(rb"[,\s]crossref\s*=\s*[{\"]?\s*([^,\s{}\"]+)", re.IGNORECASE)
_PARENTS = frozenset({b"book", b"mvbook", b"proceedings", b"mvproceedings", b"collection", b"mvcollection"})
_STATED = frozenset({"review", "editorial", "letter", "conference-paper"})
"""What a field on the document's type may say beside the kind of entry; of other words the entry's kind counts."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TAKEN = frozenset(
    {
        *("abstract", "language", "langid", "url", "issn", "publisher", "school", "institution", "volume", "number"),
        *("issue", "eid", "article-number", "articleno", "art_number", "pages", "urldate", "crossref", "day"),
        *(
            "file",
            "timestamp",
            "added-at",
            "biburl",
            "interhash",
            "intrahash",
            "bdsk-url-1",
            "owner",
            "abbrev_source_title",
        ),
        *("document_type", "type"),
    }
)


def sniff(head: bytes) -> bool:
    text = peek(head)
    return not text.lstrip().startswith(("<", "{", "[")) and bool(
        re.search(r"^\s*@\s*[A-Za-z]+\s*[{(]\s*[^,\s{}=]*\s*,\s*[\w:.+-]+\s*=", text, re.MULTILINE)
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    macros: dict[bytes, bytes] = {}
    parents: dict[bytes, bytes] = {}
    waiting: list[tuple[bytes, Entry]] = []  # entries whose parent may stand after them, as BibTeX wants it
    held = 0
    for found in line_entries(stream, _START):
        kind = _KIND.match(found.raw)
        name, mark = (kind[1].lower(), kind[2].lower()) if kind else (b"", b"")
        if name == b"string":
            macros[mark] = found.raw
            continue
        if name in (b"comment", b"preamble"):
            continue
        entry = Entry(_macros_in(found.raw, macros) + found.raw, found.place)
        named = _CROSSREF.search(found.raw)
        if name in _PARENTS and mark and held < ENTRY_LIMIT:
            parents[mark] = entry.raw
            held += len(entry.raw)
        if named and held < ENTRY_LIMIT:
            waiting.append((named[1].lower(), entry))
            held += len(entry.raw)
        else:
            yield entry
    for parent, entry in waiting:
        yield Entry(entry.raw + b"\n" + parents[parent] if parent in parents else entry.raw, entry.place)


def _macros_in(raw: bytes, macros: Mapping[bytes, bytes]) -> bytes:
    """The definitions of the macros that an entry uses, and of those that these use."""
    used: dict[bytes, None] = {}
    texts = [raw] if macros else []
    while texts:
        for word in re.findall(rb"[=#]\s*([A-Za-z][\w:.+-]*)", texts.pop()):
            name = word.lower()
            if name in macros and name not in used:
                used[name] = None
                texts.append(macros[name])
    return b"".join(macros[name] for name in macros if name in used)


def read(raw: bytes) -> Record:
    """The record of one entry. Raises Unreadable where it is no entry or has no title."""
    kind, mark, fields = _entry(decode(raw))

    def take(*names: str) -> str | None:
        values = [fields.pop(name, "") for name in names]
        return next((found for value in values if (found := _plain(value))), None)

    title = take("title", "maintitle")
    if not title:
        raise Unreadable(f"the entry {mark or 'without a key'!r} has no title: give it one and load it again")
    subtitle = take("subtitle")
    arxiv = (fields.get("archiveprefix", "") or fields.get("eprinttype", "")).lower() == "arxiv"
    stated = (fields.get("document_type") or fields.get("type") or "").casefold()
    identifiers = tuple(_identifiers(fields))
    # an ISBN names the whole book, not a part of it
    own = [
        i.value for i in identifiers if i.scheme != "isbn" or kind in ("book", "mvbook", "proceedings", "collection")
    ]
    writers, editors = fields.pop("author", ""), fields.pop("editor", "")
    people = (*_people(writers, "author"), *_people(editors, "editor"))
    issued = _issued(take("date"), take("year"), take("month"), take("day"))
    keywords = take("keywords", "keyword", "author_keywords", "mendeley-tags") or ""
    container = take("journal", "journaltitle", "booktitle", "maintitle")
    return Record(
        source=NAME,
        key=own[0] if own else title_key(" ".join([title, (issued or "")[:4], people[0].name if people else ""])),
        title=title,
        alternative_titles=(f"{title}: {subtitle}",) if subtitle else (),
        abstract=paragraphs(detex(_unwrapped(fields.get("abstract", "")))),
        language=take("language", "langid"),
        keywords=tuple(w for part in re.split(r"[;,]", keywords) if (w := clean(part))),
        identifiers=identifiers,
        people=people,
        authors_truncated=any(name.casefold().strip("{}. ") in ("others", "et al") for name in parted(writers)),
        url=take("url"),
        publication=Publication(
            type=(kind_of(stated) if kind_of(stated) in _STATED else kind_of(kind)) or ("preprint" if arxiv else ""),
            journal=container,
            issns=tuple(code for part in re.split(r"[,;\s]+", fields.get("issn", "")) if (code := issn(part))),
            publisher=take("publisher", "school", "institution"),
            volume=take("volume"),
            issue=take("number", "issue"),
            article_number=take("eid", "article-number", "articleno", "art_number"),
            pages=_pages(take("pages")),
            issued=issued,
        ),
        leftovers=tuple(name for name in fields if name not in _TAKEN),
    )


def _entry(text: str) -> tuple[str, str, dict[str, str]]:
    """Kind, key and fields of the first entry of a text, with what it inherits of those after it."""
    macros = {name: name for name in _MONTHS}
    kinds: list[tuple[str, str, dict[str, str]]] = []
    for block in re.split(r"(?m)^(?=\s*@\s*\w+\s*[{(])", text):
        block = block.lstrip()
        if found := STRING.match(block):
            macros[found[1].lower()] = value_at(block, found.end(), macros)[0]
        elif match := HEAD.match(block):
            kinds.append((match[1].lower(), match[2], fields_of(block, match.end(), macros)))
    if not kinds:
        raise Unreadable("this is no BibTeX entry (@type{key, field = value, …}): export it again")
    kind, mark, fields = kinds[0]
    for _, name, parent in kinds[1:]:
        if name.lower() == fields.get("crossref", "").strip().lower():
            fields.setdefault("booktitle", parent.get("booktitle") or parent.get("title", ""))
            for field in ("year", "date", "month", "publisher", "editor", "isbn", "issn", "volume", "language"):
                if field in parent and not (field in ("year", "date") and {"year", "date"} & fields.keys()):
                    fields.setdefault(field, parent[field])
    return kind, mark, fields


def _plain(value: str) -> str | None:
    """A value on one line; a tie (`~`) is a space but in an address."""
    return plain(detex(value if "://" in value else re.sub(r"(?<!\\)~", " ", value)))


def _unwrapped(text: str) -> str:
    """A text without the line ends that only keep its file narrow."""
    return re.sub(r"(?<!\n)[ \t]*\n[ \t]*(?![\s])", " ", text)


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
    if match := re.fullmatch(r"(?:WOS|ISI):(\w+)", fields.pop("unique-id", "").strip("{} ")):
        yield Identifier("wos", match[1])
    archive = (fields.pop("archiveprefix", "") or fields.pop("eprinttype", "")).lower()
    preprint = fields.pop("eprint", "")
    if archive == "arxiv" and preprint:
        yield Identifier("arxiv", preprint.strip())
    elif archive == "pubmed" and (number := pmid(preprint)):
        yield Identifier(PMID, number)
    if match := re.search(r"(?:97[89][ -]?)?(?:\d[ -]?){9}[\dXx]", fields.pop("isbn", "")):
        yield Identifier("isbn", re.sub(r"[ -]", "", match[0]).upper())


def _people(text: str, role: str) -> Iterator[Person]:
    """Names parted by "and" outside of braces; one wholly in braces is a body's."""
    position = 0
    for raw in parted(text):
        body = re.fullmatch(r"\{(.*)\}", raw, re.DOTALL)
        name = _plain(raw)
        if not name or name.casefold() in ("others", "et al", "et al."):
            continue
        position += 1
        whole = bool(body) and (is_body(name.replace(",", "")) or ("," not in name and (" " in name or name.isupper())))
        collective = whole or is_body(name)
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
    """BibTeX's "Family, Jr, Given" as "Family, Given, Jr", biber's "family=Roe, given=Jane" as "Roe, Jane"."""
    if "family=" in name.replace(" ", ""):
        said = dict(re.findall(r"(\w+)\s*=\s*\"?([^,\"]+)", name))
        family = " ".join(part for part in (said.get("prefix"), said.get("family")) if part)
        return f"{family}, {said.get('given', '')}".rstrip(", ")
    parts = [part.strip() for part in name.split(",")]
    return f"{parts[0]}, {parts[2]}, {parts[1]}" if len(parts) == 3 else name


def _issued(date: str | None, year: str | None, month: str | None, day: str | None) -> str | None:
    """BibLaTeX's `date` (the start of a span), else year, month and day."""
    if date and (found := iso_date(date.split("/")[0])):
        return found
    if not (match := re.search(r"[12]\d{3}", year or date or "")):
        return None
    named = (
        re.match(r"(?:(\d{1,2})\D+)?([A-Za-z]{3,9}|\d{1,2})(?:\.? (\d{1,2}))?$", month.strip(" .")) if month else None
    )
    found = named and (calendar(match[0], named[2], named[1] or named[3] or day) or calendar(match[0], named[2]))
    return found or calendar(match[0])


def _pages(text: str | None) -> str | None:
    return re.sub(r"\s*[-–—]+\s*", "-", text) if text else None
