"""Records as N-Quads in parts, for the bulk loader of whatever store: no store, no archive, no linking.

What is written is a pure function of the inputs: the same records give the same parts, line for line but for the order
of lines, on one machine as on many (`spark.py`). Of a record that the inputs have several times, the last counts.
"""

import base64
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, cast

from loaders.archive import Quarantined, Work
from loaders.comparison import Unkept
from loaders.entries import Entries, of_paths
from loaders.prepare import Prepared, Preparing, Recipe, Task, prepare_all
from loaders.record import Withdrawn
from loaders.report import Progress, Report
from loaders.writing import batches

RecordKey = tuple[str, str]
Made = tuple[RecordKey, str | None] | str
"""What an entry gives: its record with the N-Quads of it, None where its source deleted it; or why it is unreadable."""

QUARANTINE = "quarantine.jsonl"
MANIFEST = "manifest.json"
ONTOLOGY = "ontology.nq"


@dataclass(slots=True)
class Exported:
    """What was written. `withdrawn` counts records that their source had deleted."""

    records: int = 0
    quads: int = 0
    withdrawn: int = 0
    quarantined: int = 0
    parts: list[str] = field(default_factory=list)

    def write_manifest(self, folder: Path, base: str) -> None:
        """Say what is in the folder. Written last: a folder without it is not complete."""
        body = {
            "base": base,
            "records": self.records,
            "quads": self.quads,
            "withdrawn": self.withdrawn,
            "quarantined": self.quarantined,
            "parts": self.parts,
        }
        (folder / MANIFEST).write_text(json.dumps(body, indent=1) + "\n")


def part_of(key: RecordKey, parts: int) -> int:
    """The number of the part that a record is written to, the same wherever it is asked."""
    return int.from_bytes(hashlib.sha256("\0".join(key).encode()).digest()[:8], "big") % parts


def quads(graphs: Mapping[str, Iterable[str]]) -> str:
    """Named graphs as N-Quads."""
    return "".join(f"{statement} <{graph}> .\n" for graph, statements in graphs.items() for statement in statements)


def made_of(tasks: Sequence[Task], recipe: Recipe) -> list[Made]:
    """What entries give; none of them can fail the others. A pure function of them and the recipe."""
    found: list[Made] = []
    for (source, _, _), outcome in zip(tasks, prepare_all(tasks, recipe), strict=True):
        if isinstance(outcome, Prepared):
            found.append(((outcome.record.source, outcome.record.key), quads(outcome.graphs)))
        elif isinstance(outcome, Withdrawn):
            found.append(((source, outcome.key), None))
        else:
            found.append(outcome)
    return found


