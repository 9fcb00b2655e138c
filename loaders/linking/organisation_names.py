"""Names of organisations, folded for comparison."""

import re
from functools import lru_cache

from ontology.iris import normalise


@lru_cache(1 << 16)
def fold(name: str) -> str:
    """A name folded: `&` is "and", apostrophes join, a leading "the" is left out.

    >>> fold("The King's College London & Partners")
    'kings college london and partners'
    """
    return normalise(re.sub(r"['’`]", "", name.replace("&", " and "))).removeprefix("the ")


def trust_key(name: str) -> str:
    """The name of an NHS trust without the words that come, go and are left out: `the`, `NHS`, `foundation`, `trust`.

    >>> trust_key("Norfolk & Suffolk NHS Foundation Trust")
    'norfolk and suffolk'
    """
    return " ".join(word for word in fold(name).split() if word not in ("the", "nhs", "foundation", "trust"))


def committee_key(name: str) -> str:
    """The name of a research ethics committee without what every one bears: region and place remain.

    >>> committee_key("NRES Committee East Midlands - Nottingham 1"), committee_key("East Midlands - Nottingham 1 REC")
    ('east midlands nottingham 1', 'east midlands nottingham 1')
    """
    folded = re.sub(r"\b(?:nres committee|nhs|hra|research ethics committee|rec|the|local)\b", " ", fold(name))
    return " ".join(folded.split())
