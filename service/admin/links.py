"""Links over HTTP: what linking holds of two things and why, and what people decide of it."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from loaders.linking import Verdict, sssom
from loaders.linking.decisions import standing
from loaders.linking.links import REVIEWED, STATUSES, Link, Links, Wanted
from loaders.linking.review import Decided, NoSuchLink, Review, decisions, dumped, full
from loaders.linking.sides import Row, Side, reader, side_by_side
from service.admin import LINKS, linked
from service.answers import Found, Knowledge
from service.answers.common import url_of
from service.api.answering import UNCHANGED, WRONG, Asking, answering, heads, page
from service.api.models import Shape
from service.api.parameters import Offset, refuse_unknown
from service.problem import Problem
from service.sparql.routes import problem_answers
from service.writers import CLOSED

router = APIRouter(prefix="/api/links", tags=["Links"])

Kind = Literal["person", "organisation", "work", "project", "affiliation"]
Status = Literal["candidate", "accepted", "rejected"]
assert set(REVIEWED) == set(Kind.__args__) and set(STATUSES) == set(Status.__args__)  # type: ignore[attr-defined]


class End(Shape):
    """One of the two that a link is on."""

    iri: str
    name: str
    url: str | None = Field(description="Path of its page; null for an entry of a register")
    cluster: str | None = Field(description="IRI of the person, organisation, work or project that it is in")
    size: int = Field(description="How many mentions, publications or studies that holds")


class LinkItem(Shape):
    """Whether two are one, how sure that is, and why."""

    iri: str
    kind: Kind
    decision: Status
    confidence: float
    stake: float = Field(description="Of a candidate: how many pairs are likely to stand wrong while nobody decides")
    reasons: str
    justification: str = Field(description="By what sort of matching", examples=["CompositeMatching"])
    left: End
    right: End
    by: str | None = Field(description="The person who decided; null where it was the machine")
    date: str | None


class LinkList(Shape):
    items: list[LinkItem]
    total: int
    next: str | None


class ValueOf(Shape):
    value: str
    records: list[str] = Field(description="The records that say so, source/key")
    shared: bool = Field(description="The other side has it too")


class Compared(Shape):
    """One sort of value on both sides."""

    name: str = Field(examples=["Affiliation"])
    left: list[ValueOf]
    right: list[ValueOf]


class LinkPair(LinkItem):
    compared: list[Compared]


class DecisionItem(Shape):
    """What a person said of two things, or of one that was split off (`right` is empty)."""

    kind: Kind
    left: str = Field(description="Node without the base", examples=["record/crossref/10.1186/1#author-2"])
    right: str
    verdict: Verdict
    by: str
    at: str
    stands: bool = Field(description="Nothing later replaced or undid it")


class DecisionList(Shape):
    items: list[DecisionItem]
    total: int
    next: str | None


class Said(Shape):
    """A person's verdict. It outranks the machine, and lasts."""

    left: str = Field(description="IRI, or what it has after the base", examples=["record/crossref/10.1186/1#author-2"])
    right: str = Field("", description="The other; empty for a split, and for undoing one")
    verdict: Verdict
    person: str | None = Field(None, description="Who says so; by default the writer whose token is sent")


class Outcome(DecisionItem):
    reasons: str | None = Field(description="What is held of the two now, in words")
    together: bool = Field(description="Whether the two are one now")


def links(request: Request) -> Links:
    """What the routes read; opened once."""
    state = request.app.state
    if not hasattr(state, "links"):
        state.links = Links(state.settings.data / LINKS, state.graph.iris)
    found: Links = state.links
    return found


Reading = Annotated[Links, Depends(links)]


SSSOM_TOO: dict[int | str, dict[str, Any]] = {
    **WRONG,
    **UNCHANGED,
    200: {"content": {"text/tab-separated-values": {}}},
}


@router.get("", response_model=LinkList, responses=SSSOM_TOO, dependencies=[Depends(refuse_unknown)])
@answering
async def find(
    call: Asking,
    reading: Reading,
    kind: Annotated[Kind | None, Query(description="What the two are")] = None,
    decision: Annotated[Status | None, Query(description="What is held of them")] = None,
    confidence: Annotated[float, Query(ge=0, le=1, description="The least confidence", examples=[0.8])] = 0.0,
    q: Annotated[str, Query(max_length=200, description="A part of either name", examples=["gillard"])] = "",
    by: Annotated[str, Query(max_length=200, description="The person who decided", examples=["Ann Reader"])] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Items in one answer", examples=[20])] = 20,
    offset: Offset = 0,
    form: Annotated[Literal["json", "sssom"], Query(alias="format", description="sssom: SSSOM TSV")] = "json",
) -> Any:
    """Links: candidates come with what is most at stake first, accepted ones with the least sure first."""
    wanted = Wanted(kind or "", decision or "", confidence, q, by)
    found, total = await run_in_threadpool(reading.find, wanted, limit, offset)
    iris = call.known.iris
    if form == "sssom":
        text = sssom.head(iris, "Links") + "".join(sssom.of_links(found, iris))
        return Response(text, media_type=f"{sssom.MEDIA_TYPE}; charset=utf-8")
    return page(call.request, Found([item(link, call.known) for link in found], total, limit, offset))


@router.get(
    "/pair",
    response_model=LinkPair,
    responses=WRONG | UNCHANGED | problem_answers({404: "Nothing is held of these two"}),
    dependencies=[Depends(refuse_unknown)],
)
@answering
async def pair(
    call: Asking,
    reading: Reading,
    left: Annotated[str, Query(max_length=2000, description="IRI of the one, or what it has after the base")],
    right: Annotated[str, Query(max_length=2000, description="IRI of the other")],
) -> Any:
    """Two things side by side: every value that the records give, with the records that give it."""
    link, _, _, rows = await compared(call.request, reading, left, right)
    shown = [{"name": row.name, "left": _values(row.left), "right": _values(row.right)} for row in rows]
    return item(link, call.known) | {"compared": shown}


