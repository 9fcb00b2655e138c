"""Backups of a data folder, made and put back while it is served.

A backup is a data folder of its own: one snapshot, meta.json, the databases, all of the same moment, the
operator's own registers, and backup.json, which lists every file. What never changes is linked where the file
system is the same: copy a backup elsewhere to survive a disk. It gets its name when it is whole and on the disk.
"""

import json
import logging
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from service.index.schema import FORMAT, index_format
from service.store.durable import sync
from service.store.folder import MANIFEST, BaseMismatch, Folder, alive, borrowed, link_store, newest, resting
from service.store.graph import Graph
from service.store.restored import CONTENTS, REGISTERS
from service.store.store import EmbeddedStore

log = logging.getLogger(__name__)

INDEX = "index.sqlite"
ARCHIVE = "archive.sqlite"
PATIENCE = 30.0
"""Seconds to wait for a moment in which nothing is being written."""
MAKING = re.compile(r"\..+\.(\d+)\.unfinished-backup")
BETWEEN = 70
"""Exit status of a service that could not finish a restore: its next start does (sysexits.h, EX_SOFTWARE)."""


class Elsewhere(Exception):
    """The graph lives in another engine, which has its own backups."""

    def __init__(self) -> None:
        super().__init__(
            "the graph lives in another engine: back it up there, by that engine's own means; "
            "`evidence-graph rebuild` makes it again from archive.sqlite of the data folder"
        )


class Restless(Exception):
    """The graph is being written without a pause."""


class NoBackup(Exception):
    """What is no backup, or no whole one. The message says what is wrong with it."""


def backup(data: Path, folder: Path, patience: float = PATIENCE) -> None:
    """Copy a data folder, served or not, into a new folder.

    Raises NoGraph, FileExistsError, Elsewhere, Restless.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already")
    _sweep(folder.parent)
    making = folder.with_name(f".{folder.name}.{os.getpid()}.unfinished-backup")
    try:
        making.mkdir(parents=True)
        with _moment(data, patience) as (revision, snapshot, databases):
            link_store(snapshot, making / "snapshots" / str(revision))
            sync(making / "snapshots")
            for name, database in databases.items():
                _copied(database, making / name)
        for file in (data / "meta.json", *data.glob(REGISTERS)):
            shutil.copy(file, making)
            sync(making / file.name)
        files = {str(file.relative_to(making)): file.stat().st_size for file in _files(making)}
        made = datetime.now(UTC).isoformat(timespec="seconds")
        _write(making / MANIFEST, {"made": made, "revision": revision, "files": files})
        sync(making)
        making.rename(folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def check(folder: Path) -> int:
    """The revision in a backup, if it is one and whole. Raises NoBackup."""
    try:
        said = json.loads((folder / MANIFEST).read_text())
        files: dict[str, int] = said["files"]
        revision = int(said["revision"])
    except FileNotFoundError:
        raise NoBackup(
            f"{folder} is no backup, or has been written to since: `evidence-graph backup` makes one of a data folder"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise NoBackup(f"{folder / MANIFEST} cannot be read") from None
    for name, size in files.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            raise NoBackup(f"{folder} is not whole: {name} is not there, or not of its size, {size} bytes")
    return revision


def listed(folder: Path) -> list[str]:
    """The names of the whole backups in a folder, oldest first."""
    names = (place.name for place in folder.iterdir()) if folder.is_dir() else ()
    return sorted(name for name in names if not MAKING.fullmatch(name) and (folder / name / MANIFEST).exists())


def restore(data: Path, folder: Path) -> None:
    """Make a data folder that nobody uses what a backup holds: all of it or, if interrupted before, nothing.

    Raises NoBackup, BaseMismatch, FolderInUse.
    """
    check(folder)
    meta = json.loads((folder / "meta.json").read_text())
    held = Folder(data, meta["base"], meta["default_graph"], moving=True)
    try:
        index = 0
        if (data / INDEX).exists():
            with closing(sqlite3.connect(data / INDEX)) as db:
                index = _revision(db) if index_format(db) == FORMAT else 0
        _prepare(held, folder, index)
    finally:
        held.release()
    Folder(data, meta["base"], meta["default_graph"]).release()  # finishes it


def restore_served(graph: Graph, data: Path, folder: Path) -> None:
    """Make a served folder what a backup holds: all of it or nothing. Nobody else may write meanwhile.

    Readers see it with the next snapshot. Raises NoBackup, BaseMismatch, Elsewhere.
    """
    store = graph.store
    if not isinstance(store, EmbeddedStore):
        raise Elsewhere
    check(folder)
    with graph.index.writing():
        _prepare(store.folder, folder, graph.index.revision)
        try:  # from here on it is what the next start finds
            _take_over(graph, store, data)
        except BaseException:
            log.critical("a restore could not be finished; the next start finishes it", exc_info=True)
            os._exit(BETWEEN)


def _take_over(graph: Graph, store: EmbeddedStore, data: Path) -> None:
    restored = store.folder.restored
    kept = restored.names("databases")
    store.adopt()
    restored.take_registers()
    for name in kept:
        if name != INDEX:
            with closing(_unchanging(restored.path / name)) as database:
                _copied(database, data / name)
    for file in data.glob("*.sqlite*"):
        if file.name.partition(".sqlite")[0] + ".sqlite" not in (*kept, INDEX):
            file.unlink()
    if not (INDEX in kept and graph.index.refill(restored.path / INDEX)):
        graph.rebuild_index()
        graph.index.publish(store.revision)
    restored.forget()


def _prepare(held: Folder, folder: Path, index_revision: int) -> None:
    """Lay a backup beside what a folder holds, whole and on the disk; then, by a rename, it is what is to come.

    Revisions and the numbers of changes go on from where the folder is, so that no client takes an old answer for a
    new one, nor a change that it was told of for another.
    """
    asked, there = (json.loads((place / "meta.json").read_text()) for place in (held.path, folder))
    for name in ("format", "base", "default_graph"):
        if asked[name] != there[name]:
            raise BaseMismatch(f"the backup is of {name} {there[name]}, the graph of {asked[name]}")
    making = held.path / "restoring"
    shutil.rmtree(making, ignore_errors=True)
    revision = held.revision + 1
    snapshot = newest(folder)
    link_store(snapshot, making / "store")
    link_store(snapshot, making / "snapshots" / str(revision))
    sync(making / "snapshots")
    databases = []
    for file in sorted(folder.glob("*.sqlite")):
        with closing(_unchanging(file)) as source:
            if file.name == INDEX and not _in_step(source, int(snapshot.name)):
                continue  # it is made anew
            _copied(source, making / file.name)
        if file.name == INDEX:
            _renumber(making / INDEX, index_revision, revision)
        if file.name == ARCHIVE:
            _renumber_changes(making / ARCHIVE, held.path / ARCHIVE)
        databases.append(file.name)
    registers = sorted(folder.glob(REGISTERS))
    for file in registers:
        shutil.copy(file, making)
        sync(making / file.name)
    _write(making / CONTENTS, {"databases": databases, "registers": [file.name for file in registers]})
    sync(making)
    making.rename(held.restored.path)
    sync(held.path)


@contextmanager
def _moment(data: Path, patience: float) -> Iterator[tuple[int, Path, dict[str, sqlite3.Connection]]]:
    """One state of a folder that others may write: revision, snapshot, and databases with a transaction open."""
    end = time.monotonic() + patience
    while True:
        with ExitStack() as held:
            revision = resting(data)
            snapshot = held.enter_context(borrowed(data))
            if not (snapshot / "CURRENT").exists():
                raise Elsewhere
            databases = {file.name: held.enter_context(closing(_reading(file))) for file in data.glob("*.sqlite")}
            if revision and resting(data) == revision:
                yield revision, snapshot, databases
                return
        if time.monotonic() > end:
            raise Restless(f"{data} has been written to without a pause for {patience:g} s: back it up after that")
        time.sleep(0.02)


def _reading(file: Path) -> sqlite3.Connection:
    """A connection that goes on reading one state of a database, whatever others write."""
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    database.execute("BEGIN")
    database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    return database


def _unchanging(file: Path) -> sqlite3.Connection:
    """A connection to a database that nobody writes, perhaps in a place that cannot be written."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)


