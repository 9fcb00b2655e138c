"""The rows of a table as they stream by: values in quotes may hold line ends, and the encoding may be another."""

import codecs
import io
import re
from collections import deque
from typing import BinaryIO, cast

from loaders.record import Unreadable
from loaders.streams import CHUNK, LINES_LIMIT

_LONGEST = 2000
"""Lines of the longest row; a quote that is not closed within so many is no quote."""
_CLOSING = re.compile(rb'""|"')


class Rows:
    """The rows of a table, as bytes in UTF-8; a quoted value may hold line ends."""

    def __init__(self, stream: BinaryIO, encoding: str | None) -> None:
        first = stream.readline(LINES_LIMIT)
        if not encoding and first[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
        self._stream: BinaryIO = stream
        self._lines = deque([first])
        if encoding:
            self._stream = cast(BinaryIO, io.BufferedReader(_Recoded(first, stream, encoding)))
            self._lines.clear()
        self._at = 1
        self.begun = 1
        """The line that the last row begins in."""

    def _line(self) -> bytes:
        self._at += 1
        return self._lines.popleft() if self._lines else self._stream.readline(LINES_LIMIT)

    def row(self, mark: bytes) -> bytes:
        """The next row, b"" after the last; `mark` parts its values, b"" where that is not known yet."""
        self.begun = self._at
        begins = opening(mark)
        lines = [self._line()]
        inside, size = quoted(lines[0], begins), len(lines[0])
        while inside and size < LINES_LIMIT:
            more = self._line() if len(lines) < _LONGEST else b""
            if not more:
                # the quote is never closed and is none: each line is a row of its own
                self._lines.extendleft(reversed(lines[1:]))
                self._at = self.begun + 1
                return lines[0]
            inside = quoted(more, begins, inside)
            lines.append(more)
            size += len(more)
        return b"".join(lines)


def opening(mark: bytes) -> re.Pattern[bytes]:
    """A quote that begins a value; `mark` parts values, b"" where that is not known."""
    return re.compile(rb"(?:\A|" + (re.escape(mark) or rb"[,;\t]") + rb')"')


def quoted(line: bytes, begins: re.Pattern[bytes], inside: bool = False) -> bool:
    """Whether a line ends within quotes; `inside`: whether it begins within them."""
    at = 0
    while match := (_CLOSING if inside else begins).search(line, at):
        at, inside = match.end(), not inside or match[0] == b'""'
    return inside


class _Recoded(io.RawIOBase):
    """A stream of another encoding in UTF-8; `first` was read from it already."""

    def __init__(self, first: bytes, stream: BinaryIO, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = self._utf8(first)

    def _utf8(self, data: bytes, final: bool = False) -> bytes:
        try:
            return self._decoder.decode(data, final).encode()
        except UnicodeDecodeError as error:
            wrong = f"0x{error.object[error.start]:02X}"
            raise Unreadable(
                f"{wrong} is no {self._encoding} text: name the table's encoding, or save it as UTF-8"
            ) from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            data = self._stream.read(CHUNK)
            self._rest = self._utf8(data, final=not data)
            if not data:
                break
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
