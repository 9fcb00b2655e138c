"""From inputs to single entries: who reads an input, where it splits, and what nobody can read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from loaders import inputs
from loaders.archive import Archive, Quarantined, Work, content_hash
from loaders.columns import Columns
from loaders.inputs import Broken, Input
from loaders.kept import NOTHING
from loaders.record import Source, Unreadable
from loaders.report import Progress, Report, why_unknown
from loaders.sources import csv_table, detect

KEPT_UNKNOWN = 8 << 20
"""Bytes that are kept of an input that nobody can read."""
EVERY = 0.1
"""Seconds between two reports of progress."""


def of_paths(paths: Sequence[Path], columns: Columns | None = None) -> Iterator[Input | Broken]:
    """The inputs in files and folders. `columns`: what the user says of the tables among them."""
    for path in inputs.files(list(paths)):
        with inputs.opened(path) as within:
            for item in within:
                yield replace(item, columns=columns) if isinstance(item, Input) else item


class Entries:
    """The entries of inputs, one after the other. What nobody can read goes to the quarantine by the way.

    `total`: bytes of all inputs, None where nobody knows.
    """

    def __init__(
        self,
        items: Iterable[Input | Broken],
        archive: Archive,
        report: Report,
        on_progress: Callable[[Progress], None] = lambda _: None,
        total: int | None = None,
    ) -> None:
        self._items = items
        self._archive = archive
        self._report = report
        self._on_progress = on_progress
        self._total = total
        self._began = self._told = 0.0
        self._count = self._done = 0
        self.failure: Exception | None = None
        """What ended the inputs before their end: the entries up to there are whole."""

    def __iter__(self) -> Iterator[Work]:
        self._began = self._told = monotonic()
        items = iter(self._items)
        while True:
            try:
                item = next(items, None)
            except Exception as error:
                self.failure = error
                return
            if item is None:
                return
            if isinstance(item, Broken):
                set_aside(self._archive, [Quarantined(NOTHING, item.name, "", None, str(item))], self._report)
                continue
            read = 0
            for work in self._of(item):
                self._count += 1
                read += len(work.raw)
                if monotonic() - self._told > EVERY:
                    self._tell(item.name, self._done + min(read, item.size))
                yield work
            self._done += item.size
            self._tell(item.name, self._done)

    def _tell(self, name: str, done: int) -> None:
        self._told = monotonic()
        self._on_progress(Progress(name, self._count, done, self._total, self._told - self._began))

    def _of(self, item: Input) -> Iterator[Work]:
        source, place, count = None, "", 0
        try:
            head = item.stream.peek(inputs.HEAD)[: inputs.HEAD]
            source = detect(head)
            if item.columns and source in (None, csv_table):
                source, found = csv_table, csv_table.entries(item.stream, item.columns)
            elif source:
                found = source.entries(item.stream)
            else:
                self._unknown(item, head)
                return
            for entry in found:
                place = entry.place
                count += 1
                yield Work(source.NAME, entry.raw, content_hash(entry.raw), item.name, place)
            self._hold_to_its_word(item, source, head, count)
        except Unreadable as error:
            where = f"after {place}" if place else ""
            name = source.NAME if source else None
            aside = Quarantined(NOTHING, item.name, where, name, str(error))
            set_aside(self._archive, [aside], self._report)

    def _unknown(self, item: Input, head: bytes) -> None:
        raw = item.stream.read(KEPT_UNKNOWN)
        hash_ = content_hash(raw)
        with self._archive.transaction():
            self._archive.keep(hash_, raw)
        set_aside(self._archive, [Quarantined(hash_, item.name, "", None, why_unknown(head))], self._report)

    def _hold_to_its_word(self, item: Input, source: Source, head: bytes, count: int) -> None:
        """Some sources say how many records an input has (`stated_total` of the reader)."""
        stated = getattr(source, "stated_total", lambda _: None)(head)
        if stated is not None and count < stated:
            self._report.warnings.append(f"{item.name}: the source states {stated:,} records, {count:,} were found")


def put_right(archive: Archive, paths: Iterable[Path], report: Report) -> None:
    """Let go what was set aside of files that were loaded now, where it has not been set aside again.

    Of a file that could not be read to its end the single entries stay. A warning tells of those that stand in their
    file no more: they were mended there, or left out.
    """
    again = {(q.hash, q.file, q.place) for q in report.quarantined}
    before = [q for q in archive.quarantined() if (q.hash, q.file, q.place) not in again]
    if not before:
        return
    loaded = {path.resolve() for path in paths}
    cut = {inputs.file_of(q.file).resolve() for q in report.quarantined if q.whole}
    of = {name: inputs.file_of(name).resolve() for name in {q.file for q in before}}
    past = [q for q in before if of[q.file] in loaded and (q.whole or of[q.file] not in cut)]
    with archive.transaction():
        archive.release(past)
    elsewhere = {q.hash for q in report.quarantined}
    gone = Counter(q.file for q in past if not q.whole and q.hash not in elsewhere)
    for name, count in gone.items():
        entries = "an entry that was put aside of it is" if count == 1 else f"{count:,} entries put aside of it are"
        report.warnings.append(f"{name}: {entries} no longer in it, and not in the quarantine any more")


def set_aside(archive: Archive, items: Sequence[Quarantined], report: Report, ended: Sequence[Work] = ()) -> None:
    """Quarantine entries; those in `ended` are on their way no more."""
    if items or ended:
        with archive.transaction():
            archive.quarantine(items)
            archive.end(ended)
        report.quarantined.extend(items)
