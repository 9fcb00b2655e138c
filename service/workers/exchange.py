"""Hands connections that keep asking plain queries to speakers, and watches over them.

A speaker (`service.workers.speaker`) has many connections and answers one request at a time. The service keeps a
handle on each connection, and looks every moment at what the speakers say of themselves on the board:

- a request that is not over after LONG, or sooner where others wait behind it, makes its speaker a long one: it goes on
  at low priority, ends with that request, and its other connections go to another speaker (or back to the service,
  where they queue as all do);
- at its deadline, or when its client has gone, it is killed. The connection is told of it where nothing of the
  answer has gone out, else it is broken off;
- so is a connection whose speaker needed too much memory.

Moving connections needs no lock: a speaker that is busy touches none but one, and looks whether it is retired
before it touches the next. It is told so one look before its connections are moved.
"""

import asyncio
import contextlib
import logging
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from service.problem import MEDIA_TYPE, Problem, of_query
from service.settings import Settings
from service.workers.answer import LONG
from service.workers.answering import head
from service.workers.board import Board, Slot
from service.workers.channel import Process
from service.workers.forks import Forks
from service.workers.plain import LARGEST
from service.workers.query import Kind, QueryError, exceeded
from service.workers.speaker import PACKET

log = logging.getLogger(__name__)

LOOK = 0.05
"""Seconds between two looks at the board."""
CROWDED = 0.1
"""Seconds after which a request holds up the other connections of its speaker for too long."""

GiveBack = Callable[[socket.socket, bytes], None]
"""Takes a connection back into the service, with the bytes that were read from it."""
Whose = Callable[[str], str]
"""The client of a request, by what its `X-Forwarded-For` says ("" where it says nothing)."""


@dataclass(slots=True)
class Held:
    """A connection that a speaker serves."""

    number: int
    socket: socket.socket
    whose: Whose
    give_back: GiveBack


@dataclass(slots=True)
class Speaker:
    """A speaker as the service sees it."""

    control: socket.socket
    process: Process
    slot: Slot
    connections: dict[int, Held] = field(default_factory=dict)
    retiring: int = 0
    """The request for which it was told to retire; 0 while it is in use."""
    moved: bool = False
    client: str | None = None
    """Whose long query it answers, where that has a place among the long ones."""


