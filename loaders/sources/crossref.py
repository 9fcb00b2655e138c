"""Works of the Crossref REST API: JSON Lines, arrays, its answers (`message`, `items`), and CSL-JSON.

Fields: https://github.com/CrossRef/rest-api-doc/blob/master/api_format.md. Titles bear markup and abstracts
are JATS fragments.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.fields import Fields, parse
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid, repair_doi, ror, stand_in
from loaders.kinds import kind as kind_of
from loaders.markup import paragraphs, plain
from loaders.names import affiliation
from loaders.record import (
    DOI,
    NCT,
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
from loaders.streams import json_entries
from loaders.text import calendar, iso_date, json_keys, json_number, licence
from ontology.iris import title_key

NAME = "crossref"
VERSION = "2"

_RELATIONS = {
    "is-preprint-of": "is-preprint-of",
    "has-preprint": "has-preprint",
    "is-version-of": "is-version-of",
    "has-version": "has-version",
    "is-supplement-to": "is-supplement-to",
    "correction": "is-corrected-by",
}
_UPDATES = {
    "correction": "corrects",
    "corrigendum": "corrects",
    "erratum": "corrects",
    "addendum": "corrects",
    "retraction": "retracts",
    "partial_retraction": "retracts",
    "withdrawal": "retracts",
    "removal": "retracts",
    "new_version": "is-version-of",
}
_TURNED = {"corrects": "is-corrected-by", "retracts": "is-retracted-by", "is-version-of": "has-version"}
_OURS = frozenset(
    {
        *("container-title", "issued", "prefix", "member", "is-referenced-by-count", "deposited", "indexed", "author"),
        *("publisher", "published-print", "published-online", "title", "type", "URL", "ISSN"),
    }
)
_CSL = frozenset({"id", "type", "title", "issued", "date-parts"})
"""Every item that Zotero and its like export as CSL-JSON has these, a DOI or not."""
_TECHNICAL = (
    *("indexed", "content-domain", "created", "deposited", "source", "is-referenced-by-count", "prefix", "member"),
    *("link", "score", "resource", "references-count", "reference-count", "reference", "archive", "alternative-id"),
    *(
        "update-policy",
        "assertion",
        "issn-type",
        "isbn-type",
        "journal-issue",
        "short-container-title",
        "citation-label",
    ),
)


def sniff(head: bytes) -> bool:
    keys = json_keys(head)
    if keys >= _CSL and keys & {"family", "literal", "container-title"} and not keys & {"paperId", "attributes"}:
        return True
    return "DOI" in keys and len(keys & _OURS) >= 3 and not keys & {"paperId", "openalex", "attributes"}


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return json_entries(stream)


def stated_total(head: bytes) -> int | None:
    """How many works an answer holds by its own count; None for one page of several."""
    total, page = json_number(head, "total-results"), json_number(head, "items-per-page")
    return total if total is not None and total <= (page or 0) else None


def read(raw: bytes) -> Record:
    """The record of one work. Raises Unreadable where it has neither DOI nor title."""
    fields = parse(raw)
    titles = [title for text in fields.texts("title") if (title := plain(text))]
    identifier = repair_doi(fields.text("DOI", "doi") or "")
    others = [title for name in ("subtitle", "original-title", "short-title") for title in fields.texts(name)]
    titles = titles or [name for name in (stand_in([identifier] if identifier else []),) if name]
    if not titles:
        raise Unreadable("a Crossref work needs its DOI or a title: export it again with all fields")
    pairs = ((PMID, pmid(fields.text("PMID"))), (PMCID, pmcid(fields.text("PMCID"))))  # of CSL-JSON
    others_named = [Identifier(scheme, value) for scheme, value in pairs if value]
    isbns = [
        Identifier("isbn", number) for isbn in fields.texts("ISBN") if (number := re.sub(r"[^\dX]|[, ].*", "", isbn))
    ]
    updates = [*_updates(fields, "update-to", turned=False), *_updates(fields, "updated-by", turned=True)]
    people = (*_people(fields, "author", "author"), *_people(fields, "editor", "editor"))
    issued = _issued(fields)
    kind = fields.text("type") or ""
    if kind == "posted-content" and (fields.text("subtype") or "preprint") != "preprint":
        kind = ""
    fields.drop("subtype", "id", *_TECHNICAL)
    return Record(
        source=NAME,
        key=identifier.value
        if identifier
        else title_key(" ".join([titles[0], (issued or "")[:4], *(p.name for p in people[:1])])),
        title=titles[0],
        alternative_titles=_alternatives(titles, others),
        abstract=paragraphs(fields.text("abstract")),
        language=fields.text("language"),
        keywords=tuple(w for text in fields.texts("keyword") for part in text.split(",") if (w := plain(part))),
        identifiers=(*((identifier,) if identifier else ()), *others_named, *isbns),
        people=people,
        url=fields.text("URL"),
        publication=Publication(
            type=kind_of(kind, besides={"monograph": "book"}),
            journal=plain((*fields.texts("container-title"), "")[0]),
            issns=tuple(
                dict.fromkeys(
                    code for text in fields.texts("ISSN") for part in re.split(r"[,;\s]+", text) if (code := issn(part))
                )
            ),
            publisher=plain(fields.text("publisher")),
            volume=fields.text("volume"),
            issue=fields.text("issue"),
            article_number=fields.text("article-number"),
            pages=fields.text("page"),
            issued=issued,
            copies=_copies(fields),
            relations=(*updates, *_relations(fields), *_trials(fields)),
            funders=_funders(fields),
            retracted=any(relation.kind == "is-retracted-by" for relation in updates),
        ),
        leftovers=fields.left(),
    )


def _alternatives(titles: list[str], others: list[str]) -> tuple[str, ...]:
    found = [*titles[1:], *(title for text in others if (title := plain(text)))]
    return tuple(title for title in dict.fromkeys(found) if title != titles[0])


def _issued(fields: Fields) -> str | None:
    """The date of publication: `issued`, which is the earliest of the others, or where it is empty the first."""
    found: str | None = None
    for name in ("issued", "published", "published-print", "published-online", "posted", "approved"):
        if name in fields:
            date = date_parts(fields.child(name))
            found = found or date
    return found


def date_parts(date: Fields) -> str | None:
    """A date of the form `{"date-parts": [[2024, 7, 5]]}`, as precise as it is valid."""
    outer = date.raw("date-parts")
    parts = outer[0] if isinstance(outer, list) and outer and isinstance(outer[0], list) else []
    texts = [str(part) for part in parts[:3] if isinstance(part, int | str)]
    if not texts and (said := date.text("raw", "literal")):
        return iso_date(said)
    for length in range(len(texts), 0, -1):
        if found := calendar(*texts[:length]):
            return found
    return None


def _people(fields: Fields, name: str, role: str) -> Iterator[Person]:
    position = 0
    for person in fields.children(name):
        family, given = plain(person.text("family")), plain(person.text("given"))
        whole = plain(person.text("name", "literal"))
        suffix = person.text("suffix")
        shown = whole or " ".join(
            part for part in (given, person.text("non-dropping-particle"), family, suffix) if part
        )
        if not shown:
            continue
        position += 1
        yield Person(
            name=shown,
            role="editor" if role == "editor" else "author",
            family=family,
            given=given,
            position=position if role == "author" else None,
            identifiers=orcid_identifiers(person.text("ORCID")),
            affiliations=tuple(_affiliations(person)),
            collective=bool(whole) and not family,
        )


def _affiliations(person: Fields) -> Iterator[Organisation]:
    for place in person.children("affiliation"):
        if name := plain(place.text("name")):
            numbers = [number for item in place.children("id") if (number := ror(item.text("id")))]
            yield affiliation(name, tuple(Identifier(ROR, number) for number in numbers))


def _copies(fields: Fields) -> tuple[Copy, ...]:
    """Licences by version; those for text mining alone say nothing of a reader's rights."""
    found = []
    for item in fields.children("license"):
        version, address = item.text("content-version"), item.text("URL")
        if address and version != "tdm":
            found.append(Copy(version=version, licence=licence(address) or address))
    return tuple(dict.fromkeys(found))


