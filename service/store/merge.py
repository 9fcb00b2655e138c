"""How a write keeps the default graph the exact merge of the named graphs: the texts of its transaction.

Oxigraph has no transaction in Python but the SPARQL update, several operations of which are one. So each
write becomes one text. Blank nodes have no name in such a text: a graph with blank nodes is replaced whole.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import pyoxigraph as ox

Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph

MERGE_ANEW = """DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } } ;
INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }"""
"""Makes the default graph the merge whatever it was; reads the whole store."""


def node(graph: str) -> Graph:
    """A graph's name for the engine, "" for the default graph. Raises ValueError for what is no IRI."""
    return ox.NamedNode(graph) if graph else ox.DefaultGraph()


def statement(quad: ox.Quad) -> str:
    """A quad as N-Triples text without graph and dot."""
    return f"{quad.subject} {quad.predicate} {quad.object}"


def canonical(statements: Iterable[str]) -> dict[str, ox.Quad]:
    """Statements as the engine keeps them, text to quad: it rewrites numbers, dates and language tags.

    Raises ValueError for what is no N-Triples.
    """
    scratch = ox.Store()
    try:
        scratch.load(input="".join(f"{s} .\n" for s in statements), format=ox.RdfFormat.N_TRIPLES)
    except SyntaxError as error:
        raise ValueError(f"no N-Triples statement: {error}") from None
    return {statement(quad): quad for quad in scratch}


def in_default(line: bytes) -> bytes:
    """An N-Quads line without its graph, which is the last IRI in it.

    >>> in_default(b'<s:a> <p:b> "<c>" <g:d> .')
    b'<s:a> <p:b> "<c>" .\\n'
    """
    return line[: line.rindex(b"<")] + b".\n"


def in_quads(graph: str, statements: bytes, merged: bool) -> bytes:
    """Statements, one a line, as N-Quads of a graph and, where `merged`, once more of the default graph.

    >>> in_quads("g:d", b"<s:a> <p:b> <o:c>\\n", merged=True)
    b'<s:a> <p:b> <o:c> <g:d> .\\n<s:a> <p:b> <o:c> .\\n'
    """
    quads = statements.replace(b"\n", f" <{graph}> .\n".encode())
    return quads + statements.replace(b"\n", b" .\n") if merged else quads


