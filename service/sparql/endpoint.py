"""SPARQL 1.1 Protocol, queries: GET, POST of a form, POST of the text itself.

`Endpoint` is a plain ASGI application: a small query costs less than a framework's routing does.
"""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex

import pyoxigraph as ox
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service import problems
from service.pages.accept import wants_page
from service.problems import Problem
from service.settings import Settings
from service.sparql import body, explain, formats, guard
from service.sparql.delivery import deliver
from service.sparql.federation import Federation
from service.workers.pool import Pool
from service.workers.query import Query, QueryError

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
QUERY_TEXT = "application/sparql-query"
VARY = "accept, accept-encoding, origin"
METHODS = "GET, HEAD, POST, OPTIONS"
VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE|SERVICE)\b", re.I)
"""What makes an answer differ though the graph does not."""

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
        self._base = settings.base + "sparql"

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
            await problem.response()(scope, receive, send)
        finally:
            self._observe(outcome, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        headers = body.headers_of(scope)
        parameters = body.fields(scope["query_string"])
        if method == "POST":
            text, parameters = await self._posted(receive, headers, parameters)
        elif method in ("GET", "HEAD"):
            text = body.one(parameters, "query")
            if text is None and "update" not in parameters:
                await self._introduce(scope, receive, send)
                return
        elif method == "OPTIONS":
            await Response(status_code=204, headers={"allow": METHODS})(scope, receive, send)
            return
        else:
            raise Problem(405, "Method not allowed", f"There are {METHODS}.", {"allow": METHODS})
        if "update" in parameters:
            raise Problem(400, "An update at the query endpoint", f"Updates go to {self._settings.base}update.")
        if not text:
            raise Problem(400, "No query", "The parameter `query` is missing or empty.")
        wish = self._wish(headers, parameters)
        guard.check(text, self._settings.query_bytes)
        asked = await self._federation.inline(text) if guard.reaches_out(text) else text
        query = self._query(asked, wish, parameters)
        extra = {"vary": VARY}
        if method != "POST" and not VOLATILE.search(text):
            extra["etag"] = f'W/"{self._pool.revision}"'
            if extra["etag"] in headers.get("if-none-match", ""):
                await Response(status_code=304, headers=extra)(scope, receive, send)
                return
        if hint := next(explain.misspelt(text), None):
            extra["x-hint"] = hint.encode("ascii", "replace").decode()
        client = scope["client"][0] if scope.get("client") else ""
        try:
            await deliver(self._pool, query, wish, extra, client, scope, receive, send)
        except QueryError as error:
            if error.kind == "syntax":
                raise explain.syntax_error(text, str(error)) from None
            if error.kind == "unacceptable":
                offers = formats.GRAPHS if str(error) == "graph" else formats.BINDINGS
                media = ", ".join(offer[0] for offer in offers.values())
                raise Problem(406, "No acceptable format", f"For this query there are {media}.") from None
            raise

    async def _introduce(self, scope: Scope, receive: Receive, send: Send) -> None:
        page: Page | None = getattr(scope["app"].state, "sparql_page", None)
        request = Request(scope, receive)
        if page and "format" not in request.query_params and wants_page(request):
            await (await page(request))(scope, receive, send)
        else:
            await self._describe(scope, receive, send)

    async def _posted(
        self, receive: Receive, headers: Mapping[str, str], in_url: dict[str, list[str]]
    ) -> tuple[str | None, dict[str, list[str]]]:
        media = body.media_type(headers)
        largest = self._settings.query_bytes
        if media == QUERY_TEXT:
            if "query" in in_url:
                raise Problem(400, "Parameter given twice", "The query is in the body and in the URL.")
            return body.text(await body.read(receive, headers, largest)), in_url
        if media == FORM:
            parameters = body.fields(await body.read(receive, headers, 4 * largest))
            for name, values in in_url.items():
                parameters.setdefault(name, []).extend(values)
            return body.one(parameters, "query"), parameters
        if media == "application/sparql-update":
            raise Problem(400, "An update at the query endpoint", f"Updates go to {self._settings.base}update.")
        raise Problem(415, "Unknown media type", f"A query is sent as {FORM} or {QUERY_TEXT}, not {media!r}.")

    def _wish(self, headers: Mapping[str, str], parameters: dict[str, list[str]]) -> formats.Wish:
        named = parameters.get("format", ())
        if len(named) > 1:  # SPARQLWrapper says it twice, in two ways
            named = [name for name in named if formats.known(name)][:1] or named
        try:
            return formats.wish(headers.get("accept"), named[0] if named else None)
        except formats.UnknownFormat as unknown:
            raise Problem(400, "Unknown format", str(unknown)) from None

    def _query(self, text: str, wish: formats.Wish, parameters: dict[str, list[str]]) -> Query:
        default, named = dataset(parameters, "default-graph-uri", "named-graph-uri")
        return Query(
            text,
            wish.bindings.name if wish.bindings else None,
            wish.graphs.name if wish.graphs else None,
            base=self._base,
            default=default,
            named=named,
            timeout=self._timeout(parameters),
        )

    @staticmethod
    def _timeout(parameters: dict[str, list[str]]) -> float | None:
        given = body.one(parameters, "timeout")
        if given is None:
            return None
        try:
            seconds = float(given)
        except ValueError:
            seconds = 0
        if not 1 <= seconds < float("inf"):
            raise Problem(400, "A parameter is wrong", "timeout: a number of seconds is needed, 1 or more.")
        return seconds


def dataset(
    parameters: dict[str, list[str]], default: str, named: str
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The graphs that a request's parameters name; (None, None) where it names none. Raises Problem.

    SPARQL 1.1 Protocol, 2.1.4: naming either kind replaces the whole dataset.
    """
    if default not in parameters and named not in parameters:
        return None, None
    graphs = []
    for name in (default, named):
        for iri in parameters.get(name, ()):
            try:
                ox.NamedNode(iri)
            except ValueError:
                raise Problem(400, "A parameter is wrong", f"{name}: {iri[:200]!r} is no absolute IRI.") from None
        graphs.append(tuple(dict.fromkeys(parameters.get(name, ()))))
    return graphs[0], graphs[1]
