"""Backups of a data folder, made and put back while it is served.

A backup is a data folder of its own: the newest snapshot as the store, meta.json, and the databases. Its
files are links to the originals where the file system is the same: copy it elsewhere to survive a disk.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from service.store.folder import BaseMismatch, borrowed, sync
from service.store.graph import Graph
from service.store.merge import statement
from service.store.store import DEFAULT

DERIVED = "index.sqlite"
"""Follows the graph; it is backed up to spare the time, and never put back."""
TOGETHER = 200
"""Graphs that are put back in one transaction."""


def backup(data: Path, folder: Path) -> None:
    """Copy a data folder, served or not, into a new folder. Raises NoGraph, FileExistsError."""
    folder.mkdir(parents=True)
    (folder / "store").mkdir()
    with borrowed(data) as snapshot:
        for file in snapshot.iterdir():
            _link(file, folder / "store" / file.name)
    for database in data.glob("*.sqlite"):
        _copy(database, folder / database.name)
    shutil.copy(data / "meta.json", folder / "meta.json")
    sync(folder)


def restore(graph: Graph, data: Path, folder: Path) -> None:
    """Make the graph and the databases of a served folder what a backup holds.

    Transactions of many graphs each, the same ones left alone; readers see it all at once, with the next
    snapshot. One that is interrupted is run again. Raises BaseMismatch, FileNotFoundError.
    """
    held, asked = (json.loads((place / "meta.json").read_text()) for place in (data, folder))
    if held != asked:
        raise BaseMismatch(f"the backup is of {asked}, the graph of {held}")
    store = ox.Store.read_only(str(folder / "store"))
    names = [name.value for name in store.named_graphs()]
    gone = [name for name in graph.store.graphs() if name not in set(names)]
    wanted: Iterator[tuple[str, list[str]]] = ((name, _statements(store, ox.NamedNode(name))) for name in names)
    while batch := dict(islice(wanted, TOGETHER)):
        graph.write(batch)
    graph.write(dict.fromkeys(gone, ()))
    if not graph.store.merged:
        graph.write({DEFAULT: _statements(store, ox.DefaultGraph())})
    for database in folder.glob("*.sqlite"):
        if database.name != DERIVED:
            _copy(database, data / database.name)


def _statements(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> list[str]:
    return [statement(quad) for quad in store.quads_for_pattern(None, None, None, graph)]


def _copy(database: Path, target: Path) -> None:
    """Copy a database that may be in use over one that may be in use."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # another file system
        shutil.copy(file, target)
