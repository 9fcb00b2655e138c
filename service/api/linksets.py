"""`/api/studies/{key}/linkset`: every link of a study in one document (RFC 9264)."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from service.accept import accepted
from service.answers import studies, typed_links
from service.api import models as shapes
from service.api.answering import MISSING, UNCHANGED, WRONG, Asking, answering, heads
from service.api.parameters import refuse_unknown
from service.problem import MEDIA_TYPE, Problem

FORMS = {"json": "application/linkset+json", "text": "application/linkset"}
router = APIRouter(prefix="/api", tags=["Answers"], dependencies=[Depends(refuse_unknown)], responses=WRONG | UNCHANGED)


class LinksetJson(JSONResponse):
    media_type = FORMS["json"]


def form(
    request: Request,
    format: Annotated[  # noqa: A002 (the parameter's public name)
        str | None, Query(description=f"In place of Accept: {', '.join(FORMS)}", examples=["text"])
    ] = None,
) -> str:
    """The form that a Linkset is wanted in. Who takes JSON takes this JSON. Raises Problem."""
    if format is None:
        header = request.headers.get("accept")
        liked = accepted(header, FORMS.values()) or accepted(header, ["application/json"])
        if liked is None:
            raise Problem(406, "No acceptable format", f"There are {', '.join(FORMS.values())}.")
        return next((name for name, media in FORMS.items() if media == liked), "json")
    if format not in FORMS:
        raise Problem(422, "A parameter is wrong", f"format is one of {', '.join(FORMS)}; not {format!r}")
    return format


@router.get(
    "/studies/{key:path}/linkset",
    response_model=shapes.Linkset,
    response_class=LinksetJson,
    responses=MISSING
    | {
        200: {"content": {FORMS["text"]: {}}},
        406: {"description": "No acceptable format", "content": {MEDIA_TYPE: {}}, "model": shapes.Problem},
    },
)
@answering
async def linkset(
    call: Asking,
    key: Annotated[
        str, Path(description="The study's IRI without the base and `study/`", examples=["iras/146257", "of/doi/10.…"])
    ],
    form: Annotated[str, Depends(form)],
) -> Response:
    """What a study is cited as, who wrote it, what describes it, its publications and registrations: as links."""
    found = await typed_links.linkset(call.known, await studies.study(call.known, key))
    here = str(call.request.base_url).rstrip("/")
    if form == "text":
        return Response(typed_links.as_text(found, here), media_type=FORMS[form])
    return Response(orjson.dumps(typed_links.as_json(found, here)), media_type=FORMS[form])


heads(router)
