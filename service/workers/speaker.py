"""A worker that speaks HTTP with clients itself: a small query costs no way through another process.

It is given connections by the service (`service.workers.exchange`) and answers plain requests on them, one at a
time. Whatever is not plain, fails, or comes in parts it gives back with the bytes that it has read; so everything
unusual is said in one place, `service.sparql.endpoint`. What it answered before, it answers again as long as the
graph is the same. Between requests it holds no byte of any connection: they
can be given to another speaker at any moment at which this one is busy with one of them.

Messages over the control socket, one a packet: to a speaker `A`, the number of a connection (eight bytes, big-endian)
and the request that came on it, with the connection itself. From it `B`, a number and bytes: given back;
`C` and a number: closed.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from service.workers.answering import Answer, Kept
from service.workers.board import Board, Slot
from service.workers.engine import Refusal, evaluate, opened, state
from service.workers.plain import LARGEST, plain

PACKET = LARGEST + 64
"""Bytes of a message: a request with its number."""
KEPT = 30.0
"""Seconds for which a connection without requests is kept, as the service's own are."""
LINGER = 60e-6
"""Seconds for which the next request is looked for before this process sleeps: who asks one query after another mostly
asks within them, and to be woken takes as long as a small query (p50 of one client .21 ms without, .15 with it)."""
BRIEF, SOME = 0.01, 64
"""Seconds in which a query takes little memory, and how many of those may pass before that is looked at. The answer to
one that took longer is kept at once, others when they are asked for again."""


@dataclass(slots=True)
class Connection:
    """A client's connection. `heard` is when it asked last, or came, in seconds of the monotonic clock."""

    number: int
    socket: socket.socket
    heard: float


class Speaker:
    """Serves the connections that it is given until its control socket closes. `order` says the folder of
    the snapshots, the limits and the IRI of the service; `grown` whether the process has become too large."""

    def __init__(
        self, control: socket.socket, slot: Slot, board: Board, order: dict[str, Any], grown: Callable[[], bool]
    ) -> None:
        self._control, self._slot, self._board, self._grown = control, slot, board, grown
        self._folder, self._base = order["folder"], order["base"]
        self._largest, self._result, self._seconds = order["query_bytes"], order["result_bytes"], order["seconds"]
        self._store: ox.Store | None = None
        self._state = ""
        self._kept = Kept(order["kept"])
        """Answers from the snapshot that is open."""
        self._connections: dict[int, Connection] = {}
        """By descriptor."""
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)

    def serve(self) -> None:
        self._open()
        swept = time.monotonic()
        while not self._slot.retired:
            for descriptor, _ in self._events():
                if descriptor == self._control.fileno():
                    self._take()
                elif connection := self._connections.get(descriptor):
                    self._read(connection)
                if self._slot.retired:
                    return
            if (now := time.monotonic()) - swept > KEPT / 3:
                swept = now
                self._sweep(now)

    def _events(self) -> list[tuple[int, int]]:
        """What has come on which descriptor."""
        until = time.monotonic() + LINGER
        while not (events := self._poll.poll(0)):
            if time.monotonic() > until:
                return self._poll.poll(KEPT / 3)
        return events

    def _open(self) -> ox.Store:
        """The newest snapshot. It is named before it is opened, so that nobody takes it away."""
        while self._store is None or self._slot.opened != self._board.revision:
            self._store = None
            self._kept.clear()
            revision = self._slot.opened = self._board.revision
            try:
                self._state = state(snapshot := f"{self._folder}/{revision}")
                self._store = opened(snapshot)
            except (Refusal, OSError):
                if revision == self._board.revision:
                    raise
        return self._store

    # ---- connections

    def _take(self) -> None:
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 1)
        if not packet:
            raise SystemExit
        number, given = int.from_bytes(packet[1:9], "big"), socket.socket(fileno=descriptors[0])
        connection = Connection(number, given, time.monotonic())
        connection.socket.setblocking(True)
        self._connections[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, select.EPOLLIN | select.EPOLLRDHUP)
        if len(packet) > 9:
            self._hear(connection, packet[9:])

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(LARGEST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._hear(connection, data)
        else:
            self._let_go(connection, b"C")

    def _let_go(self, connection: Connection, message: bytes, data: bytes = b"") -> None:
        descriptor = connection.socket.fileno()
        self._poll.unregister(descriptor)
        del self._connections[descriptor]
        connection.socket.close()
        self._control.send(message + connection.number.to_bytes(8, "big") + data)

    def _hang_up(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):  # the client may have done so
            connection.socket.shutdown(socket.SHUT_RDWR)
        self._let_go(connection, b"C")

    def _sweep(self, now: float) -> None:
        for connection in list(self._connections.values()):
            if now - connection.heard > KEPT:
                self._hang_up(connection)

    # ---- requests

    def _hear(self, connection: Connection, data: bytes) -> None:
        """Answer a request, or give it back."""
        read = plain(data, self._base, self._largest)
        if read is None:
            self._let_go(connection, b"B", data)
            return
        wanted, said = read
        query, again = wanted.asked.query, False
        connection.heard = time.monotonic()
        self._slot.begin(connection.number, min(self._seconds, query.timeout or self._seconds), said.forwarded)
        answer = Answer(connection.socket, self._slot, self._result, wanted)
        try:
            store = self._open()
            answer.state = self._state
            if not (said.known and answer.unchanged(said.known)):
                if kept := self._kept.get(wanted):
                    answer.again(kept)
                    again = True
                else:
                    evaluate(store, query, answer.begin).end()
        except (Refusal, SyntaxError, ValueError, RuntimeError, OSError):
            self._slot.end(answered=False)
            if answer.started:  # what has gone out must not look whole
                self._hang_up(connection)
            else:
                self._let_go(connection, b"B", data)
            return
        seconds = self._slot.end(answered=True, again=again)
        if (sent := answer.kept) and not again and (self._kept.asked_before(wanted) or seconds > BRIEF):
            self._kept.put(wanted, sent, len(data))
        if (seconds > BRIEF or self._slot.request % SOME == 0) and self._grown():
            self._slot.retire()
