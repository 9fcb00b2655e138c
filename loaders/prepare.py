"""One entry's bytes to the graphs of its record: a pure function, the same in whatever process or machine."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from loaders import evidence, triples
from loaders.archive import content_hash
from loaders.evidence import Annotator
from loaders.evidence.corrections import Correction, corrected
from loaders.record import Evidence, Record, Unreadable, Withdrawn
from loaders.sources import SOURCES
from ontology.iris import Iris

Task = tuple[str, bytes, str]
"""An entry to prepare: its source, its bytes and their hash."""
PARALLEL_FROM = 200
"""Below so many entries, starting processes costs more than it saves (0.6 s each)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Whatever the graphs of a record depend on beside its bytes.

    `themes` is a SKOS file of the operator's own themes, beside ours. `corrections` are people's, by source
    and key.
    """

    base: str
    keep_emails: bool = False
    themes: Path | None = None
    corrections: Mapping[tuple[str, str], tuple[Correction, ...]] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        """What reads a record, by source: changes whenever the same bytes would give another graph."""
        own = f"+themes {content_hash(self.themes.read_bytes())[:12]}" if self.themes else ""
        emails = "+emails" if self.keep_emails else ""
        return {s.NAME: f"{s.VERSION}+{evidence.VERSION}+{triples.VERSION}{own}{emails}" for s in SOURCES}


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
        return reader.read(raw)
    except RecursionError:
        raise Unreadable("is nested too deeply to be a record of this kind") from None


def annotated(record: Record, recipe: Recipe) -> tuple[tuple[Evidence, ...], tuple[Correction, ...]]:
    """A record's evidence with people's corrections applied, and these corrections."""
    found = annotator(recipe.themes).annotate(record)
    return corrected(record, found, recipe.corrections.get((record.source, record.key), ()))


def prepare(source: str, raw: bytes, content_hash: str, recipe: Recipe) -> Prepared:
    """The record that an entry's bytes hold, and its graphs. Raises Unreadable, saying why."""
    record = read(source, raw)
    found, corrections = annotated(record, recipe)
    graphs = triples.graphs(
        record,
        found,
        annotator(recipe.themes).methods(record),
        content_hash,
        Iris(recipe.base),
        corrections=corrections,
        versions=(next(s.VERSION for s in SOURCES if source == s.NAME), evidence.VERSION),
        keep_emails=recipe.keep_emails,
    )
    return Prepared(record, graphs)


Outcome = Prepared | Withdrawn | str
"""What comes of an entry: a record, its withdrawal, or why it cannot be read."""


def prepare_all(tasks: Sequence[Task], recipe: Recipe) -> list[Outcome]:
    """`prepare` over some entries; none of them can fail the others."""
    results: list[Outcome] = []
    for source, raw, hash_ in tasks:
        try:
            results.append(prepare(source, raw, hash_, recipe))
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


class Preparing:
    """Prepares entries, many of them in processes of their own. These start with the first large batch."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def start(self, tasks: Sequence[Task], recipe: Recipe) -> Callable[[], list[Outcome]]:
        """Have entries prepared; what is returned waits for the outcomes, in the order of the entries."""
        if self._processes < 2 or (self._pool is None and len(tasks) < PARALLEL_FROM):
            return lambda: prepare_all(tasks, recipe)
        if self._pool is None:
            # forkserver: the parent holds an open store and threads, which must not be forked
            self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("forkserver"))
        size = max(1, -(-len(tasks) // (self._processes * 4)))
        chunks = [tasks[i : i + size] for i in range(0, len(tasks), size)]
        futures = [self._pool.submit(prepare_all, chunk, recipe) for chunk in chunks]
        return lambda: [outcome for future in futures for outcome in future.result()]

    def stop(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
