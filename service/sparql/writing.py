"""Writes that come over HTTP: one at a time, tried out where they may be dangerous, then durable and visible."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from service.metrics import Metrics
from service.problem import Problem
from service.settings import Settings
from service.sparql import explain, guard, updates
from service.sparql.federation import Federation
from service.store.graph import Graph
from service.store.snapshots import Snapshots
from service.store.store import EmbeddedStore
from service.workers.pool import Pool
from service.workers.query import QueryError

log = logging.getLogger(__name__)

MOST = 5_000_000
"""Words and marks of an update, which may carry data."""


class Writing:
    """Runs updates and graph writes, and answers for them only once they are on the disk and can be read."""

    def __init__(
        self,
        settings: Settings,
        graph: Graph,
        pool: Pool,
        snapshots: Snapshots,
        federation: Federation,
        metrics: Metrics,
    ) -> None:
        self._settings, self._graph, self._pool = settings, graph, pool
        self._snapshots, self._federation, self._metrics = snapshots, federation, metrics
        self._turn = asyncio.Lock()

    async def update(self, text: str, who: str, default: tuple[str, ...] | None, named: tuple[str, ...] | None) -> None:
        """Run a SPARQL update from outside in one transaction. Raises Problem, QueryError."""
        guard.check(text, self._settings.upload_bytes, MOST)
        asked = await self._federation.inline(text) if guard.reaches_out(text) else text
        update = updates.read(asked, merged=self._settings.default_graph == "merge", default=default, named=named)
        base = self._settings.base + "update"

        async def run() -> None:
            try:
                if update.searches:
                    await self._rehearse(update.text, base)
                await asyncio.to_thread(self._graph.update, update.text, update.graphs, base)
            except SyntaxError as error:
                raise explain.syntax_error(text, str(error), explain.UPDATES) from None
            except RuntimeError as error:  # a graph that is not there, or there already
                raise Problem(422, "The update cannot be run", str(error)) from None
            except QueryError as error:
                if error.kind == "syntax":
                    raise explain.syntax_error(text, str(error), explain.UPDATES) from None
                if error.kind == "invalid":
                    raise Problem(422, "The update cannot be run", str(error)) from None
                raise

        await self.perform(run, who, "update", len(text))

    async def put(self, graph: str, statements: list[str], who: str) -> None:
        """Make a graph exactly these statements. An empty graph stays a graph."""

        async def run() -> None:
            await asyncio.to_thread(self._graph.write, {graph: statements})
            if graph and not statements:
                await asyncio.to_thread(self._graph.update, f"CREATE SILENT GRAPH <{graph}>", [graph])

        await self.perform(run, who, f"put {graph or 'default'}", len(statements))

    async def post(self, graph: str, statements: list[str], who: str) -> None:
        """Add statements to a graph; its blank nodes and theirs stay apart."""
        lines = "".join(f"{statement} .\n" for statement in statements)
        data = f"INSERT DATA {{ GRAPH <{graph}> {{\n{lines}}} }}" if graph else f"INSERT DATA {{\n{lines}}}"
        if graph and not statements:
            data = f"CREATE SILENT GRAPH <{graph}>"
        update = updates.read(data, merged=self._settings.default_graph == "merge")

        async def run() -> None:
            await asyncio.to_thread(self._graph.update, data, update.graphs)

        await self.perform(run, who, f"post {graph or 'default'}", len(statements))

    async def delete(self, graph: str, who: str) -> None:
        """Drop a graph. Raises Problem 404 where there is none."""

        async def run() -> None:
            if not self._graph.store.has(graph):
                raise Problem(404, "No such graph", f"There is no graph {graph}.")
            await asyncio.to_thread(self._graph.write, {graph: ()})
            if self._graph.store.has(graph):  # it was empty already
                await asyncio.to_thread(self._graph.update, f"DROP SILENT GRAPH <{graph}>", [graph])

        await self.perform(run, who, f"delete {graph or 'default'}", 0)

    async def perform(self, run: Callable[[], Any], who: str, what: str, size: int) -> None:
        """Run a write in its turn and make it durable and visible; it is counted and logged, with who."""
        try:
            async with self._turn:
                await asyncio.shield(run())
            await self._snapshots.publish()
        except BaseException as error:
            self._metrics.written("refused")
            log.info("write refused: %s", error, extra={"who": who, "what": what, "size": size})
            raise
        self._metrics.written("ok")
        log.info("written", extra={"who": who, "what": what, "size": size, "revision": self._pool.revision})

    async def _rehearse(self, text: str, base: str) -> None:
        """Run an update on a copy, in a process that may be killed; what ends there never reaches the store."""
        if not isinstance(self._graph.store, EmbeddedStore):
            return
        scratch = Path(mkdtemp(prefix="rehearsal-", dir=self._settings.data / "snapshots"))
        try:
            await asyncio.to_thread(self._graph.store.copy, scratch / "store")
            request = {"task": "rehearse", "store": str(scratch / "store"), "text": text, "base": base}
            await self._pool.help(request, writable=[scratch])
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, True)
