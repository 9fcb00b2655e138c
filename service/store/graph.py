"""The graph as the rest of the project writes it: the store and the index in step.

The two commit one after the other. Before either changes, the index notes on disk what is about to; what a kill
left open is read again from the store when the graph is next opened.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from ontology.iris import Iris
from service.index.index import Index
from service.index.rows import ALL, RESOLUTION, Rows, record_of, rows
from service.store.packing import Packed, Packer, packer, text_of
from service.store.store import Store

Key = tuple[str, str]
"""Source and key: what names a record."""

Progress = Callable[[int], None]
"""Told how many records have been gone through."""


FRESH = 100
"""New records from which the bulk loader is worth its files; it is seven times faster than a transaction."""
STATEMENTS = 20_000
"""Statements of the resolution graph that one transaction takes; more new ones go the way of the bulk loader."""
FILL = 50_000
"""Statements of the resolution graph that the bulk loader takes at a time: it needs about 1.5 KB for each."""
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
                changed = self.store.replace(graphs)
            except ValueError:
                self.index.drop_intents(intents)
                raise
            if not changed:
                self.index.drop_intents(intents)
                return False
            with self.index.transaction():
                self.index.put((key, self._rows(key, graphs)) for key in sorted(keys))
                for name in others:
                    self._follow(name, graphs[name])
                self.index.drop_intents(intents)
            return True

    @property
    def packer(self) -> Packer:
        """What makes ready, in whatever process, the graphs of a record that `add` takes."""
        return packer(self.iris.base)

    def add(self, records: Sequence[Packed], settled: bool = True) -> bool:
        """Replace the graphs of whole records, many new ones the fast way. Returns whether anything changed.

        Where not `settled`, lists of studies, people and organisations wait for `settle`. No record twice. Raises
        ValueError for what is no N-Triples, at once or in a later call; of new records a part may be there then.
        """
        keys = [(r.source, r.key) for r in records]
        fresh = [r for r in records if not any(self.store.has(name) for name, _ in r.graphs)]
        if len(fresh) < FRESH:
            fresh = []
        new = {(r.source, r.key) for r in fresh}
        others = {n: t.decode().split("\n")[:-1] for r in records if (r.source, r.key) not in new for n, t in r.graphs}
        with self.index.writing(), ThreadPoolExecutor(1) as beside:
            self.index.intend(keys)
            try:
                with self.index.transaction(bump=False):
                    changed = bool(others) and self.store.replace(others)
                    filled = (
                        beside.submit(self.store.fill, [graph for r in fresh for graph in r.graphs]) if fresh else None
                    )
                    wanted = records if changed else fresh
                    self.index.put((((r.source, r.key), r.rows) for r in wanted), settled)
                    if filled:
                        filled.result()
                    self.index.drop_intents(keys)
                    if changed or fresh:
                        self.index.bump()
                return bool(changed or fresh)
            except ValueError:
                self.rebuild_index()
                raise

    def settle(self) -> None:
        """Bring the lists of studies, people and organisations up to date with what was added and resolved."""
        with self.index.writing():
            self.index.settle()

    def delete(self, records: Collection[Key]) -> int:
        """Drop the graphs of records. Returns how many records there were."""
        there = [key for key in records if any(True for name in self._graphs(key) for _ in self.store.graph(name))]
        self.write({name: () for key in there for name in self._graphs(key)}, there)
        return len(there)

    @property
    def resolved(self) -> bool:
        """Whether there is a resolution graph: without one, records and linker alike, the engine was lost or left."""
        return self.store.has(self.iris.resolution_graph)

    def resolve(self, removed: Collection[str], added: Collection[str], settled: bool = True) -> bool:
        """Patch the resolution graph. Returns whether anything changed; the same patch again changes nothing.

        `settled` as in `add`. A large patch is several transactions.
        """
        with self.index.writing(), ThreadPoolExecutor(1) as beside:
            self.index.intend([RESOLUTION])
            patched = beside.submit(self._patch, self.iris.resolution_graph, removed, added)
            with self.index.transaction(bump=False):
                self.index.resolve(removed, added, settled)
                if changed := patched.result():
                    self.index.bump()
                self.index.drop_intents([RESOLUTION])
            return changed

    def _patch(self, name: str, removed: Collection[str], added: Collection[str]) -> bool:
        """Take statements out of a graph of the store and put others in, many the fast way."""
        if len(removed) + len(added) <= STATEMENTS:
            return self.store.patch(name, removed, added)
        gone, come = iter(removed), iter(added)
        while some := list(islice(gone, STATEMENTS)):
            self.store.patch(name, some, ())
        while some := list(islice(come, FILL)):
            self.store.fill([(name, text_of(some))], lanes=1)  # who resolves has work for the other core, and memory
        return True

    def unresolve(self) -> None:
        """Empty the resolution graph, a piece at a time: it may be larger than memory."""
        name = self.iris.resolution_graph
        while some := list(islice(self.store.graph(name), STATEMENTS)):
            self.resolve(some, (), settled=False)
        self.settle()

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
            except (SyntaxError, ValueError, RuntimeError):
                self.index.drop_intents(intents)
                raise
            if whole:
                self.rebuild_index()
                return
            with self.index.transaction():
                self.index.put((key, self._read(key)) for key in sorted(keys))
                for name in others:
                    self._follow(name, self.store.graph(name))
                self.index.drop_intents(intents)

    def flush(self) -> None:
        """Make every write so far durable."""
        self.store.flush()

    def publish(self, held: Collection[Path] = ()) -> Path:
        """Make every write so far durable and visible to queries; the snapshot that they open.

        What waits for `settle` is settled while the engine takes in what was added last. Raises ValueError as `add`.
        """
        with self.index.writing():
            # Noted before: a kill in between leaves the index one ahead, which opening allows for.
            self.index.publish(self.store.revision + 1)
            try:
                if self.index.settled:
                    snapshot = self.store.publish(held)
                else:
                    with ThreadPoolExecutor(1) as beside:
                        published = beside.submit(self.store.publish, held)
                        self.index.settle()
                        snapshot = published.result()
            except ValueError:
                self.rebuild_index()
                raise
            self.index.publish(self.store.revision)
            return snapshot

    def tidy(self) -> bool:
        """Have the store put its files in order where that is due (`Store.tidy`). Whether it was done."""
        return self.store.tidy()

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
            with self.index.transaction():
                if RESOLUTION in intents:
                    self.index.resolve_whole(self.store.graph(self.iris.resolution_graph))
                self.index.put((key, self._read(key)) for key in intents if key != RESOLUTION)
                self.index.drop_intents(intents)
        self.index.settle()
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
