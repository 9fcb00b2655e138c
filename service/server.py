"""The web server: one process, its answers ended cleanly, its log lines of JSON."""

import socket

import uvicorn
from fastapi import FastAPI

from service.logs import CONFIG
from service.settings import Settings

GRACE = 10
"""Seconds that answers may still take when the server is asked to stop."""


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
        log_config=CONFIG,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=64 << 10,
    )
    uvicorn.Server(config).run(sockets=[listening(settings)])
