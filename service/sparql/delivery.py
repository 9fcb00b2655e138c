"""Hands an answer to an HTTP client: whole, or visibly broken off, and the query ends when the client goes."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from starlette.types import Receive, Scope, Send

from service.sparql.formats import Format, Wish
from service.workers.pool import Pool
from service.workers.query import GraphRead, Query, QueryError

log = logging.getLogger(__name__)

PATIENCE = 0.05
"""Seconds before it is worth a look whether the client is still there."""


class Gone(Exception):
    """The client hung up."""


class Watch:
    """Cancels the work in it when the client hangs up, or at a deadline; raises Gone or TimeoutError then."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._error: Exception | None = None
        self._listening: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = loop.call_later(PATIENCE, self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._listening:
            self._listening.cancel()
        if self._error and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise self._error

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds, self._stop, TimeoutError())
        self._listening = loop.create_task(self._hear())

    async def _hear(self) -> None:
        with contextlib.suppress(Exception):
            while (await self._receive())["type"] != "http.disconnect":
                pass
        self._stop(Gone())

    def _stop(self, error: Exception) -> None:
        self._error = error
        self._task.cancel()


async def deliver(
    pool: Pool, query: Query | GraphRead, wish: Wish, headers: Mapping[str, str], client: str,
    scope: Scope, receive: Receive, send: Send,
) -> None:  # fmt: skip
    """Run a query and send its answer. Raises QueryError as long as a status can still tell of it.

    After that the connection is broken off: the response is left without its end.
    """
    limits = pool.settings
    seconds = limits.queue_wait + limits.query_timeout + 0.5
    try:
        with Watch(receive, seconds):
            async with await pool.run(query, client) as answer:
                form = wish.graphs if answer.form == "graph" else wish.bindings
                assert form is not None
                all_headers = _headers(form, headers, len(answer.body) if answer.complete else None)
                await send({"type": "http.response.start", "status": 200, "headers": all_headers})
                bare = scope["method"] == "HEAD"
                more = not answer.complete and not bare
                await send({"type": "http.response.body", "body": b"" if bare else answer.body, "more_body": more})
                if not more:
                    return
                try:
                    async for piece in answer.rest():
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                except QueryError as error:
                    log.info("broken off: %s", error, extra={"outcome": error.kind})
                    return
                await send({"type": "http.response.body", "body": b"", "more_body": False})
    except Gone:
        log.info("the client hung up", extra={"outcome": "gone"})
    except TimeoutError:
        log.info("the client did not read", extra={"outcome": "slow"})


def _headers(form: Format, headers: Mapping[str, Any], length: int | None) -> list[tuple[bytes, bytes]]:
    all_headers = {"content-type": form.content_type, **headers}
    if length is not None:
        all_headers["content-length"] = str(length)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()]
