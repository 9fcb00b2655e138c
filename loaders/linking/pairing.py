"""Which things are compared, and what comes of it: the table of pairs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations

from loaders.linking.nodes import Nodes
from loaders.linking.resolvers import RESOLVERS
from loaders.linking.tables import Tables

ALL_PAIRS = 60
"""Items of the largest block in which each is compared with each. In a larger one, each with its neighbours."""
NEIGHBOURS = 12
CANDIDATE = 0.5
_SEEN = 4_000_000  # pairs remembered so that those of several blocks are compared once; a matter of time only

Pair = tuple[int, int]
_KEYS = "select keys from item join wanted on id = value"


class Pairing:
    """Keeps the pairs that score CANDIDATE or more. A pair is there if some block of both makes it."""

    def __init__(self, tables: Tables, nodes: Nodes) -> None:
        self._tables = tables
        self._nodes = nodes

    def before(self, keys: Collection[str]) -> dict[str, set[Pair]]:
        """The pairs that large blocks make as they stand: asked before records change."""
        blocks = self._tables.blocks(keys)
        return {key: set(self._neighbours(items)) for key, items in blocks if len(items) > ALL_PAIRS}

    def drop(self, items: Collection[int]) -> set[int]:
        """Removes the pairs of items that go; who was at their other ends."""
        ends: set[int] = set()
        for one, other in (("left", "right"), ("right", "left")):
            query = f"select {other} from pair join wanted on {one} = value"
            ends.update(row[0] for row in self._tables.among(query, items))
            self._tables.db.execute(f"delete from pair where {one} in (select value from wanted)")
        return ends.difference(items)

    def after(self, keys: Collection[str], fresh: Collection[int], before: dict[str, set[Pair]]) -> set[int]:
        """Compares what blocks now bring together; the items whose pairs changed."""
        ends: set[int] = set()
        seen: set[Pair] = set()
        new = frozenset(fresh)
        rows: list[tuple[int, int, int, float, bool]] = []
        for key, items in self._tables.blocks(keys):
            if len(items) <= ALL_PAIRS and key not in before:
                wanted: Iterable[Pair] = _with_new(items, new)
            else:
                made = set(self._neighbours(items) if len(items) > ALL_PAIRS else combinations(items, 2))
                was = before.get(key)
                if was is None:  # it was small: each met each
                    was = set(combinations([item for item in items if item not in new], 2))
                ends.update(self._withdraw(key, was - made))
                wanted = made - was
            wanted = [pair for pair in wanted if pair not in seen]
            self._nodes.load({item for pair in wanted for item in pair})
            for pair in wanted:
                left, right = self._nodes[pair[0]], self._nodes[pair[1]]
                score = RESOLVERS[left.kind].score(left, right)
                if score >= CANDIDATE:
                    rows.append((left.kind, *pair, score, score >= RESOLVERS[left.kind].accept))
                    ends.update(pair)
            if len(seen) > _SEEN:
                seen.clear()
            seen.update(wanted)
            if len(rows) > 50_000:
                self._write(rows)
                rows = []
        self._write(rows)
        return ends

    def _write(self, rows: Sequence[tuple[int, int, int, float, bool]]) -> None:
        self._tables.db.executemany("insert or replace into pair values (?, ?, ?, ?, ?)", rows)

    def _neighbours(self, items: Sequence[int]) -> Iterator[Pair]:
        self._nodes.load(items)
        nodes = [self._nodes[item] for item in items]
        nodes.sort(key=lambda node: (RESOLVERS[node.kind].order(node), node.iri, node.document.record))
        for place, node in enumerate(nodes):
            for other in nodes[place + 1 : place + 1 + NEIGHBOURS]:
                yield min(node.id, other.id), max(node.id, other.id)

    def _withdraw(self, block: str, pairs: Iterable[Pair]) -> set[int]:
        """Takes back pairs that a block no longer makes, unless another block makes them."""
        gone = [pair for pair in pairs if not self._made_elsewhere(block, pair)]
        self._tables.db.executemany("delete from pair where left = ? and right = ?", gone)
        return {item for pair in gone for item in pair}

    def _made_elsewhere(self, block: str, pair: Pair) -> bool:
        keys = [set(row[0].split("\n")) for row in self._tables.among(_KEYS, pair)]
        for _, items in self._tables.blocks((keys[0] & keys[1]) - {block}):
            if len(items) <= ALL_PAIRS or pair in set(self._neighbours(items)):
                return True
        return False


def _with_new(items: Sequence[int], new: frozenset[int]) -> list[Pair]:
    """The pairs of a block in which one or both are new."""
    fresh = [item for item in items if item in new]
    met = [item for item in items if item not in new]
    return list(combinations(fresh, 2)) + [(min(a, b), max(a, b)) for a in fresh for b in met]
