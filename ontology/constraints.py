"""What a shape can ask of a node, compiled to functions over statements as text.

Of SHACL what `shapes.ttl` uses, by the letter of the recommendation; anything else is refused when it is compiled,
never passed over. SPARQL constraints are not here: `shapes.py` asks them of many graphs at a time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ontology import literals

SH = "http://www.w3.org/ns/shacl#"
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"

Values = Sequence[str]
Node = Mapping[str, list[str]]


class UnknownShape(Exception):
    """The shapes use something of SHACL that is not known here."""


class Data:
    """The statements of one graph, to be asked from either end. Terms are N-Triples text."""

    def __init__(self, statements: Sequence[str], kinds: Mapping[str, frozenset[str]], inverse: frozenset[str]) -> None:
        self.nodes: dict[str, dict[str, list[str]]] = {}
        self.backward: dict[tuple[str, str], list[str]] = {}
        self.of_type: dict[str, list[str]] = {}
        self._kinds = kinds
        nodes = self.nodes
        for statement in dict.fromkeys(statements):
            subject, predicate, term = statement.split(" ", 2)
            node = nodes.get(subject)
            if node is None:
                node = nodes[subject] = {}
            held = node.get(predicate)
            if held is None:
                node[predicate] = [term]
            else:
                held.append(term)
            if predicate == RDF_TYPE:
                self.of_type.setdefault(term, []).append(subject)
            elif predicate in inverse:
                self.backward.setdefault((term, predicate), []).append(subject)

    def values(self, focus: str, path: "Path") -> Values:
        if path.inverse:
            return self.backward.get((focus, path.predicate), ())
        node = self.nodes.get(focus)
        return node.get(path.predicate, ()) if node else ()

    def types(self, term: str) -> Sequence[str]:
        node = self.nodes.get(term)
        own = node.get(RDF_TYPE, ()) if node else ()
        known = self._kinds.get(term)
        return [*own, *known] if known else own


@dataclass(frozen=True, slots=True)
class Path:
    """One property, or its inverse."""

    predicate: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What a constraint found: its name in SHACL, the value (None where it is about a count), what is wrong."""

    rule: str
    value: str | None
    message: str


Constraint = Callable[[Data, str, Values], Iterator[Fault]]


@dataclass(slots=True)
class Shape:
    """A node shape or, with a path, a property shape. `message` is said in place of what the constraints say."""

    name: str
    path: Path | None = None
    message: str | None = None
    constraints: list[Constraint] = field(default_factory=list)
    properties: list["Shape"] = field(default_factory=list)

    def faults(self, data: Data, focus: str) -> Iterator[tuple["Shape", Fault]]:
        """What is wrong with a node by this shape, each with the shape, this or a property's, that says so."""
        values: Values = data.values(focus, self.path) if self.path else (focus,)
        for constraint in self.constraints:
            for fault in constraint(data, focus, values):
                yield self, fault
        for value in values:
            for shape in self.properties:
                yield from shape.faults(data, value)

    def conforms(self, data: Data, focus: str) -> bool:
        return next(self.faults(data, focus), None) is None


def min_count(number: int) -> Constraint:
    def check(_: Data, __: str, values: Values) -> Iterator[Fault]:
        if len(values) < number:
            yield Fault("minCount", None, f"at least {number} is needed, there are {len(values) or 'none'}")

    return check


def max_count(number: int) -> Constraint:
    def check(_: Data, __: str, values: Values) -> Iterator[Fault]:
        if len(values) > number:
            yield Fault("maxCount", None, f"at most {number} is allowed, there are {len(values)}")

    return check


def each(rule: str, holds: Callable[[str], bool], message: str) -> Constraint:
    """A constraint on every value by itself."""

    def check(_: Data, __: str, values: Values) -> Iterator[Fault]:
        for value in values:
            if not holds(value):
                yield Fault(rule, value, message)

    return check


def datatype(iri: str) -> Constraint:
    def holds(term: str) -> bool:
        return term[0] == '"' and literals.split(term)[1] == iri and literals.valid(term)

    return each("datatype", holds, f"is no {short(iri)}")


def node_kind(kind: str) -> Constraint:
    marks = {"IRI": "<", "Literal": '"', "BlankNode": "_"}
    if kind not in marks:
        raise UnknownShape(f"sh:nodeKind sh:{kind}")
    mark = marks[kind]
    return each("nodeKind", lambda term: term[0] == mark, f"is no {kind}")


def of_class(iri: str, ancestors: Mapping[str, frozenset[str]]) -> Constraint:
    """`ancestors` gives every class that a class is part of, itself included."""
    wanted = f"<{iri}>"

    def check(data: Data, _: str, values: Values) -> Iterator[Fault]:
        for value in values:
            if not any(kind == wanted or wanted in ancestors.get(kind, ()) for kind in data.types(value)):
                yield Fault("class", value, f"is not known to be of the class {short(iri)}")

    return check


def min_length(number: int) -> Constraint:
    holds = _length_of_text(number)
    return each("minLength", holds, f"is shorter than {number} characters")


def _length_of_text(number: int) -> Callable[[str], bool]:
    return lambda term: term[0] != "_" and len(literals.text(term)) >= number


def pattern(form: str) -> Constraint:
    compiled = re.compile(form)
    return each(
        "pattern",
        lambda term: term[0] != "_" and compiled.search(literals.text(term)) is not None,
        f"is not of the form {form}",
    )


def bound(rule: str, limit: float, holds: Callable[[float, float], bool], message: str) -> Constraint:
    def within(term: str) -> bool:
        value = literals.number(term)
        return value is not None and holds(value, limit)

    return each(rule, within, f"{message} {limit:g}")


def one_of(terms: Sequence[str]) -> Constraint:
    allowed = frozenset(terms)
    names = ", ".join(short(literals.text(term)) for term in terms)
    return each("in", lambda term: term in allowed, f"is none of {names}")


def alternatives(rule: str, shapes: Sequence[Shape]) -> Constraint:
    """sh:or: at least one of the shapes; sh:xone: exactly one."""

    def check(data: Data, _: str, values: Values) -> Iterator[Fault]:
        for value in values:
            fits = sum(shape.conforms(data, value) for shape in shapes)
            if fits == 0:
                yield Fault(rule, value, "is none of the alternatives")
            elif fits > 1 and rule == "xone":
                yield Fault(rule, value, "is more than one of the alternatives")

    return check


def short(iri: str) -> str:
    """An IRI's last part, for a message."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]
