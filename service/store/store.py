"""Where the graph lives. `Store` is what the rest of the project may ask; `EmbeddedStore` is Oxigraph.

A statement is N-Triples text without the final dot: `<s> <p> "o"`. In the merge setting the default graph
is kept, by every write, as the exact merge of all named graphs: each triple once, gone when its last graph
lets go of it. A killed process loses nothing that `publish` answered for, and never half of a transaction.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import pyoxigraph as ox

from service.known import known_prefixes
from service.store.durable import sync
from service.store.folder import Folder
from service.store.intake import LANES, PIECE, Intake
from service.store.merge import MERGE_ANEW, Change, Graph, has_blank, in_default, in_quads, mending, node, statement

DEFAULT = ""
"""The name of the default graph in `replace`, `patch` and `graph`. Written to in the plain setting only."""

SPLIT = 1 << 20
"""Bytes of statements from which on several bulk loads are worth their files."""
QUIET = 10.0
"""Seconds without a write after which the engine's files are put in order at the earliest."""
ORDERED = 100e6
"""Bytes of the store that are put in order in a second: half of what two idle cores were measured to do."""

Solution = dict[str, Any]
"""Variable name to pyoxigraph term; unbound variables are left out."""


class MergeIsDerived(Exception):
    """A write to the default graph where that is the merge of the named graphs."""

    def __init__(self) -> None:
        super().__init__("the default graph is the merge of the named graphs: write to a named graph")


class Store(Protocol):
    """A graph store with transactions. Every method raises OSError where the engine fails."""

    base: str
    merged: bool

    @property
    def revision(self) -> int:
        """Grows with every published change; equal revisions are equal graphs."""

    def replace(self, graphs: Mapping[str, Collection[str]]) -> bool:
        """Make each named graph exactly these statements, in one transaction; an empty one is dropped.

        Returns whether anything changed. Raises ValueError for what is no N-Triples.
        """

    def patch(self, graph: str, removed: Collection[str], added: Collection[str]) -> bool:
        """Take statements out of a graph and put others in, in one transaction; whether anything changed."""

    def bulk(self, lines: Iterable[bytes]) -> None:
        """Load N-Quads lines, all in named graphs, fast and NOT as one transaction. Existing ones stay.

        A kill in the middle is mended when the store is next opened. Raises ValueError for what is no N-Quads; a part
        may be loaded then.
        """

    def fill(self, graphs: Iterable[tuple[str, bytes]], lanes: int = LANES) -> None:
        """`bulk` for whole graphs: each one's name, and its statements, one a line. IRIs are not checked again.

        They are on disk when this returns and in the graph for whoever asks next; what is no N-Quads may be told by
        a later call. While `lanes` bulk loads are at work, no further one begins.
        """

    def update(self, text: str, graphs: Collection[str] | None, base_iri: str | None = None) -> None:
        """Run a SPARQL update in one transaction. `graphs`: those that it can change; None: any.

        The text is trusted: what comes from outside has passed `service.sparql.updates`. Raises SyntaxError, or
        RuntimeError where an operation cannot be done; nothing is changed then.
        """

    def has(self, graph: str) -> bool:
        """Whether there is a graph of this name; the default graph is always there."""

    def graph(self, iri: str) -> Iterator[str]: ...
    def graphs(self) -> Iterator[str]: ...
    def count(self) -> int:
        """Distinct triples where the default graph is the merge, else quads."""

    def select(self, query: str) -> list[Solution]:
        """The rows of a SELECT of our own, read from the live store. Never for text from outside."""

    def dump(self, path: Path) -> None:
        """Write the graph as N-Quads, without the derived merge."""

    def flush(self) -> None:
        """Make every write so far durable; readers see it with the next `publish`."""

    def publish(self, held: Collection[Path] = ()) -> Path:
        """Make every write so far durable and visible to readers; the snapshot that they open.

        Older snapshots go, except `held`.
        """

    def tidy(self, at_once: bool = False) -> bool:
        """Put the engine's files in order where that is due, or `at_once` where they are not. Whether it was done.

        Queries over the many files of new writes take up to twice as long. It is due when nothing was written for as
        long as makes it a tenth of the time. Reading and writing go on meanwhile; readers have it with the next
        `publish`. A kill costs nothing but the time.
        """

    def close(self) -> None: ...


