"""DOIs of DataCite: of its REST API (JSON Lines, arrays, answers with `data`, bare `attributes`) and in its XML.

Fields: https://datacite-metadata-schema.readthedocs.io/. A text "(:unav)" and its like are DataCite's words for
a value that is not there (appendix "standard values for unknown information").
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.datacite_kernel import attributes
from loaders.fields import Fields, as_text, parse
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid, repair_doi, ror, stand_in
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, split_name
from loaders.record import (
    DOI,
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
    Relation,
    Unreadable,
)
from loaders.streams import json_entries, xml_entries
from loaders.text import iso_date, json_keys, json_number, licence
from loaders.trees import parse as parse_xml

NAME = "datacite"
VERSION = "3"

_RELATIONS = {
    "ispreviousversionof": "has-version",
    "hasversion": "has-version",
    "isnewversionof": "is-version-of",
    "isversionof": "is-version-of",
    "isidenticalto": "is-version-of",
    "isvariantformof": "is-version-of",
    "issupplementto": "is-supplement-to",
    "obsoletes": "is-version-of",
    "isobsoletedby": "has-version",
}
_UNKNOWN = re.compile(r"(?:\(:(?:un[a-z]{2}|none|null|tba|etal)\).*|:(?:un[a-z]{2}|none|null|tba))", re.IGNORECASE)
_TECHNICAL = (
    *("sizes", "formats", "metadataVersion", "schemaVersion", "source", "isActive", "state", "reason", "created"),
    *("registered", "updated", "contentUrl", "viewCount", "viewsOverTime", "downloadCount", "downloadsOverTime"),
    *("referenceCount", "citationCount", "citationsOverTime", "partCount", "partOfCount", "versionCount"),
    *("versionOfCount", "prefix", "suffix", "xml", "published", "agency"),
)


_SCHEMES = {"arxiv": "arxiv", "pmid": PMID, "pmcid": PMCID, "handle": "handle", "isbn": "isbn"}
"""Other identifiers of the same document that are names of the wider world; most are a publisher's own."""


def sniff(head: bytes) -> bool:
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<", head):
        return bool(re.search(rb"<(?:\w+:)?resource[\s>]", head)) and b"datacite.org/schema/kernel-" in head
    keys = json_keys(head)
    return "doi" in keys and "titles" in keys and bool(keys & {"creators", "publicationYear"})


def entries(stream: BinaryIO) -> Iterator[Entry]:
    head = stream.read(64)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return xml_entries(stream, "resource", head=head)
    return json_entries(stream, head=head)


def stated_total(head: bytes) -> int | None:
    """How many DOIs an answer holds by its own count; None for one page of several, or where the count comes late."""
    return json_number(head, "total") if json_number(head, "totalPages") == 1 else None


def read(raw: bytes) -> Record:
    """The record of one DOI. Raises Unreadable where it has none."""
    fields = Fields(attributes(parse_xml(raw))) if raw.lstrip().startswith(b"<") else parse(raw)
    if "attributes" in fields:
        fields = fields.child("attributes")
    identifier = repair_doi(fields.text("doi", "id") or "")
    if not identifier:
        raise Unreadable("a DataCite record needs its DOI: export it again")
    titles = list(_titles(fields))
    relations = tuple(dict.fromkeys(_relations(fields)))
    container, types = fields.child("container"), fields.child("types")
    kinds = [types.text(name) for name in ("resourceTypeGeneral", "resourceType")]
    serial = container.text("type") in (None, "Journal", "Series")
    host = next((i for i in fields.children("relatedItems") if i.text("relationType") == "IsPublishedIn"), Fields({}))
    hosted = next((w for item in host.children("titles") if (w := plain(item.text("title")))), None)
    first, last = (container.text(name) or host.text(name) for name in ("firstPage", "lastPage"))
    first = first if first and re.fullmatch(r"[A-Za-z]{0,4}\d[\w.–-]*", first) else None
    others = tuple(_others(fields))
    year, published = fields.text("publicationYear"), _issued(fields)
    fields.drop(*_TECHNICAL)
    rights = [(item.text("rights"), item.text("rightsUri")) for item in fields.children("rightsList")]
    terms = tuple(dict.fromkeys(t for pair in rights for text in pair if text and (t := licence(text))))
    return Record(
        source=NAME,
        key=identifier.value,
        title=(titles or [stand_in([identifier]) or ""])[0],
        alternative_titles=tuple(titles[1:]),
        abstract=_abstract(fields),
        language=fields.text("language"),
        keywords=tuple(dict.fromkeys(w for item in fields.children("subjects") if (w := plain(item.text("subject"))))),
        identifiers=(identifier, *others),
        people=(*_people(fields, "creators"), *_people(fields, "contributors")),
        url=fields.text("url"),
        rights="; ".join(dict.fromkeys(text for text, _ in rights if text)) or None,
        publication=Publication(
            type=kind_of(*kinds),
            journal=(plain(container.text("title")) if serial else None) or hosted,
            issns=_issns(container) or _issns(Fields(_renamed(host))),
            publisher=_publisher(fields.raw("publisher")),
            volume=container.text("volume") or host.text("volume"),
            issue=container.text("issue") or host.text("issue"),
            pages=f"{first}-{last}" if first and last and first != last else first,
            issued=_gregorian(
                published if published and (not year or published.startswith(year)) else iso_date(year or "")
            ),
            copies=tuple(Copy(licence=address) for address in terms),
            relations=relations,
            funders=_funders(fields),
        ),
        leftovers=fields.left(),
    )


