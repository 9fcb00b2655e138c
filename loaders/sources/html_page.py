"""Saved article pages whose head describes the article: Highwire `citation_*` tags (which Google Scholar asks
of publishers), EPrints' own tags, Dublin Core, or schema.org in JSON-LD.

Tags: https://scholar.google.com/intl/en/scholar/inclusion.html#indexing.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import urlsplit

from loaders.fields import Fields, as_text
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, listed_author
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
VERSION = "2"


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
    venue = _hosts(item)
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
            type=kind_of(kind) or ("journal-article" if head.first("citation_journal_title") else ""),
            journal=plain(
                head.first("citation_journal_title", "eprints.publication", "citation_conference_title")
                or venue.get("journal")
            ),
            issns=_issns(head, venue.get("issn")),
            publisher=plain(head.first("citation_publisher", "eprints.publisher", "dc.publisher")),
            volume=head.first("citation_volume", "eprints.volume") or venue.get("volume"),
            issue=head.first("citation_issue", "eprints.number") or venue.get("issue"),
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


_AUTHORS = ("citation_author", "eprints.creators_name", "dc.creator", "dcterms.creator")
_PLACES, _ORCIDS = ("citation_author_institution",), ("citation_author_orcid", "eprints.creators_orcid")


def _people(head: Head) -> tuple[Person, ...]:
    """Authors, each with the tags on affiliation and ORCID that follow its own.

    Where these tags all come after the last author they are one for each, in order, or nobody's.
    """
    names = head.all(*_AUTHORS)
    if not names and (joined := head.first("citation_authors")):
        return tuple(listed_author(name.strip(), place) for place, name in enumerate(_parts(joined), 1))
    tag = next((name for name in _AUTHORS if name in head.tags), "")
    blocks: list[tuple[str, list[str], list[str]]] = []  # an author, places, ORCIDs
    for name, text in head.ordered:
        if name == tag:
            blocks.append((text.strip(), [], []))
        elif blocks and name in (*_PLACES, *_ORCIDS):
            (blocks[-1][1] if name in _PLACES else blocks[-1][2]).append(text)
    if len(blocks) > 1 and not any(places or orcids for _, places, orcids in blocks[:-1]):
        after = blocks[-1][1:]
        each = [found if len(found) == len(blocks) else [] for found in after]
        blocks = [(name, each[0][n : n + 1], each[1][n : n + 1]) for n, (name, *_) in enumerate(blocks)]
    people = []
    for position, (name, places, orcids) in enumerate(blocks, 1):
        known = tuple(dict.fromkeys(found for text in orcids for found in orcid_identifiers(text)))
        where = tuple(affiliation(place) for place in dict.fromkeys(places))
        people.append(replace(listed_author(name, position), identifiers=known, affiliations=where))
    return tuple(people)


def _issns(head: Head, hosted: str | None) -> tuple[str, ...]:
    texts = (*head.all("citation_issn", "eprints.issn"), hosted)
    return tuple(dict.fromkeys(code for text in texts if (code := issn(text))))


def _parts(joined: str) -> list[str]:
    return [name for name in joined.split(";") if name.strip()]


def _json_people(item: Fields) -> Iterator[Person]:
    position = 0
    value = item.raw("author")
    for author in value if isinstance(value, list) else [value]:
        said = Fields({"name": author} if as_text(author) else author)
        family, given = plain(said.text("familyName")), plain(said.text("givenName"))
        name = plain(said.text("name")) or " ".join(part for part in (given, family) if part)
        if not name:
            continue
        position += 1
        guess = listed_author(name, position)
        body = said.text("@type") in ("Organization", "Corporation")
        marks = [*said.texts("sameAs"), *(said.text(key) or "" for key in ("@id", "identifier", "url"))]
        found = said.raw("affiliation")
        where = [as_text(p) or Fields(p).text("name") for p in (found if isinstance(found, list) else [found])]
        yield replace(
            guess,
            family=None if body else family or guess.family,
            given=None if body else given if family else guess.given,
            identifiers=next((found for mark in marks if (found := orcid_identifiers(mark))), ()),
            affiliations=tuple(affiliation(place) for text in where if (place := plain(text))),
            collective=body or (guess.collective and not family),
        )


_HOSTED = (("issue", "issueNumber"), ("volume", "volumeNumber"), ("journal", "name"), ("issn", "issn"))


def _hosts(item: Fields) -> dict[str, str]:
    """Issue, volume and journal that JSON-LD has around an article, each within the other."""
    found: dict[str, str] = {}
    for _ in range(4):
        item = item.child("isPartOf")
        for ours, theirs in (
            ("issue", "issueNumber"),
            ("volume", "volumeNumber"),
            ("journal", "name"),
            ("issn", "issn"),
        ):
            if text := next(iter(item.texts(theirs)), None):
                found[ours] = text
    return found


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
