"""A query as it is put to the workers, and what can come of it."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from service.settings import Settings

Kind = Literal[
    "syntax", "unacceptable", "missing", "refused", "invalid", "slow", "memory", "size", "busy", "unavailable", "engine"
]


class QueryError(Exception):
    """A query without a whole answer. `kind` says why; the message says it in words."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def exceeded(kind: Kind, settings: Settings, seconds: float | None = None) -> str:
    """What a query exceeded that ended for a reason: time (`seconds`, by default the limit) or memory."""
    if kind == "slow":
        return f"it took longer than {seconds or settings.query_timeout:g} s"
    return f"it needed more than {settings.query_memory} MiB of memory, or is nested too deep"


class Term(NamedTuple):
    """A value in a row: `kind` is "uri", "literal" or "bnode"."""

    kind: str
    value: str
    datatype: str | None = None
    language: str | None = None


class Query(NamedTuple):
    """A query and how its answer is wanted.

    `bindings` (SELECT, ASK) is "json", "xml", "csv" or "tsv"; `graphs` (CONSTRUCT, DESCRIBE) a name in
    `service.workers.worker.GRAPHS`; None for a form that the client does not take. `default` and `named` replace the
    dataset where they are not None. `timeout` in seconds may shorten the limit of the settings.
    """

    text: str
    bindings: str | None = "json"
    graphs: str | None = "turtle"
    base: str | None = None
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    timeout: float | None = None

    def request(self) -> dict[str, Any]:
        return {"task": "query", "query": [*self]}


@dataclass(frozen=True, slots=True)
class GraphRead:
    """A whole graph ("" is the default graph) in a syntax of `service.workers.worker.GRAPHS`."""

    graph: str
    graphs: str = "turtle"
    timeout: float | None = None

    def request(self) -> dict[str, Any]:
        return {"task": "graph", "graph": self.graph, "graphs": self.graphs}


def term(value: dict[str, Any]) -> Term:
    """A term of SPARQL's JSON results."""
    if value["type"] == "triple":
        parts = (term(value["value"][part]).value for part in ("subject", "predicate", "object"))
        return Term("triple", " ".join(parts))
    return Term(value["type"], value["value"], value.get("datatype"), value.get("xml:lang"))
