"""The data folder: who may use it, whose graph it holds, and its snapshots.

lock            held by the one process that writes; its pid is in it
meta.json       the folder's format, the base IRI and the kind of default graph
store/          the live store (RocksDB)
unpublished     is there while the live store holds writes that no snapshot has yet
snapshots/N/    hard-link copies that readers open; N only grows and is the graph's revision
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

FORMAT = 1


class FolderInUse(Exception):
    """Another process writes in this folder."""


class BaseMismatch(Exception):
    """The folder holds a graph of another base IRI or another kind of default graph."""


class NoGraph(Exception):
    """There is nothing to read in this folder yet."""


class UnknownFormat(Exception):
    """The folder was written by a version of this program that laid it out otherwise."""


class Folder:
    """A data folder held for writing. Raises FolderInUse, BaseMismatch, UnknownFormat when opened."""

    def __init__(self, path: Path, base: str, default_graph: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._lock = (path / "lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise FolderInUse(f"{path} is in use by the process {holder}: stop it, or ask it over HTTP") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        try:
            self._remember(base, default_graph)
            self.snapshots.mkdir(exist_ok=True)
            for entry in self.snapshots.iterdir():
                if not entry.name.isdigit():  # a copy that a kill left unfinished, or a reader's that is gone
                    _remove_if_left(entry)
        except BaseException:
            self.release()
            raise

    @property
    def store(self) -> Path:
        return self.path / "store"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def _unpublished(self) -> Path:
        return self.path / "unpublished"

    def _remember(self, base: str, default_graph: str) -> None:
        asked = {"format": FORMAT, "base": base, "default_graph": default_graph}
        meta = self.path / "meta.json"
        if not meta.exists():
            draft = meta.with_suffix(".new")
            draft.write_text(json.dumps(asked) + "\n")
            draft.replace(meta)
            return
        held = json.loads(meta.read_text())
        if held["format"] != FORMAT:
            raise UnknownFormat(
                f"{self.path} is of format {held['format']}, this program's is {FORMAT}: "
                "rebuild it with `evidence-graph rebuild`"
            )
        for name in ("base", "default_graph"):
            if held[name] != asked[name]:
                raise BaseMismatch(
                    f"{self.path} was made with {name} {held[name]}, this start asks for {asked[name]}: "
                    f"set EVIDENCE_GRAPH_{name.upper()}={held[name]}, or load into another folder"
                )

    @property
    def revision(self) -> int:
        """The number of the newest snapshot, 0 before the first."""
        return max((int(entry.name) for entry in self.snapshots.iterdir() if entry.name.isdigit()), default=0)

    def snapshot(self, revision: int) -> Path:
        return self.snapshots / str(revision)

    @property
    def unpublished(self) -> str:
        """What was being written since the newest snapshot: "", "transactions" or "bulk"."""
        return self._unpublished.read_text() if self._unpublished.exists() else ""

    def mark(self, kind: str) -> None:
        """Remember, on the disk, that the live store is about to leave its newest snapshot behind."""
        with self._unpublished.open("w") as file:
            file.write(kind)
            file.flush()
            os.fsync(file.fileno())
        sync(self.path)

    def unmark(self) -> None:
        self._unpublished.unlink(missing_ok=True)

    def prune(self, held: Collection[Path]) -> None:
        """Remove every snapshot but the newest and those in `held`."""
        newest = self.revision
        for entry in self.snapshots.iterdir():
            if entry.name.isdigit() and int(entry.name) < newest and entry not in held:
                shutil.rmtree(entry, ignore_errors=True)

    def release(self) -> None:
        self._lock.close()


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def borrowed(data: Path) -> Iterator[Path]:
    """The newest snapshot of a folder that another process may be writing, as links of our own.

    The writer may remove its snapshot while we read ours. Raises NoGraph where there is none.
    """
    while True:
        folders = (data / "snapshots").glob("[0-9]*")
        newest = max((f for f in folders if f.name.isdigit()), key=lambda f: int(f.name), default=None)
        if newest is None:
            raise NoGraph(f"there is no graph in {data}: load something first")
        copy = Path(mkdtemp(prefix=f"reader-{os.getpid()}-", dir=data / "snapshots"))
        try:
            for file in newest.iterdir():
                os.link(file, copy / file.name)
            break
        except FileNotFoundError:  # it was replaced by a newer one in between
            shutil.rmtree(copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _remove_if_left(entry: Path) -> None:
    if entry.name.startswith("reader-"):
        pid = int(entry.name.split("-")[1])
        if Path(f"/proc/{pid}").exists():
            return
    shutil.rmtree(entry, ignore_errors=True)