def _known(text: str | None) -> str | None:
    """A text, but for those that say that there is none."""
    found = plain(text)
    return None if not found or _UNKNOWN.fullmatch(found) else found


def _titles(fields: Fields) -> Iterator[str]:
    """The main title first: the first without a type; subtitles joined to it come after it."""
    main: list[str] = []
    others: list[str] = []
    for item in fields.children("titles"):
        kind = item.text("titleType")
        if title := _known(item.text("title")):
            (others if kind else main).append(f"{main[0]}: {title}" if kind == "Subtitle" and main else title)
    return iter(dict.fromkeys([*main, *others]))


def _abstract(fields: Fields) -> str | None:
    found = [(item.text("descriptionType"), item.text("description")) for item in fields.children("descriptions")]
    return next((paragraphs(text) for kind, text in found if kind == "Abstract" and text), None)


def _issued(fields: Fields) -> str | None:
    """The date of issue as precisely as it is given, or that on which it became available."""
    dates = {item.text("dateType"): item.text("date") for item in fields.children("dates")}
    found = None
    for kind in ("Issued", "Available"):
        found = found or iso_date((dates.get(kind) or "").split("/")[0].split("T")[0])
    return found


def _gregorian(date: str | None) -> str | None:
    """A date in the Gregorian calendar: universities in Thailand register years of the Buddhist era, 543 more.

    >>> _gregorian("2551-03"), _gregorian("2008")
    ('2008-03', '2008')
    """
    return f"{int(date[:4]) - 543}{date[4:]}" if date and date[:2] in ("24", "25", "26") else date


def _people(fields: Fields, name: str) -> Iterator[Person]:
    """Creators are the authors; of the contributors only editors are people of the document."""
    position = 0
    for person in fields.children(name):
        kind = person.text("contributorType")
        shown = _known(person.text("name"))
        if not shown or (name == "contributors" and kind != "Editor"):
            continue
        collective = person.text("nameType") == "Organizational"
        family, given = plain(person.text("familyName")), plain(person.text("givenName"))
        if not collective and not family:
            family, given = split_name(shown) if "," in shown else (None, None)
        position += 1
        known = [
            item.text("nameIdentifier")
            for item in person.children("nameIdentifiers")
            if (item.text("nameIdentifierScheme") or "ORCID").upper() == "ORCID"
        ]
        yield Person(
            name=shown,
            role="author" if name == "creators" else "editor",
            family=None if collective else family,
            given=None if collective else given,
            position=position if name == "creators" else None,
            identifiers=tuple(dict.fromkeys(i for text in known for i in orcid_identifiers(text))),
            affiliations=tuple(_affiliations(person)),
            collective=collective,
        )


def _affiliations(person: Fields) -> Iterator[Organisation]:
    """Affiliations: plain names, or objects with an identifier."""
    places = person.raw("affiliation")
    for place in places if isinstance(places, list) else []:
        item = Fields(place)
        if text := _known(as_text(place) or item.text("name")):
            number = ror(item.text("affiliationIdentifier"))
            yield affiliation(text, (Identifier(ROR, number),) if number else ())


def _others(fields: Fields) -> Iterator[Identifier]:
    """What else the document is called, once for each scheme."""
    seen: set[str] = set()
    for name in ("identifiers", "alternateIdentifiers"):
        kind, text = (name.removesuffix("s"), name.removesuffix("s") + "Type")
        for item in fields.children(name):
            scheme, value = _SCHEMES.get((item.text(text) or "").lower()), item.text(kind)
            value = {PMID: pmid, PMCID: pmcid}.get(scheme or "", lambda said: said)(value)
            if scheme and value and scheme not in seen:
                seen.add(scheme)
                yield Identifier(scheme, re.sub(r"^(?:arxiv:|https?://\S+?/)", "", value, flags=re.IGNORECASE))


def _renamed(host: Fields) -> dict[str, object]:
    """The identifier of a related item as a container has its own."""
    mark = host.child("relatedItemIdentifier")
    return {"identifier": mark.text("relatedItemIdentifier"), "identifierType": mark.text("relatedItemIdentifierType")}


def _publisher(value: object) -> str | None:
    """The publisher: a name, or since schema 4.5 an object."""
    return _known(as_text(value) or Fields(value).text("name"))


def _issns(container: Fields) -> tuple[str, ...]:
    kind, text = container.text("identifierType") or "", container.text("identifier")
    number = issn(text) if "ISSN" in kind else None
    return (number,) if number else ()


def _relations(fields: Fields) -> Iterator[Relation]:
    for item in fields.children("relatedIdentifiers"):
        kind = _RELATIONS.get((item.text("relationType") or "").lower())
        scheme, text = item.text("relatedIdentifierType"), item.text("relatedIdentifier")
        if kind and scheme == "DOI" and (value := doi(text)):
            yield Relation(kind, Identifier(DOI, value))
        elif kind and scheme == "PMID" and (number := pmid(text)):
            yield Relation(kind, Identifier(PMID, number))


def _funders(fields: Fields) -> tuple[Organisation, ...]:
    found = []
    for item in fields.children("fundingReferences"):
        if name := _known(item.text("funderName")):
            number = item.text("funderIdentifier")
            ids = [("funder", doi(number)), (ROR, ror(number))]
            found.append(Organisation(name, identifiers=tuple(Identifier(s, v) for s, v in ids if v)))
    return tuple(dict.fromkeys(found))
