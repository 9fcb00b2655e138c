"""Every SPARQL text of the project: one `.rq` file each, with a header that is checked when it is loaded.

    # title: What some named graphs say
    # description: Every statement of the graphs, with the graph that it stands in.
    # param graphs iris
    # param limit integer 100

`$graphs` and `$limit` in the text stand for values; a default may follow a parameter's type, or the word `optional`.
Lines between `#if name` and `#end` stay where that optional parameter is given, those after an `#else` where it is
not. Only `bind` makes a query of it, and whatever the values are, each stays the one term that it is.

>>> print(Query.parse("greeting", "# title: T\\n# description: D\\n# param name string\\nASK { ?s ?p $name }").bind(
...     name='" . ?x ?y ?z'))
ASK { ?s ?p "\\" . ?x ?y ?z" }
"""

import re
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyoxigraph as ox

__all__ = ["BadQuery", "BadValue", "Parameter", "Query", "bind", "load", "names"]

_TOKENS = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>"""  # an IRI
    r"""|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}"""  # long strings
    r"""|"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*'"""  # strings
    r"""|\#[^\n\r]*"""  # a comment
    r"""|(?P<variable>[$?][A-Za-z_0-9]\w*)""",
    re.DOTALL,
)


class BadQuery(Exception):
    """A `.rq` file that is not as it must be: a fault of the program, found when it is loaded."""


class BadValue(ValueError):
    """A value that cannot be a parameter's: not of its type, or no term at all."""


def _iri(value: object) -> str:
    if not isinstance(value, str):
        raise BadValue(f"an IRI is needed, not {value!r}")
    try:
        return str(ox.NamedNode(value))
    except ValueError as error:
        raise BadValue(f"no IRI: {value!r} ({error})") from None


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise BadValue(f"a text is needed, not {value!r}")
    try:
        return str(ox.Literal(value))
    except ValueError:
        raise BadValue("a text with half a surrogate pair cannot be a literal") from None


def _integer(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"a whole number is needed, not {value!r}")
    return str(value)


def _boolean(value: object) -> str:
    if not isinstance(value, bool):
        raise BadValue(f"true or false is needed, not {value!r}")
    return "true" if value else "false"


def _groups(values: object) -> str:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise BadValue(f"pairs of an IRI and a number are needed, not {values!r}")
    return " ".join(f"({_iri(iri)} {_integer(group)})" for iri, group in values)


def _many(one: Callable[[object], str]) -> Callable[[object], str]:
    def every(values: object) -> str:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise BadValue(f"a list is needed, not {values!r}")
        return " ".join(one(value) for value in values)

    return every


