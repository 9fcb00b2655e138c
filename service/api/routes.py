"""Curated JSON: one short route a question. What each answers is in `service/answers`."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from service.answers import Item, dois, organisations, people, records, recs, studies, themes
from service.answers import suggest as suggestions
from service.answers.studies import StudyQuestion
from service.api import exports
from service.api import models as shapes
from service.api import models_things as things
from service.api.answering import MISSING, UNCHANGED, WRONG, Asking, answering, heads, page
from service.api.parameters import Limit, Offset, Q, question, refuse_unknown
from service.problem import MEDIA_TYPE

PAGE = 20
"""Items of a list where the request does not say how many."""

router = APIRouter(prefix="/api", tags=["Answers"], dependencies=[Depends(refuse_unknown)], responses=WRONG | UNCHANGED)
Question = Annotated[StudyQuestion, Depends(question)]

# ---- studies

_TEXT = {"type": "string"}
EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in exports.FORMS.values()}},
    406: {"description": "No acceptable format", "content": {MEDIA_TYPE: {}}, "model": shapes.Problem},
    413: {"description": "More studies than an export holds", "content": {MEDIA_TYPE: {}}, "model": shapes.Problem},
}


@router.get("/studies", response_model=shapes.Studies, responses=EXPORTS)
@answering
async def study_list(
    call: Asking,
    asked: Question,
    form: Annotated[str, Depends(exports.form)],
) -> Item | Response:
    """Studies that answer a question, with the sentences that say so and the records that they stand in.

    `notices` say what the question names that is not in the graph.
    As JSON in parts; as CSV, RIS or BibTeX the whole answer; as SPARQL a query that gives the same at /sparql.
    """
    if form != "json":
        return await exports.export(call.known, asked, form)
    found = await studies.find(call.known, exports.limited(asked, PAGE))
    return page(call.request, found) | {"notices": found.notices}


@router.get(
    "/studies/{key:path}",
    response_model=shapes.Study,
    responses=MISSING | {status: answer for status, answer in EXPORTS.items() if status != 413},
)
@answering
async def study(
    call: Asking,
    key: Annotated[
        str, Path(description="The study's IRI without the base and `study/`", examples=["iras/146257", "of/doi/10.…"])
    ],
    form: Annotated[str, Depends(exports.form)],
) -> Item | Response:
    """Everything that is known of a study, each value with the record that gives it; or a reference to it."""
    found = await studies.study(call.known, key)
    return found if form == "json" else await exports.one(call.known, found, form)


# ---- people and organisations

Key = Annotated[
    str,
    Path(
        description="The last part of the IRI; only the twelve digits at its end count",
        examples=["steve-gillard-0123456789ab"],
    ),
]
MOVED: dict[int | str, dict[str, Any]] = {
    307: {"description": "An earlier key: `Location` has the present one", "headers": {"Location": {"schema": _TEXT}}}
}
Sort = Annotated[str | None, Query(description="name (the default) or studies: the most first", examples=["studies"])]


@router.get("/people", response_model=things.People)
@answering
async def person_list(call: Asking, q: Q = "", sort: Sort = None, limit: Limit = PAGE, offset: Offset = 0) -> Item:
    """People by name, each with all spellings of the name."""
    return page(call.request, await people.find(call.known, q, limit, offset, sort))


@router.get("/people/{key}", response_model=things.Person, responses=MISSING | MOVED)
@answering
async def person(call: Asking, key: Key) -> Item | Response:
    """A person with publications, co-authors and affiliations over every spelling of the name."""
    return _present(call.request, key, await people.person(call.known, key))


@router.get("/organisations", response_model=things.Organisations)
@answering
async def organisation_list(
    call: Asking,
    q: Q = "",
    kind: Annotated[str | None, Query(description=", ".join(organisations.KINDS), examples=["trust"])] = None,
    sort: Sort = None,
    limit: Limit = PAGE,
    offset: Offset = 0,
) -> Item:
    """Organisations by name, with what they sponsor."""
    return page(call.request, await organisations.find(call.known, q, kind, limit, offset, sort))


@router.get("/organisations/{key}", response_model=things.Organisation, responses=MISSING | MOVED)
@answering
async def organisation(call: Asking, key: Key) -> Item | Response:
    """An organisation with its units, people and studies."""
    return _present(call.request, key, await organisations.organisation(call.known, key))


@router.get("/recs", response_model=things.Recs)
@answering
async def rec_list(call: Asking, q: Q = "", sort: Sort = None, limit: Limit = PAGE, offset: Offset = 0) -> Item:
    """Research ethics committees (RECs), with the studies that they reviewed and their opinions."""
    return page(call.request, await recs.find(call.known, q, limit, offset, sort))


@router.get("/recs/{key}", response_model=things.Organisation, responses=MISSING | MOVED)
@answering
async def rec(call: Asking, key: Key) -> Item | Response:
    """A research ethics committee with every study that it reviewed."""
    return _present(call.request, key, await recs.rec(call.known, key))


def _present(request: Request, key: str, item: Item) -> Item | Response:
    """The item, or the way to its present key where it was asked for by an earlier one."""
    if item["key"] == key:
        return item
    return RedirectResponse(f"{request.url.path.rpartition('/')[0]}/{item['key']}", 307)


# ---- themes, records, DOIs


@router.get("/themes", response_model=things.Themes)
@answering
async def theme_list(
    call: Asking,
    q: Annotated[str, Query(max_length=200, description="A part of any label", examples=["burn"])] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Items in one answer", examples=[1000])] = 1000,
    offset: Offset = 0,
) -> Item:
    """Themes with how many studies have evidence on them, by its role; narrower themes count too."""
    return page(call.request, await themes.find(call.known, q, limit, offset))


@router.get("/themes/{name}", response_model=things.Theme, responses=MISSING)
@answering
async def theme(
    call: Asking,
    name: Annotated[str, Path(description="Short name or label", examples=["burnout"])],
) -> Item:
    """One theme with its labels, its place in the hierarchy and its matches in other vocabularies."""
    return await themes.theme(call.known, name)


@router.get("/records", response_model=things.Records)
@answering
async def record_list(
    call: Asking,
    q: Annotated[str, Query(max_length=200, description="Full text, as in /api/studies", examples=["peer"])] = "",
    source: Annotated[str | None, Query(description="Name of a source", examples=["eprints"])] = None,
    limit: Limit = PAGE,
    offset: Offset = 0,
) -> Item:
    """Source records: where everything comes from."""
    found = await records.find(call.known, q, source, limit, offset)
    return page(call.request, found) | {"notices": found.notices}


Of = Annotated[str, Path(description="Name of the source", examples=["eprints"])]
RecordKey = Annotated[str, Path(description="The record's key within its source", examples=["10209318"])]


class WebAnnotations(JSONResponse):
    """JSON-LD of the W3C's Web Annotation Data Model."""

    media_type = "application/ld+json"


