"""Which requests a worker can answer by itself, and what they ask.

A plain request is a whole query by GET or POST with headers that change nothing but the form of its answer. Whatever
else there is in HTTP, `service.sparql.endpoint` and the layers around it know.
"""

from functools import lru_cache
from typing import NamedTuple

from service.packing import best
from service.problem import Problem
from service.sparql import fields, guard
from service.sparql.asked import Asked, ask
from service.workers.board import WHOSE

LARGEST = 64 << 10
"""Bytes of a request that may be plain."""
ENDED = b"\r\n\r\n"
GET = b"GET /sparql?"
POST = b"POST /sparql HTTP/1.1"
ELSEWHERE = frozenset((b"origin", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"))
"""Headers that make a request not plain."""


class Head(NamedTuple):
    """What the headers of a request say that matters here."""

    accept: str | None
    coding: str
    media: str
    length: int
    known: str
    forwarded: str


class Plain(NamedTuple):
    """What a request asks, the content coding that it likes, and whether its answer may be cached (a GET's)."""

    asked: Asked
    coding: str
    repeatable: bool


def plain(data: bytes, base: str, largest: int) -> tuple[Plain, Head] | None:
    """Read a request; None where it is not plain. `base` is the IRI of the service, `largest` a query's bytes."""
    first, end = data.find(b"\r\n"), data.find(ENDED)
    if end < 0:
        return None
    said = _head(data[first + 2 : end])
    if said is None or len(data) != end + 4 + said.length:
        return None
    repeatable = data.startswith(GET)
    try:
        if repeatable and data.startswith(b" HTTP/1.1", first - 9) and not said.length:
            parameters = fields.decode(data[len(GET) : first - 9])
            text = fields.one(parameters, "query")
        elif data.startswith(POST) and said.media == fields.FORM:
            parameters = fields.decode(data[end + 4 :])
            text = fields.one(parameters, "query")
        elif data.startswith(POST) and said.media == fields.QUERY_TEXT:
            parameters, text = {}, data[end + 4 :].decode()
        else:
            return None
        asked = ask(text, parameters, said.accept, base, largest)
        if asked.volatile and guard.reaches_out(asked.query.text):
            return None
        return Plain(asked, said.coding, repeatable), said
    except (Problem, UnicodeDecodeError):
        return None


@lru_cache(maxsize=256)  # a client says the same each time
def _head(block: bytes) -> Head | None:
    """A request's headers; None where they make it not plain."""
    found: dict[bytes, bytes] = {}
    for line in block.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name in ELSEWHERE or name in found or name != name.strip():
            return None
        found[name] = value.strip()
    length, forwarded = found.get(b"content-length", b"0"), found.get(b"x-forwarded-for", b"")
    if found.get(b"connection", b"keep-alive").lower() != b"keep-alive" or not length.isdigit() or b"host" not in found:
        return None
    if len(forwarded) > WHOSE:
        return None
    try:
        media = fields.media_type({"content-type": found.get(b"content-type", b"").decode("latin-1")})
    except Problem:
        return None
    accept = found.get(b"accept")
    return Head(
        accept.decode("latin-1") if accept is not None else None,
        best(found.get(b"accept-encoding", b"").decode("latin-1")),
        media,
        int(length),
        found.get(b"if-none-match", b"").decode("latin-1"),
        forwarded.decode("latin-1"),
    )
