"""The probability that two mentions are one person: a logistic model over what they show.

The coefficients are in `data/person_model.json`, made by `loaders/linking/train.py`.
"""

from functools import cache
from importlib.resources import files
from math import exp, log, log1p

import orjson

from loaders.linking.frequencies import commonness, likeness, rarity
from loaders.linking.personal_names import Given, Middle, Name, compare_given, family_key
from loaders.linking.things import Node
from ontology.terms import SEMAPV

ORCID_EQUAL = 0.999
ORCID_DIFFERS = 0.001
SAME_PLACE = 0.995
"""Compatible names at the same place of two lists of the same document's authors."""
OTHER_PLACE = 0.02
_SHORT = 4
"""Letters of a family name: one as short is many people's, whatever the counts hold (Chinese, Korean and Vietnamese
names in Latin letters)."""
_LONG = log(20)
"""From here on a list of authors is spoken of as long."""
_BINDING = ("company", "places", "institution", "mail", "domain", "journal", "topic")
"""What two mentions of one person would be expected to share some of."""


@cache
def coefficients() -> dict[str, float]:
    """Feature to weight, with "bias"."""
    said = orjson.loads(files("loaders.linking").joinpath("data/person_model.json").read_bytes())
    found: dict[str, float] = said["coefficients"]
    return found


@cache
def accept() -> float:
    """The score from which two mentions are held to be one person."""
    said = orjson.loads(files("loaders.linking").joinpath("data/person_model.json").read_bytes())
    return float(said["accept"])


def features(left: Node, right: Node) -> dict[str, float] | None:
    """What speaks for and against, each 0 to about 5; None where the names exclude each other.

    Identifiers are not among them: `score` looks at those first.
    """
    one, other = left.traits, right.traits
    if one.collective or other.collective:
        return None
    named = names(one.name, other.name)
    return None if named is None else together(named, context(left, right))


def together(named: dict[str, float], around: dict[str, float]) -> dict[str, float]:
    """All features of a pair, out of those of its names and of the rest: a whole name is less where it is all."""
    alone = "nothing in common" in around and ("given same" in named or "given nickname" in named)
    return named | around | ({"whole name alone": 1.0} if alone else {})


def names(one: Name, other: Name) -> dict[str, float] | None:
    """The features of two names; None where no one person bears both."""
    family, swapped = family_key(one.family), False
    whole = family == family_key(other.family)
    if not whole:
        if len(one.given) == 1 and len(other.given) == 1 and one.family == other.given and other.family == one.given:
            swapped = True
        elif not set(one.family) & set(other.family) or len(one.family) == len(other.family):
            return None
    first, rest = (Given.SAME, Middle.NONE) if swapped else compare_given(one.given, other.given)
    if first is Given.CONFLICT or rest is Middle.CONFLICT:
        return None
    found = {f"given {first}": 1.0, f"middle {rest}": 1.0}
    if swapped:
        found["swapped"] = 1.0
    elif not whole:
        found["part of family name"] = 1.0
    families = (family,) if whole else (family, family_key(other.family))
    common = max(commonness("family", name) for name in families)
    spoken = max(commonness("given", said.given[0]) for said in (one, other)) if one.given and other.given else 0.0
    if first in (Given.SAME, Given.NICKNAME) and spoken:
        found["common given name"] = spoken
    if min(len(name) for name in families) <= _SHORT:
        found["short family name"] = 1.0
    if not common:
        found["rare family name"] = min(rarity(name) for name in families)
    else:
        found["common family name"] = common
        if rest is Middle.AGREE:
            found["common name, middle agree"] = common
        if first in (Given.SAME, Given.NICKNAME):
            found["common full name"] = common * spoken
        else:
            found["common name and initial"] = common
    return found


def context(left: Node, right: Node) -> dict[str, float]:
    """The features of all but the names."""
    one, other = left.traits, right.traits
    here, there = left.document, right.document
    found: dict[str, float] = {}
    shared = (here.company & there.company) - {one.key, other.key}
    if shared:
        weight = sum(1.0 - 0.7 * commonness("family", key.partition("|")[0]) for key in shared)
        found["company"] = min(log1p(weight), 2.0)
    elif len(here.company) > 1 and len(there.company) > 1:
        found["no company"] = 1.0
    if (longer := max(len(here.company), len(there.company))) > 1:
        found["long list"] = log(longer)
    if one.places and other.places:
        found["places known"] = 1.0
        found["places"] = likeness("place", one.places, other.places, one.breadth * other.breadth)
    institutions = (one.institutions | here.organisations, other.institutions | there.organisations)
    if institutions[0] and institutions[1]:
        found["other institution" if institutions[0].isdisjoint(institutions[1]) else "institution"] = 1.0
    if one.mail and one.mail == other.mail:
        found["mail"] = 1.0
    elif one.domain and one.domain == other.domain:
        found["domain"] = 1.0
    if here.journal and here.journal == there.journal:
        found["journal"] = 1.0
    if here.words and there.words:
        found["topic"] = likeness("word", here.words, there.words, here.breadth * there.breadth)
    if not any(found.get(name, 0.0) > 0.05 for name in _BINDING):
        found["nothing in common"] = 1.0
    if here.year and there.year:
        decades = abs(here.year - there.year) / 10
        found["years"] = min(decades, 2.0)
        if "nothing in common" in found:
            found["years apart"] = min(decades, 5.0)
    return found


