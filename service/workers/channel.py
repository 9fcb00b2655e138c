"""The pool's end of a worker: frames over a socket, and the process behind it."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections import deque
from typing import Any, cast

import orjson

AHEAD = 4
"""Frames that may wait for their reader before the worker has to wait too."""


class Channel(asyncio.Protocol):
    """Requests to a worker and frames from it. One reader at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._reader: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._closed = False

    @classmethod
    async def over(cls, end: socket.socket) -> "Channel":
        end.setblocking(False)
        _, channel = await asyncio.get_running_loop().create_connection(cls, sock=end)
        return channel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        buffer, start = self._buffer, 0
        while len(buffer) - start >= 5:
            kind, length = struct.unpack_from(">cI", buffer, start)
            end = start + 5 + length
            if len(buffer) < end:
                break
            self._frames.append((kind, bytes(buffer[start + 5 : end])))
            start = end
        del buffer[:start]
        if self._frames and self._reader and not self._reader.done():
            self._reader.set_result(self._frames.popleft())
        if len(self._frames) > AHEAD and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        self._closed = True
        if self._reader and not self._reader.done():
            self._reader.set_exception(ConnectionResetError("the worker is gone"))

    def send(self, request: dict[str, Any], body: bytes | None = None) -> None:
        if self._transport is None or self._closed:
            return  # `receive` tells
        for part in (orjson.dumps(request),) if body is None else (orjson.dumps(request), body):
            self._transport.write(struct.pack(">I", len(part)) + part)

    async def receive(self) -> tuple[bytes, bytes]:
        """The next frame. Raises ConnectionError when the worker is gone."""
        if self._frames:
            frame = self._frames.popleft()
            if self._paused and len(self._frames) < AHEAD and self._transport and not self._closed:
                self._paused = False
                self._transport.resume_reading()
            return frame
        if self._closed:
            raise ConnectionResetError("the worker is gone")
        self._reader = asyncio.get_running_loop().create_future()
        try:
            return await self._reader
        finally:
            self._reader = None

    def close(self) -> None:
        if self._transport:
            self._transport.abort()
        self.connection_lost(None)


class Process:
    """A process that can be killed without the risk that its number has passed to another."""

    def __init__(self, pid: int, handle: int) -> None:
        self._pid = pid
        self._handle = handle

    def lower(self) -> None:
        """Let the other processes go first from here on."""
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self._pid, 19)

    def kill(self) -> None:
        if self._handle < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        os.close(self._handle)
        self._handle = -1
