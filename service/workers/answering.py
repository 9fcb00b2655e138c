"""How a speaker writes an answer to its client, and the answers that it keeps to give them again."""

import socket
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from service.accept import has
from service.packing import PACKERS, SMALLEST, Packer, is_text
from service.sparql.formats import Format
from service.workers.board import Slot
from service.workers.engine import HELD_BACK, PIECE
from service.workers.plain import Plain

KEPT = 64 << 10
"""Bytes of the largest answer that is kept, before it is packed."""
OBJECTS = 1000
"""Bytes of memory that a kept answer takes beside its own and its request's (measured)."""


class Kept:
    """Answers by what was asked, so many bytes of them: what was not asked for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._answers: dict[Plain, tuple[bytes, int]] = {}
        self._signs = bytearray(1 << 16)
        """Of what was asked last, by its hash: a byte each, never 0."""

    def get(self, asked: Plain) -> bytes:
        """The answer; empty where there is none."""
        if not (kept := self._answers.pop(asked, None)):
            return b""
        self._answers[asked] = kept
        return kept[0]

    def asked_before(self, asked: Plain) -> bool:
        """Whether this was among what was asked lately; what was not seems so once in 255 times."""
        place, sign = hash(asked) & 0xFFFF, 1 + (hash(asked) >> 16) % 255
        before, self._signs[place] = self._signs[place] == sign, sign
        return before

    def put(self, asked: Plain, answer: bytes, size: int) -> None:
        """Keep an answer that is not there yet. `size` is that of the request."""
        size = len(answer) + 2 * size + OBJECTS
        self._answers[asked] = answer, size
        self._bytes += size
        while self._bytes > self._most:
            self._bytes -= self._answers.pop(next(iter(self._answers)))[1]

    def clear(self) -> None:
        self._answers.clear()
        self._bytes = 0


class Answer:
    """The file that an answer is written to: whole with its length, or in chunks once it is long.

    `largest` is the limit on its bytes, before they are packed.
    """

    def __init__(self, channel: socket.socket, slot: Slot, largest: int, plain: Plain) -> None:
        self._channel, self._slot, self._largest = channel, slot, largest
        self._asked, self._coding, self._repeatable = plain
        self._buffer = bytearray()
        self._packer: Packer | None = None
        self._length = 0
        self._sent: list[bytes] | None = None if self._asked.volatile else []
        self.state = ""
        self.started = False

    @property
    def kept(self) -> bytes:
        """What was sent after the date, where that may be given again to whoever asks the same; else nothing."""
        return b"".join(self._sent or ())

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

    def again(self, kept: bytes) -> None:
        """Send what was kept of an answer."""
        self._send(200, kept)

    def unchanged(self, known: str) -> bool:
        """Whether the client has this answer, by the entity tags that it knows; it is told so."""
        headers = self._asked.headers(self.state, repeatable=self._repeatable)
        if "etag" not in headers or not has(known, headers["etag"]):
            return False
        self._send(304, _lines(headers))
        return True

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
        if headers:
            piece = _lines(headers) + piece
        if self._sent is not None:
            self._sent = [*self._sent, piece] if self._length <= KEPT else None
        self._send(200 if headers else None, piece)

    def _send(self, status: int | None, data: bytes) -> None:
        """Send bytes, of an answer's beginning those after the date."""
        self.started = True
        self._slot.send()
        self._channel.sendall(_beginning(status, int(time.time())) + data if status else data)

    def _headers(self) -> dict[str, str]:
        assert isinstance(self._form, Format)
        headers = self._asked.headers(self.state, repeatable=self._repeatable)
        headers["content-type"] = self._form.content_type
        return headers


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer."""
    return _beginning(status, int(time.time())) + _lines(headers)


def _lines(headers: Mapping[str, str]) -> bytes:
    """The head of an answer after its date."""
    return "".join([*[f"\r\n{name}: {value}" for name, value in headers.items()], "\r\n\r\n"]).encode("latin-1")


@lru_cache(maxsize=4)
def _beginning(status: int, second: int) -> bytes:
    """The head of an answer up to its date, which is in seconds since 1970."""
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ndate: {formatdate(second, usegmt=True)}".encode()
