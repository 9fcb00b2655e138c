"""The data folder: who may use it, whose graph it holds, and its snapshots.

lock            held by the one process that writes; its pid is in it
meta.json       the folder's format, the base IRI, the kind of default graph, and where the graph is
store/          the live store (RocksDB); where it is missing, it is made from the newest snapshot
loading-N.nq    what bulk loads are taking in; still there on opening: a kill interrupted them
unpublished     is there while the live store holds writes that no snapshot has yet
untidy          is there while the live store's files are not in order
snapshots/N/    hard-link copies that readers open; N only grows and is the graph's revision
restored/       what a restore puts in the place of everything else; whoever opens the folder next finishes it
backup.json     the files of a backup that nobody has written to since
organisations.* the operator's own register of organisations, and what it was made of
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from service.store.durable import sync
from service.store.restored import Restored

FORMAT = 1
MANIFEST = "backup.json"
HERE, ELSEWHERE = "here", "elsewhere"
"""Where the graph of a folder is: in `store/`, or in an engine of its own."""
UNFINISHED = ("restoring", "restored.done", "store.new")
"""What a kill may leave in a folder."""


class FolderInUse(Exception):
    """Another process writes in this folder."""


class BaseMismatch(Exception):
    """The folder is of a graph of another base IRI, with another kind of default graph or in another place."""


class NoGraph(Exception):
    """There is nothing to read in this folder yet."""


class UnknownFormat(Exception):
    """The folder was written by a version of this program that laid it out otherwise."""


class Folder:
    """A data folder held for writing. Raises FolderInUse, BaseMismatch, UnknownFormat when opened.

    `place` is where its graph is to be: HERE or ELSEWHERE. With `moving` it may have been in the other one; here,
    nothing of it is left then.
    """

    def __init__(self, path: Path, base: str, default_graph: str, place: str = HERE, moving: bool = False) -> None:
        self.path = path
        self.restored = Restored(self)
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
            self._remember(base, default_graph, place, moving)
            self.snapshots.mkdir(exist_ok=True)
            for entry in self.snapshots.iterdir():
                if not entry.name.isdigit():  # a copy that a kill left unfinished, or a reader's that is gone
                    _remove_if_left(entry)
            (path / MANIFEST).unlink(missing_ok=True)
            for name in UNFINISHED:
                shutil.rmtree(path / name, ignore_errors=True)
            for draft in path.glob("loading-*.part"):
                draft.unlink()
            if self.restored.path.exists():
                self.restored.take()
            if not self.store.exists() and self.revision:
                self._make_store()
        except BaseException:
            self.release()
            raise

    @property
    def store(self) -> Path:
        return self.path / "store"

    @property
    def store_bytes(self) -> int:
        """The size of the live store on the disk."""
        size = 0
        for file in self.store.glob("*.sst"):
            with suppress(FileNotFoundError):  # the engine puts its files together as it likes
                size += file.stat().st_size
        return size

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def untidy(self) -> Path:
        return self.path / "untidy"

    @property
    def _unpublished(self) -> Path:
        return self.path / "unpublished"

    def _make_store(self) -> None:
        draft = self.path / "store.new"
        shutil.rmtree(draft, ignore_errors=True)
        link_store(self.snapshot(self.revision), draft)
        draft.rename(self.store)
        sync(self.path)

    @property
    def loading(self) -> list[Path]:
        """What bulk loads have not taken in wholly."""
        return sorted(self.path.glob("loading*.nq"))

    def keep_loading(self, number: int, parts: Iterable[bytes]) -> Path:
        """Put the text of a bulk load on disk, whole or not at all. One of several at a time has a number."""
        kept = self.path / f"loading-{number}.nq"
        draft = kept.with_suffix(".part")
        with draft.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(kept)
        sync(self.path)
        return kept

    def _remember(self, base: str, default_graph: str, place: str, moving: bool) -> None:
        asked = {"format": FORMAT, "base": base, "default_graph": default_graph}
        meta = self.path / "meta.json"
        held = json.loads(meta.read_text()) if meta.exists() else asked
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
        was = held.get("graph", place)
        if was != place and not moving:
            there, how = ("in another engine", "set") if place == HERE else ("in this folder", "leave out")
            raise BaseMismatch(
                f"the graph of {self.path} is {there}: {how} EVIDENCE_GRAPH_REMOTE_QUERY, or make it anew where this "
                "start asks for it, with `evidence-graph rebuild`"
            )
        if place == HERE and was != place:  # what was here before it went elsewhere is of that time
            shutil.rmtree(self.store, ignore_errors=True)
            for snapshot in self.snapshots.glob("*"):
                shutil.rmtree(snapshot, ignore_errors=True)
        now = asked | {"graph": place}
        if held != now:
            draft = meta.with_suffix(".new")
            draft.write_text(json.dumps(now) + "\n")
            draft.replace(meta)

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


def link_store(source: Path, target: Path) -> None:
    """Copy a store that nobody writes to. What never changes is linked where the file system is the same."""
    target.mkdir(parents=True)
    for file in source.iterdir():
        try:
            if file.suffix != ".sst":
                raise OSError
            os.link(file, target / file.name)
        except OSError:
            shutil.copy(file, target / file.name)
            sync(target / file.name)
    sync(target)


def newest(data: Path) -> Path:
    """The newest snapshot of a folder. Raises NoGraph where there is none."""
    folders = [f for f in (data / "snapshots").glob("[0-9]*") if f.name.isdigit()]
    if not folders:
        raise NoGraph(f"there is no graph in {data}: load something first")
    return max(folders, key=lambda f: int(f.name))


def resting(data: Path) -> int:
    """The revision of a folder whose newest snapshot holds every write; 0 while it is being written."""
    return 0 if (data / "unpublished").exists() else int(newest(data).name)


@contextmanager
def borrowed(data: Path) -> Iterator[Path]:
    """The newest snapshot of a folder that another process may be writing, as links of our own.

    The writer may remove its snapshot while we read ours. Where we may not write, such as in a backup that is put
    away, it is the snapshot itself. Raises NoGraph where there is none.
    """
    while True:
        snapshot = newest(data)
        try:
            copy = Path(mkdtemp(prefix=f"reader-{os.getpid()}-", dir=data / "snapshots"))
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            yield snapshot
            return
        try:
            for file in snapshot.iterdir():
                os.link(file, copy / file.name)
            if newest(data) == snapshot:
                break
        except FileNotFoundError:
            pass
        shutil.rmtree(copy)  # it was replaced by a newer one in between, and may have been half gone
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def alive(pid: int) -> bool:
    """Whether there is a process of this number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _remove_if_left(entry: Path) -> None:
    if entry.name.startswith("reader-"):
        pid = int(entry.name.split("-")[1])
        if alive(pid):
            return
    shutil.rmtree(entry, ignore_errors=True)
