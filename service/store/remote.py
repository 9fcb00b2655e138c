"""Another engine as the store: any that speaks SPARQL 1.1 Protocol, for queries and for updates.

The same promises as the embedded store's, as far as the engine keeps its own: one request is one transaction
(SPARQL 1.1 Update, 2.2: "SHOULD"), and what it has answered is durable. Its default graph is kept as the
merge of the named graphs, or left alone where it makes that union by itself (`default_graph` plain).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import httpx
import pyoxigraph as ox

from service.known import known_prefixes
from service.settings import Settings
from service.store.failures import EngineFailed, Unreachable
from service.store.folder import ELSEWHERE, Folder
from service.store.merge import MERGE_ANEW, canonical, in_default, in_quads, mending, named
from service.store.store import DEFAULT, MergeIsDerived, Solution

BATCH = 5_000
"""Statements of one update of a bulk load."""
IDLE = 20
"""Seconds after which a connection is not used again: engines close theirs after a minute or less."""
SECONDS = 300
"""For one request: loading and clearing may take long."""


class RemoteStore:
    """An engine behind HTTP. The data folder holds what is ours: lock, base, revision, index, archive.

    Every method raises Unreachable or EngineFailed where the engine does not answer or fails. Raises FolderInUse,
    BaseMismatch.
    """

    def __init__(self, settings: Settings, path: Path | None = None, moving: bool = False) -> None:
        self.base = settings.base
        self.merged = settings.default_graph == "merge"
        self._query_url, self._update_url = settings.remote_query, settings.remote_update
        transport = httpx.HTTPTransport(retries=2, limits=httpx.Limits(keepalive_expiry=IDLE))
        self._client = httpx.Client(transport=transport, timeout=SECONDS)
        with ExitStack() as opened:
            opened.callback(self._client.close)
            self.select("SELECT * { ?s ?p ?o } LIMIT 1")  # before the folder is told that its graph is there
            self._folder = Folder(path or settings.data, settings.base, settings.default_graph, ELSEWHERE, moving)
            opened.callback(self._folder.release)
            self._changed = self._folder.unpublished != ""
            self.publish()
            opened.pop_all()

    @property
    def revision(self) -> int:
        return self._folder.revision

    @property
    def path(self) -> Path:
        return self._folder.path

    def replace(self, graphs: Mapping[str, Collection[str]]) -> bool:
        operations, before, nameless, changed = [], set[str](), False, []
        for graph, statements in graphs.items():
            self._refuse_derived(graph)
            held, wanted = frozenset(self.graph(graph)), canonical(statements).keys()
            if held == wanted:
                continue
            changed.append(graph)
            before |= {s for s in held - wanted if not _nameless(s)}
            if any(map(_nameless, held)):
                nameless, held = True, frozenset()
                operations.append(f"DROP SILENT {named(graph)}")
            operations += self._delta(graph, held - wanted, wanted - held)
            if not wanted:
                operations.append(f"DROP SILENT {named(graph)}")
        return self._commit(operations, before, nameless, changed)

    def patch(self, graph: str, removed: Collection[str], added: Collection[str]) -> bool:
        self._refuse_derived(graph)
        new = canonical(added).keys()
        held = frozenset(self.graph(graph))
        out, put = (canonical(removed).keys() - new) & held, new - held
        return self._commit(self._delta(graph, out, put), out, False, [graph] if out or put else [])

    def bulk(self, lines: Iterable[bytes]) -> None:
        rest = (line.strip() for line in lines)
        statements = (line for line in rest if line)
        while batch := list(islice(statements, BATCH)):
            whole = b"\n".join(batch + [in_default(line).strip() for line in batch] if self.merged else batch)
            quads = ox.parse(input=whole, format=ox.RdfFormat.N_QUADS)
            parts: dict[str, list[str]] = {}
            for quad in quads:
                graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else DEFAULT
                parts.setdefault(graph, []).append(f"{quad.subject} {quad.predicate} {quad.object} .")
            body = "\n".join(_in_graph(graph, "\n".join(found)) for graph, found in parts.items())
            self._update(f"INSERT DATA {{\n{body}\n}}")

    def fill(self, graphs: Iterable[tuple[str, bytes]], lanes: int = 1) -> None:
        del lanes  # how the engine goes about it is its own business
        self.bulk(line for name, text in graphs for line in in_quads(name, text, merged=False).splitlines())

    def update(self, text: str, graphs: Collection[str] | None, base_iri: str | None = None) -> None:
        if self.merged and graphs is None:
            text = f"{text}\n;\n{MERGE_ANEW}"
        elif self.merged:
            held = [statement for graph in graphs or () for statement in self.graph(graph)]
            before = [statement for statement in held if not _nameless(statement)]
            text = "\n;\n".join([text, *mending(before, len(before) < len(held), sorted(graphs or ()))])
        declared = "".join(f"PREFIX {p}: <{iri}> " for p, iri in known_prefixes(text).items())
        try:
            self._update(f"{f'BASE <{base_iri}> ' if base_iri else ''}{declared}{text}")
        except EngineFailed as error:  # a graph that is not there, say: for that there is no status of its own
            raise RuntimeError(str(error)) from None

    def has(self, graph: str) -> bool:
        return graph == DEFAULT or bool(
            self.select(f"SELECT * {{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }} LIMIT 1")
        )

    def graph(self, iri: str) -> Iterator[str]:
        pattern = f"GRAPH {ox.NamedNode(iri)} {{ ?s ?p ?o }}" if iri else "?s ?p ?o"
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
        content = self._ask(query, "application/n-triples")
        for quad in ox.parse(input=content, format=ox.RdfFormat.N_TRIPLES):
            yield f"{quad.subject} {quad.predicate} {quad.object}"

    def graphs(self) -> Iterator[str]:
        return (row["g"].value for row in self.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"))

    def count(self) -> int:
        pattern = "{ ?s ?p ?o }" if self.merged else "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
        return int(self.select(f"SELECT (COUNT(*) AS ?n) {pattern}")[0]["n"].value)

    def select(self, query: str) -> list[Solution]:
        solutions = ox.parse_query_results(
            self._ask(query, "application/sparql-results+json"), format=ox.QueryResultsFormat.JSON
        )
        if not isinstance(solutions, ox.QuerySolutions):
            raise ValueError("a SELECT is needed")
        names = [variable.value for variable in solutions.variables]
        return [{name: value for name in names if (value := row[name]) is not None} for row in solutions]

    def dump(self, path: Path) -> None:
        with path.open("w") as file:
            for graph in sorted(self.graphs()) + ([] if self.merged else [DEFAULT]):
                end = f" <{graph}> .\n" if graph else " .\n"
                file.writelines(statement + end for statement in self.graph(graph))

    def flush(self) -> None:
        """Nothing: what the engine has answered is its own to keep."""

    def publish(self, held: Collection[Path] = ()) -> Path:
        if self._changed or not self.revision:
            self._folder.snapshot(self.revision + 1).mkdir()
            self._folder.unmark()
            self._changed = False
        self._folder.prune(held)
        return self._folder.snapshot(self.revision)

    def tidy(self, at_once: bool = False) -> bool:  # noqa: ARG002 (the signature of what a store is asked)
        """Nothing: how it keeps its files is the engine's own business."""
        return False

    def close(self) -> None:
        if not self._client.is_closed:
            self.publish()
            self._client.close()
            self._folder.release()

    def _refuse_derived(self, graph: str) -> None:
        if self.merged and graph == DEFAULT:
            raise MergeIsDerived

    def _delta(self, graph: str, removed: Collection[str], added: Collection[str]) -> list[str]:
        operations = []
        if removed:
            operations.append(f"DELETE DATA {{\n{_in_graph(graph, _lines(removed))}\n}}")
        if added:
            both = _lines(added) if self.merged else ""
            operations.append(f"INSERT DATA {{\n{both}\n{_in_graph(graph, _lines(added))}\n}}")
        return operations

    def _commit(self, operations: list[str], before: Collection[str], nameless: bool, graphs: list[str]) -> bool:
        if not operations:
            return False
        if self.merged:
            operations += mending(before, nameless, graphs)
        self._update(" ;\n".join(operations))
        return True

    def _update(self, text: str) -> None:
        if not self._changed:
            self._folder.mark("transactions")
            self._changed = True
        self._post(self._update_url, "application/sparql-update", text, "*/*")

    def _ask(self, query: str, accept: str) -> bytes:
        return self._post(self._query_url, "application/sparql-query", query, accept)

    def _post(self, url: str, media: str, text: str, accept: str) -> bytes:
        headers = {"Content-Type": media, "Accept": accept}
        try:
            answer = self._client.post(url, content=text.encode(), headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"{url}: {error}") from None
        if answer.status_code == 400:
            raise SyntaxError(answer.text[:1000])
        if answer.is_error:
            raise EngineFailed(f"{url} answered {answer.status_code}: {answer.text[:500]}")
        return answer.content


def _nameless(statement: str) -> bool:
    """Whether a statement may hold a blank node; a literal that looks so costs time, not truth."""
    return "_:" in statement or "<<(" in statement


def _lines(statements: Iterable[str]) -> str:
    return "\n".join(f"{statement} ." for statement in sorted(statements))


def _in_graph(graph: str, lines: str) -> str:
    return f"GRAPH <{graph}> {{\n{lines}\n}}" if graph else lines
