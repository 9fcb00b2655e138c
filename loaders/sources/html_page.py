"""Saved article pages whose head describes the article: Highwire `citation_*` tags (which Google Scholar asks
of publishers), EPrints' own tags, Dublin Core, or schema.org in JSON-LD.

Tags: https://scholar.google.com/intl/en/scholar/inclusion.html#indexing.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from loaders.fields import Fields
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, listed_author, split_name
from loaders.pages import Head, describes_article, is_article, is_html
from loaders.record import (
    DOI,
    EPRINTS,
    PMCID,
    PMID,
    Copy,
    Entry,
    Identifier,
    Person,
    Publication,
    Record,
    Unreadable,
)
from loaders.text import iso_date, licence, whole
from ontology.iris import title_key

NAME = "html"
VERSION = "1"

_TYPES = {
    "article": "journal-article",
    "scholarlyarticle": "journal-article",
    "medicalscholarlyarticle": "journal-article",
    "thesis": "thesis",
    "book": "book",
    "chapter": "book-chapter",
    "book_section": "book-chapter",
    "conference_item": "conference-paper",
    "report": "report",
    "monograph": "report",
}


def sniff(head: bytes) -> bool:
    return is_html(head) and describes_article(head)


def entries(stream: BinaryIO) -> Iterator[Entry]:
    yield whole(stream)


def read(raw: bytes) -> Record:
    """The record of one page. Raises Unreadable where its head has no title."""
    head = Head(raw)
    item = Fields(next((item for item in head.objects if is_article(item)), None))
    title = plain(head.first("citation_title", "eprints.title", "dc.title", "dcterms.title")) or plain(
        item.text("headline", "name")
    )
    if not title:
        raise Unreadable(
            "the page's head has no citation_title, DC.title or JSON-LD article: save the text of the page"
        )
    identifiers = tuple(_identifiers(head, item))
    people = _people(head) or tuple(_json_people(item))
    best = {i.scheme: i.value for i in reversed(identifiers)}
    first, last = head.first("citation_firstpage"), head.first("citation_lastpage")
    pdf = head.first("citation_pdf_url", "eprints.document_url")
    terms = licence(head.first("dc.rights", "dcterms.license", "citation_license") or item.text("license") or "")
    venue = item.child("isPartOf")
    kind = (head.first("eprints.type", "dc.type") or item.text("@type") or "").lower()
    access = item.flag("isAccessibleForFree")
    text = head.first("citation_abstract", "eprints.abstract", "dc.description", "dcterms.abstract")
    return Record(
        source=NAME,
        key=best.get(EPRINTS) or best.get(DOI) or next(iter(best.values()), title_key(title)),
        title=title,
        abstract=paragraphs(text or item.text("abstract", "description")),
        language=head.first("citation_language", "dc.language") or head.language,
        keywords=_keywords(head, item),
        identifiers=identifiers,
        people=people,
        url=head.first("citation_public_url", "citation_abstract_html_url", "og:url"),
        publication=Publication(
            type=_TYPES.get(kind, "journal-article" if head.first("citation_journal_title") else ""),
            journal=plain(
                head.first("citation_journal_title", "eprints.publication", "citation_conference_title")
                or venue.text("name")
            ),
            issns=tuple(dict.fromkeys(c for text in head.all("citation_issn", "eprints.issn") if (c := issn(text)))),
            publisher=plain(head.first("citation_publisher", "eprints.publisher", "dc.publisher")),
            volume=head.first("citation_volume", "eprints.volume"),
            issue=head.first("citation_issue", "eprints.number"),
            article_number=head.first("citation_article_number", "eprints.article_number"),
            pages=head.first("eprints.pagerange") or (f"{first}-{last}" if first and last and first != last else first),
            issued=_issued(head, item),
            open_access=access,
            copies=(Copy(licence=terms, url=pdf),) if pdf or terms else (),
        ),
        leftovers=tuple(sorted(n for n in head.tags if n.startswith(("citation_", "eprints.")) and n not in _TAKEN)),
    )


_TAKEN = frozenset(
    {
        *("citation_title", "citation_author", "citation_authors", "citation_author_institution", "citation_doi"),
        *("citation_author_orcid", "citation_author_email", "citation_pmid", "citation_firstpage", "citation_lastpage"),
        *("citation_pdf_url", "citation_abstract", "citation_language", "citation_public_url", "citation_issn"),
        *("citation_abstract_html_url", "citation_journal_title", "citation_conference_title", "citation_publisher"),
        *("citation_volume", "citation_issue", "citation_article_number", "citation_publication_date", "citation_date"),
        *("citation_online_date", "citation_year", "citation_keywords", "citation_license", "citation_reference"),
        *("citation_fulltext_html_url", "citation_journal_abbrev", "citation_id", "eprints.title", "eprints.type"),
        *("eprints.eprintid", "eprints.creators_name", "eprints.creators_orcid", "eprints.abstract", "eprints.date"),
        *(
            "eprints.publication",
            "eprints.volume",
            "eprints.number",
            "eprints.issn",
            "eprints.publisher",
            "eprints.doi",
        ),
        *(
            "eprints.pagerange",
            "eprints.article_number",
            "eprints.document_url",
            "eprints.keywords",
            "eprints.datestamp",
        ),
        *("eprints.rev_number", "eprints.lastmod", "eprints.dir", "eprints.userid", "eprints.status_changed"),
        *("eprints.metadata_visibility", "eprints.eprint_status", "eprints.id_number", "eprints.official_url"),
        *(
            "eprints.full_text_status",
            "eprints.ispublished",
            "eprints.refereed",
            "eprints.date_type",
            "eprints.citation",
        ),
    }
)


def _identifiers(head: Head, item: Fields) -> Iterator[Identifier]:
    stated = (
        *head.all("citation_doi"),
        *head.all("eprints.doi"),
        *head.all("eprints.id_number", "eprints.official_url"),
    )
    looser = (*head.all("dc.identifier"), *head.all("prism.doi"), item.text("sameAs") or "", item.text("@id") or "")
    if value := next((found for text in (*stated, *looser) if (found := doi(text))), None):
        yield Identifier(DOI, value)
    if number := pmid(head.first("citation_pmid")):
        yield Identifier(PMID, number)
    central = re.search(r"/(PMC\d+)", head.first("citation_public_url", "og:url") or "")
    if central and (found := pmcid(central[1])):
        yield Identifier(PMCID, found)
    if mark := head.first("eprints.eprintid"):
        addresses = (*head.all("dc.relation"), *head.all("eprints.document_url"), *head.all("og:url"))
        host = next((h for text in addresses if (h := urlsplit(text).hostname) and "doi.org" not in h), None)
        if host:
            yield Identifier(EPRINTS, f"{host}-{mark}")


def _people(head: Head) -> tuple[Person, ...]:
    """Authors, each followed by tags on its affiliation and ORCID in the order of the page."""
    names = head.all("citation_author", "eprints.creators_name", "dc.creator", "dcterms.creator")
    if not names and (joined := head.first("citation_authors")):
        names = tuple(joined.split(";"))
    places, orcids = (
        head.all("citation_author_institution"),
        head.all("citation_author_orcid", "eprints.creators_orcid"),
    )
    people = []
    for position, text in enumerate((name for name in names if name.strip()), 1):
        person = listed_author(text.strip(), position)
        # tags of one name are collected in order: they belong to the authors only where there is one for each
        place = places[position - 1] if len(places) == len(names) else None
        known = orcid_identifiers(orcids[position - 1]) if len(orcids) == len(names) else ()
        people.append(
            Person(
                name=person.name,
                family=person.family,
                given=person.given,
                position=position,
                identifiers=known,
                affiliations=(affiliation(place),) if place else (),
                collective=person.collective,
            )
        )
    return tuple(people)


def _json_people(item: Fields) -> Iterator[Person]:
    for position, author in enumerate(item.children("author"), 1):
        name = plain(author.text("name")) or " ".join(
            part for part in (author.text("givenName"), author.text("familyName")) if part
        )
        if name:
            family, given = author.text("familyName"), author.text("givenName")
            guess = (family, given) if family else split_name(name)
            known = orcid_identifiers(author.text("sameAs", "@id", "identifier", "url"))
            yield Person(name, family=guess[0], given=guess[1], position=position, identifiers=known)


def _issued(head: Head, item: Fields) -> str | None:
    texts = [
        *head.all("citation_publication_date", "citation_date", "citation_online_date", "citation_year"),
        *head.all("eprints.date", "dc.date", "dcterms.issued"),
        item.text("datePublished") or "",
    ]
    dates = (iso_date(text.split("T")[0]) or _american(text) for text in texts)
    return next((date for date in dates if date), None)


def _american(text: str) -> str | None:
    """Highwire's month/day/year."""
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    return iso_date(f"{match[3]}-{match[1]}-{match[2]}") if match else None


def _keywords(head: Head, item: Fields) -> tuple[str, ...]:
    texts = head.all("citation_keywords", "eprints.keywords", "dc.subject", "keywords") or item.texts("keywords")
    parts = (part for text in texts for part in re.split(r";" if ";" in text else r",", text))
    return tuple(dict.fromkeys(word for part in parts if (word := plain(part))))
