"""The SPARQL endpoint as the framework knows it: documented in OpenAPI, served by `endpoint.Endpoint`."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.problem import MEDIA_TYPE
from service.sparql import formats

router = APIRouter(tags=["SPARQL"])

EXAMPLE = "SELECT ?study ?title { ?study evg:reportsTheme theme:burnout ; dcterms:title ?title } LIMIT 10"
TEXT = {"type": "string"}
IRIS = {"type": "array", "items": {"type": "string", "format": "iri"}}
FORMATS = ", ".join([*formats.BINDINGS, *formats.GRAPHS])


def problem_answers(meanings: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of statuses that come with a problem document."""
    return {s: {"description": about, "content": {MEDIA_TYPE: {}}} for s, about in meanings.items()}


def parameter(name: str, about: str, schema: dict[str, Any] = TEXT, **more: Any) -> dict[str, Any]:
    """OpenAPI's description of a parameter in the query string."""
    return {"name": name, "in": "query", "description": about, "schema": schema, **more}


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer, in the format that the query's form and the client's wish lead to",
        "content": {medias[0]: {} for medias in (*formats.BINDINGS.values(), *formats.GRAPHS.values())},
    },
    304: {"description": "The graph has not changed since the ETag that was sent"},
    **problem_answers(
        {
            400: "No query, a syntax error (with line, column, place and hints), or a wrong parameter",
            403: "The query asks another endpoint",
            404: "A graph that is asked for is not there",
            406: "No acceptable format",
            408: "The body did not come to its end",
            413: "The text or the answer is too large",
            415: "Unknown media type, charset or encoding of the body",
            422: "The query is SPARQL, but the engine cannot evaluate it: a function that it does not have, say",
            500: "The engine failed",
            503: "Busy; Retry-After says when to come back",
            504: "The query took too long",
            507: "The query needed too much memory",
        }
    ),
}
PARAMETERS = [
    parameter("default-graph-uri", "Graphs that are merged as the default graph", IRIS),
    parameter("named-graph-uri", "Graphs for GRAPH to find", IRIS),
    parameter("format", f"In place of Accept: {FORMATS}", example="json"),
    parameter("timeout", "Seconds, to shorten the limit", {"type": "number", "minimum": 1}),
]
QUERY = parameter("query", "A SPARQL 1.1 query; our own prefixes need no declaration", example=EXAMPLE)
POSTED = {
    "required": True,
    "content": {
        "application/sparql-query": {"schema": TEXT, "example": EXAMPLE},
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["query"],
                "properties": {"query": TEXT, **{p["name"]: p["schema"] for p in PARAMETERS}},
            },
            "example": {"query": EXAMPLE},
        },
    },
}


class Passed(Response):
    """A response that an ASGI application writes itself."""

    def __init__(self, app: ASGIApp, status_code: int = 200) -> None:
        super().__init__(status_code=status_code)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


@router.get(
    "/sparql",
    response_class=Passed,
    responses=ANSWERS,
    openapi_extra={"parameters": [QUERY, *PARAMETERS]},
)
async def query(request: Request) -> Response:
    """SPARQL 1.1 Protocol. Without a query: the service description."""
    return Passed(request.app.state.endpoint)


@router.post(
    "/sparql",
    response_class=Passed,
    responses=ANSWERS,
    openapi_extra={"parameters": PARAMETERS, "requestBody": POSTED},
)
async def posted_query(request: Request) -> Response:
    """SPARQL 1.1 Protocol: the query is the body, or a field of a form."""
    return Passed(request.app.state.endpoint)


@router.api_route("/sparql", methods=["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def other(request: Request) -> Response:
    """HEAD is GET without its body; what is not allowed is refused as everything else is."""
    return Passed(request.app.state.endpoint)
