"""Makes writes visible: after each, or after several that came together, the workers get a new snapshot."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any, Protocol

from service.workers.pool import Pool

log = logging.getLogger(__name__)

IDLE = 2.0
"""Seconds between two looks whether the store is to be put in order."""


class Published(Protocol):
    """A store, or a store with its index."""

    def publish(self, held: Collection[Path] = ()) -> Path: ...
    def tidy(self) -> bool: ...


class Snapshots:
    """Publishes the store to the pool. One snapshot covers every write that ended before it was begun."""

    def __init__(self, store: Published, pool: Pool) -> None:
        self._store, self._pool = store, pool
        self._publishing = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self.listeners: list[Callable[[], Awaitable[Any]]] = []
        """Called after each snapshot that brought something new."""

    async def publish(self) -> None:
        """Return once all writes so far are durable and every later query sees them."""
        if self._next is None:
            self._next = asyncio.create_task(self._publish())
        await asyncio.shield(self._next)

    async def keep_tidy(self) -> None:
        """Have the store put its files in order whenever that is due, and queries read them. Never returns."""
        while True:
            await asyncio.sleep(IDLE)
            try:
                if await asyncio.to_thread(self._store.tidy):
                    await self.publish()
            except OSError as error:
                log.error("the store could not be put in order: %s", error)

    async def _publish(self) -> None:
        async with self._publishing:
            self._next = None  # a write that ends from here on needs the next snapshot
            before = self._pool.revision
            snapshot = await asyncio.to_thread(self._store.publish, self._pool.held)
            await self._pool.switch(snapshot)
            if self._pool.revision != before:
                for listener in self.listeners:
                    await listener()
