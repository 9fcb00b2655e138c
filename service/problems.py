"""Everything that goes wrong, as RFC 9457 problem documents: one exception, one table, one handler.

A route raises `Problem(404, "No such study", "There is no study iras/1.")`; what others raise is in TABLE.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from ontology.terms import OWN
from service.store.store import MergeIsDerived
from service.workers.query import Kind, QueryError

log = logging.getLogger(__name__)

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
        slug = re.sub(r"\W+", "-", self.title.lower()).strip("-")
        document = {"type": f"{OWN}problem/{slug}", "title": self.title, "status": self.status}
        return document | ({"detail": self.detail} if self.detail else {}) | self.extra

    def response(self) -> Response:
        return Response(orjson.dumps(self.document()), self.status, self.headers, MEDIA_TYPE)


NARROW = (
    "Ask for less: give the pattern that names most things first, add LIMIT, drop OPTIONAL and paths with * "
    "or +, or count before you list."
)
QUERY_PROBLEMS: dict[Kind, tuple[int, str, str]] = {
    "syntax": (400, "Syntax error", ""),
    "unacceptable": (406, "No acceptable format", ""),
    "missing": (404, "No such graph", ""),
    "refused": (403, "Refused", ""),
    "invalid": (400, "The query cannot be evaluated", ""),
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


def of_http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == phrase else str(error.detail)
    return Problem(error.status_code, phrase, detail, error.headers)


def of_validation(error: RequestValidationError) -> Problem:
    wrong = [{"parameter": ".".join(str(part) for part in e["loc"][1:]), "message": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['parameter']}: {e['message']}" for e in wrong)
    return Problem(422, "A parameter is wrong", detail, errors=wrong)


def of_merge(error: MergeIsDerived) -> Problem:
    return Problem(409, "The default graph is derived", str(error))


TABLE: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    QueryError: of_query,
    HTTPException: of_http,
    RequestValidationError: of_validation,
    MergeIsDerived: of_merge,
}
"""What each exception says to a client. Another room adds its own with `TABLE[ItsError] = function`."""


def of(error: Exception) -> Problem:
    """The problem that an exception is; the unexpected is logged and tells the client a number to quote."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind](error)
    number = uuid4().hex[:12]
    log.error("unexpected (%s)", number, exc_info=error)
    return Problem(500, "Internal error", "This is our fault. It has been written down.", incident=number)


ErrorPage = Callable[[Request, Problem], Awaitable[Response | None]]


async def handle(request: Request, error: Exception) -> Response:
    """The one handler. `app.state.error_page(request, problem)` may answer a browser with a page instead."""
    problem = of(error)
    if problem.status == 405:
        problem.headers["allow"] = ", ".join(sorted(_methods(request)))
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    return (await page(request, problem) if page else None) or problem.response()


def _methods(request: Request) -> set[str]:
    """The methods that an address has; the framework names those of its first route only."""
    routes = [r for r in request.app.routes if isinstance(r, Route) and r.matches(request.scope)[0] != Match.NONE]
    return {method for route in routes for method in route.methods or ()}


def register(app: FastAPI) -> None:
    """Let every route's exceptions become problem documents."""
    for kind in (*TABLE, Exception):
        app.add_exception_handler(kind, handle)
