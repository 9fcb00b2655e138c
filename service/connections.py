"""A connection's head start: a request's line and headers must come, soon and short. Uvicorn waits for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS = 10.0
"""From the opening of a connection, or the first byte of its next request, to the end of that request's headers."""
LARGEST = 400_000
"""Bytes of request line and headers: a query of 100,000 bytes fits in a URL, percent-encoded."""


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, which ends a connection whose request does not come, or does not end."""

    _waiting: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waiting:
            self._received += len(data)
            if self._received > LARGEST:
                self._refuse("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> Any:
        self._stop()
        return super().on_headers_complete()

    def _wait(self) -> None:
        self._stop()
        self._received = 0
        self._waiting = self.loop.call_later(SECONDS, self._refuse, "408 Request Timeout")

    def _stop(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, status: str) -> None:
        self._stop()
        if not self.transport.is_closing():
            self.transport.write(f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode())
            self.transport.close()
