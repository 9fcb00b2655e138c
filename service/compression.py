"""Answers packed as zstd or gzip for clients that take it, piece by piece as they are streamed."""

import sys
import zlib
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.sparql.formats import quality

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor
else:
    from backports.zstd import ZstdCompressor

SMALLEST = 1000
"""Bytes of a whole answer that are worth the work."""
TEXTS = ("text/", "application/json", "application/sparql-results", "application/n-", "application/trig")
MARKED_UP = ("+json", "+xml", "/xml", "/javascript")


class Packer(Protocol):
    def pack(self, data: bytes, last: bool) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._packer = zlib.compressobj(4, wbits=zlib.MAX_WBITS | 16)

    def pack(self, data: bytes, last: bool) -> bytes:
        packed = self._packer.compress(data)
        return packed + self._packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self) -> None:
        self._packer = ZstdCompressor(level=3)

    def pack(self, data: bytes, last: bool) -> bytes:
        if last:
            return self._packer.compress(data, ZstdCompressor.FLUSH_FRAME)
        return self._packer.compress(data, ZstdCompressor.FLUSH_BLOCK)


PACKERS: dict[str, type[Packer]] = {"zstd": _Zstd, "gzip": _Gzip}
"""By content coding, best first."""


class Compression:
    """Middleware: packs what is text, long enough and not packed yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = Headers(scope=scope).get("accept-encoding", "") if scope["type"] == "http" else ""
        liked = [(quality(accepted, coding), coding) for coding in PACKERS] if accepted else []
        best, coding = max(liked, key=lambda pair: pair[0], default=(0.0, ""))
        if best <= 0:
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Packed(coding, send).send)


class _Packed:
    def __init__(self, coding: str, send: Send) -> None:
        self._coding, self._send = coding, send
        self._start: Message | None = None
        self._packer: Packer | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        data, last = message.get("body", b""), not message.get("more_body", False)
        if self._start:
            start, self._start = self._start, None
            headers = MutableHeaders(raw=start["headers"])
            if _worthwhile(headers, start["status"]) and (not last or len(data) >= SMALLEST):
                self._packer = PACKERS[self._coding]()
                headers["content-encoding"] = self._coding
                del headers["content-length"]
            if _worthwhile(headers, start["status"]) or self._packer:
                headers.add_vary_header("Accept-Encoding")
            await self._send(start)
        if self._packer:
            data = self._packer.pack(data, last)
        await self._send({**message, "body": data})


def _worthwhile(headers: MutableHeaders, status: int) -> bool:
    media = headers.get("content-type", "").partition(";")[0]
    text = media.startswith(TEXTS) or media.endswith(MARKED_UP)
    return text and "content-encoding" not in headers and status not in (204, 206, 304)
