"""The graph as the rest of the project writes it: the store and the index in step.

The two commit one after the other. Before either changes, the index notes on disk what is about to; what a kill
left open is read again from the store when the graph is next opened.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from ontology.iris import Iris
from service.index.index import Index
from service.index.rows import ALL, Rows, record_of, rows
from service.store.store import Store

Key = tuple[str, str]
"""Source and key: what names a record."""

Progress = Callable[[int], None]
"""Told how many records have been gone through."""


FRESH = 100
"""Records from which the bulk loader is worth its files; it is seven times faster than a transaction."""
MANY = 1000
"""Records that an update may name before the index is rather made anew."""


def _quietly(_: int) -> None:
    return


class Graph:
    """A store with its index. Opening one mends what a killed writer left; reading goes to store and index."""

    def __init__(self, store: Store, index: Index) -> None:
        self.store = store
        self.index = index
        self.iris = Iris(store.base)
        self._heal()

    @property
    def revision(self) -> int:
        """Grows with every change of the store or the index: what an answer's ETag is made of."""
        return self.index.revision + self.store.revision

    # ---- writing

    def write(self, graphs: Mapping[str, Collection[str]], records: Collection[Key] = ()) -> bool:
        """Replace named graphs, an empty one goes. Returns whether anything changed.

        The graphs of a record, its record graph and its evidence graph, come together: whoever replaces one
        alone leaves the other as it is. `records` are those whose graphs these are, where known; they follow
        from the names anyway. Raises ValueError for what is no N-Triples; nothing is changed then.
        """
        keys = set(records) | {key for name in graphs if (key := record_of(name, self.iris))}
        with self.index.writing():
            others = [name for name in graphs if record_of(name, self.iris) is None]
            intents = [*keys, ALL] if others else list(keys)
            self.index.intend(intents)
            try:
                changed = self._load(graphs) if self._fresh(graphs, keys) else self.store.replace(graphs)
            except ValueError:
                with self.index.transaction():  # of a load a part may be there
                    self.index.put(((key, self._read(key)) for key in sorted(keys)), self.iris)
                    self.index.settle(intents)
                raise
            if not changed:
                self.index.settle(intents)
                return False
            with self.index.transaction():
                self.index.put(((key, self._rows(key, graphs)) for key in sorted(keys)), self.iris)
                for name in others:
                    self._follow(name, graphs[name])
                self.index.settle(intents)
            return True

    def delete(self, records: Collection[Key]) -> int:
        """Drop the graphs of records. Returns how many records there were."""
        there = [key for key in records if any(True for name in self._graphs(key) for _ in self.store.graph(name))]
        self.write({name: () for key in there for name in self._graphs(key)}, there)
        return len(there)

    def resolve(self, removed: Collection[str], added: Collection[str]) -> bool:
        """Patch the resolution graph. Returns whether anything changed; the same patch again changes nothing."""
        with self.index.writing():
            self.index.intend([ALL])
            changed = self.store.patch(self.iris.resolution_graph, removed, added)
            with self.index.transaction(bump=changed):
                self.index.resolve(removed, added)
                self.index.settle([ALL])
            return changed

    def update(self, text: str, graphs: Collection[str] | None, base_iri: str | None = None) -> None:
        """Run a SPARQL update that was checked. `graphs`: those that it can change; None: any.

        Raises SyntaxError; nothing is changed then.
        """
        named = list(graphs) if graphs is not None else []
        keys = {key for name in named if (key := record_of(name, self.iris))}
        whole = graphs is None or len(keys) > MANY
        others = [name for name in named if record_of(name, self.iris) is None]
        intents = [ALL] if whole else [*keys, *([ALL] if others else [])]
        with self.index.writing():
            self.index.intend(intents)
            try:
                self.store.update(text, graphs, base_iri)
            except (SyntaxError, ValueError):
                self.index.settle(intents)
                raise
            if whole:
                self.rebuild_index()
                return
            with self.index.transaction():
                self.index.put(((key, self._read(key)) for key in sorted(keys)), self.iris)
                for name in others:
                    self._follow(name, self.store.graph(name))
                self.index.settle(intents)

    def _fresh(self, graphs: Mapping[str, Collection[str]], keys: Collection[Key]) -> bool:
        """Whether these are many records, none of which is there yet: those can be loaded the fast way."""
        return len(keys) >= FRESH and not any(self.store.has(name) for name in graphs)

    def _load(self, graphs: Mapping[str, Collection[str]]) -> bool:
        """Put new graphs in without a transaction. After a kill their records are read again from what is there."""
        self.store.bulk(
            f"{statement} <{name}> .\n".encode() for name, statements in graphs.items() for statement in statements
        )
        return True

    def flush(self) -> None:
        """Make every write so far durable."""
        self.store.flush()

    def publish(self, held: Collection[Path] = ()) -> Path:
        """Make every write so far durable and visible to queries; the snapshot that they open."""
        with self.index.writing():
            # Noted before: a kill in between leaves the index one ahead, which opening allows for.
            self.index.publish(self.store.revision + 1)
            snapshot = self.store.publish(held)
            self.index.publish(self.store.revision)
            return snapshot

    # ---- the index from the store

    def rebuild_index(self, progress: Progress = _quietly) -> None:
        """Make the index anew from the store. Readers have the old one until it is done."""
        with self.index.writing():
            records: dict[Key, None] = {}
            others = []
            for name in self.store.graphs():
                if key := record_of(name, self.iris):
                    records[key] = None
                elif name != self.iris.resolution_graph:
                    others.append(name)
            self.index.rebuild(
                ((key, self._counted(key, number, progress)) for number, key in enumerate(sorted(records), 1)),
                self.store.graph(self.iris.resolution_graph),
                ((name, self.store.graph(name)) for name in sorted(others)),
                self.iris,
            )

    def _counted(self, key: Key, number: int, progress: Progress) -> Rows | None:
        if number % 1000 == 0:
            progress(number)
        return self._read(key)

    def _heal(self) -> None:
        behind = self.index.published not in (self.store.revision, self.store.revision + 1)
        intents = self.index.intents
        if ALL in intents or behind:
            self.rebuild_index()
        elif intents:
            self.index.put(((key, self._read(key)) for key in intents), self.iris)
        self.index.publish(self.store.revision)

    def _graphs(self, key: Key) -> tuple[str, str]:
        return self.iris.record_graph(*key), self.iris.evidence_graph(*key)

    def _read(self, key: Key) -> Rows | None:
        return self._rows(key, {})

    def _rows(self, key: Key, graphs: Mapping[str, Collection[str]]) -> Rows | None:
        """A record's rows, from the graphs at hand and else from the store."""
        said, read = (graphs[n] if n in graphs else self.store.graph(n) for n in self._graphs(key))
        return rows(*key, said, read, self.iris)

    def _follow(self, name: str, statements: Iterable[str]) -> None:
        """Let the index follow a graph that is no record's, given whole."""
        if name == self.iris.resolution_graph:
            self.index.resolve_whole(statements)
        else:
            self.index.vocabulary(name, statements)
