"""`/api/quality`: what is missing, what breaks the shapes, where sources differ, what is retracted."""

from hashlib import sha256
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from service.accept import has
from service.answers import Item, conflicts, quality
from service.api.answering import UNCHANGED, WRONG, Asking, answering, heads, page
from service.api.models import Page, Ref, Shape, Source
from service.api.models_things import RecordItem, Records
from service.api.parameters import Limit, Offset, Q, refuse_unknown

router = APIRouter(
    prefix="/api/quality", tags=["Quality"], dependencies=[Depends(refuse_unknown)], responses=WRONG | UNCHANGED
)
PAGE = 20


class Share(Shape):
    missing: int
    of: int = Field(description="How many could have it")


class Measured(Shape):
    records: int
    publications: int
    registrations: int
    retracted: int = Field(description="Records that say that their publication is retracted")
    truncated: int = Field(description="Records whose list of authors the source cuts short")
    missing: dict[str, Share] = Field(
        description="doi, year, journal, authors: of publications; abstract: of records; orcid: of authors; ror: of "
        "organisations that are no publishers, where neither a ROR nor an NHS ODS code is given"
    )


class OfSource(Measured):
    source: str


class OfOrganisation(Measured, Ref):
    kinds: list[str]
    ror: str | None
    ods: str | None


class SetAside(Shape):
    source: str | None = Field(description="The reader; null where no reader knew the input")
    entries: int


class Example(Shape):
    record: str = Field(description="source/key; empty for a decision on who is who")
    focus: str = Field(description="IRI of what the violation is about")
    value: str


class Kind(Shape):
    shape: str
    path: str | None = Field(description="IRI of the property; null where the shape is about the whole")
    message: str
    count: int
    examples: list[Example]


class Check(Shape):
    """What the last `evidence-graph check` found."""

    at: str
    revision: int = Field(description="Number of the snapshot that was checked")
    records: int
    mappings: int
    violations: int
    kinds: list[Kind]
    by_source: dict[str, int]


class Quality(Shape):
    total: Measured
    sources: list[OfSource]
    conflicts: dict[str, int] = Field(description="How many there are, by field; /api/quality/conflicts has them")
    retracted_works: int
    quarantined: list[SetAside] = Field(description="Entries that could not be loaded, counted")
    check: Check | None = Field(description="null where no check was run on this graph yet")


class Value(Shape):
    value: str
    records: list[Source]


class Conflict(Shape):
    field: str = Field(description=f"One of {', '.join(conflicts.FIELDS)}")
    iri: str
    url: str
    title: str | None
    values: list[Value]


class Conflicts(Page):
    items: list[Conflict]


class Organisations(Page):
    items: list[OfOrganisation]


class Retraction(RecordItem):
    said_by: list[RecordItem]
    not_said_by: list[RecordItem]


class Retractions(Page):
    items: list[Retraction]


@router.get("", response_model=Quality)
async def report(call: Asking) -> Response:
    """What is missing by source, what breaks the shapes, where sources differ, what is retracted: counted."""
    body = orjson.dumps(await quality.report(call.known))
    # Of the answer itself: the quarantine and the last check change without the graph.
    headers = {"ETag": f'W/"{sha256(body).hexdigest()[:16]}"', "Cache-Control": "no-cache"}
    if has(call.request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/organisations", response_model=Organisations)
@answering
async def organisations(
    call: Asking,
    q: Q = "",
    missing: Annotated[str | None, Query(description="ror: only those without a code", examples=["ror"])] = None,
    limit: Limit = PAGE,
    offset: Offset = 0,
) -> Item:
    """Organisations, those with the most studies first, with what the records on their studies lack."""
    return page(call.request, await quality.organisations(call.known, q, missing, limit, offset))


@router.get("/records", response_model=Records)
@answering
async def records(
    call: Asking,
    missing: Annotated[str, Query(description=f"What they lack: {', '.join(quality.MISSING)}", examples=["doi"])],
    source: Annotated[str | None, Query(description="Name of a source", examples=["eprints"])] = None,
    limit: Limit = PAGE,
    offset: Offset = 0,
) -> Item:
    """The records that lack something."""
    return page(call.request, await quality.lacking(call.known, missing, source, limit, offset))


@router.get("/conflicts", response_model=Conflicts)
@answering
async def conflict_list(
    call: Asking,
    field: Annotated[str | None, Query(description=f"One of {', '.join(conflicts.FIELDS)}", examples=["year"])] = None,
    limit: Limit = PAGE,
    offset: Offset = 0,
) -> Item:
    """Where sources say different things of one thing, each value with the records that say so."""
    return page(call.request, await conflicts.listing(call.known, field, limit, offset))


@router.get("/retractions", response_model=Retractions)
@answering
async def retractions(call: Asking, limit: Limit = PAGE, offset: Offset = 0) -> Item:
    """Publications that a source says are retracted, with the records that say so and those that do not."""
    return page(call.request, await quality.retractions(call.known, limit, offset))


heads(router)
