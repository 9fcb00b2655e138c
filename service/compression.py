"""Answers packed as zstd or gzip for clients that take it, piece by piece as they are streamed."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.packing import PACKERS, SMALLEST, Packer, best, is_text


class Compression:
    """Middleware: packs what is text, long enough and not packed yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = Headers(scope=scope).get("accept-encoding", "") if scope["type"] == "http" else ""
        coding = best(accepted)
        if not coding:
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
    text = is_text(headers.get("content-type", ""))
    return text and "content-encoding" not in headers and status not in (204, 206, 304)
