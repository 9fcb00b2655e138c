"""PubMed's and MEDLINE's XML: PubmedArticle, PubmedBookArticle, MedlineCitation.

Elements: https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.names import affiliation
from loaders.record import (
    DOI,
    NCT,
    PMCID,
    PMID,
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
from loaders.text import calendar, medline_date
from loaders.trees import Element, attribute, child, children, inner, inners, parse

NAME = "pubmed"
VERSION = "2"

TYPES = {
    "preprint": "preprint",
    "dataset": "dataset",
    "systematic review": "review",
    "review": "review",
    "editorial": "editorial",
    "letter": "letter",
    "technical report": "report",
    "academic dissertation": "thesis",
    "journal article": "journal-article",
}
"""PubMed's publication types, the telling ones first: a review is a journal article as well."""

_RELATIONS = {
    "ErratumIn": "is-corrected-by",
    "ErratumFor": "corrects",
    "CorrectedandRepublishedIn": "is-corrected-by",
    "RetractionIn": "is-retracted-by",
    "RetractionOf": "retracts",
    "RetractedandRepublishedIn": "is-retracted-by",
    "UpdateIn": "has-version",
    "UpdateOf": "is-version-of",
}


def sniff(head: bytes) -> bool:
    return bool(re.match(rb"(?:\xef\xbb\xbf)?\s*<", head)) and bool(
        re.search(rb"<(?:PubmedArticle|MedlineCitation|PubmedBookArticle)[\s>]", head)
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return xml_entries(stream, "PubmedArticle", "PubmedBookArticle", "MedlineCitation")


def read(raw: bytes) -> Record:
    """The record of one citation. Raises Unreadable where it has no PMID."""
    root = parse(raw)
    citation = next((found for found in (*children(root, "MedlineCitation"), *children(root, "BookDocument"))), root)
    number = pmid(inner(citation, "PMID"))
    if not number:
        raise Unreadable("a PubMed citation needs its PMID: export it again as PubMed XML")
    article = next(children(citation, "Article"), citation)
    ids = _article_ids(root, article, citation)
    book = inner(article, "Book", "BookTitle")
    title = inner(article, "ArticleTitle") or inner(article, "VernacularTitle") or book
    issue = child(article, "Journal", "JournalIssue")
    pages, article_number = _pages(article, ids.get("pii"))
    kinds = inners(article, "PublicationTypeList", "PublicationType") + inners(article, "PublicationType")
    identifiers = [Identifier(PMID, number)]
    if value := doi(ids.get("doi")):
        identifiers.append(Identifier(DOI, value))
    if value := pmcid(ids.get("pmc")):
        identifiers.append(Identifier(PMCID, value))
    if value := ids.get("pii"):
        identifiers.append(Identifier("pii", value))
    relations = tuple(_relations(citation, article))
    lists = [*children(article, "AuthorList"), *children(article, "Book", "AuthorList")]
    authors = [found for found in lists if attribute(found, "Type") != "editors"]
    if any(found.getparent() is article for found in authors):  # a chapter's own; the others are the book's
        authors = [found for found in authors if found.getparent() is article]
    headings = list(children(citation, "MeshHeadingList", "MeshHeading", "DescriptorName"))
    return Record(
        source=NAME,
        key=number,
        title=title or f"{PMID}:{number}",
        alternative_titles=inners(article, "VernacularTitle") if inner(article, "ArticleTitle") else (),
        abstract=_abstract(child(article, "Abstract")),
        language=inner(article, "Language"),
        keywords=tuple(
            dict.fromkeys((*inners(citation, "KeywordList", "Keyword"), *(t for h in headings if (t := inner(h)))))
        ),
        subjects=tuple(Identifier("mesh", ui) for ui in dict.fromkeys(attribute(h, "UI") for h in headings) if ui),
        identifiers=tuple(identifiers),
        people=(*_people(authors, "author"), *_people([found for found in lists if found not in authors], "editor")),
        authors_truncated=any(attribute(found, "CompleteYN") == "N" for found in authors),
        rights=inner(article, "Abstract", "CopyrightInformation"),
        publication=Publication(
            type=publication_type(kinds) or ("" if not book else "book" if book == title else "book-chapter"),
            journal=inner(article, "Journal", "Title")
            or inner(article, "Journal", "ISOAbbreviation")
            or inner(citation, "MedlineJournalInfo", "MedlineTA")
            or (book if book != title else None),
            issns=_issns(article, citation),
            publisher=inner(article, "Book", "Publisher", "PublisherName"),
            volume=inner(issue, "Volume"),
            issue=inner(issue, "Issue"),
            article_number=article_number,
            pages=pages,
            issued=_issued(article, issue),
            relations=relations,
            funders=_funders(article),
            retracted="Retracted Publication" in kinds or any(r.kind == "is-retracted-by" for r in relations),
        ),
        leftovers=_leftovers(citation),
    )


def publication_type(kinds: tuple[str, ...]) -> str:
    """The type that PubMed's publication types amount to."""
    names = {kind.casefold() for kind in kinds}
    return next((kind for name, kind in TYPES.items() if name in names), "")


def _article_ids(root: Element, article: Element, citation: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in (
        *children(root, "PubmedData", "ArticleIdList", "ArticleId"),
        *children(citation, "ArticleIdList", "ArticleId"),
    ):
        if text := inner(element):
            found.setdefault(attribute(element, "IdType") or "", text)
    for element in children(article, "ELocationID"):
        if (text := inner(element)) and attribute(element, "ValidYN") != "N":
            found.setdefault(attribute(element, "EIdType") or "", text)
    for element in children(citation, "OtherID"):
        if (text := inner(element)) and text.startswith("PMC"):
            found.setdefault("pmc", text.split()[0])
    return found


def _pages(article: Element, pii: str | None) -> tuple[str | None, str | None]:
    """Pages and article number; MEDLINE writes the one or the other into MedlinePgn."""
    pages = inner(article, "Pagination", "MedlinePgn")
    if not pages:
        first, last = inner(article, "Pagination", "StartPage"), inner(article, "Pagination", "EndPage")
        pages = f"{first}-{last}" if first and last and first != last else first
    if pages:
        return (None, pages) if re.fullmatch(r"[A-Za-z]+\d+(?:\.\d+)?", pages) or pages == pii else (pages, None)
    short = pii and re.fullmatch(r"[A-Za-z]{0,4}\d{1,8}", pii)
    return None, pii if short else None


def _issns(article: Element, citation: Element) -> tuple[str, ...]:
    texts = (*inners(article, "Journal", "ISSN"), *inners(citation, "MedlineJournalInfo", "ISSNLinking"))
    return tuple(dict.fromkeys(number for text in texts if (number := issn(text))))


def _issued(article: Element, issue: Element | None) -> str | None:
    """The date of the issue; where it has none, that of the electronic article."""
    for date in (child(issue, "PubDate"), child(article, "ArticleDate"), child(article, "Book", "PubDate")):
        if date is None:
            continue
        year, month, day = inner(date, "Year"), inner(date, "Month"), inner(date, "Day")
        if year and (found := calendar(year, month, day) or calendar(year, month) or calendar(year)):
            return found
        if found := medline_date(inner(date, "MedlineDate") or ""):
            return found
    return None


def _abstract(abstract: Element | None) -> str | None:
    """The abstract, a labelled part's label on a line of its own before it."""
    lines = []
    for part in children(abstract, "AbstractText"):
        label, text = attribute(part, "Label"), inner(part)
        if label and text and label.upper() not in ("UNLABELLED", "UNASSIGNED"):
            lines.append(label)
        if text:
            lines.append(text)
    return "\n".join(lines) or None


def _people(lists: list[Element], role: str) -> Iterator[Person]:
    position = 0
    for element in (author for found in lists for author in children(found, "Author")):
        collective = inner(element, "CollectiveName")
        family = inner(element, "LastName")
        given = inner(element, "ForeName") or inner(element, "FirstName") or inner(element, "Initials")
        shown = collective or " ".join(part for part in (given, family, inner(element, "Suffix")) if part)
        if not shown or attribute(element, "ValidYN") == "N":
            continue
        position += 1
        known = [orcid_identifiers(inner(item)) for item in children(element, "Identifier")
                 if attribute(item, "Source") == "ORCID"]  # fmt: skip
        yield Person(
            name=shown,
            role="editor" if role == "editor" else "author",
            family=family,
            given=given if family else None,
            position=position if role == "author" else None,
            identifiers=tuple(i for found in known for i in found),
            affiliations=tuple(_affiliations(element)),
            collective=bool(collective),
        )


def _affiliations(author: Element) -> Iterator[Organisation]:
    texts = inners(author, "AffiliationInfo", "Affiliation") or inners(author, "Affiliation")
    return (affiliation(text) for text in texts)


def _relations(citation: Element, article: Element) -> Iterator[Relation]:
    for element in children(citation, "CommentsCorrectionsList", "CommentsCorrections"):
        kind, target = _RELATIONS.get(attribute(element, "RefType") or ""), pmid(inner(element, "PMID"))
        if kind and target:
            yield Relation(kind, Identifier(PMID, target))
    for bank in children(article, "DataBankList", "DataBank"):
        for number in inners(bank, "AccessionNumberList", "AccessionNumber"):
            if re.fullmatch(r"NCT\d{8}", number):
                yield Relation("references-study", Identifier(NCT, number))
            elif re.fullmatch(r"ISRCTN\d{8}", number):
                yield Relation("references-study", Identifier("isrctn", number))


def _funders(article: Element) -> tuple[Organisation, ...]:
    return tuple(Organisation(name) for name in dict.fromkeys(inners(article, "GrantList", "Grant", "Agency")))


_LEFT = (
    *("ChemicalList", "GeneSymbolList", "PersonalNameSubjectList", "InvestigatorList", "OtherAbstract"),
    *("SpaceFlightMission", "SupplMeshList", "GeneralNote", "CoiStatement"),
)


def _leftovers(citation: Element) -> tuple[str, ...]:
    return tuple(name for name in _LEFT if child(citation, name) is not None)
