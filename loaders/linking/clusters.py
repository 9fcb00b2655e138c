"""From links to clusters: connected, but never across what cannot be one.

Links are taken from the strongest to the weakest, ties by the IRIs of their ends, so that the clusters follow
from the set of nodes and links alone, whatever the order in which records came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loaders.linking.things import Node, Resolver


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes (their ids) held to be one with this score. A person's word has a score over 1."""

    left: int
    right: int
    score: float


@dataclass(slots=True)
class Clusters:
    """The outcome: node id to the id of its cluster's first node, the links that joined, and the vetoes."""

    of: dict[int, int]
    joined: set[tuple[int, int]]
    vetoed: dict[tuple[int, int], str]


def components(nodes: Iterable[int], links: Iterable[Link]) -> list[list[int]]:
    """The connected components, each sorted, in the order of their smallest ids."""
    parent = {node: node for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for link in links:
        left, right = root(link.left), root(link.right)
        if left != right:
            parent[max(left, right)] = min(left, right)
    found: dict[int, list[int]] = {}
    for node in sorted(parent):
        found.setdefault(root(node), []).append(node)
    return list(found.values())


def cluster(
    nodes: Sequence[Node],
    links: Iterable[Link],
    resolver: Resolver,
    apart: Mapping[str, frozenset[str]],
) -> Clusters:
    """Clusters of one component. `apart`: IRI to the IRIs that people say it is not."""
    ordered = sorted(nodes, key=lambda node: (node.iri, node.document.record))
    place = {node.id: number for number, node in enumerate(ordered)}
    of = {node.id: node.id for node in ordered}
    groups = {node.id: resolver.group(node) for node in ordered}
    members = {node.id: [node] for node in ordered}
    joined: set[tuple[int, int]] = set()
    vetoed: dict[tuple[int, int], str] = {}

    def rank(link: Link) -> tuple[float, int, int]:
        first, second = sorted((place[link.left], place[link.right]))
        return -link.score, first, second

    for link in sorted(links, key=rank):
        left, right = of[link.left], of[link.right]
        if left == right:
            continue
        why = _forbidden(members[left], members[right], apart) or groups[left].clashes(groups[right])
        if why:
            vetoed[link.left, link.right] = why
            continue
        if len(members[left]) < len(members[right]):
            left, right = right, left
        groups[left].take(groups.pop(right))
        for node in members[right]:
            of[node.id] = left
        members[left] += members.pop(right)
        joined.add((link.left, link.right))
    return Clusters(of, joined, vetoed)


def _forbidden(left: list[Node], right: list[Node], apart: Mapping[str, frozenset[str]]) -> str | None:
    if not apart:
        return None
    rejected = {iri for node in left for iri in apart.get(node.iri, ())}
    return "a person's decision holds them apart" if any(node.iri in rejected for node in right) else None
