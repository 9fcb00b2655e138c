"""Works: versions and copies of one publication."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from loaders.linking.statements import Mapping
from loaders.linking.things import Document, Item, Node
from loaders.parts import names
from loaders.record import Record
from ontology.iris import Iris
from ontology.terms import EVG, SEMAPV

_FIRM = ("doi:", "pmid:", "pmcid:", "arxiv:", "openalex:", "eprints:", "handle:")
_NOT_THE_WORK = re.compile(
    r"^(?:(?:author |publisher )?correction|erratum|corrigendum|retraction|retracted|expression of concern|reply|"
    r"response|"
    r"comment(?:ary)?|addendum|letter)\b"
)
_PART = re.compile(r"\b(?:part|phase|study|paper|volume|chapter|session|no|number)? ?([ivx]+|\d+)\b")


class Works:
    """Resolver of publications."""

    name = "work"
    cluster = EVG.WorkCluster
    same = EVG.sameWorkAs
    accept = 0.9

    def items(self, record: Record, about: Document, iris: Iris) -> Iterator[Item]:
        if record.publication:
            topic = names(record, iris).topic
            keys = ["work:" + name for name in about.ids]
            keys.append("work:" + topic)
            yield Item(topic, record.title, tuple(sorted(keys)), {"type": record.publication.type})

    def read(self, traits: dict[str, Any]) -> Any:
        return traits

    def further_keys(self, node: Node) -> Iterable[str]:
        return (node.iri, *node.document.company)

    def score(self, left: Node, right: Node) -> float:
        return _compare(left, right)[0]

    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        return _compare(left, right)[1:]

    def group(self, _: Node) -> "Unbound":
        return Unbound()

    def further(self, _: Node) -> list[Mapping]:
        return []

    def label(self, nodes: list[Node]) -> str:
        return max((len(node.label), node.label) for node in nodes)[1]


class Unbound:
    """A cluster that nothing but its pairs speaks against."""

    def clashes(self, _: "Unbound") -> str | None:
        return None

    def take(self, _: "Unbound") -> None:
        pass


def _compare(left: Node, right: Node) -> tuple[float, str, str]:
    if left.iri == right.iri:
        return 1.0, "one identifier", SEMAPV.DatabaseCrossReference
    here, there = left.document, right.document
    shared = sorted(name for name in here.ids & there.ids if name.startswith(_FIRM))
    if shared:
        return 0.99, f"same {shared[0].replace(':', ' ', 1)}", SEMAPV.DatabaseCrossReference
    if here.title != there.title or bool(_NOT_THE_WORK.match(here.title)) != bool(_NOT_THE_WORK.match(there.title)):
        return 0.0, "", SEMAPV.CompositeMatching
    company = here.company & there.company
    if here.company and there.company and not company:
        return 0.1, "same title, other authors", SEMAPV.CompositeMatching
    years = abs(here.year - there.year) if here.year and there.year else None
    if years is not None and years > 3:
        return 0.4, "same title, years apart", SEMAPV.CompositeMatching
    score = 0.95 if company else 0.7
    return score, "same title" + (", same authors" if company else ""), SEMAPV.CompositeMatching
