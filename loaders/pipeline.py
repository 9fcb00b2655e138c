"""The way of a record: detect, keep the bytes, read, annotate, write, link, report.

What can be done anywhere is in `prepare`, a pure function. `Loader` puts together what must happen in one place and
in order: bytes are kept before anything else (`entries`), whole records are written and then noted as loaded
(`writing`), who is who follows (`resolving`). A load that was killed is taken up by running it again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from loaders import correcting, deleting, inputs, rebuilding
from loaders.archive import Archive, Work
from loaders.columns import Columns
from loaders.contracts import Graph, Linker, RecordKey
from loaders.entries import Entries, of_paths, put_right
from loaders.evidence.corrections import Correction
from loaders.inputs import Broken, Input
from loaders.prepare import Preparing, Recipe, seldom_searched
from loaders.report import Progress, Report
from loaders.resolving import Resolving
from loaders.writing import Writing

__all__ = ["Loader", "RecordKey"]


class Loader:
    """Loads inputs into a graph. One at a time writes to an archive and a graph.

    Without `evidence` texts are not annotated, which takes half the time; `rebuild` with evidence does that later.
    """

    def __init__(
        self,
        graph: Graph,
        archive: Archive,
        linker: Linker,
        *,
        keep_emails: bool = False,
        themes: Path | None = None,
        evidence: bool = True,
        processes: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.graph = graph
        self.archive = archive
        self.linker = linker
        self.on_progress = on_progress
        self._preparing = Preparing(processes if processes is not None else (os.cpu_count() or 1))
        recipe = Recipe(graph.iris.base, keep_emails, themes, correcting.corrections(archive), evidence)
        self._writing = Writing(graph, archive, self._preparing, recipe)
        self._resolving = Resolving(graph, archive, linker, self._preparing, self._tell_linking)

    @property
    def recipe(self) -> Recipe:
        """What the graphs of a record follow from beside its bytes."""
        return self._writing.recipe

    def close(self) -> None:
        """Let go of what is open. The graph and the archive are the caller's."""
        self._preparing.stop()
        self.linker.close()

    def load(self, paths: Sequence[Path], columns: Columns | None = None) -> Report:
        """Load files and folders of anything known. Never raises for bad input: the report says what and why.

        `columns`: what the user says of the columns of tables.
        """
        files = inputs.files(list(paths))
        report = self.load_inputs(of_paths(paths, columns), inputs.size(files))
        put_right(self.archive, files, report)
        return report

    def load_inputs(self, items: Iterable[Input | Broken], total: int | None = None) -> Report:
        """Load inputs as they come: streams of anything known, each read before the next one is asked for.

        `total`: bytes of all of them, where known, for the time left. What `items` raises is raised again once all
        that came before it is loaded.
        """
        report = Report()
        entries = Entries(items, self.archive, report, self.on_progress, total)
        self._load(entries, report)
        if entries.failure:
            raise entries.failure
        return report

    def load_entries(self, work: Iterable[Work]) -> Report:
        """Load single entries whose source is known."""
        report = Report()
        self._load(work, report)
        return report

    def _load(self, work: Iterable[Work], report: Report) -> None:
        with self._at_work():
            self._writing.run(chain(self.archive.pending(), work), report)
            self._conclude()
        report.name_each_once()

    def take_up(self, report: Report) -> None:
        """Finish what an earlier load had begun when it was killed; link anew what another version had linked."""
        self._writing.run(self.archive.pending(), report)
        self.link()

    def link(self) -> None:
        """Bring the resolution graph up to date with the records and with what people decided."""
        self._resolving.link()
        self.graph.settle()

    def correct(self, key: RecordKey, name: str, verdict: str, direction: str | None, person: str) -> Correction:
        """Keep a person's verdict on a piece of evidence and apply it. `name` is the evidence's, in its record.

        Raises LookupError for a record that is not there, NoSuchEvidence, ValueError.
        """
        said, work = correcting.correct(self.archive, self.recipe, key, name, verdict, direction, person)
        self._writing.recipe = replace(self.recipe, corrections=correcting.corrections(self.archive))
        self._writing.run([work], Report())
        self.link()
        return said

    def delete(self, records: Sequence[RecordKey]) -> int:
        """Take records out of the graph, the resolution and the archive. Returns how many there were."""
        count = deleting.delete(self.graph, self.archive, records)
        self._conclude()
        return count

    def rebuild(self) -> Report:
        """Make every record's graphs again from the archive, with the readers and the ontology of today.

        What a killed load had begun is finished first.
        """
        report = Report()
        with self._at_work():
            self._writing.run(self.archive.pending(), Report())
            rebuilding.rebuild(self.graph, self.archive, self._writing, report, self.on_progress)
            self._conclude()
        return report

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """While many records may come; ends what was started for them."""
        with seldom_searched(), self._preparing:
            yield

    def _conclude(self) -> None:
        self._resolving.link()
        self.graph.publish()

    def _tell_linking(self, done: int, total: int) -> None:
        self.on_progress(Progress(f"linking: {done:,} of {total:,} records", done, 0))