TYPES: dict[str, Callable[[object], str]] = {
    "iri": _iri,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "groups": _groups,
    "iris": _many(_iri),
    "strings": _many(_string),
    "integers": _many(_integer),
}
"""Types of parameters. Those in the plural give the terms one after the other, for `VALUES`; groups are pairs of an
IRI and a number."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `$name` of a query. `default` is a value's text, None where there is none."""

    name: str
    type: str
    default: str | None = None
    optional: bool = False

    def term(self, values: dict[str, object]) -> str:
        """The value as SPARQL text. Raises BadValue."""
        if self.name not in values:
            if self.default is None:
                raise BadValue(f"${self.name} has no value")
            given: object = int(self.default) if self.type == "integer" else self.default
        else:
            given = values[self.name]
        try:
            return TYPES[self.type](given)
        except BadValue as error:
            raise BadValue(f"${self.name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Query:
    """A query of ours. `text` has its parameters still in it."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    text: str

    @classmethod
    def parse(cls, name: str, source: str) -> "Query":
        """Read a `.rq` file. Raises BadQuery for a bad header, an undeclared parameter or one never used."""
        head, parameters, body = _header(name, source)
        declared = {p.name for p in parameters}
        if len(declared) < len(parameters):
            raise BadQuery(f"{name}.rq declares a parameter twice")
        used: set[str] = set()
        variables: set[str] = set()
        optional = {p.name for p in parameters if p.optional}
        for line, conditions in _lines(name, body, optional):
            for match in _TOKENS.finditer(line):
                if token := match["variable"]:
                    (used if token[0] == "$" else variables).add(token[1:])
                    if token[0] == "$" and token[1:] in optional and not conditions:
                        raise BadQuery(f"{name}.rq uses {token}, which is optional, outside of every #if")
        if wrong := sorted(used - declared):
            raise BadQuery(f"{name}.rq uses ${wrong[0]}, which its header does not declare")
        if wrong := sorted(declared - used):
            raise BadQuery(f"{name}.rq declares {wrong[0]} and never uses ${wrong[0]}")
        if wrong := sorted(variables & declared):
            raise BadQuery(f"{name}.rq has both ${wrong[0]} and ?{wrong[0]}: to SPARQL they are one")
        return cls(name, head["title"], head["description"], tuple(parameters), body)

    def bind(self, **values: object) -> str:
        """The query with every parameter in place; None is not given.

        Raises BadValue for a wrong, missing or unknown value.
        """
        if unknown := sorted(values.keys() - {p.name for p in self.parameters}):
            raise BadValue(f"{self.name}.rq has no parameter {unknown[0]}")
        given = {name: value for name, value in values.items() if value is not None}
        kept = [
            line
            for line, conditions in _lines(self.name, self.text, {p.name for p in self.parameters if p.optional})
            if all((name in given) == wanted for name, wanted in conditions)
        ]
        parameters = {f"${p.name}": p for p in self.parameters}

        def put(match: re.Match[str]) -> str:
            parameter = parameters.get(match["variable"] or "")
            return parameter.term(given) if parameter else match[0]

        return _TOKENS.sub(put, "\n".join(kept))


def _lines(name: str, body: str, optional: Set[str]) -> Iterator[tuple[str, tuple[tuple[str, bool], ...]]]:
    """Each line of a query with its conditions: optional parameters and whether they must be given."""
    conditions: list[tuple[str, bool]] = []
    for line in body.splitlines():
        if line.startswith("#if "):
            condition = line[4:].strip()
            if condition not in optional:
                raise BadQuery(f"{name}.rq: {line!r} needs an optional parameter of that name")
            conditions.append((condition, True))
        elif line in ("#else", "#end"):
            if not conditions:
                raise BadQuery(f"{name}.rq has {line} without #if")
            condition, _ = conditions.pop()
            if line == "#else":
                conditions.append((condition, False))
        else:
            yield line, tuple(conditions)
    if conditions:
        raise BadQuery(f"{name}.rq has no #end for #if {conditions[-1][0]}")


def _header(name: str, source: str) -> tuple[dict[str, str], list[Parameter], str]:
    head: dict[str, str] = {}
    parameters = []
    lines = source.splitlines()
    while lines and lines[0].startswith("#"):
        line = lines.pop(0)
        field, _, rest = line[1:].strip().partition(" ")
        if field in ("title:", "description:") and rest:
            head[field[:-1]] = f"{head[field[:-1]]} {rest}" if field[:-1] in head else rest
        elif field == "param":
            parts = rest.split(" ", 2)
            if len(parts) < 2 or parts[1] not in TYPES or not re.fullmatch(r"[A-Za-z_]\w*", parts[0]):
                raise BadQuery(f"{name}.rq: {line!r} is not `# param name type [default]`")
            last = parts[2] if len(parts) > 2 else None
            optional = last == "optional"
            parameters.append(Parameter(parts[0], parts[1], None if optional else last, optional))
        else:
            raise BadQuery(f"{name}.rq: {line!r} is neither a title, a description nor a parameter")
    if head.keys() != {"title", "description"}:
        raise BadQuery(f"{name}.rq needs a title and a description")
    return head, parameters, "\n".join(lines).strip()


@cache
def load(name: str) -> Query:
    """The query in `NAME.rq`. Raises BadQuery; KeyError where there is none."""
    file = files(__package__).joinpath(f"{name}.rq")
    if not re.fullmatch(r"\w+", name) or not file.is_file():
        raise KeyError(name)
    return Query.parse(name, file.read_text("utf-8"))


@cache
def names() -> tuple[str, ...]:
    """The names of all queries, sorted."""
    return tuple(sorted(f.name[:-3] for f in files(__package__).iterdir() if f.name.endswith(".rq")))


def bind(query: str, **values: object) -> str:
    """`load(query).bind(**values)`."""
    return load(query).bind(**values)
