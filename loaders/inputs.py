"""From what a user names to single inputs: files, folders, and the packed files within them.

Nothing is unpacked to disk or held whole in memory: every input is a stream, and a packed one is read through
its unpacker under a cap, so that a small file that unpacks to a huge one ends as an error of that input.
"""

import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from loaders.columns import Columns
from loaders.record import Unreadable

HEAD = 1 << 16
"""How many bytes of an input the readers see when they are asked whether it is theirs."""
LARGEST_UNPACKED = 64 << 30
LARGEST_RATIO = 2000
"""Text packs at most about a thousandfold; more is a bomb. Asked only after the first 64 MB."""

_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True, slots=True)
class Input:
    """One stream of bytes with the name that a person would know it by ("folder/all.zip: one.json").

    `columns`: what the user says of its columns, if it is a table.
    """

    name: str
    stream: io.BufferedReader
    size: int = 0
    columns: Columns | None = None


class Broken(Exception):
    """An input that cannot be opened or unpacked. `name` says which, the message why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class _Capped(io.RawIOBase):
    """What an unpacker gives, until it gives more than any real file would."""

    def __init__(self, stream: IO[bytes], packed: int, name: str) -> None:
        self.name = name  # of the unpacked file, as a plain file's stream has it
        self._stream, self._packed, self._read = stream, max(packed, 1), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except _BROKEN as error:
            raise Unreadable(f"the packed file is damaged ({error}); pack or download it again") from None
        self._read += len(data)
        if self._read > LARGEST_UNPACKED or (self._read > 64 << 20 and self._read > self._packed * LARGEST_RATIO):
            raise Unreadable("unpacks to far more than its size allows (a zip bomb?); unpack it by hand if it is sound")
        buffer[: len(data)] = data
        return len(data)


def _capped(stream: IO[bytes], packed: int, name: str) -> io.BufferedReader:
    return io.BufferedReader(_Capped(stream, packed, name), HEAD)


def files(paths: list[Path]) -> list[Path]:
    """Every file under the given files and folders, sorted within each folder; hidden ones are passed over."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            found.update((p, None) for p in inside if not _hidden(p.relative_to(path)))
        else:
            found[path] = None
    return list(found)


def file_of(name: str) -> Path:
    """The file on disk that an input of a name came from: itself, or what it was packed in ("all.zip: one.json")."""
    outer = name.partition(": ")[0]
    found = (path for text in (name, outer) for path in (Path(text), Path(f"{text}.gz")) if path.is_file())
    return next(found, Path(outer))


def _hidden(path: Path) -> bool:
    return any(re.match(r"\.[^.]|__pycache__$|__MACOSX$", part) for part in path.parts)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Input | Broken]]:
    """The inputs within one file: itself, or what is packed in it (.gz, .zip, .tar, .tar.gz, nested).

    Told by content, not by name. An input is to be read before the next one is asked for.
    """
    try:
        file = path.open("rb", buffering=HEAD)
    except OSError as error:
        yield iter([Broken(str(path), f"cannot be opened: {error.strerror}")])
        return
    with file:
        yield _inside(str(path), cast(io.BufferedReader, file), path.stat().st_size, depth=0)


def _inside(name: str, stream: io.BufferedReader, size: int, depth: int) -> Iterator[Input | Broken]:
    head = stream.peek(HEAD)[:HEAD]
    if depth > 3:
        yield Broken(name, "is packed more than three times over; unpack it by hand")
    elif head[:2] == b"\x1f\x8b":
        inner = _capped(cast(IO[bytes], gzip.GzipFile(fileobj=stream)), size, name.removesuffix(".gz"))
        yield from _guarded(name, _inside(name, inner, size, depth + 1))
    elif head[:4] == b"PK\x03\x04":
        yield from _guarded(name, _zip(name, stream, depth))
    elif head[257:262] == b"ustar":
        yield from _guarded(name, _tar(name, stream, depth))
    else:
        yield Input(name, stream, size)


def _guarded(name: str, inputs: Iterator[Input | Broken]) -> Iterator[Input | Broken]:
    try:
        yield from inputs
    except (*_BROKEN, Unreadable) as error:
        reason = str(error) if isinstance(error, Unreadable) else f"cannot be unpacked: {error}"
        yield Broken(name, reason)


def _zip(name: str, stream: io.BufferedReader, depth: int) -> Iterator[Input | Broken]:
    if not stream.seekable():
        yield Broken(name, "is a zip file within a packed file; unpack the outer one")
        return
    with zipfile.ZipFile(stream) as archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename):
            if member.is_dir() or _hidden(Path(member.filename)):
                continue
            with archive.open(member) as inner:
                capped = _capped(inner, member.compress_size, member.filename)
                yield from _guarded(
                    f"{name}: {member.filename}",
                    _inside(f"{name}: {member.filename}", capped, member.file_size, depth + 1),
                )


def _tar(name: str, stream: io.BufferedReader, depth: int) -> Iterator[Input | Broken]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if not member.isfile() or _hidden(Path(member.name)):
                continue
            inner = archive.extractfile(member)
            if inner is not None:
                yield from _inside(
                    f"{name}: {member.name}", _capped(inner, member.size, member.name), member.size, depth + 1
                )
