"""Starts the parent of all workers and has it fork them."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import orjson

from service import allocator
from service.workers.board import Board
from service.workers.channel import Channel, Process


class Worker:
    """A worker as the pool sees it: busy with one query, or idle."""

    def __init__(self, channel: Channel, process: Process) -> None:
        self.channel = channel
        self.snapshot = ""
        self.long = False
        """Whether it has left its place to another worker."""
        self.spent = False
        """Whether it is not to be used again."""
        self._process = process

    def lower(self) -> None:
        """Let the other processes go first; it cannot be raised again, so this is its last query."""
        self.spent = True
        self._process.lower()

    def kill(self) -> None:
        self.channel.close()
        self._process.kill()


class Forks:
    """The parent process of the workers (`service.workers.worker.main`). It is started anew when it is gone."""

    def __init__(self) -> None:
        self.notices: tuple[str, ...] = ()
        self.board = Board() if hasattr(os, "memfd_create") else None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ordering = asyncio.Lock()
        self._held = threading.Lock()
        self._closed = False

    async def fork(self, memory: int, readable: Collection[Path] = (), writable: Collection[Path] = ()) -> Worker:
        """A new worker: `memory` in bytes; it sees no files but in these folders. Raises OSError."""
        order = {"memory": memory, "readable": [*map(str, readable)], "writable": [*map(str, writable)]}
        ours, process = await self._fork(order, socket.SOCK_STREAM)
        return Worker(await Channel.over(ours), process)

    async def speaker(self, memory: int, readable: Path, order: Mapping[str, Any]) -> tuple[socket.socket, Process]:
        """A new worker that speaks HTTP (`service.workers.speaker`) and the control socket to it. Raises OSError."""
        limits = {"memory": memory, "readable": [str(readable)], "writable": []}
        return await self._fork(limits | dict(order), socket.SOCK_SEQPACKET)

    async def _fork(self, order: Mapping[str, Any], kind: socket.SocketKind) -> tuple[socket.socket, Process]:
        async with self._ordering:
            ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
            try:
                return ours, await asyncio.to_thread(self._order, orjson.dumps(order), theirs)
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()

    def _order(self, order: bytes, channel: socket.socket) -> Process:
        with self._held:  # whoever ordered may have been cancelled, and `close` be called, by now
            for _ in range(0 if self._closed else 2):
                control = self._control or self._begin()
                try:
                    socket.send_fds(control, [order], [channel.fileno()])
                    answer, handles, _, _ = socket.recv_fds(control, 4096, 1)
                    if handles:
                        return Process(orjson.loads(answer)["pid"], handles[0])
                except OSError:
                    pass
                self._end()
        raise ConnectionError("no worker could be started")

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shared = [self.board.descriptor] if self.board else []
        command = [sys.executable, "-m", "service.workers.worker", str(theirs.fileno()), *map(str, shared or [-1])]
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno(), *shared],
            stdin=subprocess.DEVNULL,
            env=os.environ | allocator.environment(),
        )
        theirs.close()
        ours.settimeout(30)
        self._control = ours
        self.notices = tuple(orjson.loads(ours.recv(4096))["lacking"])
        return ours

    def close(self) -> None:
        """End the parent and with it every worker; there will be no others."""
        with self._held:
            self._closed = True
            self._end()

    def _end(self) -> None:
        if self._control:
            self._control.close()
            self._control = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
