"""Personal names: taken apart, and whether two of them can be the same person's."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz.distance import JaroWinkler

from loaders.names import split_name
from loaders.record import Person
from ontology.iris import normalise

_PARTICLES = frozenset(
    re.findall(
        r"\S+",
        "al af ap bin d da das de del della den der des di do dos du e el ibn la le los san st ten ter van vande "
        "vander von y zu zum zur",
    )
)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss", "'": "", "’": ""}
)
_UMLAUTS = re.compile(r"(?<=[bcdfghjklmnprstvwxz])([aou])e(?=[bcdfghklmnprstvwxz])")


class Given(StrEnum):
    """How the first given names of two mentions stand to each other."""

    SAME = "same"
    NICKNAME = "nickname"
    CLOSE = "close"
    MIDDLE = "middle"
    INITIAL = "initial"
    INITIALS = "initials"
    MISSING = "missing"
    CONFLICT = "conflict"


class Middle(StrEnum):
    """How the further given names of two mentions stand to each other."""

    AGREE = "agree"
    ONE = "one"
    NONE = "none"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Name:
    """A personal name, folded: family names without particles, given names in order (one letter: initial)."""

    family: tuple[str, ...]
    given: tuple[str, ...]


def fold(text: str) -> tuple[str, ...]:
    """The words of a name in lower case, without marks; apostrophes join, hyphens part."""
    return tuple(normalise(text.casefold().translate(_LETTERS)).split())


def parse(person: Person) -> Name:
    """The name of a mention. What the source did not tell apart is told apart by its form, where that can be."""
    return _parse(person.name, person.family, person.given)


@lru_cache(1 << 14)
def _parse(name: str, family: str | None, given: str | None) -> Name:
    if family is None:
        family, given = split_name(name)
    if family is None:
        return Name(fold(name), ())
    words = fold(family)
    core = tuple(word for word in words if word not in _PARTICLES) or words
    return Name(core, _given(given or "", family))


def _given(given: str, family: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in re.split(r"[\s.‐-―-]+", given):
        plain = "".join(fold(word))
        if not plain:
            continue
        # "SG" beside "Gillard" is two initials; beside "GILLARD" only where it cannot be spoken
        bunch = len(plain) <= 3 and word.isupper() and (not family.isupper() or not re.search("[aeiouy]", plain))
        found.extend(plain if bunch else (plain,))
    return tuple(found)


@cache
def nicknames() -> dict[str, frozenset[str]]:
    """Given name to the formal names that it can stand for, itself among them (`data/nicknames.txt`)."""
    found: dict[str, set[str]] = {}
    text = files("loaders.linking").joinpath("data/nicknames.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            formal, *short = line.split()
            for name in (formal, *short):
                found.setdefault(name, set()).add(formal)
    return {name: frozenset(formal | {name}) for name, formal in found.items()}


def formal_names(given: str) -> frozenset[str]:
    """The names that a given name can stand for, itself among them."""
    return nicknames().get(given) or frozenset((given,))


@lru_cache(1 << 14)
def compare_given(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[Given, Middle]:
    """How two lists of given names stand to each other. Symmetric."""
    if not left or not right:
        return Given.MISSING, Middle.NONE
    first = _first(left[0], right[0])
    rest = _middle(left[1:], right[1:])
    if first in (Given.SAME, Given.NICKNAME, Given.INITIAL, Given.INITIALS) and rest is not Middle.CONFLICT:
        return first, rest
    if "".join(left) == "".join(right) and min(len(left), len(right)) == 1 and len("".join(left)) > 3:
        return Given.SAME, Middle.NONE  # "Wei Ming", "Weiming"
    for one, other in ((left, right), (right, left)):
        # "A Steve Gillard" who writes as "Steve Gillard"
        if len(one) > 1 and len(one[0]) == 1 and len(one[1]) > 1 and one[1] in formal_names(other[0]) | {other[0]}:
            return Given.MIDDLE, Middle.NONE
    return first, rest


def _first(left: str, right: str) -> Given:
    if len(left) == 1 or len(right) == 1:
        if left == right:
            return Given.INITIALS
        short, full = sorted((left, right), key=len)
        if len(full) > 1 and any(name[0] == short for name in formal_names(full)):
            return Given.INITIAL
        return Given.CONFLICT
    if left == right:
        return Given.SAME
    if formal_names(left) & formal_names(right):
        return Given.NICKNAME
    short, full = sorted((left, right), key=len)
    if len(short) >= 3 and full.startswith(short):
        return Given.CLOSE
    if len(short) >= 5 and JaroWinkler.similarity(left, right) >= 0.93:
        return Given.CLOSE
    return Given.CONFLICT


def _middle(left: tuple[str, ...], right: tuple[str, ...]) -> Middle:
    if not left and not right:
        return Middle.NONE
    if not left or not right:
        return Middle.ONE
    one, other = left[0], right[0]
    if one == other or (min(len(one), len(other)) == 1 and one[0] == other[0]):
        return Middle.AGREE
    if min(len(one), len(other)) >= 5 and JaroWinkler.similarity(one, other) >= 0.9:
        return Middle.AGREE
    if one.startswith(other) or other.startswith(one):
        return Middle.ONE  # "Ann", "Anne"; but "Jung Hun" is not "Jung Hyun"
    # a further name may be left out: "J F K" beside "J K"
    initials = ({word[0] for word in left}, {word[0] for word in right})
    return Middle.ONE if initials[0] < initials[1] or initials[1] < initials[0] else Middle.CONFLICT


@lru_cache(1 << 14)
def family_key(words: tuple[str, ...]) -> str:
    """Family names as one word in which spellings of umlauts fall together."""
    return _UMLAUTS.sub(r"\1", "".join(words))


def block_keys(name: Name) -> tuple[str, ...]:
    """The keys under which a name meets those that it may be the same as: family name and an initial."""
    families = {family_key(name.family)}
    if len(name.family) > 1:
        families.update(family_key((word,)) for word in name.family if len(word) > 2)
    if not name.given:
        return tuple(sorted(f"{family}|" for family in families))
    spoken = name.given[:2] if len(name.given[0]) == 1 and len(name.given) > 1 else name.given[:1]
    initials = {formal[0] for word in spoken for formal in formal_names(word)}
    keys = {f"{family}|{initial}" for family in families for initial in initials}
    if len(name.family) == 1 and len(name.given) == 1 and len(name.given[0]) > 1:
        keys.add(f"{family_key(name.given)}|{name.family[0][0]}")  # "Zhang Wei" beside "Wei Zhang"
    return tuple(sorted(keys))
