"""One query's answer, piece by piece, and the query's end, whatever ends it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import orjson

from service.workers.forks import Worker
from service.workers.query import QueryError

LONG = 0.25
"""Seconds after which a query is a long one."""
FORMS = {b"s": "select", b"a": "ask", b"g": "graph"}


@dataclass(frozen=True, slots=True)
class Lender:
    """The terms on which a pool lends a worker: seconds, bytes, MiB; whom to tell of a long query and its end."""

    seconds: float
    largest: int
    memory: int
    long: Callable[[], None]
    over: Callable[[], None]


class Answer:
    """An answer as it comes. Use it in `async with`: leaving early ends the query."""

    def __init__(self, worker: Worker, lender: Lender) -> None:
        self.form = ""
        """ "select", "ask" or "graph"."""
        self.body = b""
        """The first piece, which is all of it where `complete` holds."""
        self.complete = False
        self._worker, self._lender = worker, lender
        self._length = 0
        self._error: QueryError | None = None
        loop = asyncio.get_running_loop()
        # A timer, not asyncio.timeout: it must strike while we wait for a client that does not read.
        if lender.seconds > LONG:
            self._timer = loop.call_later(LONG, self._lengthen)
        else:
            self._timer = loop.call_later(lender.seconds, self._expire)
        self._open = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    async def start(self) -> None:
        """Wait for the form and the first piece. Raises QueryError."""
        try:
            kind, payload = await self._receive()
            if kind == b"F":
                self.complete = True
                self._close(spent=payload == b"1")
                return
            self.form = FORMS[payload[:1]]
            if kind == b"R":
                self.body, self.complete = payload[2:], True
                self._close(spent=payload[1:2] == b"1")
            else:
                self.body = (await self._receive())[1]
            self._count(self.body)
        except BaseException:
            self.abandon()
            raise

    async def rest(self) -> AsyncIterator[bytes]:
        """The pieces after the first. Raises QueryError, after which what was sent is no whole answer."""
        while not self.complete:
            kind, payload = await self._receive()
            if kind == b"F":
                self.complete = True
                self._close(spent=payload == b"1")
            else:
                self._count(payload)
                yield payload

    def abandon(self) -> None:
        """End the query where it is not over."""
        self._close(spent=True)

    async def _receive(self) -> tuple[bytes, bytes]:
        try:
            kind, payload = await self._worker.channel.receive()
        except ConnectionError:
            self.abandon()
            raise self._error or self._exhausted() from None
        if kind == b"E":
            self._close(spent=False)
            error = orjson.loads(payload)
            raise QueryError(error["kind"], error["detail"])
        return kind, payload

    def _count(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._lender.largest:
            self.abandon()
            raise QueryError("size", f"the answer is larger than {self._lender.largest} bytes")

    def _lengthen(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._lender.seconds - LONG, self._expire)
        self._lender.long()

    def _exhausted(self) -> QueryError:
        return QueryError("memory", f"it needed more than {self._lender.memory} MiB of memory, or is nested too deep")

    def _expire(self) -> None:
        self._error = QueryError("slow", f"it took longer than {self._lender.seconds:g} s")
        self.abandon()

    def _close(self, *, spent: bool) -> None:
        if self._open:
            self._open = False
            self._timer.cancel()
            self._worker.spent = self._worker.spent or spent
            self._lender.over()
