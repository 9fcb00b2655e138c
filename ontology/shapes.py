"""The shapes of the graph (`shapes.ttl`, SHACL), held against one record's graphs at a time.

One at a time, because what two sources say of the same thing may well differ: that is a conflict to be shown
side by side, not a fault of either record. The shapes are compiled once. What they ask in SPARQL is asked of many
records together, each a named graph of a store in memory.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File

import pyoxigraph as ox

from ontology import FOLDER, literals
from ontology import constraints as c
from ontology.constraints import SH, Data, Path, Shape, UnknownShape
from ontology.terms import RDF, RDFS

LANGUAGE = ("evidencegraph.ttl", "vocabularies.ttl", "themes.ttl")
_LIST = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ABOUT = ("message", "name", "description", "order", "group", "severity", "path", "targetClass", "target")
"""Properties of a shape that ask nothing of a node."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a shape forbids: the node it is about, the property ("" where none), what is wrong.

    `rule` is the constraint's name in SHACL (minCount, datatype, sparql), `shape` that of the shape that has it.
    """

    focus: str
    path: str
    value: str
    message: str
    rule: str
    shape: str


@dataclass(frozen=True, slots=True)
class _Sparql:
    """A constraint in SPARQL: `$this` is a focus node of the shape, each solution a violation."""

    shape: str
    message: str
    select: str


@dataclass(frozen=True, slots=True)
class _Root:
    """A shape with its targets: classes with all that are part of them, and queries that give focus nodes."""

    shape: Shape
    classes: frozenset[str]
    targets: tuple[str, ...]
    sparql: tuple[_Sparql, ...]


class Shapes:
    """Compiled shapes. Raises UnknownShape for what they use of SHACL that is not known here."""

    def __init__(self, file: File = FOLDER / "shapes.ttl") -> None:
        self._graph: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE):
            self._graph[str(quad.subject)][quad.predicate.value].append(str(quad.object))
        self.ancestors, self.kinds = _language()
        self.inverse: frozenset[str] = frozenset()
        roots = [name for name, node in self._graph.items() if node.keys() & {SH + "targetClass", SH + "target"}]
        self.roots = [self._root(name) for name in sorted(roots)]

    # ---- compiling

    def _root(self, name: str) -> _Root:
        node = self._graph[name]
        shape = self._shape(name, literals.text(name))
        targets = [self._query(target) for target in node.get(SH + "target", ())]
        sparql = tuple(
            _Sparql(shape.name, self._message(each) or "", self._query(each)) for each in node.get(SH + "sparql", ())
        )
        classes = set(node.get(SH + "targetClass", ()))
        classes |= {name for name, above in self.ancestors.items() if above & classes}
        return _Root(shape, frozenset(classes), tuple(targets), sparql)

    def _shape(self, name: str, named: str) -> Shape:
        node = self._graph[name]
        shape = Shape(named, self._path(node), self._message(name))
        for predicate, terms in node.items():
            if not predicate.startswith(SH):
                continue
            for term in terms:
                self._add(shape, predicate.removeprefix(SH), term)
        return shape

    def _add(self, shape: Shape, asked: str, term: str) -> None:
        whole = literals.text(term)
        if asked == "property":
            shape.properties.append(self._shape(term, shape.name))
        elif asked == "minCount":
            shape.constraints.append(c.min_count(int(whole)))
        elif asked == "maxCount":
            shape.constraints.append(c.max_count(int(whole)))
        elif asked == "datatype":
            shape.constraints.append(c.datatype(whole))
        elif asked == "nodeKind":
            shape.constraints.append(c.node_kind(whole.removeprefix(SH)))
        elif asked == "class":
            shape.constraints.append(c.of_class(whole, self.ancestors))
        elif asked == "minLength":
            shape.constraints.append(c.min_length(int(whole)))
        elif asked == "pattern":
            shape.constraints.append(c.pattern(whole))
        elif asked == "minInclusive":
            shape.constraints.append(c.bound(asked, float(whole), lambda v, limit: v >= limit, "is no number from"))
        elif asked == "maxInclusive":
            shape.constraints.append(c.bound(asked, float(whole), lambda v, limit: v <= limit, "is no number up to"))
        elif asked == "in":
            shape.constraints.append(c.one_of(self._members(term)))
        elif asked in ("or", "xone"):
            shape.constraints.append(c.alternatives(asked, [self._shape(m, shape.name) for m in self._members(term)]))
        elif asked != "sparql" and asked not in _ABOUT:
            raise UnknownShape(f"sh:{asked} in {shape.name}")

    def _path(self, node: Mapping[str, list[str]]) -> Path | None:
        for term in node.get(SH + "path", ()):
            if term[0] == "<":
                return Path(term)
            [inverse] = self._graph[term].get(SH + "inversePath", [""])
            if not inverse.startswith("<"):
                raise UnknownShape(f"the path {dict(self._graph[term])}")
            self.inverse |= {inverse}
            return Path(inverse, inverse=True)
        return None

    def _message(self, name: str) -> str | None:
        return next((literals.text(term) for term in self._graph[name].get(SH + "message", ())), None)

    def _members(self, head: str) -> list[str]:
        found = []
        while head != f"<{_LIST}nil>":
            found += self._graph[head][_LIST + "first"]
            [head] = self._graph[head][_LIST + "rest"]
        return found

    def _query(self, name: str) -> str:
        """A query as it can be asked of every named graph at once: `?this` and `?value`, and `?graph`."""
        node = self._graph[name]
        prefixes = ""
        for owner in node.get(SH + "prefixes", ()):
            for declared in self._graph[owner].get(SH + "declare", ()):
                said = self._graph[declared]
                [prefix], [namespace] = said[SH + "prefix"], said[SH + "namespace"]
                prefixes += f"PREFIX {literals.text(prefix)}: <{literals.text(namespace)}>\n"
        [select] = node[SH + "select"]
        head, brace, rest = literals.text(select).partition("{")
        body, end, tail = rest.rpartition("}")
        if not (brace and end) or tail.strip():
            raise UnknownShape(f"a query that is more than SELECT … WHERE {{ … }}: {literals.text(select)}")
        return f"{prefixes}{head.replace('SELECT', 'SELECT ?graph', 1)}{{ GRAPH ?graph {{{body}}} }}".replace(
            "SELECT ?graph DISTINCT", "SELECT DISTINCT ?graph"
        )

    # ---- checking

    def check(
        self, graphs: Sequence[Collection[str]], kinds: Mapping[str, frozenset[str]] | None = None
    ) -> list[list[Violation]]:
        """What is wrong in each of some graphs, given as N-Triples statements without their final dots.

        `kinds` are types, as terms, of things that are described elsewhere. Raises ValueError for what is no
        N-Triples.
        """
        known = {**self.kinds, **(kinds or {})}
        held = [Data(list(graph), known, self.inverse) for graph in graphs]
        found: list[list[Violation]] = [[] for _ in held]
        store = ox.Store()
        lines = (f"{line} <urn:{number}> .\n" for number, graph in enumerate(graphs) for line in dict.fromkeys(graph))
        try:
            store.bulk_load("".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
        except SyntaxError as error:
            raise ValueError(f"no N-Triples: {error}") from None
        for root in self.roots:
            focuses = [_focuses(root, data) for data in held]
            for query in root.targets:
                for number, this, _ in _ask(store, query):
                    focuses[number].setdefault(this)
            for number, data in enumerate(held):
                for focus in focuses[number]:
                    for shape, fault in root.shape.faults(data, focus):
                        found[number].append(_violation(shape, focus, fault))
            if any(focuses):
                for constraint in root.sparql:
                    for number, this, value in _ask(store, constraint.select):
                        if this in focuses[number]:
                            found[number].append(
                                Violation(
                                    literals.text(this),
                                    "",
                                    literals.text(value or this),
                                    constraint.message,
                                    "sparql",
                                    constraint.shape,
                                )
                            )
        return [sorted(each, key=lambda v: (v.focus, v.path, v.message, v.value)) for each in found]


def _focuses(root: _Root, data: Data) -> dict[str, None]:
    """The nodes of a root's classes, each once."""
    return {subject: None for kind in data.of_type.keys() & root.classes for subject in data.of_type[kind]}