@router.get("/decisions", response_model=DecisionList, responses=SSSOM_TOO, dependencies=[Depends(refuse_unknown)])
@answering
async def decided(
    call: Asking,
    limit: Annotated[int, Query(ge=1, le=1000, description="Items in one answer", examples=[20])] = 20,
    offset: Offset = 0,
    form: Annotated[
        Literal["json", "sssom"], Query(alias="format", description="sssom: all that stand, as SSSOM TSV")
    ] = "json",
) -> Any:
    """What people decided, the latest first."""
    said = await run_in_threadpool(decisions, call.request.app.state.knowledge.archive, call.known.iris)
    if form == "sssom":
        named = links(call.request).labels({end for d in said for end in (d.left, d.right)})
        lines = sssom.of_decisions(standing(said).all, named, call.known.iris)
        text = sssom.head(call.known.iris, "Links decided by people") + "".join(lines)
        return Response(text, media_type=f"{sssom.MEDIA_TYPE}; charset=utf-8")
    stands = set(standing(said).all)
    part = said[::-1][offset : offset + limit]
    rows = [dumped(d, call.known.iris) | {"stands": d in stands} for d in part]
    return page(call.request, Found(rows, len(said), limit, offset))


@router.post(
    "/decisions",
    status_code=201,
    responses=problem_answers(
        {
            **CLOSED,
            404: "Linking knows nothing of one of them, or there is nothing to undo",
            422: "The decision makes no sense: the two are of different kinds, or one and the same",
            503: "Busy",
        }
    ),
    openapi_extra={"security": [{"bearer": []}]},
)
async def decide(request: Request, said: Annotated[Said, Body()]) -> Outcome:
    """Say that two are one (`accept`), that they are two (`reject`), that one stands alone (`split`), or take that back
    (`undo`: the graph is as if nobody had decided). It is kept for good and in force when this answers.
    """
    who = request.app.state.writers.who(request.headers)
    made = await perform(request, said.left, said.right, said.verdict, said.person or who, who)
    mapping = made.mapping
    stands = made.decision.verdict is not Verdict.UNDO
    return Outcome.model_validate(
        {
            **dumped(made.decision, request.app.state.graph.iris),
            "stands": stands,
            "reasons": mapping.comment if mapping else None,
            "together": mapping is not None and mapping.status == "accepted",
        }
    )


heads(router)


def split_off(request: Request) -> frozenset[str]:
    """The nodes that people split off."""
    return frozenset(standing(decisions(request.app.state.knowledge.archive, request.app.state.graph.iris)).alone)


async def perform(request: Request, left: str, right: str, verdict: str, person: str, who: str) -> Decided:
    """Keep a decision and apply it, in its turn among all writes. Raises Problem."""
    state = request.app.state
    made: list[Decided] = []

    def work() -> Decided:
        linker = linked(state.settings, state.graph, state.knowledge.archive)
        try:
            return Review(state.graph, state.knowledge.archive, linker).decide(left, right, Verdict(verdict), person)
        finally:
            linker.close()

    async def run() -> None:
        try:
            made.append(await asyncio.to_thread(work))
        except NoSuchLink as missing:
            raise Problem(404, "No such link", str(missing)) from None
        except ValueError as wrong:
            raise Problem(422, "No such decision", str(wrong)) from None

    await state.writing.perform(run, who, f"{verdict} {left} {right}", 1)
    return made[0]


async def listed(
    reading: Links, kind: str, decision: str, confidence: float, q: str, limit: int, offset: int
) -> tuple[list[Link], int]:
    """A part of the links that are asked for (empty: any), and how many there are: one question once."""
    wanted = Wanted(kind, decision, confidence, q, once=True)
    return await run_in_threadpool(reading.find, wanted, limit, offset)


async def compared(request: Request, reading: Links, left: str, right: str) -> tuple[Link, Side, Side, list[Row]]:
    """A link with both its sides. Raises Problem 404 where nothing is held of the two."""
    known = request.app.state.knowledge

    def work() -> tuple[Link, Side, Side, list[Row]] | None:
        link = reading.one(full(left, known.iris), full(right, known.iris))
        return (link, *side_by_side(link, reading, reader(known.archive), known.iris)) if link else None

    found = await run_in_threadpool(work)
    if found is None:
        raise Problem(404, "No such link", "Nothing is held of these two.")
    return found


def item(link: Link, known: Knowledge) -> dict[str, Any]:
    """A link as the API gives it."""
    m = link.mapping
    ends = [
        {
            "iri": iri,
            "name": name,
            "url": url_of(iri, known.iris) if iri.startswith(known.iris.base) else None,
            "cluster": cluster or None,
            "size": size,
        }
        for iri, name, cluster, size in zip((m.left, m.right), link.labels, link.clusters, link.sizes, strict=True)
    ]
    return {
        "iri": link.iri,
        "kind": link.kind,
        "decision": m.status,
        "confidence": min(round(m.score, 4), 1.0),
        "stake": round(link.stake, 2),
        "reasons": m.comment,
        "justification": m.justification.rpartition("/")[2],
        "left": ends[0],
        "right": ends[1],
        "by": m.by or None,
        "date": m.at or None,
    }


def _values(values: list[Any]) -> list[dict[str, Any]]:
    return [{"value": v.text, "records": v.records, "shared": v.shared} for v in values]
