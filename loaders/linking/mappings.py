"""Pairs as mappings: what was decided of each, why, and which of them are worth writing."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from loaders.linking.decisions import Decision, Standing, Verdict
from loaders.linking.nodes import Nodes
from loaders.linking.output import Output
from loaders.linking.resolvers import RESOLVERS
from loaders.linking.statements import Mapping
from loaders.linking.tables import Tables
from loaders.linking.things import Resolver
from ontology.terms import SEMAPV

WHOLE = 20
"""Members of the largest cluster of which every pair is written; of larger ones, the links that joined them."""
BETWEEN = 36
"""Pairs between two clusters of which each may be written; where more are possible, the best one is."""

Pair = tuple[int, int]
Scored = tuple[float, bool, Pair]
"""A score, whether it is firm, and the two items that have it."""
Ends = tuple[str, str]
"""The IRIs of two nodes, the smaller first."""


@dataclass(slots=True)
class Outcome:
    """What one settling found: each node's cluster, how many nodes a cluster has, the links that joined, the vetoes."""

    home: dict[str, str] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    joined: dict[Ends, float] = field(default_factory=dict)
    vetoed: dict[Ends, str] = field(default_factory=dict)


class MappingWriter:
    """Writes the mappings of one settling."""

    def __init__(self, tables: Tables, nodes: Nodes, output: Output, decided: Standing, outcome: Outcome) -> None:
        self._tables = tables
        self._nodes = nodes
        self._output = output
        self._decided = decided
        self._outcome = outcome
        self._apart: set[frozenset[str]] = set()
        self._joined: dict[str, list[tuple[float, Ends]]] = {}
        for pair, score in outcome.joined.items():
            self._joined.setdefault(outcome.home[pair[0]], []).append((score, pair))

    def write(self, items: Iterable[int]) -> None:
        """Replaces the mappings of the nodes of `items`."""
        self._nodes.load(items)
        kinds: dict[int, list[int]] = {}
        for item in items:
            kinds.setdefault(self._nodes[item].kind, []).append(item)
        for kind, of_kind in kinds.items():
            self._write(RESOLVERS[kind], of_kind)

    def _write(self, resolver: Resolver, items: list[int]) -> None:
        found = self._scored(items)
        ends = {self._nodes[item].iri: item for item in items}
        for home, members in self._whole(ends):
            self._through_others(home, members, found)
        self._know({iri for pair in found for iri in pair} | self._decided.members)
        # of what was put off nothing may be known yet: of two, the one that is settled last has the mapping written
        known = self._outcome.home.keys()
        found = {pair: scored for pair, scored in found.items() if known >= set(pair)}
        self._held_apart()
        mappings = [self._machine(pair, *found[pair]) for pair in self._worth(found)]
        mappings += self._by_people(resolver, ends, found)
        for item in ends.values():
            mappings += (self._ruled(mapping) for mapping in resolver.further(self._nodes[item]))
        self._output.map(resolver.name, ends, mappings)

    def _scored(self, items: Collection[int]) -> dict[Ends, Scored]:
        """The pairs of which one end at least is among `items`, but for those within large clusters that nobody asks
        about: there may be hundreds of thousands of these.
        """
        rows = self._tables.pairs_of(items)
        self._nodes.load({item for left, right, _, _ in rows for item in (left, right)}.union(items))
        home, size, joined = self._outcome.home, self._outcome.size, self._outcome.joined
        found: dict[Ends, Scored] = {}
        for left, right, score, firm in rows:
            one, other = self._nodes[left].iri, self._nodes[right].iri
            if one > other:
                one, other, left, right = other, one, right, left
            pair = (one, other)
            if one == other or (pair in found and found[pair][0] >= score):
                continue
            cluster = home.get(one)
            large = cluster is not None and cluster == home.get(other) and size[cluster] > WHOLE
            if not large or pair in joined or not self._decided.members.isdisjoint(pair):
                found[pair] = (score, bool(firm), (left, right))
        return found

    def _whole(self, ends: dict[str, int]) -> Iterable[tuple[str, dict[str, int]]]:
        """The nodes (IRI to an item) of each cluster of which every pair is written."""
        clusters: dict[str, dict[str, int]] = {}
        for iri, item in ends.items():
            home = self._outcome.home[iri]
            if 2 < self._outcome.size[home] <= WHOLE:
                clusters.setdefault(home, {})[iri] = item
        return clusters.items()

    def _through_others(self, home: str, members: dict[str, int], found: dict[Ends, Scored]) -> None:
        """Adds the pairs of a cluster that no direct link holds, as sure as the weakest link on the way."""
        parts = {iri: [iri] for iri in members}
        for score, pair in sorted(self._joined.get(home, []), key=lambda row: (-row[0], row[1])):
            left, right = parts[pair[0]], parts[pair[1]]
            for one in left:
                for other in right:
                    ends = (min(one, other), max(one, other))
                    if ends not in found:
                        found[ends] = (min(score, 1.0), False, (members[ends[0]], members[ends[1]]))
            left += right
            parts.update(dict.fromkeys(right, left))

    def _know(self, iris: Iterable[str]) -> None:
        """Homes and sizes of nodes that this settling did not reach."""
        home, size = self._outcome.home, self._outcome.size
        query = "select iri, cluster from wanted cross join member on iri = value"
        far = dict(self._tables.among(query, [iri for iri in iris if iri not in home]))
        home.update(far)
        query = "select cluster, count(*) from wanted cross join member on cluster = value group by cluster"
        size.update(self._tables.among(query, [name for name in far.values() if name not in size]))

    def _held_apart(self) -> None:
        """The pairs of clusters that people's rejections are between."""
        home = self._outcome.home
        rejected = (pair for pair, said in self._decided.pairs.items() if said.verdict is Verdict.REJECT)
        self._apart = {self._homes(pair) for pair in rejected if pair[0] in home and pair[1] in home}

    def _homes(self, pair: Ends) -> frozenset[str]:
        return frozenset(self._outcome.home[iri] for iri in pair)

    def _worth(self, found: dict[Ends, Scored]) -> Iterator[Ends]:
        """The pairs that are written by the machine's own judgement."""
        home, size = self._outcome.home, self._outcome.size
        best: dict[Ends, tuple[float, Ends]] = {}
        for pair, (score, _, _) in found.items():
            if self._decision(pair):
                continue
            one, other = sorted((home[pair[0]], home[pair[1]]))
            if one == other:
                if size[one] <= WHOLE or pair in self._outcome.joined:
                    yield pair
            elif size[one] * size[other] <= BETWEEN:
                yield pair
            elif (one, other) not in best or (-score, pair) < best[one, other]:
                best[one, other] = (-score, pair)
        yield from (pair for _, pair in best.values())

    def _machine(self, pair: Ends, score: float, firm: bool, items: Pair) -> Mapping:
        left, right = (self._nodes[item] for item in items)
        resolver = RESOLVERS[left.kind]
        comment, justification = resolver.reasons(left, right)
        if self._outcome.home[pair[0]] == self._outcome.home[pair[1]]:
            status = "accepted"
            if not firm:
                comment += "; held to be one through others"
        elif firm:
            status = "rejected"
            comment += "; but " + self._outcome.vetoed.get(pair, "their clusters cannot be one")
        elif self._homes(pair) in self._apart:
            status = "rejected"
            comment += "; but a person's decision holds their clusters apart"
        else:
            status = "candidate"
        return Mapping(*pair, resolver.same, score, justification, status, comment)

    def _decision(self, pair: Ends) -> Decision | None:
        alone = self._decided.alone
        return self._decided.pairs.get(pair) or alone.get(pair[0]) or alone.get(pair[1])

    def _ruled(self, mapping: Mapping) -> Mapping:
        """A mapping that follows from one node alone, as a person has it who decided on it."""
        decision = self._decided.affiliations.get((mapping.left, mapping.right))
        if decision is None:
            return mapping
        accepted = decision.verdict is Verdict.ACCEPT
        return replace(
            mapping,
            score=1.0,
            justification=SEMAPV.ManualMappingCuration,
            status="accepted" if accepted else "rejected",
            comment="a person said so" if accepted else "a person said that it is not so",
            by=decision.by,
            at=decision.at,
        )

    def _by_people(self, resolver: Resolver, ends: dict[str, int], found: dict[Ends, Scored]) -> Iterator[Mapping]:
        """The mappings that people decided: those of pairs, and those that a split undid."""
        pairs = {pair for pair in self._decided.pairs if not ends.keys().isdisjoint(pair)}
        pairs |= {pair for pair in found if not self._decided.alone.keys().isdisjoint(pair)}
        home = self._outcome.home
        for pair in sorted(pairs):
            decision = self._decision(pair)
            if decision is None or decision.kind != resolver.name or pair[0] not in home or pair[1] not in home:
                continue
            comment, status = "a person said so", "accepted"
            if decision.verdict is not Verdict.ACCEPT:
                status, comment = "rejected", "a person said that they are two"
            elif home[pair[0]] != home[pair[1]]:
                status = "candidate"
                comment += "; but " + self._outcome.vetoed.get(pair, "another decision holds them apart")
            manual = SEMAPV.ManualMappingCuration
            yield Mapping(*pair, resolver.same, 1.0, manual, status, comment, decision.by, decision.at)
