"""A worker that speaks HTTP with clients itself: a small query costs no way through another process.

It is given connections by the service (`service.workers.exchange`) and answers plain requests on them, one at a
time. Whatever is not plain, fails, or comes in parts it gives back with the bytes that it has read; so everything
unusual is said in one place, `service.sparql.endpoint`. Between requests it holds no byte of any connection: they
can be given to another speaker at any moment at which this one is busy with one of them.

Messages over the control socket, one a packet: to a speaker `A`, the number of a connection (eight bytes, big-endian)
and the request that came on it, with the connection itself. From it `B`, a number and bytes: given back;
`C` and a number: closed.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

import pyoxigraph as ox

from service.packing import PACKERS, SMALLEST, Packer, best, is_text
from service.problem import Problem
from service.sparql import fields, guard
from service.sparql.asked import Asked, ask
from service.sparql.formats import Format
from service.workers.board import Board, Slot
from service.workers.engine import HELD_BACK, PIECE, Refusal, evaluate, opened

LARGEST = 64 << 10
"""Bytes of a request that may be plain."""
PACKET = LARGEST + 64
"""Bytes of a message: a request with its number."""
KEPT = 30.0
"""Seconds for which a connection without requests is kept, as the service's own are."""
ENDED = b"\r\n\r\n"
GET = b"GET /sparql?"
POST = b"POST /sparql HTTP/1.1"
ELSEWHERE = frozenset(
    (b"origin", b"if-none-match", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", b"x-forwarded-for")
)
"""Headers that make a request not plain."""


_PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Head(NamedTuple):
    """What the headers of a request say that matters here."""

    accept: str | None
    coding: str
    media: str
    length: int


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
        self._connections: dict[int, Connection] = {}
        """By descriptor."""
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)

    def serve(self) -> None:
        self._open()
        swept = time.monotonic()
        while not self._slot.retired:
            for descriptor, _ in self._poll.poll(KEPT / 3):
                if descriptor == self._control.fileno():
                    self._take()
                elif connection := self._connections.get(descriptor):
                    self._read(connection)
                if self._slot.retired:
                    return
            if (now := time.monotonic()) - swept > KEPT / 3:
                swept = now
                self._sweep(now)

    def _open(self) -> ox.Store:
        """The newest snapshot. It is named before it is opened, so that nobody takes it away."""
        while self._store is None or self._slot.opened != self._board.revision:
            self._store = None
            revision = self._slot.opened = self._board.revision
            try:
                self._store = opened(f"{self._folder}/{revision}")
            except Refusal:
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
        plain = self._plain(data)
        if plain is None:
            self._let_go(connection, b"B", data)
            return
        asked, coding = plain
        connection.heard = time.monotonic()
        self._slot.begin(connection.number, min(self._seconds, asked.query.timeout or self._seconds))
        answer = Answer(connection.socket, self._slot, self._result, coding, asked, data[:1] == b"G")
        try:
            store = self._open()
            answer.revision = self._slot.opened
            evaluate(store, asked.query.request(), answer.begin).end()
        except (Refusal, SyntaxError, ValueError, RuntimeError, OSError):
            self._slot.end(answered=False)
            if answer.started:  # what has gone out must not look whole
                self._hang_up(connection)
            else:
                self._let_go(connection, b"B", data)
            return
        if self._grown():
            self._slot.retire()
        self._slot.end(answered=True)

    def _plain(self, data: bytes) -> tuple[Asked, str] | None:
        """What a plain request asks, and the content coding that it likes."""
        first, end = data.find(b"\r\n"), data.find(ENDED)
        if end < 0:
            return None
        said = _head(data[first + 2 : end])
        if said is None or len(data) != end + 4 + said.length:
            return None
        try:
            if data.startswith(GET) and data.startswith(b" HTTP/1.1", first - 9) and not said.length:
                parameters = fields.decode(data[len(GET) : first - 9])
                text = fields.one(parameters, "query")
            elif data.startswith(POST) and said.media == fields.FORM:
                parameters = fields.decode(data[end + 4 :])
                text = fields.one(parameters, "query")
            elif data.startswith(POST) and said.media == fields.QUERY_TEXT:
                parameters, text = {}, data[end + 4 :].decode()
            else:
                return None
            asked = ask(text, parameters, said.accept, self._base, self._largest)
            return None if guard.reaches_out(asked.query.text) else (asked, said.coding)
        except (Problem, UnicodeDecodeError):
            return None


@lru_cache(maxsize=256)  # a client says the same each time
def _head(block: bytes) -> Head | None:
    """A request's headers; None where they make it not plain."""
    found: dict[bytes, bytes] = {}
    for line in block.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name in ELSEWHERE or name in found or name != name.strip():
            return None
        found[name] = value.strip()
    length = found.get(b"content-length", b"0")
    if found.get(b"connection", b"keep-alive").lower() != b"keep-alive" or not length.isdigit() or b"host" not in found:
        return None
    try:
        media = fields.media_type({"content-type": found.get(b"content-type", b"").decode("latin-1")})
    except Problem:
        return None
    accept = found.get(b"accept")
    return Head(
        accept.decode("latin-1") if accept is not None else None,
        best(found.get(b"accept-encoding", b"").decode("latin-1")),
        media,
        int(length),
    )


class Answer:
    """The file that an answer is written to: whole with its length, or in chunks once it is long."""

    def __init__(
        self, channel: socket.socket, slot: Slot, largest: int, coding: str, asked: Asked, repeatable: bool
    ) -> None:
        self._channel, self._slot, self._largest = channel, slot, largest
        self._coding, self._asked, self._repeatable = coding, asked, repeatable
        self._buffer = bytearray()
        self._packer: Packer | None = None
        self._length = 0
        self.revision = 0
        self.started = False

    def begin(self, form: str) -> "Answer":
        self._form = self._asked.wish.graphs if form == "graph" else self._asked.wish.bindings
        return self

    def write(self, data: bytes) -> int:
        self._buffer += data
        self._length += len(data)
        if self._length > self._largest:
            raise ValueError("the answer is too large")
        if len(self._buffer) >= (PIECE if self.started else HELD_BACK):
            self._push(last=False)
        return len(data)

    def flush(self) -> None:
        """Nothing: pieces go out when they are full."""

    def end(self) -> None:
        self._push(last=True)

    def _push(self, *, last: bool) -> None:
        """Send what there is, with the head before the first piece."""
        piece, whole = bytes(self._buffer), last and not self.started
        self._buffer.clear()
        headers = {} if self.started else self._headers()
        if headers and self._coding and (not whole or len(piece) >= SMALLEST) and is_text(headers["content-type"]):
            self._packer = PACKERS[self._coding]()
            headers["content-encoding"] = self._coding
        if self._packer:
            piece = self._packer.pack(piece, last)
        if whole:
            headers["content-length"] = str(len(piece))
        else:
            headers |= {"transfer-encoding": "chunked"} if headers else {}
            piece = (b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"") + (b"0\r\n\r\n" if last else b"")
        self.started = True
        self._slot.send()
        self._channel.sendall((head(200, headers) if headers else b"") + piece)

    def _headers(self) -> dict[str, str]:
        assert isinstance(self._form, Format)
        return {"content-type": self._form.content_type} | self._asked.headers(
            self.revision, repeatable=self._repeatable
        )


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer."""
    lines = "".join([f"\r\n{name}: {value}" for name, value in headers.items()])
    return f"HTTP/1.1 {_PHRASES[status]}\r\ndate: {_date(int(time.time()))}{lines}\r\n\r\n".encode("latin-1")


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
