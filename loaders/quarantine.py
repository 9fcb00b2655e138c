"""What could not be loaded, tried again with the readers of today."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loaders.archive import Archive, Quarantined, Work
from loaders.entries import KEPT_UNKNOWN
from loaders.inputs import Input, file_of, is_file
from loaders.pipeline import Loader


@dataclass(frozen=True, slots=True)
class Tried:
    """An entry that was tried again. `reason` says why it still cannot be loaded, None where it left the quarantine.

    Where its file was set aside anew, for another reason, `item` is what stands in the quarantine for it now.
    """

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
    files: set[int] = set()
    lost: dict[int, str] = {}
    for item in items:
        raw = archive.raw(item.hash)
        path = file_of(item.file)
        if raw and item.source:
            works.append(Work(item.source, raw, item.hash, item.file, item.place))
        elif raw and len(raw) < KEPT_UNKNOWN:
            inputs.append(Input(item.file, io.BufferedReader(io.BytesIO(raw)), len(raw)))
            files.add(item.id)
        elif is_file(path):
            paths[path] = None
            files.add(item.id)
        else:
            lost[item.id] = f"{item.reason} (its bytes were not kept whole, and {path} is no longer there)"
    reports = [loader.load_entries(works)] if works else []
    reports += [loader.load_inputs(inputs)] if inputs else []
    reports += [loader.load(list(paths))] if paths else []
    again = {(q.hash, q.file, q.place) for report in reports for q in report.quarantined}
    held = {(q.hash, q.file, q.place): q for q in archive.quarantined()}
    still = {key: held[key] for key in again if key in held}
    of_file = {q.file: q for q in still.values() if q.whole}
    tried = []
    for item in items:
        now = of_file.get(item.file) if item.id in files else still.get((item.hash, item.file, item.place))
        tried.append(Tried(now or item, now.reason if now else lost.get(item.id)))
    stay = {t.item.id for t in tried if t.reason is not None}
    with archive.transaction():
        archive.release(item for item in items if item.id not in stay)
    return tried
