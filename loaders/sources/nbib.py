"""PubMed's text format (MEDLINE, `.nbib`): tags of four characters, a hyphen, a value that may run on.

Tags: https://www.nlm.nih.gov/bsd/mms/medlineelements.html.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.names import affiliation, split_name
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
from loaders.sources.pubmed import publication_type
from loaders.streams import line_entries
from loaders.tagged import Tagged
from loaders.text import clean, decode, medline_date, peek

NAME = "nbib"
VERSION = "2"

_LINE = r"([A-Z][A-Z0-9 ]{1,3})- ?(.*)"
_START = re.compile(rb"PMID ?- ?\d|OWN ?- ?ERIC\s*$")
"""ERIC, the education index, exports the same format with numbers of its own."""
_RELATIONS = {
    "EIN": "is-corrected-by",
    "EFR": "corrects",
    "RIN": "is-retracted-by",
    "ROF": "retracts",
    "CRI": "is-corrected-by",
    "RRI": "is-retracted-by",
    "UIN": "has-version",
    "UOF": "is-version-of",
}
_TAKEN = frozenset(_RELATIONS) | frozenset(
    {
        *("OWN", "STAT", "DA", "DCOM", "LR", "PUBM", "JID", "SB", "EDAT", "MHDA", "CRDT", "PHST", "PST", "SO", "RF"),
        *(
            "PMID",
            "TI",
            "BTI",
            "TT",
            "AB",
            "CI",
            "PB",
            "VI",
            "IP",
            "PG",
            "SI",
            "FAU",
            "AU",
            "AUID",
            "AD",
            "CN",
            "FED",
            "ED",
        ),
        *(
            "OTO",
            "OID",
            "ISSN",
            "ISBN",
            "PL",
            "DEP",
            "TA",
            "JT",
            "DP",
            "PMC",
            "LID",
            "AID",
            "IS",
            "GR",
            "STAT",
            "LA",
            "PT",
            "MH",
            "OT",
        ),
    }
)


def sniff(head: bytes) -> bool:
    return bool(
        re.search(r"^(?:PMID ?- ?\d|OWN ?- ?ERIC\s*$)", peek(head), re.MULTILINE)
    ) and not head.lstrip().startswith((b"<", b"{"))


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return line_entries(stream, _START)


def read(raw: bytes) -> Record:
    """The record of one citation. Raises Unreadable where it has no PMID (nor ERIC number)."""
    tags = Tagged(decode(raw), _LINE)
    number, eric = pmid(tags.first("PMID")), re.fullmatch(r"E[JD]\d+", tags.first("OID") or "")
    key = number or (eric and eric[0])
    if not key:
        raise Unreadable("a MEDLINE record needs its 'PMID-' line: export it again from PubMed")
    named = [match.groups() for text in tags.all("AID", "LID") if (match := re.fullmatch(r"(\S+) \[(\w+)\]", text))]
    texts = [text for text, scheme in named if scheme == "doi"] + [t for t in tags.all("AID") if "doi.org/" in t]
    value = next((found for text in texts if (found := doi(text))), None)
    pii = next((text for text, scheme in named if scheme == "pii"), None)
    central = pmcid(tags.first("PMC"))
    numbers = ((PMID, number), (DOI, value), (PMCID, central), ("pii", pii), ("eric", eric and eric[0]))
    title, book = tags.first("TI", "BTI", "TT"), tags.first("BTI")
    pages, article_number = _pages(tags.first("PG"), pii)
    kinds = tags.all("PT")
    relations = tuple(_relations(tags))
    headings = [term for text in tags.all("MH") if (term := text.partition("/")[0].strip("* "))]
    return Record(
        source=NAME,
        key=key,
        title=title or f"{PMID}:{number}",
        alternative_titles=tags.all("TT") if tags.first("TI") else (),
        abstract=tags.first("AB"),
        language=tags.first("LA"),
        keywords=tuple(dict.fromkeys((*(text.strip("* ") for text in tags.all("OT")), *headings))),
        identifiers=tuple(Identifier(scheme, text) for scheme, text in numbers if text),
        people=tuple(_people(tags)),
        rights=tags.first("CI"),
        publication=Publication(
            type=publication_type(kinds),
            journal=tags.first("JT", "TA") or (book if book != title else None),
            issns=tuple(
                dict.fromkeys(
                    code for text in tags.all("IS", "ISSN") if (code := issn(re.sub(r"E?ISSN-| .*", "", text)))
                )
            ),
            publisher=tags.first("PB"),
            volume=tags.first("VI"),
            issue=tags.first("IP"),
            article_number=article_number,
            pages=pages,
            issued=medline_date(tags.first("DP") or "") or medline_date(tags.first("DEP") or ""),
            relations=relations,
            funders=tuple(
                Organisation(name)
                for name in dict.fromkeys(text.split("/")[-2 if text.count("/") > 1 else 0] for text in tags.all("GR"))
            ),
            retracted="Retracted Publication" in kinds or any(r.kind == "is-retracted-by" for r in relations),
        ),
        leftovers=tags.left(_TAKEN),
    )


def _pages(pages: str | None, pii: str | None) -> tuple[str | None, str | None]:
    """Pages and article number; MEDLINE writes the one or the other into PG."""
    if pages and (re.fullmatch(r"[A-Za-z]+\d+(?:\.\d+)?", pages) or pages == pii):
        return None, pages
    if not pages and pii and re.fullmatch(r"[A-Za-z]{0,4}\d{1,8}", pii):
        return None, pii
    return pages, None


def _people(tags: Tagged) -> Iterator[Person]:
    """Authors in order: FAU or CN begins one; AUID and AD that follow are its own."""
    blocks: list[tuple[str, str, list[tuple[str, str]]]] = []
    full = bool(tags.all("FAU"))
    for tag, rows in tags.pairs:
        value = clean(" ".join(rows))
        if tag in ("FAU", "CN", "FED") or (tag == "AU" and not full):
            blocks.append((tag, value, []))
        elif tag in ("AUID", "AD") and blocks:
            blocks[-1][2].append((tag, value))
    position = 0
    for tag, value, details in blocks:
        collective = tag == "CN"
        family, given = (None, None) if collective else split_name(value)
        position += tag != "FED"
        known = [orcid_identifiers(text) for detail, text in details if detail == "AUID"]
        yield Person(
            name=value,
            role="editor" if tag == "FED" else "author",
            family=family,
            given=given,
            position=position if tag != "FED" else None,
            identifiers=tuple(i for found in known for i in found),
            affiliations=tuple(affiliation(text) for detail, text in details if detail == "AD"),
            collective=collective,
        )


def _relations(tags: Tagged) -> Iterator[Relation]:
    for tag, rows in tags.pairs:
        value = " ".join(rows)
        if tag in _RELATIONS and (match := re.search(r"PMID: (\d+)", value)):
            yield Relation(_RELATIONS[tag], Identifier(PMID, match[1]))
        elif tag == "SI" and (match := re.search(r"\bNCT\d{8}\b", value)):
            yield Relation("references-study", Identifier(NCT, match[0]))
        elif tag == "SI" and (match := re.search(r"\bISRCTN\d{8}\b", value)):
            yield Relation("references-study", Identifier("isrctn", match[0]))
