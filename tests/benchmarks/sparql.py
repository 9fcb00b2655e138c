"""SPARQL over HTTP: this service beside `oxigraph serve` on the same files, and rdflib-endpoint where it is.

    python -m tests.benchmarks.sparql [--studies 20000] [--seconds 3] [--rounds 3]

The peers are started when they are asked, one at a time in turns, so that a busy machine is busy for both.
`oxigraph` and `rdflib-endpoint` are wheels on PyPI; a peer that is not installed is left out.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from ontology.terms import DCTERMS, EVG, PRISM, RDF, THEME
from service.store.store import EmbeddedStore

BASE = "http://127.0.0.1:8000/"
THEMES = sorted(THEME.names)[:50]
PREFIXES = f"PREFIX evg: <{EVG.namespace}> PREFIX dcterms: <{DCTERMS.namespace}> PREFIX theme: <{THEME.namespace}> "


def lines(studies: int) -> Iterator[bytes]:
    """N-Quads of studies with a publication each, in the shape of the graph."""
    chance = random.Random(1)
    for number in range(studies):
        study, paper, graph = (f"<{BASE}{kind}/{number}>" for kind in ("study/of", "publication/doi", "graph/record/x"))
        themes = chance.sample(THEMES, 4)
        triples = [
            f"{study} <{RDF.type}> <{EVG.Study}>",
            f'{study} <{DCTERMS.title}> "A study of {themes[0]} and {themes[1]} in cohort {number}"',
            *(f"{study} <{EVG.reportsTheme}> <{THEME[theme]}>" for theme in themes[:3]),
            f"{study} <{EVG.mentionsTheme}> <{THEME[themes[3]]}>",
            f"{paper} <{EVG.reportsStudy}> {study}",
            f'{paper} <{DCTERMS.title}> "Paper {number} on {themes[0]}"',
            f'{paper} <{DCTERMS.issued}> "{1990 + number % 35}"',
            f'{paper} <{PRISM.doi}> "10.1234/x.{number}"',
            *(f"{paper} <{DCTERMS.creator}> <{BASE}person/{chance.randrange(studies // 3 + 1)}>" for _ in range(5)),
        ]
        yield from (f"{triple} {graph} .\n".encode() for triple in triples)


def one_study(chance: random.Random, studies: int) -> str:
    study = f"<{BASE}study/of/{chance.randrange(studies)}>"
    return PREFIXES + (
        f"SELECT ?paper ?title ?author ?other {{ ?paper evg:reportsStudy {study} ; dcterms:title ?title ; "
        "dcterms:creator ?author . ?other dcterms:creator ?author }"
    )


def theme_page(chance: random.Random, studies: int) -> str:
    return PREFIXES + (
        f"SELECT ?study ?title ?issued {{ ?study evg:reportsTheme theme:{chance.choice(THEMES)} ; "
        "dcterms:title ?title . ?paper evg:reportsStudy ?study ; dcterms:issued ?issued } "
        f"LIMIT 20 OFFSET {chance.randrange(100)}"
    )


def lookup(chance: random.Random, studies: int) -> str:
    return PREFIXES + f"SELECT ?title {{ <{BASE}study/of/{chance.randrange(studies)}> dcterms:title ?title }}"


def counts(chance: random.Random, studies: int) -> str:
    theme = chance.choice(THEMES)
    return PREFIXES + (
        f"SELECT ?author (COUNT(DISTINCT ?study) AS ?n) {{ ?study evg:reportsTheme theme:{theme} . ?paper "
        "evg:reportsStudy ?study ; dcterms:creator ?author . ?other dcterms:creator ?author } "
        "GROUP BY ?author ORDER BY DESC(?n) LIMIT 20"
    )


QUERIES: dict[str, Callable[[random.Random, int], str]] = {
    "look-up": lookup,
    "one study": one_study,
    "theme page": theme_page,
    "counts (long)": counts,
}


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


def drive(
    url: str, query: str, studies: int, clients: int, seconds: float, results: "multiprocessing.Queue[object]"
) -> None:
    """In a process of its own: so many connections for so long; puts the list of seconds an answer took."""
    import uvloop

    address = urllib.parse.urlsplit(url)
    chance = random.Random(os.getpid())

    def requests() -> Iterator[bytes]:
        while True:
            text = urllib.parse.quote(QUERIES[query](chance, studies))
            yield (
                f"GET {address.path}?query={text} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                "Accept: application/sparql-results+json\r\n\r\n"
            ).encode()

    async def run() -> list[float]:
        times: list[float] = []
        loop = asyncio.get_running_loop()
        ready = requests()
        made = [
            await loop.create_connection(lambda: Client(ready, times), str(address.hostname), int(address.port or 80))
            for _ in range(clients)
        ]
        await asyncio.sleep(seconds)
        for transport, _ in made:
            transport.abort()
        return times

    results.put(uvloop.run(run()))


def measure(url: str, query: str, studies: int, clients: int, seconds: float) -> tuple[float, float]:
    """Median milliseconds and answers a second."""
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    process = multiprocessing.Process(target=drive, args=(url, query, studies, clients, seconds, results))
    process.start()
    times = results.get(timeout=seconds + 60)
    process.join()
    return (statistics.median(times) * 1000 if times else seconds * 1000), len(times) / seconds


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
            for _ in range(300):
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


def peers(folder: Path, everything: ExitStack) -> dict[str, str]:
    """The endpoints by name, started."""
    found = {}
    port = free_port()
    ours = f"http://127.0.0.1:{port}/sparql"
    code = "from service.cli import app; app(['serve'])"
    environment = {
        "EVIDENCE_GRAPH_DATA": str(folder / "ours"),
        "EVIDENCE_GRAPH_PORT": str(port),
        "EVIDENCE_GRAPH_BASE": BASE,
    }
    found["evidence-graph"] = everything.enter_context(served([sys.executable, "-c", code], ours, environment))
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if program := shutil.which("oxigraph", path=beside):
        address = f"127.0.0.1:{free_port()}"
        command = [program, "serve", "--location", str(folder / "oxigraph"), "--bind", address]
        found["oxigraph"] = everything.enter_context(served(command, f"http://{address}/query", {}))
    if program := shutil.which("rdflib-endpoint", path=beside):
        port = free_port()
        command = [program, "serve", "--port", str(port), "--host", "127.0.0.1", str(folder / "graph.nq")]
        found["rdflib-endpoint"] = everything.enter_context(served(command, f"http://127.0.0.1:{port}/", {}))
    return found


def stream(url: str, rows: int) -> dict[str, float]:
    """A million rows from one query: milliseconds to the first byte, seconds to the last, MiB of the answer."""
    text = f"SELECT ?a ?b {{ ?a a evg:Study . ?b a evg:Study }} LIMIT {rows}"
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}?query={urllib.parse.quote(text)}&format=tsv") as answer:
        size = len(answer.read(1))
        first = time.perf_counter() - began
        while piece := answer.read(1 << 20):
            size += len(piece)
    return {"first ms": first * 1000, "all s": time.perf_counter() - began, "MiB": size / 2**20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as everything:
        folder = Path(name)
        store = EmbeddedStore(folder / "ours", BASE)
        store.bulk(lines(options.studies))
        store.copy(folder / "oxigraph")
        store.dump(folder / "graph.nq")
        store.close()
        endpoints = peers(folder, everything)
        rows: list[dict[str, Any]] = []
        for query in QUERIES:
            for clients in (1, 8, 32):
                if clients > 1 and "long" in query:
                    continue
                found: dict[str, list[tuple[float, float]]] = {peer: [] for peer in endpoints}
                for _ in range(options.rounds):
                    for peer, url in endpoints.items():
                        found[peer].append(measure(url, query, options.studies, clients, options.seconds))
                for peer, values in found.items():
                    p50, rate = (statistics.median(v) for v in zip(*values, strict=True))
                    rows.append({"query": query, "clients": clients, "peer": peer, "p50 ms": p50, "per s": rate})
        streamed = stream(endpoints["evidence-graph"], 1_000_000)
    if options.json:
        print(json.dumps({"queries": rows, "stream": streamed}))
        return
    print(
        f"{'query':14} {'clients':>7} {'peer':16} {'p50 ms':>8} {'per s':>8} {'p50 to oxigraph':>16} {'rate to it':>11}"
    )
    for row in rows:
        same = [r for r in rows if r["query"] == row["query"] and r["clients"] == row["clients"]]
        ratios = "".join(
            f"{row['p50 ms'] / r['p50 ms']:16.2f} {row['per s'] / r['per s']:11.2f}"
            for r in same
            if r["peer"] == "oxigraph"
        )
        print(
            f"{row['query']:14} {row['clients']:7} {row['peer']:16} {row['p50 ms']:8.2f} {row['per s']:8.0f} {ratios}"
        )
    print("a million rows:", ", ".join(f"{name} {value:.0f}" for name, value in streamed.items()))


if __name__ == "__main__":
    main()
