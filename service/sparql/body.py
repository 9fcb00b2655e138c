"""What a request carries: its headers, and its body up to a limit, unpacked."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problem import Problem

PATIENCE = 10.0
"""Seconds that a body may take to come, and more with every byte of it."""
SLOWEST = 10_000
"""Bytes a second of a body that is worth waiting for."""


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers by lower-case name; one that comes several times is joined by commas."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        found[name] = f"{found[name]}, {value.decode('latin-1')}" if name in found else value.decode("latin-1")
    return found


def within(receive: Receive, largest: int) -> Receive:
    """What gives a request's messages, for bodies up to a size that come without long breaks.

    It raises HTTPException 413 or 408, which the framework lets through where it reads a body itself.
    """
    loop = asyncio.get_running_loop()
    began, size, whole = loop.time(), 0, False

    async def hear() -> Message:
        nonlocal size, whole
        if whole:  # what comes now is the client's leaving, whenever that is
            return await receive()
        try:
            async with asyncio.timeout_at(began + PATIENCE + size / SLOWEST):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "The rest of the body did not come.", {"connection": "close"}) from None
        size += len(message.get("body", b""))
        whole = not message.get("more_body")
        if size > largest:
            raise HTTPException(413, f"The body is too large: {largest} bytes are allowed.")
        return message

    return hear


class Bodies:
    """Middleware: bodies of every route come within bounds."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bounded = within(receive, self._largest) if scope["type"] == "http" else receive
        await self._app(scope, bounded, send)


async def read(receive: Receive, headers: Mapping[str, str], largest: int) -> bytes:
    """The body, unpacked where it is gzip or deflate. Raises Problem (400, 408, 413, 415), ClientDisconnect."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in UNPACKERS:
        raise Problem(415, "Unknown encoding", f"The body is encoded as {encoding!r}; gzip, deflate are known.")
    parts = []
    receive = within(receive, largest)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    if encoding == "identity":
        return body
    try:
        unpacker = UNPACKERS[encoding]()
        unpacked = unpacker.decompress(body, largest + 1)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise Problem(400, "Bad encoding", f"The body is no {encoding}: {error}") from None
    if len(unpacked) > largest:
        raise Problem(413, "Body too large", f"{largest} bytes are allowed, unpacked.", limit=largest)
    if not unpacker.eof:
        raise Problem(400, "Bad encoding", f"The {encoding} body ends too early.")
    return unpacked


UNPACKERS: dict[str, Callable[[], "zlib._Decompress"]] = {
    "identity": zlib.decompressobj,
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": zlib.decompressobj,
}
