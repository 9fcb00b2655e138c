"""SPARQL 1.1 Protocol, updates: POST of a form or of the text itself."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.problem import Problem
from service.sparql import body, fields
from service.sparql.asked import dataset
from service.sparql.routes import IRIS, TEXT, parameter, problem_answers
from service.writers import CLOSED

router = APIRouter(tags=["SPARQL"])

UPDATE_TEXT = "application/sparql-update"
EXAMPLE = 'INSERT DATA { GRAPH <http://example.org/notes> { <http://example.org/a> rdfs:comment "…" } }'
REFUSALS = problem_answers(
    {
        400: "No update, a syntax error, or a wrong parameter",
        401: CLOSED[401],
        403: "Writing is off, or the update reads another place",
        408: "The body did not come to its end",
        409: "The default graph is the merge of the named graphs",
        413: "The text is too large",
        415: "Unknown media type, charset or encoding of the body",
        422: "An operation cannot be done: a graph that is there already, or is not there",
        500: "The engine failed",
        503: "Busy",
        504: "The update took too long",
        507: "The update needed too much memory",
    }
)
PARAMETERS = [
    parameter("using-graph-uri", "Graphs that are merged as the default graph of WHERE", IRIS),
    parameter("using-named-graph-uri", "Graphs for GRAPH to find in WHERE", IRIS),
]
POSTED = {
    "required": True,
    "content": {
        UPDATE_TEXT: {"schema": TEXT, "example": EXAMPLE},
        fields.FORM: {
            "schema": {
                "type": "object",
                "required": ["update"],
                "properties": {"update": TEXT, **{p["name"]: p["schema"] for p in PARAMETERS}},
            },
            "example": {"update": EXAMPLE},
        },
    },
}


@router.post(
    "/update",
    status_code=204,
    responses=REFUSALS,
    openapi_extra={"parameters": PARAMETERS, "requestBody": POSTED, "security": [{"bearer": []}]},
)
async def update(request: Request) -> Response:
    """Change the graph, in one transaction that is durable and visible when this answers."""
    state = request.app.state
    who = state.writers.who(request.headers)
    parameters = fields.decode(request.scope["query_string"])
    media = fields.media_type(request.headers)
    largest = state.settings.upload_bytes
    if media == UPDATE_TEXT:
        if "update" in parameters or "query" in parameters:
            raise Problem(400, "Parameter given twice", "The update is in the body and the URL has a text too.")
        text = fields.text(await body.read(request.receive, request.headers, largest))
    elif media == fields.FORM:
        form = fields.decode(await body.read(request.receive, request.headers, largest))
        for name, values in parameters.items():
            form.setdefault(name, []).extend(values)
        parameters = form
        text = fields.one(parameters, "update") or ""
        if "query" in parameters:
            raise Problem(400, "A query at the update endpoint", f"Queries go to {state.settings.base}sparql.")
    else:
        raise Problem(415, "Unknown media type", f"An update is sent as {fields.FORM} or {UPDATE_TEXT}, not {media!r}.")
    if not text.strip() and media == fields.FORM:
        raise Problem(400, "No update", "The field `update` is missing or empty.")
    default, named = dataset(parameters, "using-graph-uri", "using-named-graph-uri")
    await state.writing.update(text, who, default, named)
    return Response(status_code=204)
