"""Names of organisations, folded for comparison."""

import re
from functools import cache, lru_cache
from importlib.resources import files

from ontology.iris import normalise

_LETTERS = str.maketrans("øØłŁđĐı", "oOlLdDi")
"""Letters whose mark is a part of them: those who lack them write the bare letter."""


@lru_cache(1 << 14)
def fold(name: str) -> str:
    """A name folded: `&` is "and", apostrophes join, a leading "the" is left out.

    >>> fold("The King's College London & Partners")
    'kings college london and partners'
    """
    plain = re.sub(r"['’`]", "", name.replace("&", " and "))
    return normalise(plain if plain.isascii() else plain.translate(_LETTERS)).removeprefix("the ")


def trust_key(name: str) -> str:
    """The name of an NHS trust without the words that come, go and are left out: `the`, `NHS`, `foundation`, `trust`.

    >>> trust_key("Norfolk & Suffolk NHS Foundation Trust")
    'norfolk and suffolk'
    """
    return " ".join(word for word in fold(name).split() if word not in ("the", "nhs", "foundation", "trust"))


_REGIONS = re.compile(
    r"^(?:north east|north west|yorkshire and the humber|east midlands|west midlands|east of england|london"
    r"|south central|south east coast|south east|south west|wales) (?!central\b|scotland\b)(?=\w{4})"
)


def committee_key(name: str) -> str:
    """The name of a research ethics committee without what every one bears, and by one name where it had several: the
    place, and the region only where the place says too little.

    >>> committee_key("NRES Committee East Midlands - Nottingham 1"), committee_key("Nottingham REC 1")
    ('nottingham 1', 'nottingham 1')
    >>> committee_key("Southmead Research Ethics Committee") == committee_key("South West 4 REC")
    True
    """
    key = _place(name)
    return _present_names().get(key, key)


def _place(name: str) -> str:
    folded = re.sub(r"\b(?:nres committee|nhs|hra|research ethics committee|rec|local)\b", " ", fold(name))
    return _REGIONS.sub("", " ".join(folded.split()))


@cache
def _present_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in files("loaders.linking").joinpath("data/committees.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            former, present, _ = line.split("\t")
            found[_place(former)] = _place(present)
    return found