def _updates(fields: Fields, name: str, turned: bool) -> Iterator[Relation]:
    for item in fields.children(name):
        kind, target = _UPDATES.get((item.text("type") or "").lower().replace(" ", "_")), doi(item.text("DOI"))
        if kind and target:
            yield Relation(_TURNED[kind] if turned else kind, Identifier(DOI, target))


def _relations(fields: Fields) -> Iterator[Relation]:
    relations = fields.child("relation")
    for name, kind in _RELATIONS.items():
        for item in relations.children(name):
            if item.text("id-type") == "doi" and (target := doi(item.text("id"))):
                yield Relation(kind, Identifier(DOI, target))


def _trials(fields: Fields) -> Iterator[Relation]:
    for item in fields.children("clinical-trial-number"):
        number = item.text("clinical-trial-number") or ""
        if re.fullmatch(r"NCT\d{8}", number, re.IGNORECASE):
            yield Relation("references-study", Identifier(NCT, number.upper()))
        elif match := re.fullmatch(r"(?:ISRCTN)(\d{8})", number, re.IGNORECASE):
            yield Relation("references-study", Identifier("isrctn", f"ISRCTN{match[1]}"))


def _funders(fields: Fields) -> tuple[Organisation, ...]:
    found = []
    for item in fields.children("funder"):
        if name := plain(item.text("name")):
            number = doi(item.text("DOI"))
            found.append(Organisation(name, identifiers=(Identifier("funder", number),) if number else ()))
    return tuple(dict.fromkeys(found))
