"""Endpoints under load: servers that are started for it, and clients that ask as fast as they are answered."""

import asyncio
import multiprocessing
import os
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from typing import cast

Texts = Callable[[], Iterator[str]]
"""Makes the endless queries of one measurement; it is called in a process of its own."""
PATIENCE = 120
"""Seconds that a server has to start, and a query to be answered."""


class Client(asyncio.Protocol):
    """One connection that asks the next query as soon as the last one is answered."""

    def __init__(self, requests: Iterator[bytes], times: list[float]) -> None:
        self._requests, self._times = requests, times
        self._buffer = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self.transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        header = bytes(self._buffer[:head]).lower()
        if b"content-length:" in header:
            length = int(header.split(b"content-length:")[1].split(b"\r\n")[0])
            done = len(self._buffer) >= head + 4 + length
        else:
            done = self._buffer.endswith(b"\r\n0\r\n\r\n") or self._buffer[head + 4 :] == b"0\r\n\r\n"
        if done:
            if not header.startswith(b"http/1.1 200"):
                raise RuntimeError(bytes(self._buffer[:500]))
            self._times.append(time.perf_counter() - self._began)
            self._buffer.clear()
            self._ask()


def drive(url: str, texts: Texts, clients: int, seconds: float, results: "Queue[object]") -> None:
    """In a process of its own: so many connections for so long; puts the seconds that each answer took and all did."""
    import uvloop

    address = urllib.parse.urlsplit(url)

    def requests() -> Iterator[bytes]:
        for text in texts():
            yield (
                f"GET {address.path}?query={urllib.parse.quote(text)} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                "Accept: application/sparql-results+json\r\n\r\n"
            ).encode()

    async def run() -> tuple[list[float], float]:
        times: list[float] = []
        loop = asyncio.get_running_loop()
        ready = requests()
        host, port = str(address.hostname), int(address.port or 80)
        made = [await loop.create_connection(lambda: Client(ready, times), host, port) for _ in range(clients)]
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        while not times and time.perf_counter() - began < PATIENCE:
            await asyncio.sleep(0.01)
        spent = time.perf_counter() - began
        for transport, _ in made:
            transport.abort()
        return times, spent

    results.put(uvloop.run(run()))


def measure(url: str, texts: Texts, clients: int, seconds: float) -> tuple[float, float]:
    """Median milliseconds and answers a second; at least one answer is waited for."""
    forked = multiprocessing.get_context("fork")
    results: Queue[tuple[list[float], float]] = forked.Queue()
    process = forked.Process(target=drive, args=(url, texts, clients, seconds, results))
    process.start()
    times, spent = results.get(timeout=seconds + 2 * PATIENCE)
    process.join()
    urllib.request.urlopen(f"{url}?query=ASK%7B%7D", timeout=PATIENCE).close()  # it has done what it was asked
    return statistics.median(times) * 1000, len(times) / spent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: list[str], url: str, environment: dict[str, str]) -> Iterator[str]:
    """A server while it is used; `url` is its query endpoint."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=said, stderr=said)
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and process.poll() is None:
                try:
                    urllib.request.urlopen(f"{url}?query=ASK%7B%7D", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                said.seek(0)
                raise RuntimeError(f"{command[0]} did not start: {said.read()[-2000:]!r}")
            yield url
        finally:
            process.terminate()
            process.wait()
