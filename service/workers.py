"""Runs each query in a process that can be killed, and no more of them than the machine can bear.

    pool = Pool(settings)
    await pool.start(snapshot)
    async with await pool.run(Query("SELECT …"), client="10.0.0.7") as answer:
        answer.form, answer.body            # "select", the first piece, which may be all
        async for piece in answer: ...      # the rest
    rows = await pool.rows("SELECT …")      # small results of our own queries, as Term

A query that is not over after a moment goes on at low priority beside the others, in a process that is not
used again, and its place is given to a new worker: short queries do not wait behind long ones. A client may
have half of these places; then its further queries come one at a time.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

import orjson

from service.channel import Channel, Process
from service.forks import Forks
from service.settings import Settings
from service.turns import Full, Turns

log = logging.getLogger(__name__)

LONG = 0.25
"""Seconds after which a query is a long one."""

FORMS = {b"s": "select", b"a": "ask", b"g": "graph"}

Kind = Literal[
    "syntax", "unacceptable", "missing", "refused", "slow", "memory", "size", "busy", "unavailable", "engine"
]


class QueryError(Exception):
    """A query without a whole answer. `kind` says why; the message says it in words."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Term(NamedTuple):
    """A value in a row: `kind` is "uri", "literal" or "bnode"."""

    kind: str
    value: str
    datatype: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A query and how its answer is wanted.

    `bindings` (SELECT, ASK) is "json", "xml", "csv" or "tsv"; `graphs` (CONSTRUCT, DESCRIBE) a name in
    `service.worker.GRAPHS`; None for a form that the client does not take. `default` and `named` replace the
    dataset where they are not None. `timeout` in seconds may shorten the limit of the settings.
    """

    text: str
    bindings: str | None = "json"
    graphs: str | None = "turtle"
    base: str | None = None
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    timeout: float | None = None

    def request(self) -> dict[str, Any]:
        return {
            "task": "query",
            "text": self.text,
            "bindings": self.bindings,
            "graphs": self.graphs,
            "base": self.base,
            "default": self.default,
            "named": self.named,
        }


@dataclass(frozen=True, slots=True)
class GraphRead:
    """A whole graph ("" is the default graph) in a syntax of `service.worker.GRAPHS`."""

    graph: str
    graphs: str = "turtle"
    timeout: float | None = None

    def request(self) -> dict[str, Any]:
        return {"task": "graph", "graph": self.graph, "graphs": self.graphs}


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
        self.spent = True
        self._process.lower()

    def kill(self) -> None:
        self.channel.close()
        self._process.kill()


class Answer:
    """An answer as it comes. Use it in `async with`: leaving early ends the query."""

    def __init__(self, pool: "Pool", worker: Worker, client: str, seconds: float) -> None:
        self.form = ""
        """ "select", "ask" or "graph"."""
        self.body = b""
        """The first piece, which is all of it where `complete` holds."""
        self.complete = False
        self._pool, self._worker, self._client, self._seconds = pool, worker, client, seconds
        self._length = 0
        self._error: QueryError | None = None
        loop = asyncio.get_running_loop()
        # A timer, not asyncio.timeout: it must strike while we wait for a client that does not read.
        if seconds > LONG:
            self._timer = loop.call_later(LONG, self._lengthen)
        else:
            self._timer = loop.call_later(seconds, self._expire)
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
            raise self._error or QueryError("memory", self._pool.exhausted) from None
        if kind == b"E":
            self._close(spent=False)
            error = orjson.loads(payload)
            raise QueryError(error["kind"], error["detail"])
        return kind, payload

    def _count(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._pool.settings.result_bytes:
            self.abandon()
            raise QueryError("size", f"the answer is larger than {self._pool.settings.result_bytes} bytes")

    def _lengthen(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds - LONG, self._expire)
        self._pool.lengthen(self._worker, self._client)

    def _expire(self) -> None:
        self._error = QueryError("slow", f"it took longer than {self._seconds:g} s")
        self.abandon()

    def _close(self, *, spent: bool) -> None:
        if self._open:
            self._open = False
            self._timer.cancel()
            self._worker.spent = self._worker.spent or spent
            self._pool.give_back(self._worker, self._client)


class Pool:
    """The workers. `notices` says what the kernel could not confine, in words; empty is best."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.exhausted = f"it needed more than {settings.query_memory} MiB of memory, or is nested too deep"
        self._forks = Forks()
        self._turns: Turns[Worker] = Turns(settings.queue_length, settings.queue_wait, max(1, settings.workers // 2))
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._snapshot: Path | None = None
        self._helpers = asyncio.Semaphore(2)
        self._closed = False

    @property
    def notices(self) -> tuple[str, ...]:
        return self._forks.notices

    @property
    def running(self) -> int:
        return len(self._workers) - self._turns.idle

    @property
    def waiting(self) -> int:
        return self._turns.waiting

    @property
    def held(self) -> set[Path]:
        """The snapshots that workers have open."""
        return {Path(worker.snapshot) for worker in self._workers if worker.snapshot}

    async def start(self, snapshot: Path) -> None:
        self._snapshot = snapshot
        for _ in range(self.settings.workers):
            self._turns.offer(await self._new())

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for worker in list(self._workers):
            worker.kill()
        self._workers.clear()
        await asyncio.to_thread(self._forks.close)

    async def switch(self, snapshot: Path) -> None:
        """Let every query that starts from now on read a newer snapshot."""
        self._snapshot = snapshot
        for worker in self._turns.drain():
            if await self._opened(worker):
                self._turns.offer(worker)
            else:
                self._replace(worker)

    async def run(self, query: Query | GraphRead, client: str = "") -> Answer:
        """Start a query; its answer's first piece is there. Raises QueryError."""
        try:
            worker = await self._turns.take(client)
        except Full as full:
            raise QueryError("busy", str(full)) from None
        timeout = self.settings.query_timeout
        answer = Answer(self, worker, client, min(timeout, query.timeout or timeout))
        worker.snapshot = str(self._snapshot)
        worker.channel.send(query.request() | {"snapshot": worker.snapshot})
        await answer.start()
        return answer

    async def rows(self, query: str, client: str = "") -> list[dict[str, Term]]:
        """All rows of a SELECT with a small result. Raises QueryError."""
        async with await self.run(Query(query), client) as answer:
            body = b"".join([answer.body, *[piece async for piece in answer.rest()]])
        return [
            {name: _term(value) for name, value in row.items()} for row in orjson.loads(body)["results"]["bindings"]
        ]

    async def help(self, request: dict[str, Any], body: bytes | None = None, writable: Collection[Path] = ()) -> bytes:
        """One task in a worker of its own, with the limits of updates: `parse` or `rehearse`.

        Returns what it answers. Raises QueryError.
        """
        limits = self.settings
        async with self._helpers:
            channel, process = await self._forks.fork(4 * limits.query_memory << 20, writable=writable)
            worker = Worker(channel, process)
            parts = []
            try:
                async with asyncio.timeout(limits.update_timeout):
                    channel.send(request, body)
                    while True:
                        kind, payload = await channel.receive()
                        if kind == b"E":
                            error = orjson.loads(payload)
                            raise QueryError(error["kind"], error["detail"])
                        if kind == b"R":
                            return payload[2:]
                        if kind == b"F":
                            return b"".join(parts)
                        if kind == b"D":
                            parts.append(payload)
            except TimeoutError:
                raise QueryError("slow", f"it took longer than {limits.update_timeout:g} s") from None
            except ConnectionError:
                raise QueryError("memory", "it needed too much memory, or is nested too deep") from None
            finally:
                worker.kill()

    def lengthen(self, worker: Worker, client: str) -> None:
        """A worker's query is a long one: the others go first, and its place is filled again if it may be."""
        worker.lower()
        if self._turns.lengthen(client, self.settings.workers):
            worker.long = True
            self._later(self._add())

    def give_back(self, worker: Worker, client: str) -> None:
        """A worker's query is over."""
        self._turns.finish(client, long=worker.long)
        if not worker.spent:
            self._turns.offer(worker)
        elif worker.long:
            self._workers.discard(worker)
            worker.kill()
        else:
            self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        self._workers.discard(worker)
        worker.kill()
        self._later(self._add())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _add(self) -> None:
        pause = 0.1
        while not self._closed:
            try:
                self._turns.offer(await self._new())
                return
            except OSError as error:
                log.error("no new worker: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5)

    async def _new(self) -> Worker:
        snapshots = [self._snapshot.parent] if self._snapshot else []
        worker = Worker(*await self._forks.fork(self.settings.query_memory << 20, snapshots))
        self._workers.add(worker)
        if not await self._opened(worker):
            self._workers.discard(worker)
            worker.kill()
            raise ConnectionError("the snapshot could not be opened")
        return worker

    async def _opened(self, worker: Worker) -> bool:
        worker.snapshot = str(self._snapshot)
        worker.channel.send({"task": "open", "snapshot": worker.snapshot})
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(10):
                return (await worker.channel.receive())[0] == b"F"
        return False


def _term(value: dict[str, Any]) -> Term:
    if value["type"] == "triple":
        parts = (_term(value["value"][part]).value for part in ("subject", "predicate", "object"))
        return Term("triple", " ".join(parts))
    return Term(value["type"], value["value"], value.get("datatype"), value.get("xml:lang"))
