"""What every route of the API does alike: ETag and 304, parts of a list, HEAD, what goes wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from service import problems
from service.accept import has
from service.answers import BadQuestion, Found, Item, Knowledge, NotKnown, Unheard
from service.api import models as shapes
from service.index.index import TooSlow
from service.problem import MEDIA_TYPE, Problem

RELEASE = version("evidence-graph")
"""Of this program: another one may say the same in other words."""
WRONG: dict[int | str, dict[str, Any]] = {
    422: {"description": "A parameter is unknown or wrong; `near` may say what was meant", "model": shapes.Problem},
    503: {"description": "Busy, or the question took too long", "model": shapes.Problem},
}
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"description": "The graph does not know it; `near` may say what was meant", "model": shapes.Problem}
}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed since the ETag that was sent"}}
for _answer in (*WRONG.values(), *MISSING.values()):
    _answer["content"] = {MEDIA_TYPE: {}}


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and what it can be answered from."""

    request: Request
    known: Knowledge


def call(request: Request) -> Call:
    return Call(request, request.app.state.knowledge)


Asking = Annotated[Call, Depends(call)]


def answering(answer: Callable[..., Awaitable[Item | Response]]) -> Callable[..., Awaitable[Response]]:
    """A route's function as one that answers in JSON, with an ETag of graph and program; 304 where neither changed.

    The function has `call: Asking` among its parameters and, where it knows several, the `form` of its answer.
    """

    @wraps(answer)
    async def route(call: Call, **values: Any) -> Response:
        # Weak, since an answer may be compressed; one for each form of it.
        tag = f'W/"{call.known.revision:x}-{RELEASE}-{values.get("form", "json")}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
        if has(call.request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        made = await answer(call=call, **values)
        if not isinstance(made, Response):
            made = Response(orjson.dumps(made), media_type="application/json")
        if made.status_code == 200:
            made.headers.update(headers)
        return made

    return route


def page(request: Request, found: Found) -> Item:
    """A part of a list with the address of the next one."""
    following = None
    if found.next_offset is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "offset"]
        following = f"{request.url.path}?{urlencode([*kept, ('offset', found.next_offset)])}"
    return {"items": found.items, "total": found.total, "next": following}


def heads(router: APIRouter) -> None:
    """Let every GET of a router be asked with HEAD too. The server leaves the body out by itself."""
    for route in [route for route in router.routes if isinstance(route, APIRoute)]:
        path = route.path.removeprefix(router.prefix)
        router.add_api_route(path, route.endpoint, methods=["HEAD"], response_model=None, include_in_schema=False)


def _not_known(error: NotKnown) -> Problem:
    return Problem(404, f"No such {error.noun}", str(error), near=error.near)


def _bad_question(error: BadQuestion) -> Problem:
    return Problem(422, "A parameter is wrong", error.message, parameter=error.parameter, near=error.near)


def _too_slow(error: TooSlow) -> Problem:
    advice = "Narrow the question: name a theme, a year or a person."
    return Problem(503, "The question took too long", str(error), {"Retry-After": "2"}, advice=advice)


def _unheard(error: Unheard) -> Problem:
    return Problem(
        410, "No such place in the feed", str(error), advice="Begin again with since=0, and take the whole anew."
    )


problems.TABLE[NotKnown] = _not_known
problems.TABLE[Unheard] = _unheard
problems.TABLE[BadQuestion] = _bad_question
problems.TABLE[TooSlow] = _too_slow
