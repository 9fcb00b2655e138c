"""What a load would do, without doing it: which records are new, changed, withdrawn or unreadable, and why.

Reads the archive and nothing else. `difference` puts into words what would change in a record's graphs.
"""

import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from loaders.archive import Archive, Quarantined, Work
from loaders.columns import Columns
from loaders.entries import Entries, of_paths
from loaders.prepare import Prepared, Preparing, Recipe, prepare, prepare_all
from loaders.record import Withdrawn
from loaders.report import Progress, Report
from loaders.writing import AHEAD, batches

Outlook = Literal["new", "changed", "reread", "unchanged", "withdrawn", "gone", "quarantined"]
"""What a load would make of an entry.

"new": a record that is not there yet. "changed": its bytes differ from those that are there. "reread": the same
bytes, read by another version of the reader or for another ontology. "withdrawn": its source deleted it, and it would
go. "gone": its source deleted it, and it is not here anyway.
"""

RecordKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a load that is only imagined.

    `key` is None where nothing tells the record. `prepared` is what would be written, `before` the record's earlier
    entry in the same inputs, which would be written first. `reason` says why an entry would be put aside.
    """

    outlook: Outlook
    source: str | None
    key: str | None
    file: str
    place: str
    hash: str
    reason: str = ""
    prepared: Prepared | None = None
    before: Prepared | None = None


class Unkept(Archive):
    """An archive that keeps nothing, for reading inputs without loading them; `aside` has what was put aside."""

    def __init__(self) -> None:
        super().__init__(None)
        self.aside: list[tuple[Quarantined, bytes]] = []
        self._raw = b""

    def keep(self, hash_: str, raw: bytes) -> None:  # noqa: ARG002 (the signature of what it stands for)
        self._raw = raw

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        self.aside += [(item, self._raw) for item in items]
        self._raw = b""

    def taken(self) -> list[tuple[Quarantined, bytes]]:
        """What was put aside since the last call, each with its bytes as far as there are any."""
        held, self.aside = self.aside, []
        return held


@dataclass(slots=True)
class _Seen:
    """What the inputs had so far. The bytes of entries are kept packed, since a later one may replace them."""

    recipe: Recipe
    works: dict[RecordKey, tuple[str, bytes] | None] = field(default_factory=dict)

    def hash(self, key: RecordKey, archive: Archive) -> str | None:
        """The hash of the bytes that a record would stand as by now; None where it would not be there."""
        if key in self.works:
            held = self.works[key]
            return held[0] if held else None
        there = archive.get(*key)
        return there.hash if there else None

    def before(self, key: RecordKey) -> Prepared | None:
        held = self.works.get(key)
        return prepare(key[0], zlib.decompress(held[1]), held[0], self.recipe) if held else None


def outlook(
    paths: Sequence[Path],
    archive: Archive,
    recipe: Recipe,
    *,
    processes: int = 1,
    on_progress: Callable[[Progress], None] = lambda _: None,
    total: int | None = None,
    columns: Columns | None = None,
) -> Iterator[Step]:
    """What a load of files and folders would do, entry by entry. Never raises for bad input.

    In the order of the entries, but that what nobody can read is told before the batch that it stands in.
    """
    seen, preparing = _Seen(recipe), Preparing(processes)
    versions = [recipe.versions()]
    if not recipe.evidence:  # what was read with evidence is no worse
        versions.append(replace(recipe, evidence=True).versions())
    nowhere = Unkept()
    stream = Entries(of_paths(paths, columns), nowhere, Report(), on_progress, total)
    started: deque[tuple[list[Work | Step], Callable[[], list[Prepared | Withdrawn | str]]]] = deque()

    def finish() -> Iterator[Step]:
        items, results = started.popleft()
        outcomes = iter(results())
        for item in items:
            yield item if isinstance(item, Step) else _step(item, next(outcomes), archive, seen)

    try:
        for batch in batches(stream):
            yield from _aside(nowhere)
            items = [_standing(work, archive, versions) for work in batch]
            tasks = [(w.source, w.raw, w.hash) for w in items if isinstance(w, Work)]
            started.append((items, preparing.start(partial(prepare_all, recipe=recipe), tasks)))
            if len(started) > AHEAD:
                yield from finish()
        yield from _aside(nowhere)
        while started:
            yield from finish()
    finally:
        preparing.stop()
        nowhere.close()


def _standing(work: Work, archive: Archive, versions: Sequence[dict[str, str]]) -> Work | Step:
    """An entry whose bytes are there already is not read again."""
    for held in archive.of_bytes(work.hash):
        if any(held.versions == of[work.source] for of in versions):
            return Step("unchanged", held.source, held.key, work.file, work.place, work.hash)
    return work


def _aside(nowhere: Unkept) -> Iterator[Step]:
    for item, _ in nowhere.taken():
        yield Step("quarantined", item.source, None, item.file, item.place, item.hash, item.reason)


def _step(work: Work, outcome: Prepared | Withdrawn | str, archive: Archive, seen: _Seen) -> Step:
    here = (work.file, work.place, work.hash)
    if isinstance(outcome, str):
        return Step("quarantined", work.source, None, *here, outcome)
    key = (work.source, outcome.key if isinstance(outcome, Withdrawn) else outcome.record.key)
    now, before = seen.hash(key, archive), seen.before(key)
    if isinstance(outcome, Withdrawn):
        seen.works[key] = None
        return Step("withdrawn" if now else "gone", *key, *here, before=before)
    if now == work.hash and before is not None:
        return Step("unchanged", *key, *here)
    how: Outlook = "new" if now is None else "reread" if now == work.hash else "changed"
    seen.works[key] = (work.hash, zlib.compress(work.raw, 1))
    return Step(how, *key, *here, prepared=outcome, before=before)
