"""`/api/changes`: the feed of what happened to the records, as JSON and as Atom (RFC 4287)."""

import re
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Query, Request
from lxml import etree
from pydantic import Field
from starlette.responses import Response

from service.accept import accepted, has
from service.answers import BadQuestion, Item
from service.answers.changes import ACTIONS, ORDERS, Asked, Part, changes, cursor
from service.api import models as shapes
from service.api.answering import WRONG, Asking, heads
from service.api.models import Shape
from service.api.parameters import refuse_unknown
from service.problem import MEDIA_TYPE, Problem

ATOM = "http://www.w3.org/2005/Atom"
FORMS = {"json": "application/json", "atom": "application/atom+xml"}
BEGINNING = "1970-01-01T00:00:00Z"
"""When a feed without events was last changed: Atom needs a moment."""
VERBS = {
    "added": "Added",
    "changed": "Changed",
    "reread": "Read anew",
    "corrected": "Corrected",
    "withdrawn": "Withdrawn by its source",
    "deleted": "Deleted",
}

router = APIRouter(prefix="/api", tags=["Changes"], dependencies=[Depends(refuse_unknown)], responses=WRONG)


class Change(Shape):
    """One event."""

    cursor: int = Field(description="Its place in the feed; `since` takes it")
    action: str = Field(description=f"One of {', '.join(ACTIONS)}", examples=["changed"])
    source: str
    key: str
    iri: str
    url: str = Field(description="Path of the record's page")
    title: str | None = Field(description="The record's present title; null where it is here no more")
    hash: str | None = Field(description="SHA-256 of its bytes from then on; null where it went")
    at: str = Field(description="When, ISO 8601 in UTC", examples=["2026-05-19T12:00:00Z"])


class Changes(Shape):
    items: list[Change]
    cursor: int = Field(description="Where to resume: `since` of the next request")
    last: int = Field(description="The cursor of the newest event of all")
    next: str | None = Field(description="Path of the part that follows; null where nothing follows yet")


def form(
    request: Request,
    format: Annotated[  # noqa: A002 (the parameter's public name)
        str | None, Query(description=f"In place of Accept: {' or '.join(FORMS)}", examples=["atom"])
    ] = None,
) -> str:
    """The form that the feed is wanted in. Raises Problem."""
    if format is None:
        liked = accepted(request.headers.get("accept"), FORMS.values())
        if liked is None:
            raise Problem(406, "No acceptable format", f"There are {' and '.join(FORMS.values())}.")
        return next(name for name, media in FORMS.items() if media == liked)
    if format not in FORMS:
        raise Problem(422, "A parameter is wrong", f"format is json or atom; not {format!r}", near=list(FORMS))
    return format


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": Changes, "content": {FORMS["atom"]: {"schema": {"type": "string"}}}},
    304: {"description": "Nothing has changed since the ETag that was sent"},
    406: {"description": "No acceptable format", "content": {MEDIA_TYPE: {}}, "model": shapes.Problem},
    410: {"description": "A cursor of another feed: begin anew", "content": {MEDIA_TYPE: {}}, "model": shapes.Problem},
}


@router.get("/changes", responses=RESPONSES, response_class=Response)
async def feed(
    call: Asking,
    form: Annotated[str, Depends(form)],
    since: Annotated[
        str,
        Query(max_length=40, description="Events after this cursor; or from a day or moment (UTC) on", examples=["0"]),
    ] = "0",
    before: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="Events before this cursor", examples=[100])
    ] = None,
    order: Annotated[
        str, Query(description="oldest first, to follow the feed; or newest first", examples=["oldest"])
    ] = "oldest",
    source: Annotated[str | None, Query(max_length=100, description="Of one source", examples=["eprints"])] = None,
    action: Annotated[
        str | None, Query(description=f"Of one kind: {', '.join(ACTIONS)}", examples=["withdrawn"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Events in one answer", examples=[100])] = 100,
) -> Response:
    """What happened to the records, in order. Ask again with `since` = `cursor` to hear what came after.

    The order never changes and nothing is taken out of it, so that whoever asks again and again misses nothing. Where
    the graph was put back to an earlier state (a backup), a cursor from after that is refused (410).
    """
    if order not in ORDERS:
        raise BadQuestion("order", f"order is {' or '.join(ORDERS)}; not {order!r}", ORDERS)
    asked = Asked(await cursor(call.known, since), before, limit, source, action, order == "newest")
    part = await changes(call.known, asked)
    request = call.request
    # The events of a part never change, only their records' titles do: with the graph.
    ends = [str(item["cursor"]) for item in (part.items[:1] + part.items[-1:])]
    tag = f'W/"{"-".join([*ends, str(len(part.items)), str(part.last), f"{call.known.revision:x}", form])}"'
    following = _following(request, asked, part)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    if has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if form == "atom":
        body = atom(part, call.known.iris.base, _path(request), following)
        return Response(body, media_type=f"{FORMS['atom']}; charset=utf-8", headers=headers)
    made = {"items": part.items, "cursor": _cursor(asked, part), "last": part.last, "next": following}
    return Response(orjson.dumps(made), media_type=FORMS["json"], headers=headers)


def _cursor(asked: Asked, part: Part) -> int:
    """Where to resume. Of a filtered feed that ends here: the newest event of all, since the others do not count."""
    seen = max((int(item["cursor"]) for item in part.items), default=asked.since)
    if part.more or asked.newest or asked.before is not None:
        return seen
    return max(seen, part.last)


def _path(request: Request, **changed: Any) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    query = urlencode([*kept, *((name, value) for name, value in changed.items() if value is not None)])
    return request.url.path + (f"?{query}" if query else "")


def _following(request: Request, asked: Asked, part: Part) -> str | None:
    if not part.more:
        return None
    last = part.items[-1]["cursor"]
    return _path(request, before=last) if asked.newest else _path(request, since=last)


# ---- Atom


def atom(part: Part, base: str, path: str, following: str | None) -> bytes:
    """A part of the feed as an Atom document. Paths become addresses under `base`."""
    root = base.rstrip("/")
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]
    _add(feed, "id", f"{root}/api/changes")
    _add(feed, "title", "Changes of the records in an Evidence Graph")
    _add(feed, "updated", max((item["at"] for item in part.items), default=BEGINNING))
    author = etree.SubElement(feed, f"{{{ATOM}}}author")
    _add(author, "name", "Evidence Graph")
    _link(feed, "self", root + path, FORMS["atom"])
    _link(feed, "alternate", f"{root}/records", "text/html")
    if following:
        _link(feed, "next", root + following, FORMS["atom"])
    for item in part.items:
        _entry(feed, item, root)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="UTF-8"))


def _entry(feed: Any, item: Item, root: str) -> None:
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    name = f"{item['source']}/{item['key']}"
    _add(entry, "id", f"{root}/api/changes#{item['cursor']}")
    _add(entry, "title", f"{VERBS.get(item['action'], item['action'])}: {item['title'] or name}")
    _add(entry, "updated", item["at"])
    _link(entry, "alternate", item["iri"], "text/html")
    for scheme, term in (("action", item["action"]), ("source", item["source"])):
        etree.SubElement(entry, f"{{{ATOM}}}category", term=_clean(term), scheme=f"{root}/api/changes#{scheme}")
    told = f"{name}, bytes {item['hash']}" if item["hash"] else name
    _add(entry, "summary", told)


def _add(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = _clean(text)


def _link(parent: Any, rel: str, href: str, media: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, type=media, href=href)


_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text: str) -> str:
    """A text without what XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


heads(router)
