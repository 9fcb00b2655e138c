"""Queries to another engine, with the same limits and the same manners as our own workers'."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from service.known import known_prefixes
from service.settings import Settings
from service.sparql.formats import BINDINGS, GRAPHS
from service.store.failures import Unreachable
from service.workers.answer import Answer
from service.workers.engine import state
from service.workers.pool import Pool
from service.workers.query import GraphRead, Query, QueryError
from service.workers.turns import Full, Turns

IDLE = 20


class RemoteAnswer(Answer):
    """An answer that streams from another engine."""

    def __init__(
        self, response: httpx.Response, largest: int, deadline: float, pool: "RemotePool", client: str
    ) -> None:
        self.complete = False
        self.body = b""
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        rdf = {m for medias in GRAPHS.values() for m in medias} - {m for medias in BINDINGS.values() for m in medias}
        self.form = "graph" if media in rdf else "select"
        self._response, self._largest, self._deadline = response, largest, deadline
        self._pool, self._client = pool, client
        self._length = 0
        self._open = True
        self._pieces = response.aiter_bytes(65536)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def __aenter__(self) -> Self:
        return self

    async def start(self) -> None:
        self.body = await self._next() or b""

    async def rest(self) -> AsyncIterator[bytes]:
        while piece := await self._next():
            yield piece

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline):
                piece = await anext(self._pieces, b"")
        except TimeoutError:
            raise QueryError("slow", "the engine did not answer in time") from None
        except httpx.HTTPError as error:
            raise QueryError("unavailable", f"the engine broke off: {error}") from None
        self._length += len(piece)
        if self._length > self._largest:
            raise QueryError("size", f"the answer is larger than {self._largest} bytes")
        self.complete = not piece
        return piece

    def abandon(self) -> None:
        self._pool.later(self.end())

    async def end(self) -> None:
        if self._open:
            self._open = False
            await self._response.aclose()
            self._pool.over(self._client)


class RemotePool(Pool):
    """Asks another engine; only uploads are still read in workers of our own."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._places: Turns[int] = Turns(
            settings.queue_length, settings.queue_wait, max(1, 2 * settings.long_queries // 3)
        )
        self._size = settings.workers + settings.long_queries
        for place in range(self._size):
            self._places.offer(place)
        self._http = httpx.AsyncClient(
            timeout=settings.query_timeout, limits=httpx.Limits(keepalive_expiry=IDLE, max_connections=None)
        )

    @property
    def workers(self) -> int:
        return self._size

    @property
    def running(self) -> int:
        return self._size - self._places.idle

    @property
    def waiting(self) -> int:
        return self._places.waiting

    @property
    def held(self) -> set[Path]:
        return set()

    def size(self) -> int:
        return 0

    async def start(self, snapshot: Path) -> None:
        await self.switch(snapshot)

    async def switch(self, snapshot: Path) -> None:
        self.revision = int(snapshot.name) if snapshot.name.isdigit() else 0
        self.state = state(snapshot)

    async def close(self) -> None:
        await self._http.aclose()
        await super().close()

    async def run(self, query: Query | GraphRead, client: str = "") -> Answer:
        if isinstance(query, GraphRead):
            query = await self._graph(query, client)
        try:
            await self._places.take(client)
        except Full as full:
            raise QueryError("busy", str(full)) from None
        try:
            answer = await self._begin(query, client)
        except BaseException:
            self.over(client)
            raise
        try:
            await answer.start()
        except BaseException:
            await answer.end()
            raise
        return answer

    def over(self, client: str) -> None:
        self._places.finish(client)
        self._places.offer(0)

    async def _graph(self, read: GraphRead, client: str) -> Query:
        pattern = f"GRAPH <{read.graph}> {{ ?s ?p ?o }}" if read.graph else "?s ?p ?o"
        if read.graph and not await self.rows(f"SELECT * {{ {pattern} }} LIMIT 1", client):
            raise QueryError("missing", f"there is no graph {read.graph}")
        return Query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}", None, read.graphs)

    async def _begin(self, query: Query, client: str) -> RemoteAnswer:
        wanted = [
            table[name][0] for table, name in ((BINDINGS, query.bindings), (GRAPHS, query.graphs)) if name is not None
        ]
        declared = "".join(f"PREFIX {p}: <{iri}> " for p, iri in known_prefixes(query.text).items())
        text = f"{f'BASE <{query.base}> ' if query.base else ''}{declared}{query.text}"
        form: dict[str, str | list[str]] = {"query": text}
        for name, graphs in (("default-graph-uri", query.default), ("named-graph-uri", query.named)):
            if graphs:
                form[name] = list(graphs)
        seconds = min(self.settings.query_timeout, query.timeout or self.settings.query_timeout)
        deadline = asyncio.get_running_loop().time() + seconds
        request = self._http.build_request(
            "POST", self.settings.remote_query, data=form, headers={"Accept": ", ".join(wanted)}
        )
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._http.send(request, stream=True)
        except TimeoutError:
            raise QueryError("slow", f"it took longer than {seconds:g} s") from None
        except httpx.HTTPError as error:
            raise QueryError("unavailable", str(Unreachable(error))) from None
        if response.status_code != 200:
            async with asyncio.timeout(seconds):
                said = (await response.aread())[:1000].decode("utf-8", "replace")
            await response.aclose()
            kinds = {400: "syntax", 406: "unacceptable", 413: "size", 503: "busy", 504: "slow", 507: "memory"}
            raise QueryError(kinds.get(response.status_code, "engine"), said)  # type: ignore[arg-type]
        return RemoteAnswer(response, self.settings.result_bytes, deadline, self, client)
