"""SPARQL 1.1 Graph Store HTTP Protocol at `/graphs`: whole graphs, named by parameter or by their own URL."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pyoxigraph as ox
from fastapi import APIRouter, Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.problem import Problem
from service.sparql import body, fields, formats
from service.sparql.delivery import deliver
from service.sparql.routes import Passed, parameter, problem_answers
from service.store.store import DEFAULT
from service.workers.query import GraphRead, QueryError
from service.writers import CLOSED

router = APIRouter(tags=["SPARQL"])

MEDIA_TYPES = {media: name for name, medias in formats.GRAPHS.items() for media in medias}
PARAMETERS = [
    parameter("default", "The default graph; needs no value", {"type": "string"}, allowEmptyValue=True),
    parameter("graph", "The graph's IRI", {"type": "string", "format": "iri"}),
]
NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The rest of the graph's own URL",
    "schema": {"type": "string", "minLength": 1},
    "example": "notes/1",
}
SENT = {
    "required": True,
    "content": {medias[0]: {"schema": {"type": "string"}} for medias in formats.GRAPHS.values()},
}
REFUSALS = problem_answers(
    {
        400: "No graph is named, or two, or the body cannot be read (with line and column)",
        **CLOSED,
        404: "There is no such graph",
        406: "No acceptable format",
        408: "The body did not come to its end",
        409: "The default graph is the merge of the named graphs",
        413: "The body is too large",
        415: "The body's media type or encoding is none that is known",
        500: "The engine failed",
        503: "Busy",
        504: "It took too long",
        507: "It needed too much memory",
    }
)
FORMAT = parameter("format", "In place of Accept: turtle, ntriples, rdfxml, jsonld, …", example="turtle")
WRITING: dict[int | str, dict[str, Any]] = {201: {"description": "The graph is new; Location is its IRI"}, **REFUSALS}
WRITE: dict[str, Any] = {
    "responses": WRITING,
    "openapi_extra": {"parameters": PARAMETERS, "requestBody": SENT, "security": [{"bearer": []}]},
}
WRITE_DIRECTLY: dict[str, Any] = {
    "responses": WRITING,
    "openapi_extra": {"parameters": [NAME], "requestBody": SENT, "security": [{"bearer": []}]},
}
DELETE: dict[str, Any] = {"parameters": PARAMETERS, "security": [{"bearer": []}]}
DELETE_DIRECTLY: dict[str, Any] = {"parameters": [NAME], "security": [{"bearer": []}]}
READ: dict[int | str, dict[str, Any]] = {
    200: {"description": "The graph", "content": {medias[0]: {} for medias in formats.GRAPHS.values()}},
    **REFUSALS,
}


def graph_of(request: Request) -> str:
    """The graph that a request names, DEFAULT for the default graph. Raises Problem.

    Directly, `/graphs/a/b` is the graph with that URL; indirectly, it is the value of `graph`.
    """
    settings = request.app.state.settings
    path = request.path_params.get("name", "")
    parameters = fields.decode(request.scope["query_string"])
    given = [name for name in ("default", "graph") if name in parameters]
    if path:
        if given:
            raise Problem(400, "Two graphs", "The path names a graph, and a parameter does too.")
        return f"{settings.base}graphs/{quote(path, safe='/:;@!$&()*+,=-._~')}"
    if len(given) != 1:
        raise Problem(400, "No graph" if not given else "Two graphs", "Name one: ?default or ?graph=IRI.")
    if given == ["default"]:
        return DEFAULT
    iri = fields.one(parameters, "graph") or ""
    try:
        return ox.NamedNode(iri).value
    except ValueError:
        raise Problem(400, "A parameter is wrong", f"graph: {iri[:200]!r} is no absolute IRI.") from None


async def statements(request: Request, graph: str) -> list[str]:
    """The body as N-Triples statements; parsed where it can do no harm. Raises Problem, QueryError."""
    media = fields.media_type(request.headers)
    largest = request.app.state.settings.upload_bytes
    if media == "multipart/form-data":
        parts = await _parts(request, largest)
    else:
        parts = [(media, await body.read(request.receive, request.headers, largest))]
    found: list[str] = []
    for part_media, content in parts:
        found += await _parsed(request, part_media, content, graph)
    return found


async def _parsed(request: Request, media: str, content: bytes, graph: str) -> list[str]:
    if media not in MEDIA_TYPES:
        known = ", ".join(medias[0] for medias in formats.GRAPHS.values())
        raise Problem(415, "Unknown media type", f"{media!r} is none of {known}, multipart/form-data.")
    base = graph or f"{request.app.state.settings.base}graphs"
    try:
        parsed = await request.app.state.pool.parse(MEDIA_TYPES[media], base, content)
    except QueryError as error:
        if error.kind in ("syntax", "invalid"):
            raise Problem(400, "Unreadable body", str(error)[:500]) from None
        raise
    return [line[:-2] for line in parsed.decode().split("\n") if line]


async def _parts(request: Request, largest: int) -> list[tuple[str, bytes]]:
    content = await body.read(request.receive, request.headers, largest)

    async def stream() -> AsyncGenerator[bytes]:
        yield content

    try:
        parser = MultiPartParser(request.headers, stream(), max_files=100, max_fields=100)
        form = await parser.parse()
    except (MultiPartException, FormParserError, KeyError) as error:
        raise Problem(400, "Unreadable body", str(error)) from None
    parts = []
    for _, value in form.multi_items():
        if isinstance(value, UploadFile):
            parts.append((fields.media_type(value.headers), await value.read()))
            await value.close()
    return parts


@router.get("/graphs", responses=READ, response_class=Passed, openapi_extra={"parameters": [*PARAMETERS, FORMAT]})
@router.get("/graphs/{name:path}", responses=READ, response_class=Passed, openapi_extra={"parameters": [NAME, FORMAT]})
@router.head("/graphs", responses=READ, response_class=Passed, openapi_extra={"parameters": PARAMETERS})
@router.head("/graphs/{name:path}", responses=READ, response_class=Passed, openapi_extra={"parameters": [NAME]})
async def read(request: Request) -> Response:
    """A whole graph."""
    graph = graph_of(request)
    named = fields.one(fields.decode(request.scope["query_string"]), "format")
    try:
        wish = formats.wish(request.headers.get("accept"), named)
    except formats.UnknownFormat as unknown:
        raise Problem(400, "Unknown format", str(unknown)) from None
    if wish.graphs is None:
        media = ", ".join(medias[0] for medias in formats.GRAPHS.values())
        raise Problem(406, "No acceptable format", f"For a graph there are {media}.")
    asked = GraphRead(graph, wish.graphs.name)
    client = request.client.host if request.client else ""
    pool = request.app.state.pool
    headers = {"vary": "accept"}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await deliver(pool, asked, wish, headers, client, scope, receive, send)

    return Passed(answer)


@router.put("/graphs", status_code=204, **WRITE)
@router.put("/graphs/{name:path}", status_code=204, **WRITE_DIRECTLY)
async def put(request: Request) -> Response:
    """Make a graph exactly what is sent."""
    state = request.app.state
    who = state.writers.who(request.headers)
    graph = graph_of(request)
    there = state.store.has(graph)
    await state.writing.put(graph, await statements(request, graph), who)
    return Response(status_code=204) if there else _created(graph)


@router.post("/graphs", status_code=204, **WRITE)
@router.post("/graphs/{name:path}", status_code=204, **WRITE_DIRECTLY)
async def post(request: Request) -> Response:
    """Add what is sent to a graph; to a new one, whose URL is answered, where none is named."""
    state = request.app.state
    who = state.writers.who(request.headers)
    unnamed = not request.path_params.get("name") and not request.query_params
    graph = f"{state.settings.base}graphs/{uuid4()}" if unnamed else graph_of(request)
    there = state.store.has(graph)
    await state.writing.post(graph, await statements(request, graph), who)
    return Response(status_code=204) if there else _created(graph)


@router.delete("/graphs", status_code=204, responses=REFUSALS, openapi_extra=DELETE)
@router.delete("/graphs/{name:path}", status_code=204, responses=REFUSALS, openapi_extra=DELETE_DIRECTLY)
async def delete(request: Request) -> Response:
    """Drop a graph."""
    state = request.app.state
    who = state.writers.who(request.headers)
    await state.writing.delete(graph_of(request), who)
    return Response(status_code=204)


def _created(graph: str) -> Response:
    return Response(status_code=201, headers={"location": graph})
