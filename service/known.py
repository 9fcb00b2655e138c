"""The prefixes that a SPARQL text need not declare."""

from ontology.terms import PREFIXES

MARKS = [(f"{prefix}:", prefix, iri) for prefix, iri in PREFIXES.items()]


def known_prefixes(text: str) -> dict[str, str]:
    """Those of our prefixes that a text may use; few, since the engine takes time over each."""
    return {prefix: iri for mark, prefix, iri in MARKS if mark in text}
