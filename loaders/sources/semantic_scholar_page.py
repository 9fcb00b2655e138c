"""A page text that holds one JSON object in the style of a Semantic Scholar aggregator.

Authors are one string, numbers may be strings, ids are null, and the page prints the abstract a second time
under the object. The object is the record; the print around it is not read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from loaders.identifiers import repair_doi
from loaders.kinds import kind as kind_of
from loaders.names import authors
from loaders.record import PMCID, Copy, Entry, Identifier, Publication, Record, Unreadable
from loaders.text import clean, decode, iso_date, peek, whole
from ontology.iris import title_key

NAME = "semantic-scholar-page"
VERSION = "2"

_OBJECT = re.compile(r'^[ \t]*\{(?="title":)', re.MULTILINE)
_MARKS = ('"publicationDate":', '"PeriodicalName":', '"authors":', '"platform":"Semanticscholar"')


def sniff(head: bytes) -> bool:
    text = peek(head)
    found = _OBJECT.search(text)
    return bool(found) and sum(mark in text for mark in _MARKS) >= 3


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one page. Raises Unreadable where the object is broken or has no title."""
    fields = _object(decode(raw))

    def take(name: str) -> str | None:
        """A field's text; numbers are given as text, and null, empty and structured values as None."""
        value = fields.pop(name, None)
        return str(value).strip() or None if isinstance(value, str | int | float) else None

    title = take("title")
    if not title:
        raise Unreadable("the page's JSON object has no title: save the page again")
    journal = fields.pop("journal", None)
    journal = journal if isinstance(journal, dict) else {}
    name = take("PeriodicalName")
    access = fields.pop("isOpenAccess", None)
    identifiers = [found for found in (repair_doi(take("doi") or ""),) if found]
    if pmcid := re.fullmatch(r"(?:PMC)?(\d+)", take("PMCID") or ""):
        identifiers.append(Identifier(PMCID, f"PMC{pmcid[1]}"))
    if paper := take("paperid"):
        identifiers.append(Identifier("semantic-scholar", paper))
    best = next((i.value for i in identifiers if i.status != "inferred"), None)
    kind = take("publicationTypes") or ""
    pdf = take("openAccessPdf")
    subjects = take("fieldsOfStudy")
    fields.pop("platform", None)
    return Record(
        source=NAME,
        key=best or title_key(title),
        title=title,
        abstract=take("abstract"),
        keywords=tuple(word for part in (subjects or "").split(",") if (word := clean(part))),
        identifiers=tuple(identifiers),
        people=authors(_names(take("authors"))),
        url=take("url") or take("ListUrlMain") or take("DOIUrl"),
        publication=Publication(
            type=kind_of(kind),
            journal=_text(journal.get("name")) or name,
            volume=_text(journal.get("volume")),
            pages=_text(journal.get("pages")),
            issued=iso_date(take("publicationDate") or take("EPubDate") or ""),
            open_access=access if isinstance(access, bool) else None,
            copies=(Copy(url=pdf),) if pdf and pdf.startswith(("http://", "https://")) else (),
        ),
        leftovers=_left(fields),
    )


def _object(text: str) -> dict[str, Any]:
    found = _OBJECT.search(text)
    if not found:
        raise Unreadable('the page needs a line that starts with {"title": …: save the whole page again')
    start = text.index("{", found.start())
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the page's JSON object is broken ({error}): save the whole page again") from None
    if not isinstance(value, dict):  # pragma: no cover - the pattern starts with a brace
        raise Unreadable("the page's JSON is no object")
    return value


def _text(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _names(text: str | None) -> list[str]:
    """The names of one string, parted by commas; a generation suffix stays with the name before it."""
    return re.split(r",(?!\s*(?:Jr|Sr|II|III|IV)\b)", text or "")


def _left(fields: dict[str, Any]) -> tuple[str, ...]:
    """The names of fields that hold something and were not taken."""
    return tuple(name for name, value in fields.items() if value not in (None, "", [], {}, 0))
