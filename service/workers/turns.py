"""Who gets the next worker: clients in turn, and none all of them."""

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Generic, TypeVar

W = TypeVar("W")


class Full(Exception):
    """The queue is full, or the wait in it was too long."""


class Turns(Generic[W]):
    """Idle workers and the queries that wait for one.

    A client with `share` long queries running gets its further workers one at a time.
    """

    def __init__(self, length: int, wait: float, share: int) -> None:
        self._length, self._wait, self._share = length, wait, share
        self._idle: list[W] = []
        self._queues: OrderedDict[str, deque[asyncio.Future[W]]] = OrderedDict()
        self._short: Counter[str] = Counter()
        self._long: Counter[str] = Counter()
        self.waiting = 0

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def take(self, client: str) -> W:
        """A worker for a client. Raises Full."""
        if self._idle and self._may(client):
            self._short[client] += 1
            return self._idle.pop()
        if self.waiting >= self._length:
            raise Full(f"{self.waiting} queries are waiting already")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[W] = loop.create_future()
        timer = loop.call_later(self._wait, self._give_up, turn)
        self._queues.setdefault(client, deque()).append(turn)
        self.waiting += 1
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.finish(client)
                self.offer(turn.result())
            raise
        finally:
            timer.cancel()
            self._forget(client, turn)

    def offer(self, worker: W) -> None:
        """A worker is free: for whoever is next."""
        self._idle.append(worker)
        self._serve()

    def drain(self) -> list[W]:
        """Take all idle workers out; `offer` brings each back."""
        workers, self._idle = self._idle, []
        return workers

    def finish(self, client: str, *, long: bool = False) -> None:
        """A client's query is over."""
        counter = self._long if long else self._short
        counter[client] -= 1
        if counter[client] <= 0:
            del counter[client]
        self._serve()

    def lengthen(self, client: str, places: int) -> bool:
        """Whether a client's query may have one of `places` for long ones; it has it then."""
        if self._long.total() >= places or self._long[client] >= self._share:
            return False
        self._long[client] += 1
        return True

    def _may(self, client: str) -> bool:
        return self._long[client] < self._share or not self._short[client]

    def _serve(self) -> None:
        for client in list(self._queues):
            if not self._idle:
                return
            if not self._may(client):
                continue
            queue = self._queues[client]
            while queue and (turn := queue.popleft()):
                if not turn.done():
                    self._short[client] += 1
                    turn.set_result(self._idle.pop())
                    break
            if queue:
                self._queues.move_to_end(client)
            else:
                del self._queues[client]
        if self._idle and any(self._may(client) for client in self._queues):
            self._serve()

    def _give_up(self, turn: asyncio.Future[W]) -> None:
        if not turn.done():
            turn.set_exception(Full(f"no worker was free for {self._wait:g} s"))

    def _forget(self, client: str, turn: asyncio.Future[W]) -> None:
        self.waiting -= 1
        queue = self._queues.get(client)
        if queue and turn in queue:
            queue.remove(turn)
        if queue is not None and not queue:
            self._queues.pop(client, None)
