"""The words of the pages: labels for what the answers name in code, and values as a person writes them."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from service.pages.marking import highlighted, sure
from service.pages.ontology_site import concepts

SOURCES = {
    "eprints": "EPrints",
    "eprints-export": "EPrints export",
    "hra": "HRA",
    "document-sharing": "Document-sharing",
    "semantic-scholar": "Semantic Scholar",
    "semantic-scholar-page": "Semantic Scholar page",
    "europepmc": "Europe PMC",
    "biorxiv": "bioRxiv",
    "datacite": "DataCite",
    "oai-pmh": "OAI-PMH",
    "web-of-science": "Web of Science",
    "nbib": "PubMed file",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csv": "Table",
    "html": "Web page",
    "sciety": "Sciety",
    "openalex": "OpenAlex",
    "crossref": "Crossref",
    "jats": "JATS",
    "pubmed": "PubMed",
    "isrctn": "ISRCTN",
}
SCHEMES = {
    "doi": "DOI",
    "iras": "IRAS ID",
    "pmid": "PubMed ID",
    "pmcid": "PubMed Central ID",
    "orcid": "ORCID",
    "ror": "ROR",
    "ods": "NHS ODS code",
    "issn": "ISSN",
    "isbn": "ISBN",
    "eprints": "EPrints ID",
    "isrctn": "ISRCTN",
    "nct": "ClinicalTrials.gov ID",
    "openalex": "OpenAlex ID",
    "rec-reference": "REC reference",
    "mesh": "MeSH",
    "arxiv": "arXiv ID",
    "handle": "Handle",
    "local-resource-identifier-scheme": "The source’s own ID",
}
LABELS: dict[str, dict[str, str]] = {
    "person": {"contact": "Contact", "chief-investigator": "Chief investigator"},
    "relation": {"rec": "Reviewed by", "classification": "Catalogued under", "affiliation": "Affiliations of people"},
    "kind": {
        "trust": "NHS trust",
        "foundation-trust": "NHS foundation trust",
        "rec": "Research ethics committee",
        "unit": "Part of an organisation",
        "other": "Other organisation",
    },
    "match": {
        "exactMatch": "the same",
        "closeMatch": "close",
        "broadMatch": "broader",
        "narrowMatch": "narrower",
        "relatedMatch": "related",
    },
}
"""Labels of what is no concept of the ontology; a name that is missing here is shown with its hyphens opened."""

_CONCEPTS = {"role": "evidence-role", "opinion": "opinion-outcome"}
_ARROWS = {"increase": "↑", "decrease": "↓", "no-change": "→", "association": "↔"}
_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def label(name: str, of: str) -> str:
    """The label of a role, section, direction, opinion, kind and so on.

    >>> label("no-change", "direction"), label("foundation-trust", "kind"), label("journal-article", "type")
    ('No change', 'NHS foundation trust', 'Journal article')
    """
    known = LABELS[of] if of in LABELS else concepts(_CONCEPTS.get(of, of))
    opened = name.replace("-", " ")
    return known.get(name) or opened[:1].upper() + opened[1:]


def source_of(iri: str) -> str:
    """The name of the source that a record (its IRI, its page or the plain name) belongs to.

    >>> source_of("http://127.0.0.1:8000/record/eprints/12")
    'EPrints'
    """
    name = iri.partition("/record/")[2].partition("/")[0] if "/record/" in iri else iri
    return SOURCES.get(name, name)


def day(text: str | None) -> str:
    """A date as a person writes it, as precise as it is given.

    >>> day("2015-05-19"), day("2015-05"), day("2015"), day(None)
    ('19 May 2015', 'May 2015', '2015', '')
    """
    parts = (text or "").split("-")
    try:
        when = date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2][:2]) if len(parts) > 2 else 1)
    except ValueError:
        return text or ""
    return f"{when.day} {when:%B %Y}" if len(parts) > 2 else f"{when:%B %Y}" if len(parts) > 1 else parts[0]


def moment(text: str) -> str:
    """A time stamp as a person writes it; what is no time stamp is left as it is."""
    try:
        return f"{datetime.fromisoformat(text):%-d %B %Y, %H:%M %Z}".strip()
    except ValueError:
        return text


def duration(text: str) -> str:
    """An xsd:duration in words.

    >>> duration("P11M30D"), duration("P1Y")
    ('11 months, 30 days', '1 year')
    """
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?", text)
    if not found or not any(found.groups()):
        return text
    counted = ((int(n), unit) for n, unit in zip(found.groups(), ("year", "month", "day"), strict=True) if n)
    return ", ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in counted)


def words(number: int) -> str:
    """A count at the head of a sentence: in words up to twelve."""
    return _WORDS[number].capitalize() if number < len(_WORDS) else thousands(number)


def thousands(number: int) -> str:
    """A count with a thin space between the thousands.

    >>> thousands(1234567)
    '1\\u202f234\\u202f567'
    """
    return f"{number:,}".replace(",", "\u202f")


def percent(share: Mapping[str, int]) -> str:
    """How much of something lacks it, in per cent; never 0 % where there is some, nor 100 % where not all.

    >>> percent({"missing": 1, "of": 1000}), percent({"missing": 999, "of": 1000}), percent({"missing": 1, "of": 3})
    ('under 1\\u202f%', 'over 99\\u202f%', '33\\u202f%')
    """
    part = 100 * share["missing"] / share["of"]
    if 0 < part < 1:
        return "under 1\u202f%"
    return "over 99\u202f%" if 99 < part < 100 else f"{part:.0f}\u202f%"


def outside(iri: str) -> str:
    """A web address shortened for reading.

    >>> outside("https://www.example.org/a/study/?id=7")
    'example.org/a/study'
    """
    parts = urlsplit(iri)
    return unquote(parts.netloc.removeprefix("www.") + parts.path.rstrip("/")) or iri


def licence(url: str) -> str:
    """The short name of a Creative Commons licence, else its address."""
    found = re.search(r"creativecommons\.org/licenses/([a-z-]+)/([\d.]+)", url)
    if found:
        return f"CC {found[1].upper()} {found[2]}"
    return "CC0" if "publicdomain/zero" in url else outside(url)


def polarity(name: str) -> str:
    """What "improved" says of a theme."""
    return {"decrease": "less of it", "increase": "more of it"}.get(name, name)


def web(url: str | None) -> str:
    """An address that may stand in a link: http and https alone, since records are written by strangers."""
    return url if url and urlsplit(url).scheme in ("http", "https", "mailto", "") else "#"


def narrowest(kinds: Iterable[str]) -> list[str]:
    """The kinds of an organisation without those that another one includes."""
    found = list(kinds)
    return [k for k in found if k != "trust" or "foundation-trust" not in found]


def people(named: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Everybody once in each role, though several records name them."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in named:
        found.setdefault((one["role"], one["person"]["iri"] if one["person"] else one["name"]), one)
    return list(found.values())


def other(names: Iterable[str], name: str) -> list[str]:
    return [n for n in names if n != name]


def without(items: Iterable[Mapping[str, Any]], taken: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items whose IRI is not among `taken`."""
    gone = {item["iri"] for item in taken}
    return [item for item in items if item["iri"] not in gone]


def stop(text: str | None) -> str:
    """The full stop that a text within a line still needs.

    >>> stop("Night rotas"), stop("Who cares?"), stop("Night rotas.")
    ('.', '', '')
    """
    return "" if text and text.rstrip("\"'”’)").endswith((".", "?", "!", "…", "。")) else "."


FILTERS: dict[str, Callable[..., Any]] = {
    "label": label,
    "source": lambda name: SOURCES.get(name, name),
    "source_of": source_of,
    "scheme": lambda name: SCHEMES.get(name, name),
    "arrow": lambda name: _ARROWS.get(name, ""),
    "highlighted": lambda quote, matched: highlighted(quote, matched or ""),
    "sure": sure,
    "day": day,
    "moment": moment,
    "duration": duration,
    "words": words,
    "thousands": thousands,
    "percent": percent,
    "outside": outside,
    "licence": licence,
    "polarity": polarity,
    "web": web,
    "people": people,
    "narrowest": narrowest,
    "other": other,
    "without": without,
    "stop": stop,
}
"""The filters of the templates."""
