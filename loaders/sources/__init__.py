"""The readers, one module a source. To add one: write the module, add it to SOURCES."""

from collections.abc import Callable

from loaders.record import Source
from loaders.sources import (
    bibtex,
    biorxiv,
    crossref,
    csv_table,
    datacite,
    document_sharing,
    eprints,
    eprints_export,
    europepmc,
    hra,
    html_page,
    jats,
    nbib,
    oai_pmh,
    openalex,
    pubmed,
    rdf,
    ris,
    sciety,
    semantic_scholar,
    semantic_scholar_page,
    web_of_science,
)

SOURCES: tuple[Source, ...] = (
    eprints,
    document_sharing,
    semantic_scholar_page,
    sciety,
    hra,
    crossref,
    openalex,
    pubmed,
    nbib,
    jats,
    semantic_scholar,
    datacite,
    ris,
    web_of_science,
    oai_pmh,
    eprints_export,
    europepmc,
    biorxiv,
    bibtex,
    csv_table,
    html_page,
    rdf,
)
"""Every reader. No two of them take the same input, so that their order does not matter."""


def detect(head: bytes) -> Source | None:
    """The reader that knows an input by its first bytes (64 KB or more), or None."""
    return next((source for source in SOURCES if source.sniff(head)), None)


def stated_total(source: Source, head: bytes) -> int | None:
    """How many entries an input holds by its own count, of a source whose inputs can say so; None for the others.

    Such a module has a function `stated_total(head)`, asked with the first bytes as `sniff` is. It gives a number only
    where that is the number of this very input: not for one page of an answer that has several.
    """
    count: Callable[[bytes], int | None] | None = getattr(source, "stated_total", None)
    return count(head) if count else None


def named(name: str) -> Source:
    """The reader of that NAME. Raises KeyError where there is none."""
    return {source.NAME: source for source in SOURCES}[name]
