"""Runs each query in a process that can be killed, and no more of them than the machine can bear.

    pool = Pool(settings)
    await pool.start(snapshot)
    async with await pool.run(Query("SELECT …"), client="10.0.0.7") as answer:
        answer.form, answer.body            # "select", the first piece, which may be all
        async for piece in answer.rest(): ...
    rows = await pool.rows("SELECT …")      # small results of our own queries, as Term

A query that is not over after a moment goes on at low priority beside the others, in a process that is not
used again, and its place is given to a new worker: short queries do not wait behind long ones. A client may
have two thirds of the places for long ones; then its further queries come one at a time.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Coroutine
from pathlib import Path
from typing import Any

import orjson

from service.settings import Settings
from service.workers.answer import Answer, Lender
from service.workers.engine import state
from service.workers.exchange import Exchange
from service.workers.forks import Forks, Worker
from service.workers.query import GraphRead, Query, QueryError, Term, term
from service.workers.turns import Full, Turns

log = logging.getLogger(__name__)


class Pool:
    """The workers. `notices` says what the kernel could not confine, in words; empty is best."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._forks = Forks()
        self._turns: Turns[Worker] = Turns(
            settings.queue_length, settings.queue_wait, max(1, 2 * settings.long_queries // 3)
        )
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._snapshot: Path | None = None
        self.revision = 0
        """Of the graph that queries read."""
        self.state = ""
        """Of that graph, by name (`service.workers.engine.state`)."""
        self.exchange = Exchange(
            settings,
            self._forks,
            lambda client: self._turns.lengthen(client, settings.long_queries),
            lambda client: self._turns.finish(client, long=True),
        )
        self._helpers = asyncio.Semaphore(2)
        self._closed = False

    @property
    def notices(self) -> tuple[str, ...]:
        return self._forks.notices

    @property
    def workers(self) -> int:
        return len(self._workers) + self.exchange.speakers

    @property
    def running(self) -> int:
        return len(self._workers) - self._turns.idle + self.exchange.busy

    @property
    def waiting(self) -> int:
        return self._turns.waiting

    @property
    def held(self) -> set[Path]:
        """The snapshots that workers have open."""
        return {Path(worker.snapshot) for worker in self._workers if worker.snapshot} | self.exchange.held()

    def size(self) -> int:
        """Bytes of the graph on disk."""
        return sum(file.stat().st_size for file in self._snapshot.iterdir()) if self._snapshot else 0

    async def start(self, snapshot: Path) -> None:
        self._read(snapshot)
        for _ in range(self.settings.workers):
            self._turns.offer(await self._new())

    async def close(self) -> None:
        self._closed = True
        await self.exchange.close()
        for task in self._tasks:
            task.cancel()
        for worker in list(self._workers):
            worker.kill()
        self._workers.clear()
        await asyncio.to_thread(self._forks.close)

    async def switch(self, snapshot: Path) -> None:
        """Let every query that starts from now on read a newer snapshot."""
        self._read(snapshot)
        for worker in self._turns.drain():
            if await self._opened(worker):
                self._turns.offer(worker)
            else:
                self._replace(worker)

    def _read(self, snapshot: Path) -> None:
        """Every query that starts from now on reads this snapshot."""
        self._snapshot = snapshot
        self.revision = int(snapshot.name) if snapshot.name.isdigit() else 0
        self.state = state(snapshot)
        self.exchange.switch(snapshot)

    async def run(self, query: Query | GraphRead, client: str = "") -> Answer:
        """Start a query; its answer's first piece is there. Raises QueryError."""
        try:
            worker = await self._turns.take(client)
        except Full as full:
            raise QueryError("busy", str(full)) from None
        timeout = self.settings.query_timeout
        lender = Lender(
            seconds=min(timeout, query.timeout or timeout),
            largest=self.settings.result_bytes,
            memory=self.settings.query_memory,
            long=lambda: self._lengthen(worker, client),
            over=lambda: self._give_back(worker, client),
        )
        answer = Answer(worker, lender)
        worker.snapshot = str(self._snapshot)
        worker.channel.send(query.request() | {"snapshot": worker.snapshot})
        await answer.start()
        return answer

    async def rows(self, query: str, client: str = "") -> list[dict[str, Term]]:
        """All rows of a SELECT with a small result. Raises QueryError."""
        async with await self.run(Query(query), client) as answer:
            body = b"".join([answer.body, *[piece async for piece in answer.rest()]])
        return [{name: term(value) for name, value in row.items()} for row in orjson.loads(body)["results"]["bindings"]]

    async def parse(self, form: str, base: str, content: bytes) -> bytes:
        """RDF in a syntax of `service.workers.worker.GRAPHS` as N-Triples. Raises QueryError."""
        return await self.help({"task": "parse", "format": form, "base": base}, content)

    async def help(self, request: dict[str, Any], body: bytes | None = None, writable: Collection[Path] = ()) -> bytes:
        """One task in a worker of its own, with the limits of updates: `parse` or `rehearse`.

        Returns what it answers. Raises QueryError.
        """
        limits = self.settings
        async with self._helpers:
            worker = await self._forks.fork(4 * limits.query_memory << 20, writable=writable)
            channel = worker.channel
            parts: list[bytes] = []
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

    def _lengthen(self, worker: Worker, client: str) -> None:
        """A worker's query is a long one: the others go first, and its place is filled again if it may be."""
        worker.lower()
        if self._turns.lengthen(client, self.settings.long_queries):
            self._turns.finish(client)
            worker.long = True
            self.later(self._add())

    def _give_back(self, worker: Worker, client: str) -> None:
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
        self.later(self._add())

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done that nobody waits for."""
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
        worker = await self._forks.fork(self.settings.query_memory << 20, snapshots)
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
