"""Results of the Europe PMC REST API (`resultType=core` or `lite`): its answers in JSON or XML, arrays, JSON Lines.

Fields: https://europepmc.org/docs/EBI_Europe_PMC_Web_Service_Reference.pdf.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.fields import Fields, parse
from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, listed_author
from loaders.record import (
    DOI,
    PMCID,
    PMID,
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
from loaders.sources.pubmed import publication_type
from loaders.streams import json_entries, xml_entries
from loaders.text import iso_date, json_keys, json_number, licence, medline_date
from loaders.trees import parse as parse_xml
from loaders.trees import values

NAME = "europepmc"
VERSION = "2"

_RELATIONS = {
    "preprint of": "is-preprint-of",
    "preprint in": "has-preprint",
    "erratum in": "is-corrected-by",
    "erratum for": "corrects",
    "retraction in": "is-retracted-by",
    "retraction of": "retracts",
    "update in": "has-version",
    "update of": "is-version-of",
}
_TECHNICAL = (
    *("inEPMC", "inPMC", "hasPDF", "hasBook", "hasSuppl", "citedByCount", "hasReferences", "hasTextMinedTerms"),
    *("hasDbCrossReferences", "hasLabsLinks", "hasTMAccessionNumbers", "tmAccessionTypeList", "dateOfCompletion"),
    *("dateOfCreation", "firstIndexDate", "fullTextReceivedDate", "dateOfRevision", "epmcAuthMan", "nihAuthMan"),
    *("manuscriptId", "hasEvaluations", "authMan", "embargoDate", "labsLinks", "hasData", "publicationStatus"),
    *("authorIdList", "dataLinksTagsList", "authorString", "dbCrossReferenceList", "fullTextIdList"),
)


def sniff(head: bytes) -> bool:
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<", head):
        return b"<responseWrapper" in head and bool(re.search(rb"<result[\s>]", head))
    keys = json_keys(head)
    return bool({"authorString", "resultList", "journalInfo"} & keys) and {"id", "source"} <= keys


def entries(stream: BinaryIO) -> Iterator[Entry]:
    head = stream.read(64)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return xml_entries(stream, "result", head=head)
    return json_entries(stream, head=head)


def stated_total(head: bytes) -> int | None:
    """How many results an answer holds by its own count; None for one page of several."""
    match = re.search(rb"<hitCount>(\d{1,12})</hitCount>", head)
    size = re.search(rb"<pageSize>(\d{1,12})</pageSize>", head)
    total = int(match[1]) if match else json_number(head, "hitCount")
    page = int(size[1]) if size else json_number(head, "pageSize")
    return total if total is not None and total <= (page or 0) else None


def read(raw: bytes) -> Record:
    """The record of one result. Raises Unreadable where it has no id or no title."""
    fields = Fields(values(parse_xml(raw))) if raw.lstrip().startswith(b"<") else parse(raw)
    origin, number = fields.text("source"), fields.text("id")
    title = plain(fields.text("title"))
    if not number or not title:
        raise Unreadable("a Europe PMC result needs its id and a title: ask for it again with resultType=core")
    pairs = (
        (DOI, doi(fields.text("doi"))),
        (PMID, pmid(fields.text("pmid"))),
        (PMCID, pmcid(fields.text("pmcid"))),
        ("europepmc", f"{origin}:{number}" if origin not in ("MED", "PMC") else None),
    )
    info, names = fields.child("journalInfo"), fields.text("authorString")
    journal = info.child("journal")
    kinds = (*fields.child("pubTypeList").texts("pubType"), *(fields.text("pubType") or "").split("; "))
    relations = tuple(_relations(fields))
    pages, book, terms = fields.text("pageInfo"), fields.child("bookOrReportDetails"), fields.text("license")
    mesh = [h.text("descriptorName") for h in fields.child("meshHeadingList").children("meshHeading")]
    issns = (
        journal.text("issn", "ISSN"),
        journal.text("essn", "ESSN"),
        *re.split(r"[;, ]+", fields.text("journalIssn") or ""),
    )
    lite = fields.text("journalTitle"), fields.text("journalVolume"), fields.text("issue")
    access = fields.text("isOpenAccess")
    article = pages if re.fullmatch(r"[A-Za-z]+\d+", pages or "") else None
    people = tuple(_people(fields)) or tuple(_named(names))
    fields.drop(*_TECHNICAL)
    return Record(
        source=NAME,
        key=f"{origin}-{number}" if origin else number,
        title=title,
        abstract=paragraphs(fields.text("abstractText")),
        language=fields.text("language"),
        keywords=tuple(dict.fromkeys((*fields.child("keywordList").texts("keyword"), *(m for m in mesh if m)))),
        identifiers=tuple(Identifier(scheme, value) for scheme, value in pairs if value),
        people=people,
        publication=Publication(
            type="preprint" if origin == "PPR" else publication_type(tuple(kind.replace("-", " ") for kind in kinds)),
            journal=plain(journal.text("title") or lite[0] or journal.text("medlineAbbreviation")),
            issns=tuple(dict.fromkeys(code for text in issns if (code := issn(text)))),
            publisher=book.text("publisher"),
            volume=info.text("volume") or lite[1],
            issue=info.text("issue") or lite[2],
            article_number=article,
            pages=None if article else pages,
            issued=_issued(fields, info),
            open_access={"Y": True, "N": False}.get(access or ""),
            copies=_copies(fields, terms),
            relations=relations,
            funders=_funders(fields),
            retracted="retracted publication" in {kind.casefold() for kind in kinds}
            or any(relation.kind == "is-retracted-by" for relation in relations),
        ),
        leftovers=fields.left(),
    )


def _issued(fields: Fields, info: Fields) -> str | None:
    """The issue's date in words, else the date of first publication, else the year."""
    date, first, year = info.text("dateOfPublication"), fields.text("firstPublicationDate"), fields.text("pubYear")
    fields.drop("electronicPublicationDate")
    found = iso_date(first or "")
    stated = medline_date(date or "") or year
    if stated and found and found.startswith(stated[:4]):
        return found if len(stated) == 4 else stated
    return stated or found


