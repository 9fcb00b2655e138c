"""How fast loading is beside the engine's own bulk loader, in one run: `python -m tests.benchmarks.loading [RECORDS]`.

The peer loads the finished N-Quads file of the same records, the default graph (the merge) included, with
`bulk_load`; we detect, split, keep, read, write, index and publish the records' own bytes. Each side has a process of
its own as its user has it: ours begins under the allocator, as `evidence-graph load` does. `--changed` and `--memory`
measure what a change costs in a large graph, and the memory of the whole process tree.
The works are made up in Crossref's form, with abstracts of ../shared/records where that folder is.
"""

import argparse
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, TypeVar

import orjson
import pyoxigraph as ox

from loaders.archive import Archive
from loaders.entries import Entries, of_paths
from loaders.linking import Linker
from loaders.pipeline import Loader
from loaders.prepare import Prepared, Recipe, prepare_all
from loaders.record import Record
from loaders.report import Report
from ontology.iris import digest
from service.index.index import Index
from service.store.graph import Graph
from service.store.merge import in_quads
from service.store.packing import text_of
from service.store.store import EmbeddedStore
from tests.benchmarks import corpus, linking
from tests.conftest import ROOT, SHARED

Made = TypeVar("Made")

AGAIN = "from service import allocator; allocator.restart()\n"
ALONE = """import pickle, sys
run, arguments = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps(run(*arguments)))"""
BASE = "http://127.0.0.1:8000/"
SENTENCE = (
    "We measured burnout and wellbeing by questionnaire in staff of two wards. Burnout had increased at 12 months. "
)


class Unlinked(Loader):
    """A loader that leaves linking to a later time."""

    def _conclude(self) -> None:
        self.graph.publish()


def works(number: int, state: str = "") -> Iterator[bytes]:
    """Made-up works as Crossref has them; another `state` is a change of each."""
    abstracts = [text.abstract for text, _ in zip(corpus.texts(SHARED), range(2000), strict=False)]
    abstracts = abstracts if SHARED.is_dir() else [SENTENCE * 6]
    for count, (record, abstract) in enumerate(zip(linking.records(number), cycle(abstracts), strict=False)):
        doi = f"10.5555/w.{digest(str(count), 10)}"  # in no order, as further works' are among those that are there
        yield orjson.dumps(_work(record, doi, abstract + state))


def _work(record: Record, doi: str, abstract: str) -> dict[str, Any]:
    publication = record.publication
    authors = [
        {"given": p.given, "family": p.family, "affiliation": [{"name": a.name} for a in p.affiliations]}
        for p in record.people
    ]
    return {
        "DOI": doi,
        "type": "journal-article",
        "title": [record.title],
        "abstract": f"<jats:p>{abstract.replace('&', '').replace('<', '')}</jats:p>",
        "author": authors,
        "container-title": [publication.journal if publication else ""],
        "issued": {"date-parts": [[int((publication and publication.issued) or 2020)]]},
        "publisher": "Example Press",
    }


def written(folder: Path, name: str, number: int, state: str = "") -> Path:
    path = folder / f"{name}.jsonl"
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in works(number, state))
    return path


