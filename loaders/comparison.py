"""What a load would do, without doing it: which records are new, changed, withdrawn or unreadable, and why.

Reads the archive and nothing else. `difference` puts into words what would change in a record's graphs.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from loaders.archive import Archive, Quarantined, Work
from loaders.columns import Columns
from loaders.entries import Entries, of_paths
from loaders.prepare import Outcome, Prepared, Preparing, Recipe, prepare, prepare_all
from loaders.record import Withdrawn
from loaders.report import Progress, Report
from loaders.writing import Batch, ahead, batches, fate, standing

Outlook = Literal["new", "changed", "reread", "unchanged", "withdrawn", "gone", "quarantined"]
"""What a load would make of an entry. "unchanged" is also an earlier state of a record, where a later one follows.

"new": a record that is not there yet. "changed": its bytes differ from those that are there. "reread": the same
bytes, read by another version of the reader or for another ontology. "withdrawn": its source deleted it, and it would
go. "gone": its source deleted it, and it is not here anyway.
"""

RecordKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a load that is only imagined.

    `key` is None where nothing tells the record. `prepared` is what would be written, `before` what the same inputs
    would have made of the record until then. `reason` says why an entry would be put aside.
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

    In the order of the entries, but that what nobody can read is told before the batch that it stands in, and what
    would change in records that have been there before at the end.
    """
    accepted = recipe.accepted()
    seen = _Seen(archive, recipe, accepted)
    with closing(Unkept()) as nowhere, Preparing(processes) as preparing:

        def read(of: Iterable[Batch]) -> Iterator[tuple[Batch, list[Outcome[Prepared]]]]:
            make = partial(prepare_all, recipe=recipe)
            return ahead((batch, preparing.start(make, batch.tasks)) for batch in of)

        stream = Entries(of_paths(paths, columns), nowhere, Report(), on_progress, total)
        for batch, results in read(Batch(works, standing(archive, works, accepted)) for works in batches(stream)):
            yield from _aside(nowhere)
            outcomes = iter(results)
            for place, work in enumerate(batch.works):
                key = batch.standing.get(place)
                yield from seen.told(work, key, None) if key else seen.read(work, next(outcomes))
        yield from _aside(nowhere)
        for batch, results in read(map(Batch, batches(seen.waiting()))):
            for work, outcome in zip(batch.works, results, strict=True):
                yield from seen.changed(work, outcome)


def _aside(nowhere: Unkept) -> Iterator[Step]:
    for item, _ in nowhere.taken():
        yield Step("quarantined", item.source, None, item.file, item.place, item.hash, item.reason)


@dataclass(slots=True)
class _Seen:
    """What the inputs had so far, by record. Entries are kept packed, since a later one may be of the same record.

    `new`: records that have never been there. `changes`: the last entries of others, where they would change these.
    """

    archive: Archive
    recipe: Recipe
    accepted: Mapping[str, Collection[str]]
    new: dict[RecordKey, Work] = field(default_factory=dict)
    changes: dict[RecordKey, Work] = field(default_factory=dict)

    def read(self, work: Work, outcome: Outcome[Prepared]) -> Iterator[Step]:
        """What is to be said of an entry that was read."""
        if isinstance(outcome, str):
            yield _step("quarantined", work, None, reason=outcome)
        else:
            yield from self.told(work, _key(work, outcome), outcome)

    def told(self, work: Work, key: RecordKey, outcome: Prepared | Withdrawn | None) -> Iterator[Step]:
        """What is to be said of an entry, and of an earlier one of the same record that changes nothing any more."""
        if earlier := self.changes.pop(key, None):
            yield _step("unchanged", earlier, key)
        if outcome is None:
            yield _step("unchanged", work, key)
            return
        first, held = self.new.get(key), self.archive.get(*key)
        there = first or held
        now = fate(
            None if isinstance(outcome, Withdrawn) else work.hash,
            there.hash if there else None,
            known=there is not None or self.archive.has_known(*key),
            as_read=first is not None or held is None or held.versions in self.accepted[work.source],
        )
        if now == "waits":
            self.changes[key] = _packed(work)
        elif isinstance(outcome, Withdrawn):
            yield _step("gone", work, key)
        elif now == "stands":
            yield _step("unchanged", work, key)
        else:
            if held is None:
                self.new[key] = _packed(work)
            yield _step("reread" if held else "new", work, key, prepared=outcome)

    def waiting(self) -> Iterator[Work]:
        """The entries that would change something in the end."""
        for work in list(self.changes.values()):
            yield replace(work, raw=zlib.decompress(work.raw))

    def changed(self, work: Work, outcome: Outcome[Prepared]) -> Iterator[Step]:
        """What is to be said in the end of an entry that has waited."""
        if isinstance(outcome, str):
            yield _step("quarantined", work, None, reason=outcome)
            return
        key = _key(work, outcome)
        first = self.new.get(key)
        before = prepare(first.source, zlib.decompress(first.raw), first.hash, self.recipe) if first else None
        if isinstance(outcome, Withdrawn):
            yield _step("withdrawn", work, key, before=before)
        else:
            there = first or self.archive.get(*key)
            yield _step("changed" if there else "new", work, key, prepared=outcome, before=before)


def _key(work: Work, outcome: Prepared | Withdrawn) -> RecordKey:
    return work.source, outcome.key if isinstance(outcome, Withdrawn) else outcome.record.key


def _packed(work: Work) -> Work:
    return replace(work, raw=zlib.compress(work.raw, 1))


def _step(outlook: Outlook, work: Work, key: RecordKey | None, **more: Any) -> Step:
    return Step(outlook, work.source, key[1] if key else None, work.file, work.place, work.hash, **more)
