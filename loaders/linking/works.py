"""Works: versions and copies of one publication. A correction is not its article, Part II is not Part III."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rapidfuzz import fuzz

from loaders.linking.frequencies import rarest
from loaders.linking.statements import Mapping
from loaders.linking.things import Document, Item, Node
from loaders.parts import names
from loaders.record import DOI, Publication, Record
from ontology.iris import Iris
from ontology.terms import EVG, SEMAPV

_VERSION_OF = ("is-preprint-of", "has-preprint", "is-version-of", "has-version")
_NOTICE = re.compile(
    r"^(?:(?:author|publisher) )?(?:correction|corrigend\w+|errat\w+|retract\w+|withdrawn|expression of concern"
    r"|repl(?:y|ies)|(?:\w+ ){0,2}response|comment\w*|addend\w+|letter|editorial|review of)\b"
)
_NUMBER = re.compile(r"\b(?:[ivx]+|\d+)\b")
_PREPRINTS = (
    "10.1101/",
    "10.21203/",
    "10.31234/",
    "10.31219/",
    "10.31235/",
    "10.20944/",
    "10.48550/",
    "10.2139/",
    "10.22541/",
)
_REPOSITORIES = ("10.5281/", "10.6084/", "10.17605/", "10.17863/", "10.15131/", "10.5061/")
"""DOI prefixes of preprint servers and of repositories: a paper there has another DOI than where it is published."""
_ALIKE = frozenset(("", "journal-article", "preprint", "review", "report", "letter", "editorial", "conference-paper"))
"""Types that copies of one work may bear in different sources. Others are one only where both sources say so."""
_TELLING = 4
"""Words: a shorter title ("Editorial") names many works."""
_NEAR = 0.9
"""Likeness of two titles, 0 to 1, from which they may be one title."""

Verdict = tuple[float, str, str]
NOT: Verdict = (0.0, "", SEMAPV.CompositeMatching)
NOTHING: dict[str, Any] = {"type": "", "related": [], "published": ""}
"""The traits of what is no publication."""


@dataclass(frozen=True, slots=True)
class Traits:
    """`related` are identifiers ("doi:10.…") that the record states to be of another version; `published` is the DOI
    of a version of record.
    """

    type: str
    related: frozenset[str]
    published: str


class Works:
    """Resolver of publications."""

    name = "work"
    cluster = EVG.WorkCluster
    same = EVG.sameWorkAs
    accept = 0.9

    def items(self, record: Record, about: Document, iris: Iris) -> Iterator[Item]:
        if record.publication:
            topic = names(record, iris).topic
            traits = said(record, record.publication)
            keys = {topic, *about.ids, *traits["related"], *title_keys(about, 3)}
            yield Item(topic, record.title, tuple(sorted("work:" + key for key in keys)), traits)

    def read(self, traits: dict[str, Any]) -> Traits:
        return Traits(traits["type"], frozenset(traits["related"]), traits["published"])

    def further_keys(self, node: Node) -> Iterable[str]:
        return (node.iri, node.document.title, *node.document.company)

    def score(self, left: Node, right: Node) -> float:
        return compare(left, right)[0]

    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        return compare(left, right)[1:]

    def group(self, node: Node) -> "Versions":
        return Versions(node)

    def further(self, _: Node) -> list[Mapping]:
        return []

    def label(self, nodes: list[Node]) -> str:
        return max((len(node.label), node.label) for node in nodes)[1]


class Versions:
    """The versions of one work under construction: it was published once."""

    def __init__(self, node: Node) -> None:
        self.published = {node.traits.published} - {""}

    def never(self, _: "Versions") -> str | None:
        return None

    def clashes(self, other: "Versions") -> str | None:
        both = self.published and other.published and self.published.isdisjoint(other.published)
        return "their clusters were published under different DOIs" if both else None

    def take(self, other: "Versions", *, by_person: bool) -> None:
        # what a person made one keeps no DOI to clash with
        self.published = set() if by_person else self.published | other.published


def said(record: Record, publication: Publication) -> dict[str, Any]:
    """The traits of a publication, as JSON."""
    doi = next((i.value.lower() for i in record.identifiers if i.scheme == DOI and i.status != "inferred"), "")
    elsewhere = publication.type == "preprint" or doi.startswith(_PREPRINTS + _REPOSITORIES)
    related = {f"{r.target.scheme}:{r.target.value.lower()}" for r in publication.relations if r.kind in _VERSION_OF}
    return {"type": publication.type, "related": sorted(related), "published": "" if elsewhere else doi}


def title_keys(about: Document, count: int) -> Iterator[str]:
    """Keys that titles share when they share two of their rarest words."""
    for pair in combinations(sorted(rarest("word", about.words, count)), 2):
        yield "words:" + " ".join(pair)


def compare(left: Node, right: Node) -> Verdict:
    """How likely two publications are versions of one work, why, and by what sort of matching."""
    if left.iri == right.iri:
        return 1.0, "one identifier", SEMAPV.BackgroundKnowledgeBasedMatching
    here, there = left.document, right.document
    one, other = left.traits, right.traits
    shared = sorted(name for name in here.ids & there.ids if not name.startswith("title:"))
    if shared:
        return 0.99, f"same {shared[0].replace(':', ' ', 1)}", SEMAPV.BackgroundKnowledgeBasedMatching
    if not one.related.isdisjoint(there.ids) or not other.related.isdisjoint(here.ids):
        return 0.98, "a source states that one is a version of the other", SEMAPV.BackgroundKnowledgeBasedMatching
    if one.type != other.type and not {one.type, other.type} <= _ALIKE:
        return NOT
    likeness = _titles(here.title, there.title)
    if likeness < _NEAR:
        return NOT
    return _weigh(left, right, likeness)


def _titles(left: str, right: str) -> float:
    """The likeness of two normalised titles; 0 where their numbers or their being notices tell them apart."""
    notices = [_NOTICE.match(title) for title in (left, right)]
    if any(notices) and left != right:
        return 0.0
    if left == right:
        return 1.0
    if sorted(_NUMBER.findall(left)) != sorted(_NUMBER.findall(right)):
        return 0.0
    short, long = sorted((left, right), key=len)
    if long.startswith(short + " ") and len(short.split()) > 5:
        return 0.92  # the subtitle is left out
    return fuzz.ratio(left, right) / 100


def _weigh(left: Node, right: Node, likeness: float) -> Verdict:
    here, there = left.document, right.document
    reasons = ["same title" if likeness == 1.0 else "nearly the same title"]
    size = len(here.title.split())
    if here.company and there.company:
        shared = len(here.company & there.company) / min(len(here.company), len(there.company))
        if shared < 0.5:
            return 0.1, "other authors", SEMAPV.CompositeMatching
        score = 0.97 if likeness == 1.0 else 0.93
        score -= 0.1 if size < _TELLING else 0.0
        reasons.append("same authors" if shared == 1.0 else "shared authors")
    else:
        score = (0.92 if size > 7 else 0.7) - (0.0 if likeness == 1.0 else 0.3)
        reasons.append("one source names no authors")
    if here.year and there.year:
        apart = abs(here.year - there.year)
        score -= 0.0 if apart < 3 else 0.3
        reasons.append("same year" if not apart else f"{apart} year{'s' if apart > 1 else ''} apart")
    if {left.traits.type, right.traits.type} & {"conference-paper"} and left.traits.type != right.traits.type:
        score -= 0.2
        reasons.append("one is a conference paper")
    if left.traits.published and right.traits.published:
        if size < _TELLING or "dataset" in (left.traits.type, right.traits.type):
            return NOT
        score -= 0.25
        reasons.append("but each is published under a DOI of its own")
    return max(score, 0.0), "; ".join(reasons), SEMAPV.CompositeMatching
