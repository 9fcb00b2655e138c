"""SPARQL over HTTP: this service beside `oxigraph serve` and rdflib-endpoint on the same data.

    python -m tests.benchmarks.sparql [--queries look-up …] [--studies 20000] [--seconds 3] [--rounds 3]

All are started at once and asked one at a time in turns, so that a busy machine is busy for each. `oxigraph` and
`rdflib-endpoint` are wheels on PyPI; a peer that is not installed is left out, and the table says so. No query of
the first table is asked twice; those of the second are the same few again and again, as a page on the web asks them.
"""

import argparse
import itertools
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ontology.terms import DCTERMS, EVG, PRISM, RDF, THEME
from service.settings import Settings
from service.store.store import EmbeddedStore
from tests.benchmarks.endpoints import Texts, free_port, measure, served

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


FEW = 20
"""Different texts in the second table."""


def differing(query: str, studies: int) -> Texts:
    """Texts of a query, none of them twice."""

    def texts() -> Iterator[str]:
        chance = random.Random(os.getpid())
        return (f"{QUERIES[query](chance, studies)} # {os.getpid()}.{number}" for number in itertools.count())

    return texts


def repeated(query: str, studies: int) -> Texts:
    """A few texts of a query, again and again."""
    return lambda: itertools.cycle([QUERIES[query](random.Random(number), studies) for number in range(FEW)])


def prepare(folder: Path, studies: int) -> None:
    """The same data for each: as this service keeps it, the same files for Oxigraph, N-Quads for what reads those."""
    store = EmbeddedStore(folder / "ours", BASE)
    store.bulk(lines(studies))
    store.replace(Settings(base=BASE).language())
    store.tidy(at_once=True)  # as a service does once nobody writes
    store.publish()
    store.copy(folder / "oxigraph")
    store.dump(folder / "graph.nq")
    store.close()


def peers(folder: Path, everything: ExitStack) -> dict[str, str]:
    """The endpoints by name, started; an empty one for what is not installed."""
    port = free_port()
    ours = f"http://127.0.0.1:{port}/sparql"
    code = "from service.cli import app; app(['serve'])"
    environment = {
        "EVIDENCE_GRAPH_DATA": str(folder / "ours"),
        "EVIDENCE_GRAPH_PORT": str(port),
        "EVIDENCE_GRAPH_BASE": BASE,
    }
    found = {"evidence-graph": everything.enter_context(served([sys.executable, "-c", code], ours, environment))}
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for peer, path in (("oxigraph", "/query"), ("rdflib-endpoint", "/")):
        program, port = shutil.which(peer, path=beside), free_port()
        options = {
            "oxigraph": ["--location", str(folder / "oxigraph"), "--bind", f"127.0.0.1:{port}"],
            "rdflib-endpoint": ["--host", "127.0.0.1", "--port", str(port), str(folder / "graph.nq")],
        }
        command = [str(program), "serve", *options[peer]]
        url = f"http://127.0.0.1:{port}{path}"
        found[peer] = everything.enter_context(served(command, url, {})) if program else ""
    return found


def compare(
    endpoints: dict[str, str], texts: Texts, name: str, clients: int, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """One query at each endpoint: the medians of all rounds."""
    found: dict[str, list[tuple[float, float]]] = {peer: [] for peer, url in endpoints.items() if url}
    for _ in range(options.rounds):
        for peer, values in found.items():
            values.append(measure(endpoints[peer], texts, clients, options.seconds))
    rows = []
    for peer, values in found.items():
        p50, rate = (statistics.median(v) for v in zip(*values, strict=True))
        rows.append({"query": name, "clients": clients, "peer": peer, "p50 ms": p50, "per s": rate})
    return rows


def shown(rows: Iterable[dict[str, Any]]) -> None:
    """A table, each row beside Oxigraph's of the same query."""
    rows = list(rows)
    print(
        f"{'query':14} {'clients':>7} {'peer':16} {'p50 ms':>9} {'per s':>8} {'p50 to oxigraph':>16} {'rate to it':>11}"
    )
    for row in rows:
        same = [r for r in rows if r["query"] == row["query"] and r["clients"] == row["clients"]]
        beside = next((r for r in same if r["peer"] == "oxigraph"), None)
        ratios = f"{row['p50 ms'] / beside['p50 ms']:16.2f} {row['per s'] / beside['per s']:11.2f}" if beside else ""
        print(
            f"{row['query']:14} {row['clients']:7} {row['peer']:16} {row['p50 ms']:9.2f} {row['per s']:8.1f} {ratios}"
        )


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
    parser.add_argument("--queries", nargs="*", default=list(QUERIES), choices=QUERIES)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as everything:
        prepare(Path(name), options.studies)
        endpoints = peers(Path(name), everything)
        once: list[dict[str, Any]] = []
        again: list[dict[str, Any]] = []
        for query in options.queries:
            for clients in (1,) if "long" in query else (1, 8, 32):
                once += compare(endpoints, differing(query, options.studies), query, clients, options)
            again += compare(endpoints, repeated(query, options.studies), query, 1, options)
        streamed = stream(endpoints["evidence-graph"], 1_000_000)
    if options.json:
        print(json.dumps({"once": once, "again": again, "stream": streamed}))
        return
    print("No query asked twice:")
    shown(once)
    print(f"The same {FEW} queries again and again, which this service may answer from what it kept:")
    shown(again)
    for peer in (peer for peer, url in endpoints.items() if not url):
        print(f"{peer} is not installed: pip install {peer}")
    print("a million rows:", ", ".join(f"{name} {value:.0f}" for name, value in streamed.items()))


if __name__ == "__main__":
    main()
