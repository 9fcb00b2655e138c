"""The page of a document-sharing site that republishes journal articles in mangled form.

The title stands twice, once with the site's `Report as inadecuate` stuck to it; headings stick to the text
after them ("BackgroundThe"), keywords are parted by U+00A0, author names have it inside, and the DOI has
lost its slash. The page has no date.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import repair_doi
from loaders.names import authors
from loaders.record import DOI, Entry, Identifier, Publication, Record, Unreadable
from loaders.text import clean, decode, peek, whole
from ontology.iris import title_key

NAME = "document-sharing"
VERSION = "1"

_MARK = "Report as inadecuate"
_TITLE = re.compile(rf"\A\s*(?P<title>\S.*?)\s*{_MARK}[ \t]*$", re.MULTILINE)
_TOP = 5000  # characters within which the first line ends
_PLACE = re.compile(r"^(?P<journal>\S.*)\n\s*, (?P<volume>\w+):(?P<article>\w+)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(
    r"^(?:Background|Introduction|Objectives?|Aims?|Purpose|Summary|Abstract|Context)(?=[A-Z:\s])", re.MULTILINE
)
_AFTER = re.compile(
    r"^(?:Keywords?|Abbreviations|Electronic supplementary material|Download fulltext PDF|Author:)", re.MULTILINE
)


def sniff(head: bytes) -> bool:
    text = peek(head)
    return not text.lstrip().startswith(("<", "{", "[")) and bool(_TITLE.match(text[:_TOP]))


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one page. Raises Unreadable where its title line is missing."""
    text = decode(raw)
    found = _TITLE.match(text[:_TOP])
    if not found:
        raise Unreadable(f"the first line should be the title and {_MARK!r}: save the page again from its top")
    title = found["title"]
    place = _PLACE.search(text)
    start = place.end() if place else found.end()
    abstract, section = _abstract(text, start)
    after = text[start + (text[start:].find(abstract) + len(abstract) if abstract else 0) :]
    keywords, abbreviations = _keywords(after)
    identifier = _doi(after)
    return Record(
        source=NAME,
        key=identifier.value if identifier else title_key(title),
        title=title,
        abstract=abstract,
        keywords=keywords,
        identifiers=(identifier,) if identifier else (),
        people=authors(_names(after)),
        publication=Publication(
            journal=clean(place["journal"]) if place else None,
            volume=place["volume"] if place else None,
            article_number=place["article"] if place else None,
        ),
        leftovers=tuple(
            name for name, seen in (("journal section", section), ("Abbreviations", abbreviations)) if seen
        ),
    )


def _abstract(text: str, start: int) -> tuple[str | None, bool]:
    """The abstract as it stands, and whether a line parts it from the journal (the journal's section)."""
    end = _AFTER.search(text, start)
    body = text[start : end.start() if end else len(text)]
    heading = _HEADING.search(body)
    if heading:
        between = body[: heading.start()]
        return body[heading.start() :].strip() or None, bool(clean(_unsaid(between)))
    # without a heading the abstract is what is long enough to be prose
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", body) if len(part.split()) >= 25]
    if not paragraphs:
        return None, bool(clean(_unsaid(body)))
    first = body.find(paragraphs[0])
    return body[first:].strip(), bool(clean(_unsaid(body[:first])))


def _unsaid(text: str) -> str:
    """What is left of a text without the site's own sentences."""
    return re.sub(r"^.*Download this document for free.*$", "", text, flags=re.MULTILINE)


def _keywords(text: str) -> tuple[tuple[str, ...], bool]:
    match = re.search(r"^Keywords?:?[ \t]*(?P<words>.*?)(?P<rest>Abbreviations.*)?$", text, re.MULTILINE)
    words = match["words"] if match else ""
    separator = "\u00a0" if "\u00a0" in words else ","
    found = tuple(word for part in words.split(separator) if (word := clean(part)))
    return found, bool(match and match["rest"]) or bool(re.search(r"^Abbreviations", text, re.MULTILINE))


def _doi(text: str) -> Identifier | None:
    match = re.search(r"\bdoi:? ?(10\.\S+)", text, re.IGNORECASE)
    found = repair_doi(match[1]) if match else None
    return found if found and found.scheme == DOI else None


def _names(text: str) -> list[str]:
    match = re.search(r"^Authors?:[ \t]*(.+)$", text, re.MULTILINE)
    return match[1].split(" - ") if match else []
