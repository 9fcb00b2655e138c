"""The same export over a cluster, with Apache Spark: `export.made_of` mapped over every entry.

Every worker reads the files themselves, so they and the folder of the output are where all workers see them, and every
worker has this project installed, in the same version. Entries, not files, are spread over the workers.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from loaders.archive import Quarantined
from loaders.comparison import Unkept
from loaders.entries import Entries, of_paths
from loaders.export import QUARANTINE, Exported, RecordKey, made_of, part_of, set_aside
from loaders.inputs import files
from loaders.prepare import Recipe
from loaders.report import Report

Order = tuple[int, int]
"""Number of the file and of the entry in it."""
Entry = tuple[Order, str, bytes, str, str, str]
"""Order, source, bytes, hash, file, place."""

BATCH = 200
ROOT = Path(__file__).resolve().parents[1]


class NoSpark(Exception):
    """Spark is not installed, or cannot run here. The message says what to do."""


def session(master: str | None) -> Any:
    """A Spark session. `master` is where it runs; None: what Spark's own configuration says, else this machine.

    Raises NoSpark.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise NoSpark(
            "PySpark is not installed: pip install 'evidence-graph[spark]' (it needs Java 17 or newer)"
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what workers run; an operator may say otherwise
    builder: Any = SparkSession.builder
    if master:
        builder = builder.master(master)
    settings = {
        "spark.app.name": "evidence-graph export-quads",
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        found = builder.getOrCreate()
        found.sparkContext.setLogLevel("ERROR")
    except Exception as error:
        raise NoSpark(f"Spark cannot be started: {error}") from None
    return found


def export(
    paths: Sequence[Path], folder: Path, recipe: Recipe, spark: Any, *, parts: int = 1, packed: bool = False
) -> Exported:
    """Write the records of files and folders to a folder that is there, in parts, with a Spark session."""
    from pyspark import StorageLevel

    context = spark.sparkContext
    named = [(number, str(path.absolute())) for number, path in enumerate(files(list(paths)))]
    spread = max(context.defaultParallelism * 4, parts)
    entries = context.parallelize(named, max(1, min(len(named), spread))).flatMap(_entries)
    made = entries.repartition(spread).mapPartitions(lambda some: _made(some, recipe))
    made.persist(StorageLevel.DISK_ONLY)
    # One statement of a record at a time goes on: the last that the inputs have.
    last = (
        made.filter(lambda one: isinstance(one, tuple))
        .reduceByKey(max, numPartitions=parts, partitionFunc=lambda key: part_of(key, parts))
        .map(lambda one: one[1][1])
    )
    last.persist(StorageLevel.DISK_ONLY)
    done = Exported()
    counted = last.map(lambda text: (int(bool(text)), int(not text), text.count("\n") + bool(text)))
    sums = counted.fold((0, 0, 0), lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]))
    done.records, done.withdrawn, done.quads = sums
    codec = "org.apache.hadoop.io.compress.GzipCodec" if packed else None
    last.filter(bool).saveAsTextFile(_address(folder / "parts"), codec)
    aside = made.filter(lambda one: isinstance(one, str))
    aside.coalesce(1).saveAsTextFile(_address(folder / "aside"))
    made.unpersist()
    last.unpersist()
    _gather(folder, packed, done)
    return done


def _address(path: Path) -> str:
    return path.absolute().as_uri()


def _entries(named: tuple[int, str]) -> Iterator[Entry | str]:
    """The entries of one file, or packed in it; what nobody can read as a line of the quarantine."""
    number, name = named
    nowhere = Unkept()
    try:
        for count, work in enumerate(Entries(of_paths([Path(name)]), nowhere, Report())):
            yield (number, count), work.source, work.raw, work.hash, work.file, work.place
            yield from (set_aside(item, raw) for item, raw in nowhere.taken())
        yield from (set_aside(item, raw) for item, raw in nowhere.taken())
    finally:
        nowhere.close()


def _made(some: Iterable[Entry | str], recipe: Recipe) -> Iterator[tuple[RecordKey, tuple[Order, str]] | str]:
    """Records by their key, each with its order and its N-Quads ("" where it was deleted); else quarantine lines."""
    stream = iter(some)
    while batch := list(islice(stream, BATCH)):
        entries = []
        for one in batch:
            if isinstance(one, str):
                yield one
            else:
                entries.append(one)
        results = made_of([(source, bytes(raw), hash_) for _, source, raw, hash_, _, _ in entries], recipe)
        for (order, source, raw, hash_, file, place), made in zip(entries, results, strict=True):
            if isinstance(made, str):
                yield set_aside(Quarantined(hash_, file, place, source, made), bytes(raw))
            else:
                key, text = made
                yield key, (order, (text or "").rstrip("\n"))


def _gather(folder: Path, packed: bool, done: Exported) -> None:
    """Give Spark's files the names that bulk loaders look for."""
    for part in sorted((folder / "parts").glob("part-*")):
        final = folder / (part.name.partition(".")[0] + (".nq.gz" if packed else ".nq"))
        part.rename(final)
        done.parts.append(final.name)
    lines = b"".join(part.read_bytes() for part in sorted((folder / "aside").glob("part-*")))
    (folder / QUARANTINE).write_bytes(lines)
    done.quarantined = lines.count(b"\n")
    for left in ("parts", "aside"):
        for file in (folder / left).iterdir():
            file.unlink()
        (folder / left).rmdir()
