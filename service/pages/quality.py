"""The pages of data quality: what is missing, what breaks the shapes, where sources differ, what is retracted."""

from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from service.answers import Knowledge, conflicts, quality
from service.pages.render import knowledge, page, query_of, tag, version

router = APIRouter(prefix="/quality", include_in_schema=False)

LACKING = {
    "doi": "DOI",
    "year": "year",
    "journal": "journal",
    "abstract": "abstract",
    "authors": "authors",
    "orcid": "ORCID",
    "ror": "ROR or ODS code",
}
OF_ORGANISATION = ("doi", "year", "journal", "abstract", "orcid")
FIELDS = {
    "year": "Year",
    "title": "Title",
    "doi": "DOI",
    "retracted": "Retraction",
    "orcid": "ORCID",
    "ror": "ROR",
}
SHOWN = 25

Known = Annotated[Knowledge, Depends(knowledge)]
Words = Annotated[str, Query(max_length=200)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


def _alternate(path: str, request: Request) -> list[dict[str, str]]:
    query = urlencode([(n, v) for n, v in request.query_params.multi_items() if v])
    return [{"type": "application/json", "href": f"/api{path}" + (f"?{query}" if query else ""), "label": "JSON"}]


def _page(request: Request, template: str, title: str, **more: Any) -> Response:
    context: dict[str, Any] = {"title": title, "section": "/quality", "lacking": LACKING, "query": query_of(request)}
    context["alternates"] = _alternate(request.url.path, request)
    context |= {"etag": tag(request)} | more
    return page(request, template, **context)


@router.get("")
async def overview(request: Request, known: Known) -> Response:
    found = await quality.report(known)
    stamp = sha256(orjson.dumps([found["check"] and found["check"]["at"], found["quarantined"]])).hexdigest()[:8]
    return _page(
        request,
        "quality.html",
        "Data quality",
        description="What is missing by source and organisation, what breaks the shapes, where sources differ.",
        etag=tag(request, f"{version()}-{stamp}"),
        found=found,
        fields=FIELDS,
        differs=conflicts.FIELDS,
    )


@router.get("/organisations")
async def organisations(
    request: Request, known: Known, q: Words = "", missing: Words = "", offset: Offset = 0
) -> Response:
    found = await quality.organisations(known, q, missing or None, SHOWN, offset)
    title = "Data quality by organisation"
    return _page(
        request, "quality_organisations.html", title, found=found, asked=q, missing=missing, names=OF_ORGANISATION
    )


@router.get("/records")
async def records(
    request: Request, known: Known, missing: Words = "doi", source: Words = "", offset: Offset = 0
) -> Response:
    found = await quality.lacking(known, missing, source or None, SHOWN * 2, offset)
    title = f"Records without {LACKING[missing]}"
    return _page(request, "quality_records.html", title, found=found, missing=missing, source=source)


@router.get("/conflicts")
async def conflict_list(request: Request, known: Known, field: Words = "", offset: Offset = 0) -> Response:
    found = await conflicts.listing(known, field or None, SHOWN, offset)
    counts = (await quality.report(known))["conflicts"]
    title = "Where sources differ"
    return _page(
        request,
        "quality_conflicts.html",
        title,
        found=found,
        field=field,
        fields=FIELDS,
        counts=counts,
        differs=conflicts.FIELDS,
    )


@router.get("/retractions")
async def retractions(request: Request, known: Known, offset: Offset = 0) -> Response:
    found = await quality.retractions(known, SHOWN, offset)
    return _page(request, "quality_retractions.html", "Retracted publications", found=found)
