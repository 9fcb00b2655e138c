"""Components of linked things worked out anew, and what is said of them."""

from collections.abc import Iterable, Iterator, Sequence

from loaders.linking.clusters import Link, cluster, components
from loaders.linking.decisions import Standing, Verdict
from loaders.linking.mappings import Ends, MappingWriter, Outcome, Pair
from loaders.linking.nodes import Nodes
from loaders.linking.output import Output
from loaders.linking.resolvers import RESOLVERS
from loaders.linking.statements import Cluster
from loaders.linking.tables import Tables
from ontology.iris import Iris

BY_PERSON = 2.0
"""The score of a link that a person made: over every score of the machine."""
_BATCH = 10_000


class Settling:
    """Works out the components around given items, and hands on what is so."""

    def __init__(self, tables: Tables, nodes: Nodes, output: Output, iris: Iris) -> None:
        self._tables = tables
        self._nodes = nodes
        self._output = output
        self._iris = iris

    def settle(self, seeds: Iterable[int], decided: Standing) -> set[int]:
        """The components that hold `seeds` become clusters, and their pairs mappings; the items of these."""
        outcome = Outcome()
        reached, links = self._reach(set(seeds), decided)
        found = self._settle(reached, links, decided, outcome)
        writer = MappingWriter(self._tables, self._nodes, self._output, decided, outcome)
        for batch in _batches(found):
            writer.write([item for members in batch for item in members])
        return reached

    def _settle(self, reached: set[int], links: list[Link], decided: Standing, outcome: Outcome) -> list[list[int]]:
        """Makes clusters of what links connect; the components."""
        by_left: dict[int, list[Link]] = {}
        for link in links:
            by_left.setdefault(link.left, []).append(link)
        found = components(reached, links)
        for batch in _batches(found):
            self._nodes.load(item for members in batch for item in members)
            homes: dict[str, str | None] = {}
            clusters: dict[str, Cluster] = {}
            for members in batch:
                within = [link for item in members for link in by_left.get(item, ())]
                self._cluster(members, within, decided, outcome, homes, clusters)
            self._output.place(homes, clusters)
        return found

    def _decided(self, decided: Standing) -> tuple[set[int], dict[int, list[Link]]]:
        """The items that people split off, and the links that they made, by item."""
        query = "select id, iri from wanted cross join item on iri = value"
        ids: dict[str, list[int]] = {}
        for item, iri in self._tables.among(query, decided.members):
            ids.setdefault(iri, []).append(item)
        alone = {item for iri in decided.alone for item in ids.get(iri, ())}
        said: dict[int, list[Link]] = {}
        for (left, right), decision in decided.pairs.items():
            if decision.verdict is Verdict.ACCEPT and decision.kind != "organisation" and left in ids and right in ids:
                one, other = sorted((min(ids[left]), min(ids[right])))
                link = Link(one, other, BY_PERSON)
                for item in (link.left, link.right):
                    said.setdefault(item, []).append(link)
        return alone, said

    def _reach(self, seeds: set[int], decided: Standing) -> tuple[set[int], list[Link]]:
        """All items that firm links lead to from the seeds, and these links."""
        alone, said = self._decided(decided)
        reached: set[int] = set()
        scores: dict[Pair, float] = {}
        frontier = seeds
        while frontier:
            reached |= frontier
            found = {(link.left, link.right): link.score for item in frontier for link in said.get(item, ())}
            for left, right, score, _ in self._tables.pairs_of(frontier, firm=True):
                # 1: two items of one node
                if (score == 1.0 or (left not in alone and right not in alone)) and (left, right) not in found:
                    found[left, right] = score
            frontier = {item for pair in found for item in pair} - reached
            scores |= found
        return reached, [Link(*pair, score) for pair, score in scores.items()]

    def _cluster(
        self,
        members: Sequence[int],
        links: Sequence[Link],
        decided: Standing,
        outcome: Outcome,
        homes: dict[str, str | None],
        clusters: dict[str, Cluster],
    ) -> None:
        nodes = [self._nodes[item] for item in members]
        resolver = RESOLVERS[nodes[0].kind]
        parts = {nodes[0].id: nodes}
        if len(nodes) > 1:
            found = cluster(nodes, links, resolver, decided.apart)
            outcome.joined.update((self._ends(pair), score) for pair, score in found.joined.items())
            outcome.vetoed.update((self._ends(pair), why) for pair, why in found.vetoed.items())
            parts = {}
            for node in nodes:
                parts.setdefault(found.of[node.id], []).append(node)
        for part in parts.values():
            first = min(part, key=lambda node: (node.iri, node.document.record))
            home = self._iris.cluster(resolver.name, first.label, first.iri)
            clusters[home] = Cluster(resolver.cluster, resolver.label(part))
            outcome.size[home] = len({node.iri for node in part})
            for node in part:
                homes[node.iri] = home
                outcome.home[node.iri] = home

    def _ends(self, pair: Pair) -> Ends:
        left, right = sorted((self._nodes[pair[0]].iri, self._nodes[pair[1]].iri))
        return left, right


def _batches(found: Iterable[list[int]]) -> Iterator[list[list[int]]]:
    batch: list[list[int]] = []
    size = 0
    for members in found:
        batch.append(members)
        size += len(members)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