class EmbeddedStore:
    """Oxigraph in this process. `path` is the data folder, held until `close`.

    Thread-safe: writes wait for one another. `moving` as of `Folder`. Raises FolderInUse, BaseMismatch, UnknownFormat.
    """

    def __init__(self, path: Path, base: str, default_graph: str = "merge", moving: bool = False) -> None:
        self.base = base
        self.merged = default_graph == "merge"
        self._writing = threading.RLock()
        self._tidying = threading.Lock()
        self._folder = Folder(path, base, default_graph, moving=moving)
        try:
            self._store = ox.Store(self._folder.store)
            self._marked = self._folder.unpublished
            self._in_memory = True  # what transactions wrote; the files of bulk loads are on disk
            self._written = monotonic()
            self._intake = Intake(self._store, self._folder, self.merged)
            for file in self._folder.loading:
                self._intake.take_in([file])
            self.publish()
        except BaseException:
            self._folder.release()
            raise

    @property
    def revision(self) -> int:
        return self._folder.revision

    @property
    def path(self) -> Path:
        return self._folder.path

    @property
    def folder(self) -> Folder:
        """The data folder, which this process holds."""
        return self._folder

    @property
    def _whole(self) -> ox.Store:
        """The engine, once everything is in it."""
        self._intake.finish()
        return self._store

    def replace(self, graphs: Mapping[str, Collection[str]]) -> bool:
        with self._writing:
            change = Change(self._whole, self.merged)
            for graph, statements in graphs.items():
                change.replace(self._writable(graph), statements)
            return self._commit(change)

    def patch(self, graph: str, removed: Collection[str], added: Collection[str]) -> bool:
        with self._writing:
            change = Change(self._whole, self.merged)
            change.patch(self._writable(graph), removed, added)
            return self._commit(change)

    def bulk(self, lines: Iterable[bytes]) -> None:
        stripped = (line.strip() for line in lines)
        quads = (line + b"\n" for line in stripped if line)
        with self._writing:
            self._intake.finish()
            self._mark("bulk")
            file = self._folder.keep_loading(0, (q + in_default(q) for q in quads) if self.merged else quads)
            self._intake.take_in([file], lenient=False)

    def fill(self, graphs: Iterable[tuple[str, bytes]], lanes: int = LANES) -> None:
        held = [graph for graph in graphs if graph[1]]
        size = sum(len(text) for _, text in held) * (2 if self.merged else 1)
        count = 1 if size < LANES * SPLIT else LANES * -(-size // (LANES * PIECE))
        with self._writing:
            self._mark("bulk")
            for number in range(min(count, len(held))):
                some = held[number::count]
                parts = (in_quads(*graph, self.merged) for graph in some)
                self._intake.accept(parts, frozenset(n for n, _ in some), lanes)

    def update(self, text: str, graphs: Collection[str] | None, base_iri: str | None = None) -> None:
        with self._writing:
            if self.merged and graphs is None:
                text = f"{text}\n;\n{MERGE_ANEW}"
            elif self.merged:
                held = [quad for graph in graphs or () for quad in self._quads(node(graph))]
                before = [statement(quad) for quad in held if not has_blank(quad)]
                text = "\n;\n".join([text, *mending(before, len(before) < len(held), sorted(graphs or ()))])
            self._mark("transactions")
            self._in_memory = True
            self._whole.update(text, base_iri=base_iri, prefixes=known_prefixes(text))

    def has(self, graph: str) -> bool:
        with self._writing:
            return graph in self._intake or self._store.contains_named_graph(node(graph))

    def graph(self, iri: str) -> Iterator[str]:
        return (statement(quad) for quad in self._quads(node(iri)))

    def graphs(self) -> Iterator[str]:
        return (name.value for name in self._whole.named_graphs())

    def count(self) -> int:
        if not self.merged:
            return len(self._whole)
        return int(self.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"].value)

    def select(self, query: str) -> list[Solution]:
        solutions = self._whole.query(query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise ValueError("a SELECT is needed")
        names = [variable.value for variable in solutions.variables]
        return [{name: value for name in names if (value := row[name]) is not None} for row in solutions]

    def dump(self, path: Path) -> None:
        quads = self._whole.quads_for_pattern(None, None, None, None)
        named = (quad for quad in quads if not (self.merged and isinstance(quad.graph_name, ox.DefaultGraph)))
        ox.serialize(named, path, ox.RdfFormat.N_QUADS)

    def publish(self, held: Collection[Path] = ()) -> Path:
        with self._writing:
            revision = self._folder.revision
            if self._marked or not revision:
                revision += 1
                self._whole.backup(self._folder.snapshot(revision))
                sync(self._folder.snapshots)
                self._folder.unmark()
                self._marked = ""
            self._folder.prune(held)
            return self._folder.snapshot(revision)

    def flush(self) -> None:
        with self._writing:
            if self._in_memory:
                self._store.flush()
                self._in_memory = False

    def tidy(self, at_once: bool = False) -> bool:
        if not self._folder.untidy.exists():
            return False
        if not at_once and monotonic() - self._written <= max(QUIET, 10 * self._folder.store_bytes / ORDERED):
            return False
        with self._tidying:
            with self._writing:
                engine, before = self._whole, self._written
            engine.optimize()
            with self._writing:
                if self._written == before:
                    self._folder.untidy.unlink(missing_ok=True)
                self._leave_snapshot("transactions")
        return True

    def copy(self, folder: Path) -> None:
        """The live store alone as a new folder, by hard links: to try something out on."""
        with self._writing:
            self._whole.backup(folder)

    def adopt(self) -> None:
        """Go on with the graph that `restored/` of the folder holds. It is the newest snapshot then."""
        with self._tidying, self._writing:
            self._let_go()  # the engine must, of its files, before others take their names
            self._folder.restored.take_graph()
            self._store = ox.Store(self._folder.store)
            self._intake = Intake(self._store, self._folder, self.merged)
            self._marked = ""

    def close(self) -> None:
        with self._tidying, self._writing:
            if not hasattr(self, "_store"):
                return
            try:
                self.publish()
            finally:
                self._let_go()
                self._folder.release()

    def _let_go(self) -> None:
        self._intake.close()
        del self._intake, self._store

    def _quads(self, graph: Graph) -> Iterator[ox.Quad]:
        return self._whole.quads_for_pattern(None, None, None, graph)

    def _writable(self, graph: str) -> Graph:
        if self.merged and graph == DEFAULT:
            raise MergeIsDerived
        return node(graph)

    def _mark(self, kind: str) -> None:
        """Remember, before a write, that there was one."""
        self._written = monotonic()
        self._folder.untidy.touch()
        self._leave_snapshot(kind)

    def _leave_snapshot(self, kind: str) -> None:
        if self._marked not in (kind, "bulk"):
            self._folder.mark(kind)
            self._marked = kind

    def _commit(self, change: Change) -> bool:
        text = change.text()
        if text:
            self._mark("transactions")
            self._in_memory = True
            self._store.update(text)
        return bool(text)