def set_aside(item: Quarantined, raw: bytes) -> str:
    """An entry that cannot be read as a line of JSON, with its bytes in Base64."""
    body = {
        "file": item.file,
        "place": item.place,
        "source": item.source,
        "reason": item.reason,
        "hash": item.hash,
        "bytes": base64.b64encode(raw).decode(),
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def export(
    paths: Sequence[Path],
    folder: Path,
    recipe: Recipe,
    *,
    parts: int = 1,
    packed: bool = False,
    processes: int = 1,
    on_progress: Callable[[Progress], None] = lambda _: None,
    total: int | None = None,
) -> Exported:
    """Write the records of files and folders to a folder that is there, in parts, with this machine alone.

    Never raises for bad input: what cannot be read goes to `quarantine.jsonl`. Memory stays flat in the size of the
    inputs but for a few numbers a record.
    """
    with closing(Unkept()) as nowhere, Preparing(processes) as preparing:
        stream = Entries(of_paths([p.absolute() for p in paths]), nowhere, Report(), on_progress, total)
        writer = Parts(folder, parts, packed)
        with (folder / QUARANTINE).open("w", encoding="utf-8") as aside:
            for work, made in _made(stream, recipe, preparing):
                if isinstance(made, str):
                    item = Quarantined(work.hash, work.file, work.place, work.source, made)
                    nowhere.aside.append((item, work.raw))
                else:
                    writer.put(*made)
                writer.done.quarantined += _write(aside, nowhere)
            writer.done.quarantined += _write(aside, nowhere)
        return writer.close()


def _made(stream: Iterable[Work], recipe: Recipe, preparing: Preparing) -> Iterator[tuple[Work, Made]]:
    """Entries with what they give; the next batch is being worked on by then."""
    before: tuple[list[Work], Callable[[], list[Made]]] | None = None
    for batch in batches(stream):
        started = preparing.start(partial(made_of, recipe=recipe), [(w.source, w.raw, w.hash) for w in batch])
        if before:
            yield from zip(before[0], before[1](), strict=True)
        before = (batch, started)
    if before:
        yield from zip(before[0], before[1](), strict=True)


def _write(aside: IO[str], nowhere: Unkept) -> int:
    items = nowhere.taken()
    aside.writelines(set_aside(item, raw) + "\n" for item, raw in items)
    return len(items)


class Parts:
    """Parts that are being written. A record that comes again replaces what was written of it."""

    def __init__(self, folder: Path, count: int, packed: bool) -> None:
        self.done = Exported()
        self._folder, self._packed = folder, packed
        self._drafts = [folder / f"part-{number:05}.draft" for number in range(count)]
        self._files: list[IO[bytes]] = [draft.open("wb", buffering=1 << 18) for draft in self._drafts]
        self._where: dict[RecordKey, tuple[int, int, int]] = {}
        self._gaps: dict[int, list[tuple[int, int]]] = {}

    def put(self, key: RecordKey, text: str | None) -> None:
        """Write a record; None: its source has deleted it, and so it goes."""
        number = part_of(key, len(self._files))
        held = self._where.get(key)
        if held:
            self._gaps.setdefault(number, []).append(held[:2])
            self.done.quads -= held[2]
        start, lines = self._files[number].tell(), 0
        if text:
            lines = text.count("\n")
            self._files[number].write(text.encode())
        self._where[key] = (start, self._files[number].tell(), lines)
        self.done.quads += lines

    def close(self) -> Exported:
        """Finish the parts: what was replaced is left out, and packed they are where that was asked for."""
        for number, (draft, file) in enumerate(zip(self._drafts, self._files, strict=True)):
            file.close()
            final = draft.with_suffix(".nq.gz" if self._packed else ".nq")
            gaps = sorted(gap for gap in self._gaps.get(number, ()) if gap[0] < gap[1])
            if gaps or self._packed:
                with draft.open("rb") as source, _opened(final, self._packed) as target:
                    _copy(source, target, gaps)
                draft.unlink()
            else:
                draft.rename(final)
            self.done.parts.append(final.name)
        self.done.records = sum(lines > 0 for _, _, lines in self._where.values())
        self.done.withdrawn = len(self._where) - self.done.records
        return self.done


def _opened(path: Path, packed: bool) -> IO[bytes]:
    # without the moment of packing, so that the same quads are the same file
    return cast(IO[bytes], gzip.GzipFile(path, "wb", 6, mtime=0)) if packed else path.open("wb")


def _copy(source: IO[bytes], target: IO[bytes], gaps: Iterable[tuple[int, int]]) -> None:
    """Copy a file without some stretches of it, given in order."""
    for start, end in gaps:
        left = start - source.tell()
        while left > 0:
            piece = source.read(min(left, 1 << 20))
            target.write(piece)
            left -= len(piece)
        source.seek(end)
    shutil.copyfileobj(source, target, 1 << 20)


def write_graphs(folder: Path, graphs: Mapping[str, Iterable[str]], packed: bool) -> str:
    """Write the language of the graph, which every store needs beside the records; the name of its file."""
    path = folder / (ONTOLOGY + ".gz" * packed)
    with _opened(path, packed) as file:
        file.write(quads(graphs).encode())
    return path.name