def alone(run: Callable[..., Made], *arguments: object, ours: bool = True) -> Made:
    """What a function gives in a process of its own.

    Its main module is as good as empty, as the command's is: the processes that it starts read that first.
    """
    script = AGAIN + ALONE if ours else ALONE
    given = pickle.dumps((run, arguments))
    done = subprocess.run([sys.executable, "-c", script], input=given, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    made: Made = pickle.loads(done.stdout)
    return made


def finished(source: Path, out: Path, evidence: bool) -> None:
    """The N-Quads file that a load of the same works comes to."""
    recipe = Recipe(BASE, evidence=evidence)
    with out.open("wb") as file:
        for work in Entries(of_paths([source]), Archive(None), Report()):
            [made] = prepare_all([(work.source, work.raw, work.hash)], recipe)
            if isinstance(made, Prepared):
                file.writelines(in_quads(name, text_of(said), merged=True) for name, said in made.graphs.items())


def bulk(file: Path, optimised: bool = False) -> float:
    """Seconds of `bulk_load` of a file into an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        store = ox.Store(folder)
        start = perf_counter()
        store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
        if optimised:
            store.optimize()
        seconds = perf_counter() - start
        del store
    return seconds


def loading(paths: list[Path], data: Path, kind: type[Loader], evidence: bool) -> tuple[float, Report]:
    """Seconds of a load, until everything is on disk and visible."""
    store = EmbeddedStore(data, BASE)
    index = Index(data / "index.sqlite")
    archive = Archive(data / "archive.sqlite")
    graph = Graph(store, index)
    loader = kind(graph, archive, Linker(data / "links.sqlite", graph.iris), evidence=evidence)
    start = perf_counter()
    report = loader.load(paths)
    seconds = perf_counter() - start
    loader.close()
    archive.close()
    index.close()
    store.close()
    return seconds, report


def fresh(source: Path, kind: type[Loader], evidence: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return loading([source], Path(folder), kind, evidence)[0]


def rates(number: int, rounds: int) -> None:
    """Each side by side with the peer, in turns; the best of each counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = written(folder, "works", number)
        print(f"{number:,} works, {source.stat().st_size / 1e6:.0f} MB")
        for evidence in (False, True):
            file = folder / "finished.nq"
            finished(source, file, evidence)
            sides: dict[str, Callable[[], float]] = {
                "bulk_load of the finished file": partial(alone, bulk, file, ours=False),
                "… and optimize": partial(alone, bulk, file, True, ours=False),
                "load, without linking": partial(alone, fresh, source, Unlinked, evidence),
            }
            if evidence:
                sides["load, with linking"] = partial(alone, fresh, source, Loader, evidence)
            best = dict.fromkeys(sides, float("inf"))
            for _ in range(rounds):
                for side, run in sides.items():
                    best[side] = min(best[side], run())
            peer = next(iter(best.values()))
            print(f"{'with' if evidence else 'without'} evidence, {file.stat().st_size / 1e6:.0f} MB of N-Quads:")
            for side, seconds in best.items():
                print(f"  {side:32} {seconds:6.1f} s  {number / seconds:7,.0f} records/s  {peer / seconds:.2f}")
        data = folder / "data"
        alone(loading, [source], data, Unlinked, False)
        seconds, report = alone(loading, [source], data, Unlinked, False)
        print(f"the same again: {report.unchanged:,} unchanged, {report.unchanged / seconds:,.0f} records/s")
        store = EmbeddedStore(data, BASE)
        start = perf_counter()
        store.tidy(at_once=True)
        print(f"the engine's files put in order, later: {perf_counter() - start:.1f} s")
        store.close()


def changed(number: int) -> None:
    """1,000 changed works in a graph of 1,000 and in one of `number`, linking and evidence included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = []
        for size in (1000, number):
            data = folder / str(size)
            alone(loading, [written(folder, "works", size)], data, Loader, True)
            lines = [line for line, _ in zip(works(size, " It was changed."), range(1000), strict=False)]
            (folder / "changed.jsonl").write_bytes(b"\n".join(lines))
            seconds, report = alone(loading, [folder / "changed.jsonl"], data, Loader, True)
            costs.append(seconds / report.loaded)
            print(f"1,000 changed of {size:,}: {costs[-1] * 1000:.1f} ms a record")
            shutil.rmtree(data)
        print(f"{costs[1] / costs[0]:.2f} times")


def memory(number: int, *options: str) -> None:
    """The peak of the resident memory of `evidence-graph load` and all its processes together."""
    with tempfile.TemporaryDirectory() as name:
        source = written(Path(name), "works", number)
        command = [sys.executable, "-m", "service", "load", str(source), "--data", f"{name}/data", *options]
        start = perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        process.wait()
        watch.join()
        seconds = perf_counter() - start
        print(f"{number:,} works: {peak[0] / 2**20:,.0f} MiB at most, {number / seconds:,.0f} records/s in all")


def _watch(process: "subprocess.Popen[bytes]", peak: list[int]) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while process.poll() is None:
        parents, sizes = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(stat[1])
                sizes[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * page
            except (OSError, IndexError):
                continue
        tree = {process.pid}
        while more := {child for child, parent in parents.items() if parent in tree} - tree:
            tree |= more
        peak[0] = max(peak[0], sum(sizes.get(member, 0) for member in tree))
        sleep(0.2)


def main(arguments: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="loading")
    options.add_argument("records", type=int, nargs="?", default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--changed", action="store_true")
    options.add_argument("--memory", action="store_true")
    asked = options.parse_args(arguments or [])
    if asked.changed:
        changed(asked.records)
    elif asked.memory:
        memory(asked.records)
    else:
        rates(asked.records, asked.rounds)


if __name__ == "__main__":
    from tests.benchmarks import loading as this  # what other processes are given is found by this name

    this.main(sys.argv[1:])