@router.get(
    "/records/{source}/{key:path}/annotations",
    response_model=things.Annotations,
    response_class=WebAnnotations,
    responses=MISSING,
)
@answering
async def annotations(call: Asking, source: Of, key: RecordKey) -> Response:
    """A record's evidence, and what people said of it, as W3C Web Annotations with selectors of quote and position."""
    made = orjson.dumps(await records.annotations(call.known, source, key))
    profile = "http://www.w3.org/ns/anno.jsonld"
    return Response(made, media_type=f'application/ld+json; profile="{profile}"')


@router.get("/records/{source}/{key:path}", response_model=things.Record, responses=MISSING)
@answering
async def record(call: Asking, source: Of, key: RecordKey) -> Item:
    """A record with its provenance, its raw text and the evidence read from it."""
    return await records.record(call.known, source, key)


@router.get("/doi/{doi:path}", response_model=things.Doi, responses=MISSING)
@answering
async def doi(
    call: Asking,
    doi: Annotated[str, Path(description="A DOI, bare or as an address", examples=["10.1186/s12888-022-03999-9"])],
) -> Item:
    """What is known of a DOI, and where it leads."""
    return await dois.doi(call.known, doi)


@router.get("/suggest", response_model=things.Suggestions)
@answering
async def suggest(
    call: Asking,
    q: Annotated[str, Query(max_length=200, description="The beginning of a name", examples=["burn"])],
    limit: Annotated[int, Query(ge=1, le=50, description="Items in the answer", examples=[10])] = 10,
) -> Item:
    """Themes, people, organisations and RECs that a text may mean."""
    return {"items": await suggestions.suggest(call.known, q, limit)}


heads(router)
