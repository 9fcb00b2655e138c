"""Answers of OAI-PMH 2.0 with Dublin Core (`oai_dc`), as repositories of every make give them.

Dublin Core says what a value is about and not what form it has: dates, types and identifiers are told by
their form. A deleted record is told by its name.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, pmcid, pmid
from loaders.markup import paragraphs, plain
from loaders.names import listed_author
from loaders.record import DOI, PMCID, PMID, Copy, Entry, Identifier, Publication, Record, Unreadable, Withdrawn
from loaders.streams import xml_entries
from loaders.text import iso_date, licence
from loaders.trees import Element, attribute, child, descendants, inner, local, parse, prose

NAME = "oai-pmh"
VERSION = "2"

_TYPES = (
    ("preprint", "preprint"),
    ("bookpart", "book-chapter"),
    ("book section", "book-chapter"),
    ("book chapter", "book-chapter"),
    ("conference", "conference-paper"),
    ("proceedings", "conference-paper"),
    ("thes", "thesis"),
    ("dissertation", "thesis"),
    ("dataset", "dataset"),
    ("report", "report"),
    ("workingpaper", "report"),
    ("review", "review"),
    ("editorial", "editorial"),
    ("letter", "letter"),
    ("article", "journal-article"),
    ("book", "book"),
)
_TAKEN = frozenset(
    {
        "title",
        "creator",
        "subject",
        "description",
        "publisher",
        "date",
        "type",
        "identifier",
        "language",
        "rights",
        "source",
    }
)


_CORES = ("dc", "qualifieddc", "dcterms", "simpledc")
_QUALIFIED = {
    **dict.fromkeys(("issued", "available", "created"), "date"),
    **dict.fromkeys(("abstract", "tableOfContents"), "description"),
    **dict.fromkeys(("isPartOf", "bibliographicCitation"), "source"),
    "alternative": "title",
    "license": "rights",
}
"""Terms of qualified Dublin Core, and the elements that they refine."""


def sniff(head: bytes) -> bool:
    return bool(re.search(rb"<(?:\w+:)?OAI-PMH[\s>]", head)) and not re.search(rb"<(?:\w+:)?article-meta[\s>]", head)


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return xml_entries(stream, "record")


def stated_total(head: bytes) -> int | None:
    """How many records an answer holds by its own count; None for a part of a list, or where the count comes late."""
    match = re.search(rb"<(?:\w+:)?resumptionToken\b([^>]*?)(?:/>|>\s*</)", head)
    said = dict(re.findall(rb"(\w+)=[\"'](\d{1,12})[\"']", match[1])) if match else {}
    return (
        int(said[b"completeListSize"]) if b"completeListSize" in said and int(said.get(b"cursor", b"0")) == 0 else None
    )


def read(raw: bytes) -> Record:
    """The record of one item. Raises Withdrawn for a deleted one, Unreadable for another
    format or an answer without any."""
    root = parse(raw)
    if local(root) == "OAI-PMH":
        raise Unreadable(_without_records(root))
    header = child(root, "header")
    name = inner(header, "identifier")
    if attribute(header, "status") == "deleted":
        if not name:
            raise Unreadable("the repository has deleted a record that it does not name: delete it here as well")
        raise Withdrawn(name)
    core = next((found for name in _CORES for found in descendants(root, name)), None)
    if core is None:
        raise Unreadable(f"{name or 'the record'} has no Dublin Core metadata: harvest it with metadataPrefix=oai_dc")
    values: dict[str, list[str]] = {}
    for element in core:
        if text := prose(element):
            values.setdefault(_QUALIFIED.get(local(element), local(element)), []).append(text)
    titles = [title for text in values.get("title", []) if (title := plain(text))]
    if not titles or not name:
        raise Unreadable("an OAI-PMH record needs its identifier and a title: harvest it again")
    rights = [clean for text in values.get("rights", []) if (clean := plain(text))]
    terms = next((found for text in rights if (found := licence(text))), None)
    journal, volume, issue, pages = _source(values.get("source", []))
    links = [text for text in values.get("identifier", []) if re.match(r"https?://", text)]
    creators = [author for text in values.get("creator", []) if (author := plain(text))]
    descriptions = sorted(values.get("description", []), key=len, reverse=True)
    return Record(
        source=NAME,
        key=name,
        title=titles[0],
        alternative_titles=tuple(dict.fromkeys(title for title in titles[1:] if title != titles[0])),
        abstract=paragraphs(descriptions[0]) if descriptions else None,
        language=values["language"][0] if "language" in values else None,
        keywords=tuple(dict.fromkeys(word for text in values.get("subject", []) for word in _words(text))),
        identifiers=tuple(_identifiers(name, values)),
        people=tuple(listed_author(author, place) for place, author in enumerate(creators, 1)),
        url=next((link for link in links if "doi.org" not in link), links[0] if links else None),
        rights="; ".join(rights) or None,
        publication=Publication(
            type=_type(values.get("type", [])),
            journal=journal,
            issns=tuple(
                dict.fromkeys(
                    code for name in ("source", "identifier") for t in values.get(name, []) if (code := issn(t))
                )
            ),
            publisher=plain(values["publisher"][0]) if "publisher" in values else None,
            volume=volume,
            issue=issue,
            pages=pages,
            issued=_issued(values.get("date", [])),
            open_access=True if any("openaccess" in re.sub(r"\W", "", text).lower() for text in rights) else None,
            copies=(Copy(licence=terms),) if terms else (),
        ),
        leftovers=tuple(name for name in values if name not in _TAKEN),
    )


def _without_records(root: Element) -> str:
    """What an answer without records is, and what to do."""
    error = child(root, "error")
    if error is not None:
        code, text = attribute(error, "code"), inner(error) or "no text"
        return f"the repository answered with the error {code!r} ({text}): ask again"
    verb = next((local(part) for part in root if local(part) not in ("responseDate", "request")), "nothing")
    return f"this answer of the repository is {verb}, which holds no records: ask with verb=ListRecords"


def _words(text: str) -> list[str]:
    """Keywords of one subject field: some repositories write them all into one."""
    parts = text.split(";") if ";" in text else [text]
    return [word for part in parts if (word := plain(part))]


def _identifiers(name: str, values: dict[str, list[str]]) -> Iterator[Identifier]:
    stated = values.get("identifier", [])
    value = next((found for text in stated if (found := _doi(text))), None)
    related = {found for text in values.get("relation", []) if (found := _doi(text))}
    if value:
        yield Identifier(DOI, value)
    elif len(related) == 1:
        # a repository's own way to name the published version; it may be another document
        yield Identifier(DOI, related.pop(), "inferred", "dc:relation")
    for text in stated:
        if re.match(r"(?:info:)?pmid[:/]|https?://(?:www\.)?pubmed", text, re.IGNORECASE) and (
            number := pmid(text[5:])
        ):
            yield Identifier(PMID, number)
        elif re.search(r"\bPMC\d{4,}", text) and (central := pmcid(re.search(r"PMC\d+", text)[0])):  # type: ignore[index]
            yield Identifier(PMCID, central)
    yield Identifier("oai", name)


def _doi(text: str) -> str | None:
    """A DOI that is the whole of a value or stands at the end of a citation after `doi:`."""
    return doi(text) or doi((re.findall(r"(?:doi\.org/|doi:\s?)(10\.\S+)", text, re.IGNORECASE) or [""])[-1])


def _source(texts: list[str]) -> tuple[str | None, str | None, str | None, str | None]:
    """Journal, volume, issue and pages of `Journal; Vol. 3 No. 1 (2010); 1-10`, or the journal alone."""
    for text in texts:
        parts = [part.strip() for part in (plain(text) or "").split(";")]
        if not parts[0] or re.match(r"https?:|ISSN|\d{4}-\d{3}[\dX]$", parts[0], re.IGNORECASE):
            continue
        place = next((part for part in parts[1:] if re.search(r"\b(?:Vol|No|Iss|Núm|Bd)\b", part, re.IGNORECASE)), "")
        volume = re.search(r"\bVol(?:ume)?\.? ?(\w+)", place, re.IGNORECASE)
        issue = re.search(r"\b(?:No|Iss(?:ue)?|Núm)\.? ?([\w-]+)", place, re.IGNORECASE)
        pages = next((part for part in parts[1:] if re.fullmatch(r"[\w.]+\s?[-–]\s?[\w.]+", part)), None)
        return parts[0], volume[1] if volume else None, issue[1] if issue else None, pages
    return None, None, None, None


def _type(texts: list[str]) -> str:
    words = " ".join(text.rpartition("/")[2] for text in texts).casefold()
    return next((kind for mark, kind in _TYPES if mark in words), "")


def _issued(texts: list[str]) -> str | None:
    """The earliest date of those without a time of day: repositories add when they took the item in."""
    dates = [(("T" in text), found) for text in texts if (found := iso_date(text))]
    return min(dates)[1] if dates else None