def _people(fields: Fields) -> Iterator[Person]:
    position = 0
    for author in fields.child("authorList").children("author"):
        collective = plain(author.text("collectiveName"))
        family, given = plain(author.text("lastName")), plain(author.text("firstName") or author.text("initials"))
        shown = collective or " ".join(part for part in (given, family) if part) or plain(author.text("fullName"))
        if not shown:
            continue
        position += 1
        mark = author.child("authorId")
        places = [
            p.text("affiliation") for p in author.child("authorAffiliationDetailsList").children("authorAffiliation")
        ]
        yield Person(
            name=shown,
            family=family,
            given=given,
            position=position,
            identifiers=orcid_identifiers(mark.text("value")) if mark.text("type") == "ORCID" else (),
            affiliations=tuple(affiliation(p) for p in (places or [author.text("affiliation")]) if p),
            collective=bool(collective),
        )


def _named(names: str | None) -> Iterator[Person]:
    """The authors of a lite result: one text, "Gillard S, Foster R."."""
    for position, name in enumerate((names or "").rstrip(".").split(", "), 1):
        if name:
            yield listed_author(name, position)


def _copies(fields: Fields, terms: str | None) -> tuple[Copy, ...]:
    """The full texts that anybody may read; a licence is named without its version ("cc by")."""
    match = re.fullmatch(r"cc[ -](by(?:-nc)?(?:-nd|-sa)?)", (terms or "").strip().lower())
    address = f"https://creativecommons.org/licenses/{match[1]}/" if match else licence(terms or "")
    found = []
    for item in fields.child("fullTextUrlList").children("fullTextUrl"):
        status, url = item.text("availability"), item.text("url")
        if url and item.text("availabilityCode") in ("OA", "F"):
            media = "application/pdf" if item.text("documentStyle") == "pdf" else None
            found.append(Copy(status=status, licence=address, url=url, media_type=media))
    return tuple(found) or ((Copy(licence=address),) if address else ())


def _relations(fields: Fields) -> Iterator[Relation]:
    for item in fields.child("commentCorrectionList").children("commentCorrection"):
        kind = _RELATIONS.get((item.text("type") or "").lower())
        origin, number = item.text("source"), item.text("id")
        if kind and number:
            target = pmid(number) if origin == "MED" else None
            yield Relation(kind, Identifier(PMID, target) if target else Identifier("europepmc", f"{origin}:{number}"))


def _funders(fields: Fields) -> tuple[Organisation, ...]:
    grants = fields.child("grantsList").children("grant")
    return tuple(Organisation(name) for name in dict.fromkeys(g.text("agency") for g in grants) if name)
