"""The prefixes that a SPARQL text need not declare."""

import re

from ontology.terms import PREFIXES

_PREFIX = re.compile(r"\b([A-Za-z]\w*):")


def known_prefixes(text: str) -> dict[str, str]:
    """Those of our prefixes that a text may use; few, since the engine takes time over each."""
    return {prefix: PREFIXES[prefix] for prefix in _PREFIX.findall(text) if prefix in PREFIXES}