def score(left: Node, right: Node) -> float:
    """The probability that two mentions are one person."""
    one, other = left.traits, right.traits
    if one.orcid and other.orcid:
        return ORCID_EQUAL if one.orcid == other.orcid else ORCID_DIFFERS
    if one.collective and other.collective:
        return ORCID_EQUAL if one.name == other.name else 0.0
    found = features(left, right)
    if found is None:
        return 0.0
    if (placed := _place(left, right)) is not None:
        return placed
    return probability(found, coefficients())


def probability(found: dict[str, float], weights: dict[str, float]) -> float:
    """The logistic of features under weights."""
    total = weights["bias"]
    for name, value in found.items():
        total += weights[name] * value
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def _place(left: Node, right: Node) -> float | None:
    """What the places of two authors in lists of the same document say; None where it is not the same one."""
    one, other = left.traits, right.traits
    if left.document.ids.isdisjoint(right.document.ids) or one.role != "author" or other.role != "author":
        return None
    if one.position is None or other.position is None or one.position == other.position:
        return SAME_PLACE
    for here, there in ((left, right), (right, left)):
        people = there.document.people
        place = here.traits.position
        if place <= len(people) and people[place - 1] == here.traits.key:
            return OTHER_PLACE  # its own counterpart stands where it should
    return SAME_PLACE


def reasons(left: Node, right: Node) -> tuple[str, str]:
    """The score in words, and the sort of matching (an IRI of SEMAPV)."""
    one, other = left.traits, right.traits
    if one.orcid and other.orcid:
        return (
            (f"same ORCID iD {one.orcid}", SEMAPV.BackgroundKnowledgeBasedMatching)
            if one.orcid == other.orcid
            else ("different ORCID iDs", SEMAPV.BackgroundKnowledgeBasedMatching)
        )
    if one.collective:
        return "same name of a group", SEMAPV.LexicalMatching
    return "; ".join(_words(left, right)), SEMAPV.CompositeMatching


def _words(left: Node, right: Node) -> list[str]:
    found = features(left, right)
    one, other = left.traits, right.traits
    given = [" ".join(word.capitalize() for word in said.name.given) or "none" for said in (one, other)]
    shown = given[0] if given[0] == given[1] else " / ".join(sorted(given))
    if found is None:
        return [f"names that do not fit: {left.label} / {right.label}"]
    swapped, part = "swapped" in found, "part of family name" in found
    words = ["family and given name swapped" if swapped else "part of the family name" if part else "same family name"]
    grade = next(name for name in found if name.startswith("given ")).removeprefix("given ")
    words.append(
        {
            Given.SAME: f"same given name: {shown}",
            Given.NICKNAME: f"given names are forms of one: {shown}",
            Given.CLOSE: f"given names nearly the same: {shown}",
            Given.MISSING: "a given name is missing",
        }.get(Given(grade), f"given names compatible: {shown}")
    )
    if (placed := _place(left, right)) is not None:
        words.append("same place among one document's authors" if placed > 0.5 else "another place among its authors")
    if shared := sorted((left.document.company & right.document.company) - {one.key, other.key}):
        listed = ", ".join(_spoken(key) for key in shared[:3]) + (" …" if len(shared) > 3 else "")
        words.append(f"{len(shared)} shared co-author{'s' if len(shared) > 1 else ''}: {listed}")
    if found.get("institution"):
        words.append("same institution")
    if found.get("other institution"):
        words.append("different institutions")
    if found.get("mail"):
        words.append("same e-mail address")
    elif found.get("domain"):
        words.append(f"same e-mail domain {one.domain}")
    if found.get("journal"):
        words.append("same journal")
    if topic := sorted(left.document.words & right.document.words):
        words.append(f"titles share {', '.join(topic[:4])}")
    if (apart := found.get("years apart", 0.0)) >= 1:
        words.append(f"nothing in common and {apart * 10:.0f} years apart")
    if found.get("common family name", 0.0) > 0.5:
        words.append("a common family name")
    elif found.get("rare family name", 0.0) > 0.5:
        words.append("a rare family name")
    if "short family name" in found:
        words.append("a short family name")
    if found.get("long list", 0.0) > _LONG:
        words.append("a long list of authors")
    return words


def _spoken(key: str) -> str:
    family, _, initial = key.partition("|")
    return f"{initial.upper()} {family.capitalize()}".strip()
