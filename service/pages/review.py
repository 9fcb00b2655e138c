"""The page on which people decide whether two are one: a list of what is not sure, and two sides side by side.

It runs no script. The token is typed once: a browser that gave a right one has a cookie for the session that only
these pages are sent, and no other site can make it send.
"""

import secrets
from time import monotonic
from typing import Annotated, Any, get_args
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.admin import links
from service.answers import Found
from service.answers.common import named, url_of
from service.pages.render import knowledge, page, query_of, tag
from service.pages.words import source_of
from service.problem import Problem

router = APIRouter(include_in_schema=False)

KINDS = {
    "person": "People",
    "organisation": "Organisations",
    "work": "Publications",
    "project": "Studies",
    "affiliation": "Affiliations by e-mail domain",
}
STATUSES = {"candidate": "Not sure", "accepted": "Held to be one", "rejected": "Held apart"}
assert (*KINDS,) == get_args(links.Kind) and (*STATUSES,) == get_args(links.Status)
SHOWN = 25
COOKIE = "reviewer"
HOURS = 8
"""How long a browser need not give the token again."""
SESSIONS = 1000

Text = Annotated[str, Query(max_length=2000)]
Word = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form(max_length=2000)]


class Sessions:
    """Who has given a right token of late. A session's name is a secret that is kept by the browser."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, float]] = {}

    def open(self, who: str) -> str:
        if len(self._known) >= SESSIONS:
            self._known.pop(next(iter(self._known)))
        name = secrets.token_urlsafe(32)
        self._known[name] = (who, monotonic() + HOURS * 3600)
        return name

    def who(self, name: str | None) -> str:
        """The writer whose session this is; empty where it is nobody's, or over."""
        who, until = self._known.get(name or "", ("", 0.0))
        return who if monotonic() < until else ""

    def close(self, name: str | None) -> None:
        self._known.pop(name or "", None)


SESSIONS_OPEN = Sessions()


@router.api_route("/review", methods=["GET", "HEAD"])
async def review(
    request: Request,
    kind: Word = "",
    decision: Word = "candidate",
    confidence: Annotated[float, Query(ge=0, le=1)] = 0.0,
    q: Word = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """The list: what is most at stake first."""
    reading = links.links(request)
    for name, value, values in (("kind", kind, KINDS), ("decision", decision, STATUSES)):
        if value and value not in values:
            raise Problem(422, "A parameter is wrong", f"{name} is one of {', '.join(values)}; not {value!r}")
    decision = decision or "candidate"
    items, total = await links.listed(reading, kind, decision, confidence, q, SHOWN, offset)
    counts = await run_in_threadpool(reading.counts)
    known = knowledge(request)
    asked = {"kind": kind, "decision": decision, "confidence": confidence or "", "q": q, "limit": SHOWN}
    query = urlencode({name: value for name, value in asked.items() if value})
    alternates = [
        {"type": "application/json", "href": f"/api/links?{query}", "label": "JSON"},
        {"type": "text/tab-separated-values", "href": f"/api/links?{query}&format=sssom", "label": "SSSOM TSV"},
    ]
    shown = [links.item(link, known) for link in items]
    for row in shown:
        row["href"] = "/review/pair?" + urlencode(_ends(row))
    return page(
        request,
        "review.html",
        etag=tag(request),
        title="Review",
        robots="noindex",
        found=Found(shown, total, SHOWN, offset),
        query=query_of(request),
        kinds=KINDS,
        statuses=STATUSES,
        counts=counts,
        asked=asked,
        alternates=alternates,
    )


@router.api_route("/review/pair", methods=["GET", "HEAD"])
async def pair(request: Request, left: Text, right: Text, done: Word = "") -> Response:
    """Two sides, side by side, and the form that decides."""
    link, one, other, rows = await links.compared(request, links.links(request), left, right)
    known = knowledge(request)
    numbers = {record: place for place, record in enumerate(dict.fromkeys((*one.records, *other.records)), 1)}
    records = []
    for record, number in numbers.items():
        url = url_of(named("record", record, known.iris), known.iris)
        records.append({"number": number, "url": url, "name": f"{source_of(url)} record", "key": record})
    item = links.item(link, known)
    shown = page(
        request,
        "review_pair.html",
        title="The same?",
        robots="noindex",
        section="/review",
        item=item,
        kinds=KINDS,
        statuses=STATUSES,
        rows=rows,
        numbers=numbers,
        records=records,
        who=SESSIONS_OPEN.who(request.cookies.get(COOKIE)),
        done=done,
        split=await run_in_threadpool(_split, request, item) if item["by"] else "",
        alternates=[{"type": "application/json", "href": "/api/links/pair?" + urlencode(_ends(item)), "label": "JSON"}],
    )
    shown.headers["Cache-Control"] = "no-store"
    return shown


@router.post("/review/pair")
async def decide(
    request: Request,
    left: Field,
    right: Field,
    verdict: Field,
    person: Field = "",
    token: Field = "",
) -> Response:
    """Decide, and show what came of it."""
    _same_site(request)
    state, cookie = request.app.state, request.cookies.get(COOKIE)
    who = SESSIONS_OPEN.who(cookie) if not token else ""
    if not who:
        who = state.writers.who({"authorization": f"Bearer {token}"})
        cookie = SESSIONS_OPEN.open(who)
    ends = {"split-left": (left, ""), "split-right": (right, ""), "undo-left": (left, ""), "undo-right": (right, "")}
    said = ends.get(verdict, (left, right))
    await links.perform(request, *said, verdict.partition("-")[0], person.strip() or who, who)
    address = "/review/pair?" + urlencode({"left": left, "right": right, "done": verdict})
    if links.links(request).one(left, right) is None:  # what an acceptance had made is undone
        address = "/review"
    answer = RedirectResponse(address, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, cookie or "", max_age=HOURS * 3600, path="/review", secure=secure, httponly=True, samesite="strict"
    )
    return answer


@router.post("/review/leave")
async def leave(request: Request) -> Response:
    """Forget who this browser is."""
    _same_site(request)
    SESSIONS_OPEN.close(request.cookies.get(COOKIE))
    answer = RedirectResponse("/review", 303)
    answer.delete_cookie(COOKIE, path="/review")
    return answer


def _same_site(request: Request) -> None:
    """Raises Problem for a form that another site's page sent."""
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "Another site's form", "Decisions are taken from the page of this server alone.")


def _split(request: Request, item: dict[str, Any]) -> str:
    """Which of the two was split off, as the form says it; empty where the decision is on both."""
    alone = links.split_off(request)
    return next((f"-{side}" for side in ("left", "right") if item[side]["iri"] in alone), "")


def _ends(item: dict[str, Any]) -> dict[str, str]:
    return {"left": item["left"]["iri"], "right": item["right"]["iri"]}