class Exchange:
    """The speakers of a pool.

    `observe` is told of each query that ended here, and not in an answer, with the seconds that it took.
    `lengthen(client)` takes a place among the long queries, whether there is one; `shorten(client)` gives it back.
    """

    def __init__(
        self,
        settings: Settings,
        forks: Forks,
        lengthen: Callable[[str], bool],
        shorten: Callable[[str], None],
    ) -> None:
        self._settings, self._forks = settings, forks
        self._lengthen, self._shorten = lengthen, shorten
        self.board: Board | None = forks.board
        self.observe: Callable[[str, float], None] = lambda _outcome, _seconds: None
        self._folder: Path | None = None
        self._speakers: list[Speaker] = []
        self._free = list(self.board.slots) if self.board else []
        self._number = 0
        self._starting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def speakers(self) -> int:
        return len(self._speakers)

    @property
    def connections(self) -> int:
        """Those that speakers have."""
        return sum(len(speaker.connections) for speaker in self._speakers)

    @property
    def busy(self) -> int:
        return sum(1 for speaker in self._speakers if speaker.slot.connection)

    def held(self) -> set[Path]:
        """The snapshots that speakers have open."""
        return (
            {self._folder / str(revision) for revision in self.board.held()} if self._folder and self.board else set()
        )

    def switch(self, snapshot: Path) -> None:
        """Every request from now on reads this snapshot."""
        if self.board and snapshot.name.isdigit():
            self._folder = snapshot.parent
            self.board.revision = int(snapshot.name)

    def take(self, descriptor: int, request: bytes, whose: Whose, give_back: GiveBack) -> bool:
        """Let a speaker answer a request and what follows on its connection; whether one could.

        The descriptor stays the caller's; a second one of the same connection is kept.
        """
        if self._closed or self._folder is None or len(request) >= LARGEST:
            return False
        speaker = self._least()
        if speaker is None:
            return False
        self._number += 1
        held = Held(self._number, socket.socket(fileno=os.dup(descriptor)), whose, give_back)
        if self._send(speaker, held, request):
            return True
        held.socket.close()
        return False

    async def close(self) -> None:
        """End every speaker once it has answered what it is answering."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        for speaker in self._speakers:
            speaker.slot.retire()
        until = time.monotonic() + self._settings.query_timeout
        while self.busy and time.monotonic() < until:
            await asyncio.sleep(LOOK)
        if self._timer:
            self._timer.cancel()
        for speaker in list(self._speakers):
            self._end(speaker)

    # ---- connections to speakers

    def _least(self) -> Speaker | None:
        """The speaker in use with the fewest connections; more are started where there are too few."""
        ready = [speaker for speaker in self._speakers if not speaker.retiring]
        in_place = sum(1 for speaker in self._speakers if speaker.client is None)
        if in_place + len(self._starting) < self._settings.workers and self._free and self._folder:
            task = asyncio.get_running_loop().create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        now = time.monotonic()
        calm = [s for s in ready if not s.slot.connection or now - s.slot.since < CROWDED]
        return min(calm, key=lambda speaker: len(speaker.connections), default=None)

    async def _start(self) -> None:
        assert self._folder
        slot, limits = self._free.pop(), self._settings
        slot.clear()
        order: dict[str, Any] = {
            "slot": slot.number,
            "folder": str(self._folder),
            "base": limits.base,
            "query_bytes": limits.query_bytes,
            "result_bytes": limits.result_bytes,
            "seconds": limits.query_timeout,
            "kept": limits.answer_memory << 20,
        }
        memory = limits.query_memory + limits.answer_memory << 20
        try:
            control, process = await self._forks.speaker(memory, self._folder, order)
        except OSError as error:
            self._free.append(slot)
            log.error("no new speaker: %s", error)
            return
        control.setblocking(False)
        speaker = Speaker(control, process, slot)
        loop = asyncio.get_running_loop()
        loop.add_reader(control.fileno(), self._hear, speaker)
        self._speakers.append(speaker)
        if self._timer is None:
            self._timer = loop.call_later(LOOK, self._look)

    def _send(self, speaker: Speaker, held: Held, request: bytes) -> bool:
        packet = b"A" + held.number.to_bytes(8, "big") + request
        try:
            socket.send_fds(speaker.control, [packet], [held.socket.fileno()])
        except OSError:  # its queue is full, or it is gone
            return False
        speaker.connections[held.number] = held
        return True

    def _hear(self, speaker: Speaker) -> None:
        """What a speaker gives back; or it has ended."""
        while True:
            try:
                packet = speaker.control.recv(PACKET)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._end(speaker)
                return
            held = speaker.connections.pop(int.from_bytes(packet[1:9], "big"), None)
            if held and packet[:1] == b"B":
                held.give_back(held.socket, packet[9:])
            elif held:
                held.socket.close()

    def _move(self, speaker: Speaker, kept: int) -> None:
        """Give a speaker's connections but one to others, or back to the service."""
        for number, held in list(speaker.connections.items()):
            if number == kept:
                continue
            del speaker.connections[number]
            if self._closed:
                held.socket.close()
                continue
            other = self._least()
            if other is None or not self._send(other, held, b""):
                held.give_back(held.socket, b"")

    def _end(self, speaker: Speaker, why: Kind | Literal["gone"] = "memory") -> None:
        """A speaker is gone, or is to go at once: what it was busy with is told, the rest goes elsewhere."""
        if speaker not in self._speakers:
            return
        self._speakers.remove(speaker)
        asyncio.get_running_loop().remove_reader(speaker.control.fileno())
        speaker.process.kill()
        speaker.control.close()
        busy = speaker.connections.pop(speaker.slot.connection, None)
        if busy:
            self._tell(busy, speaker.slot, why)
        if speaker.client is not None:
            self._shorten(speaker.client)
        self._move(speaker, 0)
        speaker.slot.clear()
        self._free.append(speaker.slot)

    def _tell(self, held: Held, slot: Slot, why: Kind | Literal["gone"]) -> None:
        """Say what became of a request, if that can still be said, and hang up."""
        self.observe(why, time.monotonic() - slot.since)
        if why == "gone" or slot.sent:
            log.info("broken off: %s", why, extra={"outcome": why})
        else:
            problem = of_query(QueryError(why, exceeded(why, self._settings)))
            problem.extra["query_id"] = problem.headers["x-query-id"] = token_hex(8)
            log.info("query refused: %s", problem, extra={"outcome": why, "query_id": problem.extra["query_id"]})
            held.socket.setblocking(False)
            with contextlib.suppress(OSError):
                held.socket.send(_response(problem))
        with contextlib.suppress(OSError):
            held.socket.shutdown(socket.SHUT_RDWR)
        held.socket.close()

    # ---- the watch

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK, self._look) if self._speakers else None
        now = time.monotonic()
        for speaker in list(self._speakers):
            slot = speaker.slot
            number, request = slot.connection, slot.request
            held = speaker.connections.get(number)
            patience = CROWDED if len(speaker.connections) > 1 else LONG
            if not number or held is None or now - slot.since < patience:
                continue
            if now >= slot.deadline:
                self._end(speaker, "slow")
            elif _gone(held.socket):
                self._end(speaker, "gone")
            elif not speaker.retiring:
                speaker.retiring = request
                slot.retire()
                speaker.process.lower()
                client = held.whose(slot.whose)
                if self._lengthen(client):
                    speaker.client = client
            elif speaker.retiring == request and not speaker.moved:
                speaker.moved = True
                self._move(speaker, number)


def _response(problem: Problem) -> bytes:
    """A problem as the last answer on a connection."""
    body = problem.body()
    more = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
    return head(problem.status, {name.lower(): value for name, value in (problem.headers | more).items()}) + body


def _gone(connection: socket.socket) -> bool:
    """Whether the client has hung up."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
