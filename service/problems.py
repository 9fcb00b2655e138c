"""Everything that goes wrong, as RFC 9457 problem documents: one exception, one table, one handler.

A route raises `Problem(404, "No such study", "There is no study iras/1.")`; what others raise is in TABLE.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from service.problem import MEDIA_TYPE, QUERY_PROBLEMS, Problem, of_query
from service.store.failures import EngineFailed, Unreachable
from service.store.store import MergeIsDerived
from service.workers.query import QueryError

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def response(problem: Problem) -> Response:
    """What a client is sent of it."""
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


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


def of_engine(error: EngineFailed) -> Problem:
    return Problem(*QUERY_PROBLEMS["engine"][:2], str(error))


def of_distance(error: Unreachable) -> Problem:
    return of_query(QueryError("unavailable", str(error)))


TABLE: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    QueryError: of_query,
    HTTPException: of_http,
    RequestValidationError: of_validation,
    MergeIsDerived: of_merge,
    EngineFailed: of_engine,
    Unreachable: of_distance,
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
        problem.headers["Allow"] = ", ".join(method for method in METHODS if _matches(request, method))
        problem.detail = problem.detail or f"There are {problem.headers['Allow']}."
    elif problem.status == 404 and not problem.detail:
        problem.detail = f"Nothing is at {request.url.path}; /docs lists what there is."
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    return (await page(request, problem) if page else None) or response(problem)


def _matches(request: Request, method: str) -> bool:
    """Whether an address has a method; the framework names those of its first route only."""
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] == Match.FULL for route in request.app.routes)


def register(app: FastAPI) -> None:
    """Let every route's exceptions become problem documents."""
    for kind in (*TABLE, Exception):
        app.add_exception_handler(kind, handle)
