"""From what a user names to single inputs: files, folders, and the packed files within them.

Nothing is unpacked to disk or held whole in memory: every input is a stream, and a packed one is read through
its unpacker under a cap, so that a small file that unpacks to a huge one ends as an error of that input.
"""

import gzip
import io
import lzma
import os
import re
import stat
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

_BROKEN = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, RuntimeError),
    UnicodeDecodeError,  # a zip file's list of its files that is not in the encoding that it states
)
OFFICE = "is a document of an office program: if it is a table, save it as CSV in UTF-8, and load that"
_OFFICE_PARTS = {"[Content_Types].xml", "META-INF/manifest.xml"}
"""Files in every zip file that is such a document: of Office Open XML, of OpenDocument."""
_ENCRYPTED = 1
"""The flag of an encrypted file in a zip file (APPNOTE 4.4.4)."""


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
    """Every file under the given files and folders, sorted within each folder; hidden ones are passed over.

    Links are followed, into each folder once. What cannot be looked into is among them, for `opened` to say why.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update((p, None) for p in (sorted(_within(path)) if path.is_dir() else [path]))
    return list(found)


def size(paths: list[Path]) -> int:
    """Bytes of these files together, as far as they can be looked at."""
    return sum(path.stat().st_size for path in paths if is_file(path))


def is_file(path: Path) -> bool:
    """Whether there is such a file, as far as it can be looked at (`Path.is_file` raises where it cannot)."""
    held = _held(path)
    return held is not None and stat.S_ISREG(held.st_mode)


def _within(folder: Path) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    closed: list[Path] = []

    def first(path: Path) -> bool:
        held = _held(path)
        place = (held.st_dev, held.st_ino) if held else None
        if place in seen:
            return False
        if place:
            seen.add(place)
        return True

    first(folder)
    for at, folders, names in os.walk(folder, onerror=lambda e: closed.append(Path(e.filename)), followlinks=True):
        here = Path(at)
        folders[:] = [name for name in sorted(folders) if not _hidden(Path(name)) and first(here / name)]
        yield from (here / name for name in names if not _hidden(Path(name)) and not _endless(here / name))
    yield from closed


def _held(path: Path) -> os.stat_result | None:
    """What the system says of a file; None for a dead link, or where it may not be asked."""
    try:
        return path.stat()
    except OSError:
        return None


def _endless(path: Path) -> bool:
    """Whether this is a pipe or a device rather than a file."""
    return _held(path) is not None and not is_file(path)


def _text(name: str) -> str:
    r"""A file's name as text that can be kept: bytes of it that are not UTF-8 are written as \xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def file_of(name: str) -> Path:
    """The file on disk that an input of a name came from: itself, or what it was packed in ("all.zip: one.json")."""
    parts = name.split(": ")
    outer = [": ".join(parts[:count]) for count in range(len(parts), 0, -1)]
    spelt = (text for whole in outer for text in (whole, re.sub(r"\\x([89a-f][0-9a-f])", _as_read, whole)))
    found = (path for text in spelt for path in (Path(text), Path(f"{text}.gz")) if is_file(path))
    return next(found, Path(parts[0]))


def _as_read(escape: re.Match[str]) -> str:
    return bytes.fromhex(escape[1]).decode("utf-8", "surrogateescape")


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
        yield iter([Broken(_text(str(path)), f"cannot be opened: {error.strerror}")])
        return
    with file:
        yield _inside(_text(str(path)), cast(io.BufferedReader, file), path.stat().st_size, depth=0)


def _inside(name: str, stream: io.BufferedReader, size: int, depth: int) -> Iterator[Input | Broken]:
    head = stream.peek(HEAD)[:HEAD]
    if depth > 3:
        yield Broken(name, "is packed more than three times over; unpack it by hand")
    elif head[:2] == b"\x1f\x8b":
        inner = _capped(cast(IO[bytes], gzip.GzipFile(fileobj=stream)), size, name.removesuffix(".gz"))
        yield from _guarded(name, _inside(name, inner, size, depth + 1))
    elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
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
        members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
        if not members:
            yield Broken(name, "is an empty zip file: nothing to load")
        elif _OFFICE_PARTS & {member.filename for member in members}:
            yield Broken(name, OFFICE)
            return
        for member in members:
            if not _hidden(Path(member.filename)):
                within = f"{name}: {_text(member.filename)}"
                yield from _guarded(within, _member(archive, member, within, depth))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, depth: int) -> Iterator[Input | Broken]:
    if member.flag_bits & _ENCRYPTED:
        yield Broken(name, "is encrypted: unpack it by hand with its password")
        return
    with archive.open(member) as inner:
        capped = _capped(inner, member.compress_size, member.filename)
        yield from _inside(name, capped, member.file_size, depth + 1)


def _tar(name: str, stream: io.BufferedReader, depth: int) -> Iterator[Input | Broken]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if not member.isfile() or _hidden(Path(member.name)):
                continue
            inner = archive.extractfile(member)
            if inner is not None:
                within = f"{name}: {_text(member.name)}"
                yield from _inside(within, _capped(inner, member.size, member.name), member.size, depth + 1)
