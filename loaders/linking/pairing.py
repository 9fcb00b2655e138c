"""Which things are compared, and what comes of it: the table of pairs."""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from loaders.linking.nodes import Nodes
from loaders.linking.resolvers import RESOLVERS
from loaders.linking.tables import Tables
from loaders.linking.things import Node

ALL_PAIRS = 120
"""Items of the largest block in which each is compared with each. In a larger one, those that share something
further (`Resolver.further_keys`): each with each where FEW do, else each with its NEIGHBOURS by label."""
FEW = 60
NEIGHBOURS = 10
CANDIDATE = 0.5
_SEEN = 500_000  # pairs remembered so that those of several blocks are compared once; a matter of time only
_AT_ONCE = 5_000  # pairs compared at once: their nodes fit into memory

Pair = tuple[int, int]
_KEYS = "select keys from wanted cross join item on id = value"


class Pairing:
    """Keeps the pairs that score CANDIDATE or more. A pair is there if some block of both makes it."""

    def __init__(self, tables: Tables, nodes: Nodes) -> None:
        self._tables = tables
        self._nodes = nodes

    def before(self, keys: Collection[str]) -> dict[str, set[Pair]]:
        """The pairs that large blocks make as they stand: asked before records change."""
        blocks = self._tables.blocks(keys)
        return {key: self._neighbours(items) for key, items in blocks if len(items) > ALL_PAIRS}

    def drop(self, items: Collection[int], before: dict[str, set[Pair]]) -> set[int]:
        """Removes the pairs of items that go, from what large blocks made `before` too; who was at their other ends."""
        ends: set[int] = set()
        for one, other in (("left", "right"), ("right", "left")):
            query = f"select {other} from wanted cross join pair on {one} = value"
            ends.update(row[0] for row in self._tables.among(query, items))
            self._tables.db.execute(f"delete from pair where {one} in (select value from wanted)")
        going = set(items)
        for pairs in before.values():
            pairs.difference_update([pair for pair in pairs if not going.isdisjoint(pair)])
        return ends - going

    def after(self, keys: Collection[str], fresh: Collection[int], before: dict[str, set[Pair]]) -> set[int]:
        """Compares what blocks now bring together; the items whose pairs changed."""
        ends: set[int] = set()
        seen: set[Pair] = set()
        new = frozenset(fresh)
        waiting: list[Pair] = []
        for key, items in self._tables.blocks(keys):
            if len(items) <= ALL_PAIRS and key not in before:
                wanted: Iterable[Pair] = _with_new(items, new)
            else:
                made = self._neighbours(items) if len(items) > ALL_PAIRS else set(combinations(items, 2))
                was = before.get(key)
                if was is None:  # it was small: each met each
                    was = set(combinations([item for item in items if item not in new], 2))
                ends.update(self._withdraw(key, was - made))
                wanted = made - was
            wanted = [pair for pair in wanted if pair not in seen]
            if len(seen) > _SEEN:
                seen.clear()
            seen.update(wanted)
            waiting += wanted
            if len(waiting) > _AT_ONCE:
                ends |= self._compare(waiting)
                waiting = []
        return ends | self._compare(waiting)

    def _compare(self, pairs: Sequence[Pair]) -> set[int]:
        """Writes those of the pairs that score enough; their items."""
        self._nodes.load({item for pair in pairs for item in pair})
        rows: list[tuple[int, int, int, float, bool]] = []
        for pair in pairs:
            left, right = self._nodes[pair[0]], self._nodes[pair[1]]
            score = RESOLVERS[left.kind].score(left, right)
            if score >= CANDIDATE:
                rows.append((left.kind, *pair, score, score >= RESOLVERS[left.kind].accept))
        self._tables.db.executemany("insert or replace into pair values (?, ?, ?, ?, ?)", rows)
        return {item for row in rows for item in row[1:3]}

    def _neighbours(self, items: Sequence[int]) -> set[Pair]:
        """The pairs of a large block: those that share something further, in small enough company."""
        self._nodes.load(items)
        groups: dict[str, list[Node]] = {}
        for item in items:
            node = self._nodes[item]
            for key in RESOLVERS[node.kind].further_keys(node):
                groups.setdefault(key, []).append(node)
        found: set[Pair] = set()
        for nodes in groups.values():
            nodes.sort(key=lambda node: (node.label, node.iri, node.document.record))
            reach = NEIGHBOURS if len(nodes) > FEW else len(nodes)
            for place, node in enumerate(nodes):
                for other in nodes[place + 1 : place + 1 + reach]:
                    found.add((min(node.id, other.id), max(node.id, other.id)))
        return found

    def _withdraw(self, block: str, pairs: Iterable[Pair]) -> set[int]:
        """Takes back pairs that a block no longer makes, unless another block makes them."""
        gone = [pair for pair in pairs if not self._made_elsewhere(block, pair)]
        self._tables.db.executemany("delete from pair where left = ? and right = ?", gone)
        return {item for pair in gone for item in pair}

    def _made_elsewhere(self, block: str, pair: Pair) -> bool:
        keys = [set(row[0].split("\n")) for row in self._tables.among(_KEYS, pair)]
        for _, items in self._tables.blocks((keys[0] & keys[1]) - {block}):
            if len(items) <= ALL_PAIRS or pair in self._neighbours(items):
                return True
        return False


def _with_new(items: Sequence[int], new: frozenset[int]) -> list[Pair]:
    """The pairs of a block in which one or both are new."""
    fresh = [item for item in items if item in new]
    met = [item for item in items if item not in new]
    return list(combinations(fresh, 2)) + [(min(a, b), max(a, b)) for a in fresh for b in met]
