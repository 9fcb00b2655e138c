"""People's corrections of evidence, over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from loaders.correcting import Decision, decisions
from loaders.evidence.corrections import VERDICTS, Correction, NoSuchEvidence
from loaders.names import LONGEST
from loaders.parts import evidence_name
from loaders.pipeline import RecordKey
from ontology.iris import Iris, unpath
from service.admin import loader
from service.answers import Found, Item
from service.api.answering import UNCHANGED, WRONG, Asking, answering, heads, page
from service.api.parameters import Offset, refuse_unknown
from service.problem import Problem
from service.sparql.routes import problem_answers
from service.writers import CLOSED

router = APIRouter(prefix="/api", tags=["Corrections"])


class Verdict(BaseModel):
    """A person's verdict on a piece of evidence."""

    model_config = ConfigDict(extra="forbid")

    evidence: str = Field(
        max_length=2000,
        description="IRI of the evidence, as `/api/studies` gives it, or source/key#name",
        examples=["hra/146257#evidence-recovery-abstract-120"],
    )
    verdict: str = Field(
        description=f"One of {', '.join(VERDICTS)}; undo takes back what was said", examples=["background"]
    )
    direction: str | None = Field(None, description="The direction of a finding", examples=["increase"])
    person: str | None = Field(
        None, max_length=LONGEST, description="Who says so; by default the writer whose token is sent"
    )


class Applied(BaseModel):
    """A correction as it was kept: who said what of which sentence, and when (ISO 8601, UTC)."""

    evidence: str
    theme: str
    quote: str
    verdict: str
    role: str
    was: str
    direction: str | None
    person: str
    at: str


class CorrectionItem(Applied):
    """One of the corrections that people made."""

    stands: bool = Field(description="In force: nothing later replaced or undid it, and its words are still there")


class CorrectionList(BaseModel):
    items: list[CorrectionItem]
    total: int
    next: str | None


@router.get(
    "/corrections",
    response_model=CorrectionList,
    responses=WRONG | UNCHANGED,
    dependencies=[Depends(refuse_unknown)],
)
@answering
async def corrections(
    call: Asking,
    limit: Annotated[int, Query(ge=1, le=100, description="Items in one answer", examples=[20])] = 20,
    offset: Offset = 0,
) -> Item:
    """What people said of evidence, the latest first."""
    archive = call.request.app.state.knowledge.archive
    said, total = await run_in_threadpool(decisions, archive, limit, offset)
    return page(call.request, Found([_item(d, call.known.iris) for d in said], total, limit, offset))


def _item(decision: Decision, iris: Iris) -> Item:
    c = decision.said
    name = evidence_name(c.theme, c.field, c.start)
    shown = {name: getattr(c, name) for name in Applied.model_fields if name != "evidence"}
    return {"evidence": f"{iris.record(c.source, c.key)}#{name}", **shown, "stands": decision.stands}


@router.post(
    "/corrections",
    status_code=201,
    responses=problem_answers(
        {
            400: "The body is no JSON",
            **CLOSED,
            404: "No such record or evidence",
            408: "The body did not come to its end",
            413: "The body is too large",
            422: "The verdict or the direction is none",
            503: "Busy",
        }
    ),
    openapi_extra={"security": [{"bearer": []}]},
)
async def correct(request: Request, said: Annotated[Verdict, Body()]) -> Applied:
    """Say of a piece of evidence that it holds, that it does not, or that its role is another; or take that back.

    The verdict is kept for good and outranks the machine; it is applied when this answers. Of several, the last counts.
    """
    state = request.app.state
    who = state.writers.who(request.headers)
    key, name = evidence_key(said.evidence, state.settings.base)
    person = said.person or who
    kept: list[Correction] = []

    async def run() -> None:
        work = loader(state.settings, state.graph, state.knowledge.archive)
        try:
            kept.append(await asyncio.to_thread(work.correct, key, name, said.verdict, said.direction, person))
        except (LookupError, NoSuchEvidence) as error:
            raise Problem(404, "No such evidence", str(error)) from None
        except ValueError as error:
            raise Problem(422, "No such verdict", str(error)) from None
        finally:
            work.close()

    await state.writing.perform(run, who, f"correct {said.evidence}", 1)
    [c] = kept
    return Applied(
        evidence=said.evidence,
        theme=c.theme,
        quote=c.quote,
        verdict=c.verdict,
        role=c.role,
        was=c.was,
        direction=c.direction,
        person=c.person,
        at=c.at,
    )


heads(router)


def evidence_key(iri: str, base: str) -> tuple[RecordKey, str]:
    """The record's source and key, and the name of the evidence in it. Raises Problem 404 for another text."""
    where, hash_, name = iri.removeprefix(base).removeprefix("record/").partition("#")
    source, slash, key = where.partition("/")
    if not (hash_ and slash and key and name):
        raise Problem(
            404, "No such evidence", f"{iri!r} names no evidence: write source/key#evidence-THEME-FIELD-START"
        )
    return (source, unpath(key)), name
