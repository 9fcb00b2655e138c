"""What could not be loaded, tried again with the readers of today."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loaders.archive import Archive, Quarantined, Work
from loaders.entries import KEPT_UNKNOWN
from loaders.inputs import Input
from loaders.pipeline import Loader


@dataclass(frozen=True, slots=True)
class Tried:
    """An entry that was tried again. `reason` says why it still cannot be loaded, None where it left the quarantine."""

    item: Quarantined
    reason: str | None


def retry(loader: Loader, archive: Archive, items: Sequence[Quarantined]) -> list[Tried]:
    """Try entries again, from their kept bytes or, where none were kept, from their file as it is now.

    What loads leaves the quarantine, and so does an input whose entries are told apart now: those that cannot be
    read are quarantined by themselves.
    """
    works: list[Work] = []
    inputs: list[Input] = []
    paths: dict[Path, None] = {}
    lost: dict[int, str] = {}
    for item in items:
        raw = archive.raw(item.hash)
        path = _file(item.file)
        if raw and item.source:
            works.append(Work(item.source, raw, item.hash, item.file, item.place))
        elif raw and len(raw) < KEPT_UNKNOWN:
            inputs.append(Input(item.file, io.BufferedReader(io.BytesIO(raw)), len(raw)))
        elif path.is_file():
            paths[path] = None
        else:
            lost[item.id] = f"{item.reason} (its bytes were not kept whole, and {path} is no longer there)"
    reports = [loader.load_entries(works)] if works else []
    reports += [loader.load_inputs(inputs)] if inputs else []
    reports += [loader.load(list(paths))] if paths else []
    still = {(q.hash, q.file, q.place): q.reason for report in reports for q in report.quarantined}
    tried = [Tried(item, lost.get(item.id) or still.get((item.hash, item.file, item.place))) for item in items]
    with archive.transaction():
        archive.release(t.item for t in tried if t.reason is None)
    return tried


def _file(name: str) -> Path:
    """The file on disk that an input came from: itself, or what it was packed in ("all.zip: one.json")."""
    return Path(name) if Path(name).is_file() else Path(name.partition(": ")[0])
