"""One entry's bytes to the graphs of its record: a pure function, the same in whatever process or machine."""

import gc
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple, Self, TypeAlias, TypeVar

from loaders import evidence, triples
from loaders.addresses import without_addresses
from loaders.archive import content_hash
from loaders.contracts import Packed, Packer
from loaders.evidence import Annotator
from loaders.evidence.corrections import Correction, corrected
from loaders.record import Evidence, Record, Unreadable, Withdrawn
from loaders.sources import SOURCES
from ontology.iris import Iris

Made = TypeVar("Made")
Task = tuple[str, bytes, str]
"""An entry to prepare: its source, its bytes and their hash."""
PARALLEL_FROM = 200
"""Below so many entries, starting processes costs more than it saves (0.6 s each)."""
SEARCHED = 100_000
"""New objects after which memory is searched for cycles. Records are hundreds of objects each and make none; a search
after every 700, as is usual, takes a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Whatever the graphs of a record depend on beside its bytes.

    `themes` is a SKOS file of the operator's own themes, beside ours. `corrections` are people's, by source
    and key. Without `evidence` texts are not read: the evidence graphs stay empty.
    """

    base: str
    keep_emails: bool = False
    themes: Path | None = None
    corrections: Mapping[tuple[str, str], tuple[Correction, ...]] = field(default_factory=dict)
    evidence: bool = True

    def versions(self) -> dict[str, str]:
        """What reads a record, by source: changes whenever the same bytes would give another graph."""
        own = f"+themes {content_hash(self.themes.read_bytes())[:12]}" if self.themes and self.evidence else ""
        emails = "+emails" if self.keep_emails else ""
        read = evidence.VERSION if self.evidence else "unread"
        return {s.NAME: f"{s.VERSION}+{read}+{triples.VERSION}{own}{emails}" for s in SOURCES}

    def accepted(self) -> dict[str, tuple[str, ...]]:
        """By source: the versions of which a record that was read by one need not be read again."""
        readers = [self.versions()]
        if not self.evidence:  # what was read with evidence is no worse
            readers.append(replace(self, evidence=True).versions())
        return {source: tuple(reader[source] for reader in readers) for source in readers[0]}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its named graphs: graph IRI to N-Triples statements."""

    record: Record
    graphs: dict[str, list[str]]


@cache
def annotator(themes: Path | None) -> Annotator:
    """One a process: it takes a moment to make."""
    return Annotator(themes)


def read(source: str, raw: bytes) -> Record:
    """The record that an entry's bytes hold. Raises Unreadable, saying why."""
    reader = next(s for s in SOURCES if source == s.NAME)
    try:
        return without_addresses(reader.read(raw))
    except RecursionError:
        raise Unreadable("is nested too deeply to be a record of this kind") from None


def annotated(record: Record, recipe: Recipe) -> tuple[tuple[Evidence, ...], tuple[Correction, ...]]:
    """A record's evidence with people's corrections of themes that are known applied, and these corrections."""
    return corrected(record, annotator(recipe.themes), recipe.corrections.get((record.source, record.key), ()))


def prepare(source: str, raw: bytes, content_hash: str, recipe: Recipe) -> Prepared:
    """The record that an entry's bytes hold, and its graphs. Raises Unreadable, saying why."""
    record = read(source, raw)
    found, corrections = annotated(record, recipe) if recipe.evidence else ((), ())
    graphs = triples.graphs(
        record,
        found,
        annotator(recipe.themes).methods(record) if recipe.evidence else (),
        content_hash,
        Iris(recipe.base),
        corrections=corrections,
        versions=(next(s.VERSION for s in SOURCES if source == s.NAME), evidence.VERSION),
        keep_emails=recipe.keep_emails,
    )
    return Prepared(record, graphs)


class Ready(NamedTuple):
    """A record that can be written: its graphs, and the fields of its source that have no place in them."""

    packed: Packed
    leftovers: tuple[str, ...]


Outcome: TypeAlias = Made | Withdrawn | str
"""What comes of an entry: what was made of it, its withdrawal, or why it cannot be read."""


def prepare_all(tasks: Sequence[Task], recipe: Recipe) -> list[Outcome[Prepared]]:
    """`prepare` over some entries; none of them can fail the others."""
    return _each(tasks, partial(prepare, recipe=recipe))


def ready_all(tasks: Sequence[Task], recipe: Recipe, packer: Packer) -> list[Outcome[Ready]]:
    """Entries read and made ready to be written; none of them can fail the others."""

    def make(source: str, raw: bytes, hash_: str) -> Ready:
        prepared = prepare(source, raw, hash_, recipe)
        record = prepared.record
        return Ready(packer(record.source, record.key, prepared.graphs), record.leftovers)

    return _each(tasks, make)


def read_all(tasks: Sequence[Task]) -> list[Outcome[Record]]:
    """The records alone of some entries."""
    return _each(tasks, lambda source, raw, _: read(source, raw))


def _each(tasks: Sequence[Task], make: Callable[[str, bytes, str], Made]) -> list[Outcome[Made]]:
    results: list[Outcome[Made]] = []
    for task in tasks:
        try:
            results.append(make(*task))
        except Withdrawn as withdrawn:
            results.append(withdrawn)
        except Unreadable as error:
            results.append(str(error))
        except Exception as error:
            # A fault of ours in one record must not end the load of all the others.
            at = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(at.filename).name}:{at.lineno}"
            results.append(f"the reader failed, please report it ({type(error).__name__}: {error}; {where})")
    return results


@contextmanager
def seldom_searched() -> Iterator[None]:
    """Within, memory is searched for cycles after SEARCHED objects only."""
    before = gc.get_threshold()
    gc.set_threshold(SEARCHED)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _begin() -> None:
    """What a process is to do first. If its parent was killed it would wait for work for ever."""
    gc.set_threshold(SEARCHED)

    def watch() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


class Preparing:
    """Works on entries, on many of them in processes of its own. These start with the first large batch.

    A single process is this one, unless it is to be `apart`.
    """

    def __init__(self, processes: int, apart: bool = False) -> None:
        self.apart = apart or processes > 1
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def start(self, work: Callable[[Sequence[Task]], list[Made]], tasks: Sequence[Task]) -> Callable[[], list[Made]]:
        """Have entries worked on; what is returned waits for what is made of them, in their order.

        `work` is sent to other processes: a function of a module, or a partial of one.
        """
        if not self.apart or (self._pool is None and len(tasks) < PARALLEL_FROM):
            return lambda: work(tasks)
        if self._pool is None:
            # forkserver: the parent holds an open store and threads, which must not be forked
            context = get_context("forkserver")
            context.set_forkserver_preload(["loaders.prepare"])  # read once, not by each process
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin)
        size = max(1, -(-len(tasks) // (self._processes * 4)))
        futures = [self._pool.submit(work, tasks[i : i + size]) for i in range(0, len(tasks), size)]
        return lambda: [made for future in futures for made in future.result()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
