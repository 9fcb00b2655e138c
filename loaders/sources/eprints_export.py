"""EPrints' own exports of items, EP3 XML and JSON: the same fields in two syntaxes.

Fields: https://wiki.eprints.org/w/Metadata and the default configuration of EPrints 3. Repositories add
their own.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from loaders.fields import Fields, parse
from loaders.identifiers import issn, orcid_identifiers, pmid, repair_doi, ror
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.record import (
    EPRINTS,
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
from loaders.streams import json_entries, xml_entries
from loaders.text import clean, iso_date, json_keys, licence
from loaders.trees import Element, attribute, local
from loaders.trees import parse as parse_xml
from ontology.iris import title_key

NAME = "eprints-export"
VERSION = "2"

_VERSIONS = {"published": "Published Version", "accepted": "Accepted Version", "submitted": "Submitted Version"}
_TECHNICAL = (
    *("rev_number", "files", "userid", "dir", "datestamp", "lastmod", "status_changed", "metadata_visibility"),
    *("full_text_status", "suggestions", "item_issues_count", "reviewer", "collection", "eprint_status", "ispublished"),
    *("refereed", "date_type", "official_cit", "sword_depositor", "replacedby", "succeeds", "commentary", "latitude"),
    *("longitude", "importid", "source", "review_status", "pages", "monograph_type", "thesis_type", "fileinfo"),
    *("eprintid", "id_number_name", "hoa_compliant", "dates", "contact_email", "uri", "@id"),
)


def sniff(head: bytes) -> bool:
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<", head):
        return bool(re.search(rb"<(?:\w+:)?eprints?[\s>]", head)) and b"eprints.org/ep2/data" in head
    return {"eprintid", "title"} <= json_keys(head)


def entries(stream: BinaryIO) -> Iterator[Entry]:
    head = stream.read(64)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return xml_entries(stream, "eprint", head=head)
    return json_entries(stream, head=head)


def read(raw: bytes) -> Record:
    """The record of one item. Raises Unreadable where it has no title."""
    fields = Fields(_values(parse_xml(raw))) if raw.lstrip().startswith(b"<") else parse(raw)
    title = plain(fields.text("title"))
    if not title:
        raise Unreadable("an EPrints item needs its title: export it again as EP3 XML or JSON")
    uri, number = fields.text("uri", "@id"), fields.text("eprintid")
    host = urlsplit(uri or "").hostname
    place = (uri or "").rstrip("/").rpartition("/")[2] or number
    name = f"{host}-{place}" if host and place else None
    identifiers = tuple(_identifiers(fields, name))
    people = tuple(_people(fields))
    best = next((i.value for i in identifiers if i.status != "inferred"), None)
    pages, article_number = _pages(fields)
    issued = iso_date(fields.text("date") or "")
    kind = fields.text("type") or ""
    copies = tuple(_copies(fields))
    url = fields.text("official_url")
    isbn = fields.text("isbn")
    fields.drop(*_TECHNICAL)
    return Record(
        source=NAME,
        key=name or best or title_key(" ".join([title, (issued or "")[:4], people[0].name if people else ""])),
        title=title,
        alternative_titles=tuple(t for text in fields.texts("alt_title") if (t := plain(text))),
        abstract=_abstract(fields),
        language=fields.text("language"),
        keywords=_keywords(fields),
        identifiers=(*identifiers, *((Identifier("isbn", re.sub(r"[^\dXx]", "", isbn).upper()),) if isbn else ())),
        people=people,
        organisations=tuple(Organisation(text, "unit") for text in fields.texts("department")),
        url=uri or url,
        rights=fields.text("rights", "copyright_statement"),
        publication=Publication(
            type=kind_of(kind),
            journal=plain(fields.text("publication") or fields.text("book_title")),
            issns=tuple(code for text in re.split(r"[,; ]+", fields.text("issn") or "") if (code := issn(text))),
            publisher=plain(fields.text("publisher") or fields.text("institution")),
            volume=fields.text("volume"),
            issue=fields.text("number"),
            article_number=article_number,
            pages=pages,
            issued=issued,
            open_access=True if any(copy.url for copy in copies) else None,
            copies=copies,
            funders=_funders(fields),
        ),
        leftovers=fields.left(),
    )


def _values(element: Element) -> dict[str, object]:
    """An item's XML as the values that its JSON has: <item> elements are a list's."""
    found: dict[str, object] = {}
    if mark := attribute(element, "id"):
        found["@id"] = mark
    for part in element:
        found.setdefault(local(part), _value(part))
    return found


def _value(element: Element) -> object:
    if not len(element):
        return element.text or ""
    if all(local(part) in ("item", "document", "file") for part in element):
        return [_value(part) if len(part) else part.text or "" for part in element]
    return _values(element)


def _identifiers(fields: Fields, name: str | None) -> Iterator[Identifier]:
    number = fields.text("id_number")
    texts = [fields.text("doi") or "", number if number and "10." in number else ""]
    linked = [item.text("url") or "" for item in fields.children("related_url") if item.text("type") == "doi"]
    value = next((found for text in (*texts, *linked) if text and (found := repair_doi(text))), None)
    if value:
        yield value
    if digits := pmid(fields.text("pubmed_id", "pmid")):
        yield Identifier(PMID, digits)
    if name:
        yield Identifier(EPRINTS, name)


def _people(fields: Fields) -> Iterator[Person]:
    position = 0
    for role, field in (("author", "creators"), ("author", "corp_creators"), ("editor", "editors")):
        value = fields.raw(field)
        for item in value if isinstance(value, list) else []:
            person = Fields(item if isinstance(item, dict) else {"name": item})
            part = person.raw("name")
            name = Fields(part)
            family, given = plain(name.text("family")), plain(name.text("given"))
            shown = ", ".join(text for text in (family, given) if text) or (
                plain(part) if isinstance(part, str) else None
            )
            if not shown:
                continue
            position += role == "author"
            yield Person(
                name=shown,
                role="editor" if role == "editor" else "author",
                family=family,
                given=given,
                position=position if role == "author" else None,
                identifiers=orcid_identifiers(person.text("orcid")),
                collective=field == "corp_creators",
            )


def _pages(fields: Fields) -> tuple[str | None, str | None]:
    """Pages and article number; EPrints has one field for both."""
    number, pages = fields.text("article_number"), fields.text("pagerange")
    match = re.fullmatch(r"(?:Art(?:icle|\.)? ?(?:No\.?)? ?(\S+)|([A-Za-z]+\d+|\d{5,}))", pages or "")
    if match and not number:
        return None, match[1] or match[2]
    return pages, number


def _abstract(fields: Fields) -> str | None:
    text = paragraphs(fields.text("abstract"))
    return None if text and text.casefold().strip(" .") in ("no abstract", "n/a", "none") else text


def _keywords(fields: Fields) -> tuple[str, ...]:
    text = fields.text("keywords") or ""
    parts = re.split(r"[;\n]" if ";" in text else r"[,\n]", text)
    subjects = (word for word in fields.texts("subjects") if re.match(r"[A-Z]\S*[a-z]", word))  # the others are codes
    return tuple(dict.fromkeys(word for part in (*parts, *subjects) if (word := plain(clean(part)))))


def _copies(fields: Fields) -> Iterator[Copy]:
    """The documents that anybody may read, but for those that the repository makes for itself."""
    for document in fields.children("documents"):
        content, terms = document.text("content") or "", document.text("license") or ""
        files = list(document.children("files"))
        volatile = "isVolatileVersionOf" in str(document.raw("relation") or "")
        if document.text("security") not in (None, "public") or volatile or not (content in _VERSIONS or not content):
            continue
        match = re.fullmatch(r"cc_(by(?:_nc)?(?:_nd|_sa)?)(?:_(\d)(?:_0)?)?", terms)
        address = match and f"creativecommons.org/licenses/{match[1].replace('_', '-')}/{match[2] or '4'}.0"
        yield Copy(
            version=_VERSIONS.get(content),
            licence=licence(address or terms),
            url=document.text("uri") if not files else files[0].text("url"),
            media_type=document.text("mime_type"),
        )


def _funders(fields: Fields) -> tuple[Organisation, ...]:
    found = []
    for item in fields.children("funders"):
        if name := plain(item.text("agency")):
            number = ror(item.text("ror"))
            found.append(Organisation(name, identifiers=(Identifier(ROR, number),) if number else ()))
    names = (name for text in fields.texts("funders") if (name := plain(text)))
    return tuple(dict.fromkeys((*found, *(Organisation(name) for name in names))))
