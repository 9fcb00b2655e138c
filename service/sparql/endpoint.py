"""SPARQL 1.1 Protocol, queries: GET, POST of a form, POST of the text itself.

`Endpoint` is a plain ASGI application: a small query costs less than a framework's routing does.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service import problems
from service.accept import has, wants_page
from service.problem import Problem
from service.settings import Settings
from service.sparql import body, explain, fields, formats, guard
from service.sparql.asked import VARY, ask
from service.sparql.delivery import deliver
from service.sparql.federation import Federation
from service.workers.pool import Pool
from service.workers.query import QueryError

log = logging.getLogger(__name__)

METHODS = "GET, HEAD, POST, OPTIONS"

Observe = Callable[[str, float], None]
Page = Callable[[Request], Awaitable[Response]]


class Endpoint:
    """The query endpoint at `/sparql`. `describe` answers a GET without a query;
    a browser gets what `app.state.sparql_page` makes, where that is set.
    """

    def __init__(
        self, settings: Settings, pool: Pool, federation: Federation, describe: ASGIApp, observe: Observe
    ) -> None:
        self._settings, self._pool, self._federation = settings, pool, federation
        self._describe, self._observe = describe, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        outcome = "ok"
        try:
            await self._answer(scope, receive, send)
        except ClientDisconnect:
            outcome = "gone"
        except Exception as error:
            problem = problems.of(error)
            number = token_hex(8)
            outcome = error.kind if isinstance(error, QueryError) else str(problem.status)
            problem.extra["query_id"] = number
            problem.headers |= {"x-query-id": number, "vary": VARY}
            log.info("query refused: %s", problem, extra={"query_id": number, "outcome": outcome})
            await problems.response(problem)(scope, receive, send)
        finally:
            self._observe(outcome, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        headers = body.headers_of(scope)
        parameters = fields.decode(scope["query_string"])
        if method == "POST":
            text, parameters = await self._posted(receive, headers, parameters)
        elif method in ("GET", "HEAD"):
            text = fields.one(parameters, "query")
            if text is None and "update" not in parameters:
                await self._introduce(scope, receive, send)
                return
        elif method == "OPTIONS":
            await Response(status_code=204, headers={"allow": METHODS})(scope, receive, send)
            return
        else:
            raise Problem(405, "Method not allowed", f"There are {METHODS}.", {"allow": METHODS})
        asked = ask(text, parameters, headers.get("accept"), self._settings.base, self._settings.query_bytes)
        query = asked.query
        if guard.reaches_out(query.text):
            query = query._replace(text=await self._federation.inline(query.text))
        extra = asked.headers(self._pool.state, repeatable=method != "POST")
        if "etag" in extra and has(headers.get("if-none-match", ""), extra["etag"]):
            await Response(status_code=304, headers=extra)(scope, receive, send)
            return
        client = scope["client"][0] if scope.get("client") else ""
        try:
            await deliver(self._pool, query, asked.wish, extra, client, scope, receive, send)
        except QueryError as error:
            if error.kind == "syntax":
                raise explain.syntax_error(asked.query.text, str(error)) from None
            if error.kind == "unacceptable":
                offers = formats.GRAPHS if str(error) == "graph" else formats.BINDINGS
                media = ", ".join(offer[0] for offer in offers.values())
                raise Problem(406, "No acceptable format", f"For this query there are {media}.") from None
            raise

    async def _introduce(self, scope: Scope, receive: Receive, send: Send) -> None:
        page: Page | None = getattr(scope["app"].state, "sparql_page", None)
        request = Request(scope, receive)
        if page and "format" not in request.query_params and wants_page(request.headers.get("accept")):
            await (await page(request))(scope, receive, send)
        else:
            await self._describe(scope, receive, send)

    async def _posted(
        self, receive: Receive, headers: Mapping[str, str], in_url: dict[str, list[str]]
    ) -> tuple[str | None, dict[str, list[str]]]:
        media = fields.media_type(headers)
        largest = self._settings.query_bytes
        if media == fields.QUERY_TEXT:
            if "query" in in_url:
                raise Problem(400, "Parameter given twice", "The query is in the body and in the URL.")
            return fields.text(await body.read(receive, headers, largest)), in_url
        if media == fields.FORM:
            parameters = fields.decode(await body.read(receive, headers, 4 * largest))
            for name, values in in_url.items():
                parameters.setdefault(name, []).extend(values)
            return fields.one(parameters, "query"), parameters
        if media == "application/sparql-update":
            raise Problem(400, "An update at the query endpoint", f"Updates go to {self._settings.base}update.")
        raise Problem(
            415, "Unknown media type", f"A query is sent as {fields.FORM} or {fields.QUERY_TEXT}, not {media!r}."
        )
