"""Articles in JATS (Journal Article Tag Suite, NISO Z39.96), whole or front matter alone, as PubMed Central
and publishers give them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid, ror, stand_in, studies_named
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
from loaders.streams import xml_entries
from loaders.text import calendar, licence
from loaders.trees import Element, attribute, child, children, descendants, inner, inners, local, parse, without

NAME = "jats"
VERSION = "2"

_TYPES = {
    "research-article": "journal-article",
    "brief-report": "journal-article",
    "case-report": "journal-article",
    "rapid-communication": "journal-article",
    "protocol": "journal-article",
    "data-paper": "journal-article",
    "methods-article": "journal-article",
    "other": "journal-article",
    "review-article": "review",
    "systematic-review": "review",
    "meta-analysis": "review",
    "editorial": "editorial",
    "letter": "letter",
    "reply": "letter",
    "preprint": "preprint",
    "dissertation": "thesis",
}
_RELATIONS = {
    "corrected-article": "corrects",
    "correction-forward": "is-corrected-by",
    "retracted-article": "retracts",
    "retraction-forward": "is-retracted-by",
    "preprint": "has-preprint",
    "published-article": "is-preprint-of",
}
_ID_SCHEMES = {"pmid": PMID, "doi": DOI, "pmc": PMCID, "pmcid": PMCID, "pmc-uid": PMCID}
_STRUCTURAL = frozenset(
    {
        *("institution", "institution-wrap", "addr-line", "country", "named-content", "city", "state", "postal-code"),
        *("institution-id", "label", "email", "phone", "fax", "ext-link", "uri"),
    }
)
_NO_ADDRESS = frozenset({"institution-id", "label", "email", "phone", "fax", "ext-link", "uri", "sup", "xref"})


def sniff(head: bytes) -> bool:
    return bool(re.match(rb"(?:\xef\xbb\xbf)?\s*<", head)) and bool(
        re.search(rb"<(?:\w+:)?article[\s>]", head) and re.search(rb"<(?:\w+:)?article-meta[\s>]", head)
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return xml_entries(stream, "article")


def read(raw: bytes) -> Record:
    """The record of one article. Raises Unreadable where it has no article-meta, or neither id nor title."""
    root = parse(raw)
    meta = next(descendants(root, "article-meta"), None)
    if meta is None:
        raise Unreadable("a JATS article needs its <article-meta>: save the whole file again")
    journal = next(descendants(root, "journal-meta"), None)
    identifiers = tuple(_identifiers(meta))
    heading = child(meta, "title-group")
    title = without(child(heading, "article-title"), "fn", "xref") or stand_in(identifiers)
    if not title or not identifiers:
        raise Unreadable("a JATS article needs a title and one of DOI, PMID, PMC id: save the whole file again")
    best = {i.scheme: i.value for i in reversed(identifiers)}
    abstracts = list(children(meta, "abstract"))
    abstract = next((a for a in abstracts if not attribute(a, "abstract-type")), abstracts[0] if abstracts else None)
    text = "\n".join(_lines(abstract)) if abstract is not None else ""
    terms = _licence(meta)
    relations = tuple(dict.fromkeys((*_relations(meta), *_studies(root, meta, text))))
    first, last = inner(meta, "fpage"), inner(meta, "lpage")
    kind = attribute(root, "article-type") or ""
    return Record(
        source=NAME,
        key=best.get(PMCID) or best.get(DOI) or identifiers[0].value,
        title=title,
        alternative_titles=_alternatives(heading, title),
        abstract=text or None,
        language=attribute(root, "lang"),
        keywords=_keywords(meta),
        identifiers=identifiers,
        people=tuple(_people(meta)),
        rights=inner(meta, "permissions", "copyright-statement") or inner(meta, "copyright-statement"),
        publication=Publication(
            type=_TYPES.get(kind, ""),
            journal=inner(journal, "journal-title-group", "journal-title") or inner(journal, "journal-title"),
            issns=tuple(dict.fromkeys(code for text in inners(journal, "issn") if (code := issn(text)))),
            publisher=inner(journal, "publisher", "publisher-name"),
            volume=inner(meta, "volume"),
            issue=inner(meta, "issue"),
            article_number=inner(meta, "elocation-id"),
            pages=f"{first}-{last}" if first and last and first != last else first,
            issued=_issued(meta),
            open_access=True if terms else None,
            copies=(Copy(licence=terms),) if terms else (),
            relations=relations,
            funders=_funders(meta),
            retracted=any(relation.kind == "is-retracted-by" for relation in relations),
        ),
        leftovers=tuple(
            name for name in ("trans-abstract", "conference", "supplement") if child(meta, name) is not None
        ),
    )


def _identifiers(meta: Element) -> Iterator[Identifier]:
    found: dict[str, str] = {}
    for element in children(meta, "article-id"):
        scheme = _ID_SCHEMES.get(attribute(element, "pub-id-type") or "")
        text = inner(element)
        value = {DOI: doi, PMID: pmid, PMCID: pmcid}[scheme](text) if scheme else None
        if scheme and value:
            found.setdefault(scheme, value)
    return (Identifier(scheme, found[scheme]) for scheme in (DOI, PMID, PMCID) if scheme in found)


def _alternatives(heading: Element | None, title: str) -> tuple[str, ...]:
    subtitle = inner(heading, "subtitle")
    whole = (f"{title.rstrip(':')}: {subtitle}",) if subtitle else ()
    return (*whole, *inners(heading, "trans-title-group", "trans-title"), *inners(heading, "trans-title"))


def _keywords(meta: Element) -> tuple[str, ...]:
    groups = (g for g in children(meta, "kwd-group") if "abbr" not in (attribute(g, "kwd-group-type") or "").lower())
    return tuple(dict.fromkeys(text for group in groups for kwd in descendants(group, "kwd") if (text := inner(kwd))))


def _lines(abstract: Element) -> Iterator[str]:
    """One line for each heading and paragraph; the heading "Abstract" is left out."""
    for part in abstract:
        if local(part) in ("sec", "list", "list-item", "def-list", "def-item"):
            yield from _lines(part)
        elif (text := inner(part)) and not (
            local(part) in ("title", "label") and text.casefold().strip(" .:") in ("abstract", "summary")
        ):
            yield text


def _people(meta: Element) -> Iterator[Person]:
    places = {
        mark: organisation
        for element in descendants(meta, "aff")
        if (mark := attribute(element, "id")) and (organisation := _organisation(element))
    }
    marked = any(attribute(x, "ref-type") == "aff" for x in descendants(meta, "xref"))
    # one address that nobody is said to have is everybody's, but for a list of several with initials
    alone = [o for o in places.values() if ";" not in o.name] if len(places) == 1 and not marked else []
    position = 0
    for group in children(meta, "contrib-group"):
        shared = alone or [
            o for aff in children(group, "aff") if not attribute(aff, "id") and (o := _organisation(aff))
        ]
        for element in children(group, "contrib"):
            role = attribute(element, "contrib-type") or attribute(group, "content-type") or "author"
            if role.rstrip("s") not in ("author", "editor", "collab"):
                continue
            person = _person(element, "editor" if "editor" in role else "author", position + 1, places, shared)
            if person:
                position += person.role == "author"
                yield person


def _person(
    element: Element, role: str, position: int, places: dict[str, Organisation], shared: list[Organisation]
) -> Person | None:
    name = next(
        (n for n in (child(element, "name"), child(element, "name-alternatives", "name")) if n is not None), None
    )
    family, given = inner(name, "surname"), inner(name, "given-names")
    whole = inner(element, "string-name") or inner(element, "name-alternatives", "string-name")
    collective = without(child(element, "collab"), "contrib-group", "fn", "xref")
    parts = (inner(name, "prefix"), given, family, inner(name, "suffix"))
    shown = " ".join(part for part in parts[1:] if part) or whole or collective
    if not shown:
        return None
    if not family and whole:
        family, given = split_name(whole)
    marks = [attribute(x, "rid") for x in children(element, "xref") if attribute(x, "ref-type") == "aff"]
    found = [places[mark] for text in marks if text for mark in text.split() if mark in places]
    found += [o for aff in children(element, "aff") if (o := _organisation(aff))]
    known = [orcid_identifiers(inner(item)) for item in children(element, "contrib-id")
             if attribute(item, "contrib-id-type") == "orcid"]  # fmt: skip
    links = [
        orcid_identifiers(attribute(item, "href"))
        for item in (*children(element, "uri"), *children(element, "ext-link"))
    ]
    return Person(
        name=shown,
        role="editor" if role == "editor" else "author",
        family=family,
        given=given,
        position=position if role == "author" else None,
        identifiers=tuple(dict.fromkeys(i for group in (*known, *links) for i in group)),
        affiliations=tuple(dict.fromkeys(found or shared)),
        collective=shown == collective,
    )


def _organisation(aff: Element) -> Organisation | None:
    """An affiliation: its words, the structured parts of it parted by commas."""
    pieces = [aff.text or ""]
    for part in aff:
        name = local(part)
        if name in _STRUCTURAL:
            words = "" if name in _NO_ADDRESS else without(part, *_NO_ADDRESS) or ""
            pieces += [words, part.tail or ""]
        elif name in _NO_ADDRESS:
            pieces.append(part.tail or "")
        else:
            pieces[-1] += (inner(part) or "") + (part.tail or "")
    words_found = [" ".join(piece.split()).strip(" ,;") for piece in pieces]
    text = ", ".join(piece for piece in words_found if piece and piece not in ".()")
    if not text:
        return None
    ids = list(descendants(aff, "institution-id"))
    rors = [Identifier(ROR, number) for element in ids if (number := ror(inner(element)))]
    return affiliation(text, tuple(dict.fromkeys(rors)))


def _issued(meta: Element) -> str | None:
    """The earliest year of publication, as precisely as any date of that year gives it."""
    dates = []
    for element in children(meta, "pub-date"):
        year, month, day = inner(element, "year"), inner(element, "month"), inner(element, "day")
        found = year and (calendar(year, month, day) or calendar(year, month) or calendar(year))
        kind = attribute(element, "pub-type") or attribute(element, "date-type") or ""
        if found:
            dates.append((kind.startswith(("pmc", "nihms")), found[:4], -len(found), found))
    return min(dates)[3] if dates else None


def _licence(meta: Element) -> str | None:
    for element in (*children(meta, "permissions", "license"), *children(meta, "license")):
        links = [attribute(link, "href") for link in (element, *descendants(element, "ext-link"))]
        texts = [*links, *(inner(item) for item in descendants(element, "license_ref")), inner(element)]
        if found := next((terms for text in texts if text and (terms := licence(text))), None):
            return found
    return None


def _relations(meta: Element) -> Iterator[Relation]:
    for element in children(meta, "related-article"):
        kind = _RELATIONS.get(attribute(element, "related-article-type") or "")
        target = attribute(element, "href") or inner(element) or ""
        if kind and (value := doi(target)):
            yield Relation(kind, Identifier(DOI, value))
        elif kind and attribute(element, "ext-link-type") in ("pmid", "pubmed") and (number := pmid(target)):
            yield Relation(kind, Identifier(PMID, number))


def _studies(root: Element, meta: Element, abstract: str) -> Iterator[Relation]:
    """Registrations and ethics opinions that the abstract, the notes, or a section on them names.

    An article has one of a sort, or two; one that names more speaks of others' studies, as reviews do.
    """
    texts = [abstract, *inners(meta, "author-notes"), *(inner(note) or "" for note in descendants(root, "notes"))]
    texts += [inner(fn) or "" for fn in descendants(root, "fn")]
    for section in descendants(root, "sec"):
        if re.search(r"ethic|registration|approval", inner(section, "title") or "", re.IGNORECASE):
            texts.append(inner(section) or "")
    named = dict.fromkeys(found for text in texts for found in studies_named(text))
    counts = Counter(found.scheme for found in named)
    return (Relation("references-study", found) for found in named if counts[found.scheme] <= 2)


def _funders(meta: Element) -> tuple[Organisation, ...]:
    found = []
    for source in descendants(meta, "funding-source"):
        wrapped = inner(source, "institution-wrap", "institution") or inner(source, "institution")
        name = wrapped or without(source, "institution-id", "named-content")
        ids = [number for element in descendants(source, "institution-id") if (number := doi(inner(element)))]
        if name:
            found.append(Organisation(name, identifiers=tuple(Identifier("funder", number) for number in ids)))
    return tuple(dict.fromkeys(found))
