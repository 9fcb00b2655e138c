"""Where the graph lives. `Store` is what the rest of the project may ask; `EmbeddedStore` is Oxigraph.

A statement is N-Triples text without the final dot: `<s> <p> "o"`. In the merge setting the default graph
is kept, by every write, as the exact merge of all named graphs: each triple once, gone when its last graph
lets go of it. A killed process loses nothing that `publish` answered for, and never half of a transaction.
"""

import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pyoxigraph as ox

from service.known import known_prefixes
from service.store.folder import Folder, sync
from service.store.merge import MERGE_ANEW, Change, Graph, has_blank, in_default, in_quads, mending, node, statement

DEFAULT = ""
"""The name of the default graph in `replace`, `patch` and `graph`. Written to in the plain setting only."""

LANES = 2
"""Bulk loads beside each other: each keeps little more than one core busy."""
PIECE = (1 << 20, 12 << 20)
"""Bytes of statements from which on several bulk loads are worth their files, and that one takes at most: it needs
twenty times the memory, twice that for the merge. With smaller ones the engine puts files together again and again."""

Solution = dict[str, Any]
"""Variable name to pyoxigraph term; unbound variables are left out."""


class MergeIsDerived(Exception):
    """A write to the default graph where that is the merge of the named graphs."""

    def __init__(self) -> None:
        super().__init__("the default graph is the merge of the named graphs: write to a named graph")


class EngineFailed(OSError):
    """Another engine answered that it failed. The message has its words."""


class Unreachable(ConnectionError):
    """Another engine does not answer."""


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

        A kill in the middle is mended when the store is next opened. The next `publish` takes longer: it puts the
        new files in order. Raises ValueError for what is no N-Quads; a part may be loaded then.
        """

    def fill(self, graphs: Iterable[tuple[str, bytes]]) -> None:
        """`bulk` for whole graphs: each one's name, and its statements, one a line. IRIs are not checked again."""

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

    def close(self) -> None: ...


class EmbeddedStore:
    """Oxigraph in this process. `path` is the data folder, held until `close`.

    Thread-safe: writes wait for one another. Raises FolderInUse, BaseMismatch, UnknownFormat.
    """

    def __init__(self, path: Path, base: str, default_graph: str = "merge") -> None:
        self.base = base
        self.merged = default_graph == "merge"
        self._writing = threading.RLock()
        self._folder = Folder(path, base, default_graph)
        try:
            self._store = ox.Store(self._folder.store)
            self._marked = self._folder.unpublished
            self._in_memory = True  # what transactions wrote; the files of bulk loads are on disk
            self._loaded = sys.maxsize if self._marked == "bulk" else 0  # bytes of text since the last `optimize`
            for file in self._folder.loading:
                self._take_in(file, lenient=True)
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

    def replace(self, graphs: Mapping[str, Collection[str]]) -> bool:
        with self._writing:
            change = Change(self._store, self.merged)
            for graph, statements in graphs.items():
                change.replace(self._writable(graph), statements)
            return self._commit(change)

    def patch(self, graph: str, removed: Collection[str], added: Collection[str]) -> bool:
        with self._writing:
            change = Change(self._store, self.merged)
            change.patch(self._writable(graph), removed, added)
            return self._commit(change)

    def bulk(self, lines: Iterable[bytes]) -> None:
        stripped = (line.strip() for line in lines)
        quads = (line + b"\n" for line in stripped if line)
        self._load([(quad + in_default(quad) for quad in quads) if self.merged else quads])

    def fill(self, graphs: Iterable[tuple[str, bytes]]) -> None:
        held = [graph for graph in graphs if graph[1]]
        size = sum(len(text) for _, text in held)
        count = 1 if size < LANES * PIECE[0] else LANES * -(-size // (LANES * PIECE[1]))
        pieces = [held[number::count] for number in range(count)]
        self._load([(in_quads(name, text, self.merged) for name, text in piece) for piece in pieces], lenient=True)

    def _load(self, pieces: Sequence[Iterable[bytes]], lenient: bool = False) -> None:
        """Load the texts, some beside each other; none may have a part of what another has the rest of.

        A text goes to disk first: what a kill interrupts is loaded again, and the merge is exact with it.
        """

        def load(number: int, parts: Iterable[bytes]) -> int:
            file = self._folder.keep_loading(number, parts)
            size = file.stat().st_size
            self._take_in(file, lenient)
            return size

        with self._writing:
            self._mark("bulk")
            with ThreadPoolExecutor(LANES) as lanes:
                self._loaded += sum(lanes.map(load, range(len(pieces)), pieces))

    def _take_in(self, file: Path, lenient: bool = False) -> None:
        """`lenient` does not check IRIs, which takes a seventh of the time."""
        try:
            self._store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS, lenient=lenient)
        except (SyntaxError, ValueError) as error:
            if self.merged:
                self._store.update(MERGE_ANEW)
            raise ValueError(f"no N-Quads: {error}") from None
        finally:
            file.unlink()

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
            self._store.update(text, base_iri=base_iri, prefixes=known_prefixes(text))

    def has(self, graph: str) -> bool:
        with self._writing:
            return self._store.contains_named_graph(node(graph))

    def graph(self, iri: str) -> Iterator[str]:
        return (statement(quad) for quad in self._quads(node(iri)))

    def graphs(self) -> Iterator[str]:
        return (name.value for name in self._store.named_graphs())

    def count(self) -> int:
        if not self.merged:
            return len(self._store)
        return int(self.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"].value)

    def select(self, query: str) -> list[Solution]:
        solutions = self._store.query(query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise ValueError("a SELECT is needed")
        names = [variable.value for variable in solutions.variables]
        return [{name: value for name in names if (value := row[name]) is not None} for row in solutions]

    def dump(self, path: Path) -> None:
        quads = self._store.quads_for_pattern(None, None, None, None)
        named = (quad for quad in quads if not (self.merged and isinstance(quad.graph_name, ox.DefaultGraph)))
        ox.serialize(named, path, ox.RdfFormat.N_QUADS)

    def publish(self, held: Collection[Path] = ()) -> Path:
        with self._writing:
            revision = self._folder.revision
            if self._marked or not revision:
                revision += 1
                if self._loaded > self._folder.store_bytes / 4:  # a tenth is new: text takes more room than the store
                    self._store.optimize()  # queries over freshly loaded files are several times slower without
                    self._loaded = 0
                self._store.backup(self._folder.snapshot(revision))
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

    def copy(self, folder: Path) -> None:
        """The live store alone as a new folder, by hard links: to try something out on."""
        with self._writing:
            self._store.backup(folder)

    def adopt(self) -> None:
        """Go on with the graph that `restored/` of the folder holds. It is the newest snapshot then."""
        with self._writing:
            del self._store  # the engine must let go of its files before others take their names
            self._folder.take_graph()
            self._store = ox.Store(self._folder.store)
            self._marked = ""

    def close(self) -> None:
        with self._writing:
            if not hasattr(self, "_store"):
                return
            self.publish()
            del self._store
            self._folder.release()

    def _quads(self, graph: Graph) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(None, None, None, graph)

    def _writable(self, graph: str) -> Graph:
        if self.merged and graph == DEFAULT:
            raise MergeIsDerived
        return node(graph)

    def _mark(self, kind: str) -> None:
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
