"""Works of the OpenAlex API: JSON Lines, arrays and its answers (`results`).

Fields: https://docs.openalex.org/api-entities/works/work-object. An abstract is an inverted index of its words.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from loaders.fields import Fields, parse
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid, ror, stand_in
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, is_body, split_name
from loaders.record import (
    DOI,
    OPENALEX,
    PMCID,
    PMID,
    ROR,
    Copy,
    Entry,
    Identifier,
    Organisation,
    Person,
    Publication,
    Record,
    Unreadable,
)
from loaders.streams import json_entries
from loaders.text import iso_date, json_keys, json_number

NAME = "openalex"
VERSION = "3"

_TECHNICAL = (
    *("display_name", "publication_year", "countries_distinct_count", "institutions_distinct_count", "institutions"),
    *("corresponding_author_ids", "corresponding_institution_ids", "apc_list", "apc_paid", "fwci", "has_fulltext"),
    *("has_content", "content_urls", "cited_by_count", "citation_normalized_percentile", "cited_by_percentile_year"),
    *("is_paratext", "is_xpac", "locations_count", "referenced_works_count", "counts_by_year", "updated_date"),
    *("created_date", "relevance_score", "indexed_in", "best_oa_location", "primary_topic", "concepts", "versions"),
    *(
        "cited_by_api_url",
        "ngrams_url",
        "abstract_inverted_index_v3",
    ),
)
_STRAY = " ,;.:*·•-–—/|"
"""Marks that stand before a name where a list of authors was cut up wrongly."""
_GROUP = re.compile(
    r"\b(?:collaborati\w+|consorti\w+|group|network|committee|investigators|team|initiative|organi[sz]ation)$",
    re.IGNORECASE,
)
_WORDS_LIMIT = 100_000
"""Words of the longest abstract that is put together; the longest seen has 6,000."""


def sniff(head: bytes) -> bool:
    keys = json_keys(head)
    return "authorships" in keys or "abstract_inverted_index" in keys or {"id", "ids", "publication_year"} <= keys


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return json_entries(stream)


def stated_total(head: bytes) -> int | None:
    """How many works an answer holds by its own count; None for one page of several."""
    total, page = json_number(head, "count"), json_number(head, "per_page")
    return total if b'"meta"' in head[:2000] and total is not None and total <= (page or 0) else None


def read(raw: bytes) -> Record:
    """The record of one work. Raises Unreadable where it has neither id nor title."""
    fields = parse(raw)
    truncated = bool(fields.flag("is_authors_truncated"))
    identifiers = tuple(_identifiers(fields))
    title = plain(fields.text("title", "display_name")) or stand_in(identifiers)
    key = next((i.value for i in identifiers if i.scheme == OPENALEX), identifiers[0].value if identifiers else None)
    if not title or not key:
        raise Unreadable("an OpenAlex work needs its id and a title: export it again with all fields")
    year = fields.text("publication_year")
    access = fields.child("open_access")
    primary, venue = _venue(fields)
    mesh = [item.text("descriptor_ui") for item in fields.children("mesh")]
    topics = [_short(item.text("id")) for item in fields.children("topics")]
    place = fields.child("biblio")
    status = access.text("oa_status")
    kind = fields.text("type") or fields.text("type_crossref") or ""
    return Record(
        source=NAME,
        key=key,
        title=title,
        abstract=paragraphs(abstract(fields.raw("abstract_inverted_index"))),
        language=fields.text("language"),
        keywords=tuple(word for item in fields.children("keywords") if (word := item.text("display_name", "keyword"))),
        subjects=(
            *(Identifier("mesh", number) for number in dict.fromkeys(mesh) if number),
            *(Identifier(OPENALEX, number) for number in topics if number),
        ),
        identifiers=identifiers,
        people=tuple(_people(fields)),
        authors_truncated=truncated,
        url=primary,
        publication=Publication(
            type=kind_of(kind),
            journal=plain(venue.text("display_name")) if venue.text("type") != "repository" else None,
            issns=tuple(number for text in venue.texts("issn") if (number := issn(text))),
            publisher=plain(venue.text("host_organization_name")),
            issued=iso_date(fields.text("publication_date") or "") or iso_date(year or ""),
            open_access=access.flag("is_oa"),
            copies=_copies(fields, status),
            funders=_funders(fields),
            retracted=bool(fields.flag("is_retracted")),
            volume=place.text("volume"),
            issue=place.text("issue"),
            pages=_pages(place),
        ),
        leftovers=_left(fields),
    )


def _left(fields: Fields) -> tuple[str, ...]:
    fields.drop(*_TECHNICAL)
    return fields.left()


def abstract(index: object) -> str | None:
    """The text of an inverted index: `{"peer": [0, 4], "workers": [1]}`."""
    if not isinstance(index, Mapping):
        return None
    places = [
        (place, word)
        for word, found in index.items()
        for place in (found if isinstance(found, list) else [])
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places)[:_WORDS_LIMIT]) or None


def _identifiers(fields: Fields) -> Iterator[Identifier]:
    ids = fields.child("ids")
    number = _short(fields.text("id")) or _short(ids.text("openalex"))
    if number:
        yield Identifier(OPENALEX, number)
    if value := doi(fields.text("doi")) or doi(ids.text("doi")):
        yield Identifier(DOI, value)
    if value := pmid(ids.text("pmid")):
        yield Identifier(PMID, value)
    if value := pmcid(ids.text("pmcid")):
        yield Identifier(PMCID, value)


def _short(iri: str | None) -> str | None:
    """The id at the end of an OpenAlex IRI."""
    name = (iri or "").rstrip("/").rpartition("/")[2]
    return name.upper() if name[:1].upper() in "WAISTCPFKG" and name[1:].isdecimal() else None


def _venue(fields: Fields) -> tuple[str | None, Fields]:
    """The address and the venue of the primary location (of older exports: `host_venue`)."""
    location = fields.child("primary_location")
    older = fields.child("host_venue")
    if "display_name" in older:
        return older.text("url"), older
    return location.text("landing_page_url"), location.child("source")


def _people(fields: Fields) -> Iterator[Person]:
    for position, authorship in enumerate(fields.children("authorships"), 1):
        author = authorship.child("author")
        shown = authorship.text("raw_author_name")
        name = plain(author.text("display_name") or shown) or ""
        bare = name.lstrip(_STRAY)
        if not bare:
            continue
        number, orcids = _short(author.text("id")), orcid_identifiers(author.text("orcid"))
        collective = not orcids and _is_group(bare, stray=bare != name)
        family, given = (None, None) if collective else split_name(bare)
        yield Person(
            name=bare,
            family=family,
            given=given,
            position=position,
            identifiers=(*orcids, *((Identifier(OPENALEX, number),) if number else ())),
            affiliations=tuple(_affiliations(authorship)),
            collective=collective,
        )


def _is_group(name: str, stray: bool) -> bool:
    """Whether an author's name is that of a group. `stray`: marks stood before it.

    OpenAlex has the given names first. So what stands behind a stray comma is what followed a name: an affiliation.
    Of two words the last may be a surname: Bank, Board, College.
    """
    return (stray and "," in name) or (is_body(name) and (len(name.split()) > 2 or bool(_GROUP.search(name))))


def _affiliations(authorship: Fields) -> Iterator[Organisation]:
    found = False
    for place in authorship.children("institutions"):
        if name := plain(place.text("display_name")):
            number, mark = ror(place.text("ror")), _short(place.text("id"))
            known = ((ROR, number), (OPENALEX, mark))
            found = True
            yield affiliation(name, tuple(Identifier(scheme, value) for scheme, value in known if value))
    if not found:
        for text in authorship.texts("raw_affiliation_strings"):
            if name := plain(text):
                yield affiliation(name)


def _pages(place: Fields) -> str | None:
    first, last = place.text("first_page"), place.text("last_page")
    return f"{first}-{last}" if first and last and first != last else first


def _copies(fields: Fields, status: str | None) -> tuple[Copy, ...]:
    """The copies that can be read: locations with open access."""
    found = []
    for item in fields.children("locations"):
        pdf, page = item.text("pdf_url"), item.text("landing_page_url")
        if item.flag("is_oa") and (pdf or page):
            copy = Copy(
                status=status,
                version=item.text("version"),
                licence=_licence(item.text("license")),
                url=pdf or page,
                media_type="application/pdf" if pdf else None,
            )
            found.append(copy)
    return tuple(dict.fromkeys(found))


def _licence(name: str | None) -> str | None:
    """OpenAlex names a Creative Commons licence without its version."""
    if name and name.startswith("cc-"):
        return f"https://creativecommons.org/licenses/{name[3:]}/"
    return "https://creativecommons.org/publicdomain/zero/1.0/" if name in ("cc0", "public-domain") else None


def _funders(fields: Fields) -> tuple[Organisation, ...]:
    found = []
    for name in ("awards", "grants", "funders"):
        for item in fields.children(name):
            funder = plain(item.text("funder_display_name", "display_name"))
            number = _short(item.text("funder_id", "funder", "id"))
            if funder:
                found.append(Organisation(funder, identifiers=(Identifier(OPENALEX, number),) if number else ()))
    return tuple(dict.fromkeys(found))
