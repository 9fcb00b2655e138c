"""What heavy queries cost the others, and what a large answer costs the machine.

    python -m tests.benchmarks.hostile [--studies 20000] [--seconds 3] [--rounds 3]

One client asks small queries, alone and while another client has four heavy ones running; then a million rows
stream while the memory of the server and of the worker is watched. The bar for the first is twice the time.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from service.store.store import EmbeddedStore
from tests.benchmarks.endpoints import free_port, measure, served
from tests.benchmarks.sparql import BASE, differing, lines

HEAVY = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (!<x:z>)* ?b . ?b (!<x:y>)* ?c }",
    "sorting": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY CONCAT(STR(?c), STR(?f))",
    "streaming": "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }",
}
SMALL = ("look-up", "one study", "theme page")


@contextmanager
def heavy(url: str) -> Iterator[None]:
    """Four heavy queries of another client, each begun anew when it is ended."""
    stop = threading.Event()

    def ask(query: str) -> None:
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=elsewhere, timeout=60) as client:
            while not stop.is_set():
                with (
                    contextlib.suppress(httpx.HTTPError),
                    client.stream("POST", url, data={"query": query}) as answer,
                ):
                    for _ in answer.iter_raw(1 << 20):
                        if stop.is_set():
                            break

    threads = [threading.Thread(target=ask, args=(query,)) for query in HEAVY.values()]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def descendants(pid: int) -> list[int]:
    """A process and everything that came of it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, rest = [], [pid]
    while rest:
        found.append(rest.pop())
        rest += children.get(found[-1], [])
    return found


def resident(pid: int) -> float:
    """MiB that a process holds for itself, without what it shares with others."""
    with contextlib.suppress(OSError, ValueError):
        fields = (Path("/proc") / str(pid) / "statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def stream(url: str, pid: int, rows: int) -> dict[str, object]:
    """A large answer: milliseconds to the first byte, seconds to the last, and memory at each tenth of it."""
    text = f"SELECT ?a ?b {{ ?a a evg:Study . ?b a evg:Study }} LIMIT {rows}"
    address = f"{url}?query={urllib.parse.quote(text)}&format=tsv"
    began = time.perf_counter()
    memory: list[tuple[float, float]] = []
    with urllib.request.urlopen(address) as answer:
        size = len(answer.read(1))
        first = time.perf_counter() - began
        while piece := answer.read(1 << 20):
            size += len(piece)
            server, *others = descendants(pid)
            memory.append((resident(server), max(map(resident, others), default=0)))
    seconds = time.perf_counter() - began
    step = max(1, len(memory) // 10)
    return {
        "first byte ms": round(first * 1000, 1),
        "seconds": round(seconds, 2),
        "MiB": round(size / 2**20, 1),
        "server MiB at each tenth": [round(server) for server, _ in memory[::step]],
        "largest worker MiB at each tenth": [round(worker) for _, worker in memory[::step]],
    }


def pid_of(port: int) -> int:
    """The process that listens at a port of this machine."""
    sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inodes = {f"socket:[{line.split()[9]}]" for line in sockets if line.split()[1].endswith(f":{port:04X}")}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(link.readlink()) in inodes:
                return int(link.parts[2])
    raise LookupError(f"nobody listens at {port}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store = EmbeddedStore(Path(name), BASE)
        store.bulk(lines(options.studies))
        store.close()
        command = [sys.executable, "-c", "from service.cli import main; main()", "serve"]

        @contextmanager
        def serving(timeout: float) -> Iterator[tuple[str, int]]:
            port = free_port()
            own = {"DATA": name, "PORT": str(port), "BASE": BASE, "QUERY_TIMEOUT": str(timeout)}
            environment = {f"EVIDENCE_GRAPH_{key}": value for key, value in own.items()}
            with served(command, f"http://127.0.0.1:{port}/sparql", environment) as url:
                yield url, pid_of(port)

        with serving(10) as (url, _):
            print(f"{'small query':14} {'quiet p50 ms':>13} {'with four heavy':>16} {'ratio':>6}")
            for query in SMALL:
                quiet, busy = [], []
                texts = differing(query, options.studies)
                for _ in range(options.rounds):
                    quiet.append(measure(url, texts, 1, options.seconds)[0])
                    with heavy(url):
                        busy.append(measure(url, texts, 1, options.seconds)[0])
                alone, beside = min(quiet), min(busy)  # the best round: what else the machine does is not meant
                print(f"{query:14} {alone:13.2f} {beside:16.2f} {beside / alone:6.2f}", flush=True)
        with serving(120) as (url, pid):
            print(json.dumps(stream(url, pid, 1_000_000), indent=1))


if __name__ == "__main__":
    main()
