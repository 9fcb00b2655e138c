"""The text of a preprint's page on Sciety: title, lists, abstract; often neither author nor DOI."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi
from loaders.pages import page_text, shown
from loaders.record import DOI, Entry, Identifier, Publication, Record, Unreadable
from loaders.text import whole
from ontology.iris import title_key

NAME = "sciety"
VERSION = "1"

_LISTED = re.compile(r"^[ \t]*Listed in\b", re.MULTILINE)
_ABSTRACT = re.compile(r"(?:^|[.\w])Abstract[ \t]*$", re.MULTILINE)
_AFTER = re.compile(
    r"^[ \t]*(?:Article activity feed|Related articles|Discuss this preprint|Read the full article|"
    r"Start a discussion|Contribute your|Evaluated by)\b",
    re.MULTILINE,
)


def sniff(head: bytes) -> bool:
    text = shown(head)
    listed = _LISTED.search(text)
    return bool(listed and text[: listed.start()].strip() and _ABSTRACT.search(text, listed.end()))


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one page. Raises Unreadable where title or 'Listed in' are missing."""
    text = page_text(raw)
    listed = _LISTED.search(text)
    lines = [line.strip() for line in text[: listed.start() if listed else 0].split("\n") if line.strip()]
    if not listed or not lines:
        raise Unreadable("a Sciety page needs its title above the line 'Listed in': save the page again from its top")
    title = lines[0]
    marked = _ABSTRACT.search(text, listed.end())
    after = _AFTER.search(text, marked.end()) if marked else None
    abstract = text[marked.end() : after.start() if after else len(text)].strip() if marked else ""
    linked = re.search(r"https?://(?:dx\.)?doi\.org/\S+", text[: marked.start() if marked else len(text)])
    value = doi(linked[0]) if linked else None
    return Record(
        source=NAME,
        key=value or title_key(title),
        title=title,
        abstract=abstract or None,
        identifiers=(Identifier(DOI, value),) if value else (),
        publication=Publication(type="preprint"),
        leftovers=("lines under the title",) if len(lines) > 1 else (),
    )