def _violation(shape: Shape, focus: str, fault: c.Fault) -> Violation:
    path = shape.path.predicate[1:-1] if shape.path and not shape.path.inverse else ""
    value = "" if fault.value is None else literals.text(fault.value)
    return Violation(literals.text(focus), path, value, shape.message or fault.message, fault.rule, shape.name)


def _ask(store: ox.Store, query: str) -> Iterator[tuple[int, str, str | None]]:
    """A query's solutions: the number of the graph, `?this` and `?value` as terms."""
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    named = {variable.value for variable in solutions.variables}
    for solution in solutions:
        value = solution["value"] if "value" in named else None
        yield int(solution["graph"].value[4:]), str(solution["this"]), str(value) if value is not None else None


def _language() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Of every class all that it is part of, itself included; of every thing of the language its types. As terms."""
    above: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, set[str]] = defaultdict(set)
    for name in LANGUAGE:
        for quad in ox.parse(path=FOLDER / name, format=ox.RdfFormat.TURTLE):
            if quad.predicate.value == RDFS.subClassOf:
                above[str(quad.subject)].add(str(quad.object))
            elif quad.predicate.value == RDF.type:
                kinds[str(quad.subject)].add(str(quad.object))
    return {name: frozenset(_closure(name, above)) for name in above}, {n: frozenset(k) for n, k in kinds.items()}


def _closure(name: str, above: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        for parent in above.get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


@cache
def shapes() -> Shapes:
    """The shapes of this version, compiled."""
    return Shapes()


def violations(statements: Iterable[str]) -> list[Violation]:
    """What the shapes find wrong in a graph given as N-Triples statements without their final dots."""
    [found] = shapes().check([list(statements)])
    return found
