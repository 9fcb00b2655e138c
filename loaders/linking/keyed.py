"""Organisations as clusters: all whose names mean one, by their key."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from loaders.linking.decisions import Decision, Standing, Verdict
from loaders.linking.output import Output
from loaders.linking.registry import registry
from loaders.linking.statements import Cluster, Mapping
from loaders.linking.tables import Tables
from ontology.iris import Iris
from ontology.terms import EVG, SEMAPV


@dataclass(frozen=True, slots=True)
class _Named:
    """A node with its name, and what it was found to mean."""

    iri: str
    label: str
    register: str
    score: float
    reason: str
    justification: str


class Organisations:
    """Keeps the clusters of organisations. A block is a cluster, unless people decided otherwise."""

    name = "organisation"

    def __init__(self, tables: Tables, output: Output, iris: Iris) -> None:
        self._tables = tables
        self._output = output
        self._iris = iris

    def settle(self, fresh: Collection[int], keys: Collection[str], decided: Standing) -> None:
        """New items (their ids) join the clusters of their blocks; the blocks `keys` are worked out anew, as are those
        that a new item stands at the head of and those that people's decisions touch.
        """
        rows: dict[str, list[_Named]] = {}
        query = "select keys, iri, label, traits from wanted cross join item on id = value"
        for key, iri, label, traits in self._tables.among(query, fresh):
            rows.setdefault(key, []).append(_Named(iri, label, **orjson.loads(traits)))
        together = self._together(decided)
        whole = set(keys) | {key for key in rows if key in together}
        homes: dict[str, str | None] = {}
        mappings: list[Mapping] = []
        for key, new in rows.items():
            if key in whole:
                continue
            first = self._head(key)
            home = self._tables.home(first) if first else None
            own = [node for node in new if node.iri.startswith(self._iris.base)]
            if home is None or any(node.iri == first for node in own):
                whole.add(key)
                continue
            homes.update((node.iri, home) for node in new)
            mappings += (mapping for node in own if (mapping := _to(node, first)))
        self._output.place(homes, {})
        self._output.map(self.name, [m for m in homes if m.startswith(self._iris.base)], mappings)
        self._anew(whole, together, decided)

    def _head(self, key: str) -> str:
        """The smallest of our own nodes in a block."""
        query = "select min(iri) from block cross join item on id = item where key = ? and iri >= ? and iri < ?"
        base = self._iris.base
        found = self._tables.db.execute(query, (key, base, base[:-1] + chr(ord(base[-1]) + 1))).fetchone()
        return found[0] or ""

    def _anew(self, keys: Iterable[str], together: dict[str, tuple[str, ...]], decided: Standing) -> None:
        blocks: dict[tuple[str, ...], dict[str, _Named]] = {}
        wanted = {key: together.get(key, (key,)) for key in keys}
        wanted.update((key, group) for group in list(wanted.values()) for key in group)
        query = (
            "select key, iri, label, traits from wanted cross join block on key = value "
            "cross join item on item = item.id"
        )
        for key, iri, label, traits in sorted(self._tables.among(query, wanted)):
            blocks.setdefault(wanted[key], {})[iri] = _Named(iri, label, **orjson.loads(traits))
        homes: dict[str, str | None] = {}
        clusters: dict[str, Cluster] = {}
        mappings: list[Mapping] = []
        for members in blocks.values():
            for part in _parts(members, decided):
                self._cluster(part, homes, clusters, mappings)
            mappings += _by_people(members, decided)
        self._output.place(homes, clusters)
        self._output.map(self.name, homes.keys(), mappings)

    def _together(self, decided: Standing) -> dict[str, tuple[str, ...]]:
        """Blocks that people's decisions bind, each with all that it is bound to."""
        key_of = {iri: keys[0] for _, _, iri, keys in self._tables.of_nodes(decided.members)}
        found: dict[str, tuple[str, ...]] = {}
        found.update((key_of[iri], (key_of[iri],)) for iri in decided.alone if iri in key_of)
        for left, right in decided.pairs:
            if left in key_of and right in key_of:
                keys = {key_of[left], key_of[right]}
                keys.update(other for key in tuple(keys) for other in found.get(key, ()))
                found.update((key, tuple(sorted(keys))) for key in keys)
        return found

    def _cluster(
        self,
        members: Sequence[_Named],
        homes: dict[str, str | None],
        clusters: dict[str, Cluster],
        mappings: list[Mapping],
    ) -> None:
        own = [node for node in members if node.iri.startswith(self._iris.base)] or members
        first = own[0]
        home = self._iris.cluster(self.name, first.label, first.iri)
        homes.update((node.iri, home) for node in members)
        known = next((node.iri for node in members if node.iri == node.register), "")
        clusters[home] = _registered(known) if known else Cluster(EVG.OrganizationCluster, first.label)
        mappings += (mapping for node in own if (mapping := _to(node, first.iri)))


def _to(node: _Named, first: str) -> Mapping | None:
    """The mapping of a node to the register's entry, else to the first that bears its name."""
    target = node.register or first
    if node.iri == target:
        return None
    left, right = sorted((node.iri, target))
    return Mapping(left, right, EVG.sameAgentAs, node.score, node.justification, "accepted", node.reason)


def _registered(iri: str) -> Cluster:
    """The cluster of an organisation that the register knows by this IRI."""
    entry = registry().entry(iri)
    said = (entry.names[0], entry.iri, entry.classes, registry().successor(entry), entry.identifiers)
    return Cluster(EVG.OrganizationCluster, *said)


def _parts(members: dict[str, _Named], decided: Standing) -> Iterator[list[_Named]]:
    """The nodes of one or more blocks as clusters: one, but for those that people hold apart from the first."""
    apart = decided.apart
    parts: list[list[_Named]] = []
    for iri, node in sorted(members.items()):
        if iri in decided.alone:
            parts.append([node])
            continue
        others = apart.get(iri, ())
        for part in parts:
            if part[0].iri not in decided.alone and not (others and any(other.iri in others for other in part)):
                part.append(node)
                break
        else:
            parts.append([node])
    yield from parts


def _by_people(members: dict[str, _Named], decided: Standing) -> Iterator[Mapping]:
    for (left, right), decision in decided.pairs.items():
        if left in members and right in members:
            yield _manual(left, right, decision)
    first = min(members)
    for iri, decision in decided.alone.items():
        if iri in members and iri != first:
            yield _manual(first, iri, decision)


def _manual(left: str, right: str, decision: Decision) -> Mapping:
    accepted = decision.verdict is Verdict.ACCEPT
    comment = "a person said so" if accepted else "a person said that they are two"
    status = "accepted" if accepted else "rejected"
    ends = sorted((left, right))
    said = (1.0, SEMAPV.ManualMappingCuration, status, comment, decision.by, decision.at)
    return Mapping(ends[0], ends[1], EVG.sameAgentAs, *said)
