"""The readers, one module a source. To add one: write the module, add it to SOURCES."""

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
)
"""Every reader. No two of them take the same input, so that their order does not matter."""


def detect(head: bytes) -> Source | None:
    """The reader that knows an input by its first bytes (64 KB or more), or None."""
    return next((source for source in SOURCES if source.sniff(head)), None)


def named(name: str) -> Source:
    """The reader of that NAME. Raises KeyError where there is none."""
    return {source.NAME: source for source in SOURCES}[name]
