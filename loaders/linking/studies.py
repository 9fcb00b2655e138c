"""Studies: the same project, registered or known from what it published."""

from collections.abc import Iterable, Iterator
from typing import Any

from loaders.linking.statements import Mapping
from loaders.linking.things import Document, Item, Node
from loaders.linking.works import Unbound, Works
from loaders.parts import names
from loaders.record import Record
from ontology.iris import Iris
from ontology.terms import EVG

_WORKS = Works()


class Studies:
    """Resolver of studies."""

    name = "project"
    cluster = EVG.StudyCluster
    same = EVG.sameStudyAs
    accept = 0.9

    def items(self, record: Record, about: Document, iris: Iris) -> Iterator[Item]:
        study = names(record, iris).study
        keys = {"project:" + study} | {"project:" + name for name in about.ids}
        yield Item(study, record.title, tuple(sorted(keys)), {})

    def read(self, traits: dict[str, Any]) -> Any:
        return traits

    def further_keys(self, node: Node) -> Iterable[str]:
        return (node.iri, *node.document.company)

    def score(self, left: Node, right: Node) -> float:
        return _WORKS.score(left, right)

    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        return _WORKS.reasons(left, right)

    def group(self, _: Node) -> Unbound:
        return Unbound()

    def further(self, _: Node) -> list[Mapping]:
        return []

    def label(self, nodes: list[Node]) -> str:
        return max((len(node.label), node.label) for node in nodes)[1]
