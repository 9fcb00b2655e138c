"""Papers of the Semantic Scholar Graph API: JSON Lines, arrays and its answers (`data`).

Fields: https://api.semanticscholar.org/api-docs/graph. Any of them may be missing or null but for paperId.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.fields import Fields, parse
from loaders.identifiers import doi, issn, pmcid, pmid
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, split_name
from loaders.record import DOI, PMCID, PMID, Copy, Entry, Identifier, Person, Publication, Record, Unreadable
from loaders.streams import json_entries
from loaders.text import clean, iso_date, json_keys, licence

NAME = "semantic-scholar"
VERSION = "2"

_TYPES = {
    "Review": "review",
    "MetaAnalysis": "review",
    "Editorial": "editorial",
    "LettersAndComments": "letter",
    "Dataset": "dataset",
    "BookSection": "book-chapter",
    "Book": "book",
    "Conference": "conference-paper",
    "JournalArticle": "journal-article",
    "CaseReport": "journal-article",
    "ClinicalTrial": "journal-article",
    "Study": "journal-article",
}
"""The telling ones first: a review is a journal article as well."""

_TECHNICAL = (
    *("citationCount", "influentialCitationCount", "referenceCount", "corpusId", "citationStyles", "matchScore"),
    *("references", "citations", "embedding", "tldr", "textAvailability", "score", "contexts", "intents"),
    *("isInfluential", "contextsWithIntent"),
)


def sniff(head: bytes) -> bool:
    keys = json_keys(head)
    return "paperId" in keys and "title" in keys


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return json_entries(stream)


def read(raw: bytes) -> Record:
    """The record of one paper. Raises Unreadable where it has no title."""
    fields = parse(raw)
    for wrapped in ("citingPaper", "citedPaper"):  # an answer on citations holds the paper one level down
        if wrapped in fields:
            fields = fields.child(wrapped)
    paper = fields.text("paperId")
    identifiers = tuple(_identifiers(paper, fields.child("externalIds")))
    title = plain(fields.text("title")) or (f"semantic-scholar:{paper}" if paper else None)
    if not title or not identifiers:
        raise Unreadable("a Semantic Scholar paper needs its paperId and a title: ask for it again with fields=title")
    journal, venue = fields.child("journal"), fields.child("publicationVenue")
    name, year = fields.text("venue"), fields.text("year")
    volume = journal.text("volume")
    copy = fields.child("openAccessPdf")
    kinds = fields.texts("publicationTypes")
    subjects = fields.texts("fieldsOfStudy")
    more = tuple(word for item in fields.children("s2FieldsOfStudy") if (word := item.text("category")))
    fields.drop(*_TECHNICAL)
    return Record(
        source=NAME,
        key=paper or identifiers[0].value,
        title=title,
        abstract=paragraphs(fields.text("abstract")),
        keywords=tuple(dict.fromkeys((*subjects, *more))),
        identifiers=identifiers,
        people=tuple(_people(fields)),
        url=fields.text("url"),
        publication=Publication(
            type=_type(kinds),
            journal=plain(journal.text("name") or name or venue.text("name")),
            issns=tuple(dict.fromkeys(code for text in _issns(venue) if (code := issn(text)))),
            volume=volume if volume and not volume.startswith("abs/") else None,
            pages=_pages(journal.text("pages")),
            issued=iso_date(fields.text("publicationDate") or "") or iso_date(year or ""),
            open_access=fields.flag("isOpenAccess"),
            copies=_copies(copy),
        ),
        leftovers=fields.left(),
    )


def _type(kinds: tuple[str, ...]) -> str:
    return next((kind for name, kind in _TYPES.items() if name in kinds), "")


def _identifiers(paper: str | None, ids: Fields) -> Iterator[Identifier]:
    if value := doi(ids.text("DOI")):
        yield Identifier(DOI, value)
    if value := pmid(ids.text("PubMed")):
        yield Identifier(PMID, value)
    if value := pmcid(ids.text("PubMedCentral")):
        yield Identifier(PMCID, value)
    if value := ids.text("ArXiv"):
        yield Identifier("arxiv", value)
    for name in ("DBLP", "ACL", "MAG"):
        if value := ids.text(name):
            yield Identifier(name.lower(), value)
    if paper:
        yield Identifier("semantic-scholar", paper)


def _people(fields: Fields) -> Iterator[Person]:
    position = 0
    for author in fields.children("authors"):
        if name := plain(author.text("name")):
            position += 1
            family, given = split_name(name)
            number = author.text("authorId")
            yield Person(
                name=name,
                family=family,
                given=given,
                position=position,
                identifiers=(Identifier("semantic-scholar", number),) if number else (),
                affiliations=tuple(affiliation(place) for place in author.texts("affiliations")),
            )


def _issns(venue: Fields) -> tuple[str, ...]:
    return (*venue.texts("issn"), *venue.texts("alternate_issns"))


def _pages(text: str | None) -> str | None:
    """Pages without the white space that the service puts around the hyphen ("332 - 348")."""
    return re.sub(r"\s*([-–])\s*", r"\1", clean(text)) or None if text else None


def _copies(copy: Fields) -> tuple[Copy, ...]:
    address, status = copy.text("url"), copy.text("status")
    terms = copy.text("license", "disclaimer")
    if not address:
        return ()
    return (Copy(status=status, licence=licence(terms or ""), url=address),)
