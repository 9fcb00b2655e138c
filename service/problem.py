"""What goes wrong, as an RFC 9457 problem document. How it becomes a response is in `service/problems.py`."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ontology.terms import OWN
from service.workers.query import Kind, QueryError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 2
"""Seconds after which a client that found us busy may come back."""


class Problem(Exception):
    """An answer that says what is wrong. `extra` are further members of the document.

    `headers` go into the HTTP response. `type` is minted from the title, so titles are kept.
    """

    def __init__(
        self, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The document's members."""
        slug = re.sub(r"\W+", "-", self.title.lower()).strip("-")
        document = {"type": f"{OWN}problem/{slug}", "title": self.title, "status": self.status}
        return document | ({"detail": self.detail} if self.detail else {}) | self.extra

    def body(self) -> bytes:
        """The document as JSON."""
        return orjson.dumps(self.document())


NARROW = (
    "Ask for less: give the pattern that names most things first, add LIMIT, drop OPTIONAL and paths with * "
    "or +, or count before you list."
)
QUERY_PROBLEMS: dict[Kind, tuple[int, str, str]] = {
    "syntax": (400, "Syntax error", ""),
    "unacceptable": (406, "No acceptable format", ""),
    "missing": (404, "No such graph", ""),
    "refused": (403, "Refused", ""),
    "invalid": (422, "The query cannot be evaluated", ""),
    "size": (413, "Answer too large", "Add LIMIT and OFFSET, or ask for fewer variables."),
    "slow": (504, "Query too slow", NARROW),
    "memory": (507, "Query too large", NARROW),
    "busy": (503, "Busy", "Come back in a moment."),
    "unavailable": (503, "The graph is not available", "Come back in a moment."),
    "engine": (500, "The engine failed", ""),
}


def of_query(error: QueryError) -> Problem:
    """A query's failure, with what was exceeded and how to narrow the query."""
    status, title, advice = QUERY_PROBLEMS[error.kind]
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    extra = {"advice": advice} if advice else {}
    return Problem(status, title, str(error), headers, **extra)