class Change:
    """What one write takes out of each graph and puts in."""

    def __init__(self, store: ox.Store, merged: bool) -> None:
        self._store = store
        self._merged = merged
        self._emptied: list[Graph] = []
        self._renewed: list[Graph] = []
        self._removed: dict[Graph, Mapping[str, ox.Quad]] = {}
        self._added: dict[Graph, Collection[str]] = {}

    def replace(self, graph: Graph, statements: Collection[str]) -> None:
        """A graph becomes exactly these."""
        held = {statement(quad): quad for quad in self._store.quads_for_pattern(None, None, None, graph)}
        wanted = frozenset(statements)
        unknown = canonical(wanted - held.keys()).keys()
        added = unknown - held.keys()
        removed = held.keys() - wanted - unknown
        if not added and not removed:
            return
        if any(has_blank(quad) for quad in held.values()):
            self._renewed.append(graph)
            self._removed[graph] = held
            self._added[graph] = (wanted & held.keys()) | unknown
            return
        if not wanted:
            self._emptied.append(graph)
        self._removed[graph] = {text: held[text] for text in removed}
        self._added[graph] = added

    def patch(self, graph: Graph, removed: Collection[str], added: Collection[str]) -> None:
        """A graph loses some and gains others; one that is in both stays or comes."""
        new = canonical(added)
        gone = canonical(removed)
        held = {text: gone[text] for text in gone.keys() - new.keys() if self._holds(gone[text], graph)}
        come = frozenset(text for text, quad in new.items() if not self._holds(quad, graph))
        if not come and held:
            quads = self._store.quads_for_pattern(None, None, None, graph)
            if all(statement(quad) in held for quad in quads):
                self._emptied.append(graph)
        self._removed[graph], self._added[graph] = held, come

    def text(self) -> str:
        """The SPARQL update that does it all, "" where nothing changes."""
        operations = []
        for graph in self._renewed:
            if self._merged:
                operations.append(_forget(graph))
            operations.append(_drop(graph))
        taken = {g: texts for g, texts in self._removed.items() if g not in self._renewed}
        out: dict[Graph, Collection[str]] = {g: taken[g].keys() for g in taken if g not in self._emptied}
        put: dict[Graph, Collection[str]] = dict(self._added)
        if self._merged:
            out[ox.DefaultGraph()] = frozenset(self._orphaned())
            put[ox.DefaultGraph()] = frozenset(text for texts in self._added.values() for text in texts)
        if any(out.values()):
            operations.append(f"DELETE DATA {{\n{_block(out)}}}")
        operations += [_drop(graph) for graph in self._emptied]
        if any(put.values()):
            operations.append(f"INSERT DATA {{\n{_block(put)}}}")
        return ";\n".join(operations)

    def _holds(self, quad: ox.Quad, graph: Graph) -> bool:
        return ox.Quad(quad.subject, quad.predicate, quad.object, graph) in self._store

    def _orphaned(self) -> Iterator[str]:
        """Removed statements that no named graph holds afterwards; nameless ones are `_forget`'s."""
        for graph, quads in self._removed.items():
            for text, quad in quads.items():
                if graph in self._renewed and has_blank(quad):
                    continue
                holders = self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
                if all(
                    isinstance(other.graph_name, ox.DefaultGraph) or text in self._removed.get(other.graph_name, ())
                    for other in holders
                ):
                    yield text


def mending(before: Iterable[str], nameless: bool, graphs: Iterable[str]) -> list[str]:
    """Operations that make the merge exact again after an update of these graphs.

    `before` are the statements that they held, but for those with blank nodes; `nameless`: there were such.
    """
    operations = []
    gone = "FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } }"
    rows = " ".join(f"({text})" for text in before)
    if rows:
        operations.append(f"DELETE {{ ?s ?p ?o }} WHERE {{ VALUES (?s ?p ?o) {{ {rows} }} {gone} }}")
    if nameless:
        blank = "FILTER (isBlank(?s) || isBlank(?o) || isTriple(?o))"
        operations.append(f"DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o {blank} {gone} }}")
    operations += [
        f"INSERT {{ ?s ?p ?o }} WHERE {{ {named(g)} {{ ?s ?p ?o }} FILTER NOT EXISTS {{ ?s ?p ?o }} }}" for g in graphs
    ]
    return operations


def named(graph: str) -> str:
    """A reference to a graph in an update. Raises ValueError for what is no IRI."""
    return f"GRAPH {ox.NamedNode(graph)}" if graph else "DEFAULT"


def has_blank(quad: ox.Quad) -> bool:
    """Whether a statement may hold a blank node, so that no update text can name it."""
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode | ox.Triple)


def _drop(graph: Graph) -> str:
    return f"DROP SILENT GRAPH {graph}" if isinstance(graph, ox.NamedNode) else "DROP SILENT DEFAULT"


def _forget(graph: Graph) -> str:
    """Takes out of the default graph what this graph alone holds."""
    elsewhere = f"GRAPH ?g {{ ?s ?p ?o }} FILTER (?g != {graph})"
    return f"DELETE {{ ?s ?p ?o }} WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} FILTER NOT EXISTS {{ {elsewhere} }} }}"


def _block(graphs: Mapping[Graph, Collection[str]]) -> str:
    blocks = []
    for graph, statements in graphs.items():
        body = "".join(f"{text} .\n" for text in sorted(statements))
        if body:
            blocks.append(f"GRAPH {graph} {{\n{body}}}\n" if isinstance(graph, ox.NamedNode) else body)
    return "".join(blocks)
