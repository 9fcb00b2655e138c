"""W3C's Reconciliation Service API 0.2: OpenRefine and its like match their tables with the graph.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Callable
from html import escape
from typing import Annotated, Any, Literal, TypeVar

import orjson
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from ontology.iris import normalise
from ontology.terms import EVG
from service.answers import BadQuestion, Item, NotKnown, extension, reconciliation
from service.answers.entities import PROPERTIES, TYPES, describe
from service.answers.reconciliation_query import asked
from service.api import models_reconciliation as shapes
from service.api.answering import MISSING, UNCHANGED, WRONG, Asking, answering, heads

BATCH = 50
"""Queries in one request."""
ENTITIES, COLUMNS = 200, 20
"""Entities and properties of one data extension."""
LONGEST = 1_000_000
"""Characters of a batch."""
SIZE = {"width": 420, "height": 240}
"""Of a preview, in pixels."""

router = APIRouter(prefix="/reconcile", tags=["Reconciliation"], responses=WRONG)

Queries = f"A batch of at most {BATCH} queries, JSON: name to query"
Extend = f"A data extension, JSON: `ids` (at most {ENTITIES}) and `properties` (at most {COLUMNS}) with their `id`"
Given = Annotated[str | None, Query(description=Queries, examples=['{"q0": {"query": "example", "type": "rec"}}'])]
Extended = Annotated[str | None, Query(description=Extend)]
Prefix = Annotated[str, Query(max_length=200, description="The beginning of a name", examples=["gill"])]
Cursor = Annotated[int, Query(ge=0, le=10_000, description="Suggestions to pass over")]
Number = Annotated[int, Query(ge=1, le=50, description="Suggestions in one answer", examples=[10])]
OfType = Annotated[str | None, Query(description=f"One of {', '.join(TYPES)}", examples=["person"])]
Kind = Literal["entity", "type", "property"]


@router.get("", response_model=shapes.Manifest | dict[str, shapes.Candidates] | shapes.Extension, responses=UNCHANGED)
@answering
async def service(call: Asking, queries: Given = None, extend: Extended = None) -> Item:
    """The service's manifest; with `queries` the candidates of each, with `extend` values of properties.

    A batch of more than a few queries is sent by POST.
    """
    if queries is None and extend is None:
        return manifest(call.request)
    return await _answer(call, queries, extend)


async def _answer(call: Asking, queries: str | None, extend: str | None) -> Item:
    if queries is not None:
        given = _object("queries", queries)
        if len(given) > BATCH:
            raise BadQuestion("queries", f"a batch has at most {BATCH} queries; these are {len(given)}")
        return await reconciliation.reconcile(call.known, {name: asked(name, query) for name, query in given.items()})
    given = _object("extend", extend or "")
    ids = _several("ids", given.get("ids"), ENTITIES, lambda key: key if isinstance(key, str) else None)
    pids = _several("properties", given.get("properties"), COLUMNS, _pid)
    return await extension.extend(call.known, ids, pids)


def _object(parameter: str, text: str) -> dict[str, Any]:
    try:
        given = orjson.loads(text if len(text) <= LONGEST else "")
    except orjson.JSONDecodeError as error:
        raise BadQuestion(parameter, f"{parameter} is JSON of at most {LONGEST} characters: {error}") from None
    if not isinstance(given, dict):
        raise BadQuestion(parameter, f"{parameter} is a JSON object")
    return given


Value = TypeVar("Value")


def _several(name: str, given: object, most: int, read: Callable[[Any], Value | None]) -> list[Value]:
    found = [read(value) for value in given] if isinstance(given, list) else [None]
    there = [value for value in found if value is not None]
    if len(there) != len(found) or len(found) > most:
        raise BadQuestion("extend", f"{name} is a list of at most {most}, as the specification has them")
    return list(dict.fromkeys(there))


def _pid(given: object) -> str | None:
    pid = given.get("id") if isinstance(given, dict) else None
    return pid if isinstance(pid, str) else None


def manifest(request: Request) -> Item:
    """What the service can do, and where. Addresses are those under which it was asked."""
    here = str(request.base_url).rstrip("/")

    def suggesting(kind: str) -> Item:
        flyout = f"/reconcile/flyout/{kind}?id=${{id}}"
        path = {"service_url": here, "service_path": f"/reconcile/suggest/{kind}"}
        return path | {"flyout_service_url": here, "flyout_service_path": flyout}

    return {
        "versions": ["0.2"],
        "name": "Evidence Graph",
        "identifierSpace": f"{here}/reconcile/view/",
        "schemaSpace": EVG.namespace,
        "documentation": f"{here}/docs",
        "logo": f"{here}/static/icon.svg",
        "batchSize": BATCH,
        "defaultTypes": [_type(name) for name in TYPES],
        "view": {"url": f"{here}/reconcile/view/{{{{id}}}}"},
        "preview": {"url": f"{here}/reconcile/preview/{{{{id}}}}", **SIZE},
        "suggest": {kind: suggesting(kind) for kind in ("entity", "type", "property")},
        "extend": {
            "propose_properties": {"service_url": here, "service_path": "/reconcile/properties"},
            "property_settings": [],
        },
    }


def _type(name: str) -> Item:
    broader = [{"id": "organisation", "name": TYPES["organisation"]}] if name == "rec" else []
    return {"id": name, "name": TYPES[name]} | ({"broader": broader} if broader else {})


@router.get("/suggest/entity", response_model=shapes.Suggestions, responses=UNCHANGED)
@answering
async def suggest_entity(
    call: Asking,
    prefix: Prefix = "",
    type: OfType = None,  # noqa: A002 (the public name)
    limit: Number = 10,
    cursor: Cursor = 0,
) -> Item:
    """Organisations, RECs, people and themes that somebody may mean."""
    types = [type] if type in TYPES else []
    return {"result": await extension.suggest(call.known, prefix, types, limit, cursor)}


@router.get("/suggest/type", response_model=shapes.Suggestions, responses=UNCHANGED)
@answering
async def suggest_type(call: Asking, prefix: Prefix = "") -> Item:  # noqa: ARG001
    """Types by a part of the name."""
    return {"result": [_type(name) for name in TYPES if _within(prefix, name, TYPES[name])]}


@router.get("/suggest/property", response_model=shapes.Suggestions, responses=UNCHANGED)
@answering
async def suggest_property(call: Asking, prefix: Prefix = "") -> Item:  # noqa: ARG001
    """Properties by a part of the name: what narrows a search, and what a data extension fetches."""
    return {"result": [_property(pid) for pid, p in PROPERTIES.items() if _within(prefix, pid, p.name)]}


def _within(prefix: str, *names: str) -> bool:
    return any(normalise(prefix) in normalise(name) for name in names)


def _property(pid: str) -> Item:
    return {"id": pid, "name": PROPERTIES[pid].name, "description": PROPERTIES[pid].about}


@router.get("/flyout/{kind}", response_model=shapes.Flyout, responses=UNCHANGED | MISSING)
@answering
async def flyout(
    call: Asking,
    kind: Kind,
    id: Annotated[str, Query(max_length=200, description="Of an entity, a type or a property", examples=["rec"])],  # noqa: A002
) -> Item:
    """A line on something that was suggested, as HTML."""
    found: tuple[str, str] | None = None
    if kind == "entity" and (held := await extension.entity(call.known, id)):
        found = held[0].name, describe(held[0])
    elif kind == "type" and id in TYPES:
        found = TYPES[id], ""
    elif kind == "property" and id in PROPERTIES:
        found = PROPERTIES[id].name, PROPERTIES[id].about
    if found is None:
        raise NotKnown(kind, id)
    return {"id": id, "html": f"<p><strong>{escape(found[0])}</strong></p><p>{escape(found[1])}</p>"}


@router.get("/properties", response_model=shapes.Proposal, responses=UNCHANGED)
@answering
async def propose(
    call: Asking,  # noqa: ARG001
    type: OfType = None,  # noqa: A002 (the public name)
    limit: Annotated[int, Query(ge=1, le=100, description="Properties in the answer", examples=[20])] = 50,
) -> Item:
    """What a data extension can fetch for entities of a type."""
    of_type = [pid for pid, p in PROPERTIES.items() if type not in TYPES or type in p.types]
    found = {"limit": limit, "properties": [_property(pid) for pid in of_type[:limit]]}
    return found | ({"type": type} if type else {})


heads(router)


@router.post(
    "",
    response_model=dict[str, shapes.Candidates] | shapes.Extension,
    responses={400: {"description": "The form cannot be read", "content": WRONG[422]["content"]}},
)
async def batch(
    call: Asking,
    queries: Annotated[str | None, Form(description=Queries)] = None,
    extend: Annotated[str | None, Form(description=Extend)] = None,
) -> Response:
    """The same for a batch or a data extension in a form."""
    if queries is None and extend is None:
        raise BadQuestion("queries", "a form with queries or extend is needed")
    return Response(orjson.dumps(await _answer(call, queries, extend)), media_type="application/json")