def _copied(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database over one that may be in use."""
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    sync(target)


def _in_step(index: sqlite3.Connection, revision: int) -> bool:
    if index_format(index) != FORMAT:
        return False
    [published] = index.execute("SELECT value FROM meta WHERE name = 'published'").fetchone()
    return int(published) == revision


def _revision(index: sqlite3.Connection) -> int:
    [revision] = index.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    return int(revision)


def _renumber(file: Path, index_revision: int, published: int) -> None:
    with closing(sqlite3.connect(file)) as index, index:
        following = max(index_revision, _revision(index)) + 1
        index.execute("UPDATE meta SET value = ? WHERE name = 'revision'", (following,))
        index.execute("UPDATE meta SET value = ? WHERE name = 'published'", (published,))
    sync(file)


def _renumber_changes(file: Path, present: Path) -> None:
    """Let the next change of an archive have a number that none of the present one has had."""
    if not present.exists():
        return
    with closing(sqlite3.connect(present)) as archive:
        last = _last_change(archive)
    with closing(sqlite3.connect(file)) as archive, archive:
        if last <= _last_change(archive):
            return
        archive.execute("DELETE FROM sqlite_sequence WHERE name = 'change'")
        archive.execute("INSERT INTO sqlite_sequence(name, seq) VALUES ('change', ?)", (last,))
    sync(file)


def _last_change(archive: sqlite3.Connection) -> int:
    """The largest number that a change ever had; 0 where there was none."""
    if not archive.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return 0
    [last] = archive.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return int(last)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left of backups that they were making."""
    for place in folder.glob(".*.unfinished-backup"):
        made_by = MAKING.fullmatch(place.name)
        if made_by and not alive(int(made_by[1])):
            shutil.rmtree(place, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n")
    sync(file)
