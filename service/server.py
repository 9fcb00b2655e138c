"""The web server: one process, its answers ended cleanly, its log lines of JSON."""

import asyncio
import socket
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from service.connections import Connection
from service.logs import CONFIG
from service.settings import Settings
from service.workers.exchange import Exchange

GRACE = 10
"""Seconds that answers may still take when the server is asked to stop."""
PLAIN = (b"GET /sparql?", b"POST /sparql HTTP/1.1")


class Protocol(Connection):
    """HTTP, but for a connection that asks its second query: a worker speaks with that client from then on."""

    def __init__(self, exchange: Exchange, read: bytes = b"", **keywords: Any) -> None:
        super().__init__(**keywords)
        self._exchange, self._read, self._keywords = exchange, read, keywords
        self._asked = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._read:  # not at once: a transport that is not reading yet cannot pause
            self.loop.call_soon(self._read_again)

    def _read_again(self) -> None:
        if self._read and not self.transport.is_closing():
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        if self._read:
            data, self._read = self._read + data, b""
            super().data_received(data)
            return
        if data.startswith(PLAIN) and data.endswith(b"\r\n\r\n") == data.startswith(b"GET"):
            if self._asked and self._idle() and self._handed_over(data):
                return
            self._asked = True
        super().data_received(data)

    def _idle(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and not self.pipeline

    def _handed_over(self, request: bytes) -> bool:
        descriptor = self.transport.get_extra_info("socket").fileno()
        client = partial(whose, self.client[0] if self.client else "", str(self.config.forwarded_allow_ips))
        if not self._exchange.take(descriptor, request, client, self._give_back):
            return False
        self._unset_keepalive_if_required()
        self.transport.abort()
        return True

    def _give_back(self, connection: socket.socket, data: bytes) -> None:
        task = self.loop.create_task(self._adopt(connection, data))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _adopt(self, connection: socket.socket, data: bytes) -> None:
        connection.setblocking(False)
        again = partial(Protocol, self._exchange, data, **self._keywords)
        try:
            await self.loop.connect_accepted_socket(again, connection)
        except OSError:  # the client has gone
            connection.close()
            return


def whose(address: str, proxies: str, forwarded: str) -> str:
    """Whose a request is that came from an address, as uvicorn has it: a trusted proxy says for whom it asks."""
    trusted = ProxyHeadersMiddleware(_nothing, proxies).trusted_hosts
    if not forwarded or address not in trusted:
        return address
    return trusted.get_trusted_client_address(forwarded)[0] or address


async def _nothing(*_: Any) -> None:
    """An application without anything in it."""


def protocol(app: FastAPI) -> Any:
    """What speaks HTTP with the clients of an application, for `uvicorn.Config(http=…)`."""
    return partial(Protocol, app.state.pool.exchange)


def listening(settings: Settings) -> socket.socket:
    """The socket to accept at. A client that takes nothing for long loses its connection."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    accepting = socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        patience = int(1000 * (settings.query_timeout + settings.queue_wait + GRACE))
        accepting.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)
    return accepting


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until interrupted or terminated, then let what runs come to its end."""
    config = uvicorn.Config(
        app,
        http=protocol(app),
        log_config=CONFIG,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run(sockets=[listening(settings)])
