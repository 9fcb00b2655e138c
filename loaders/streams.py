"""Splitting an input into the bytes of its single records, with memory that does not grow with the input."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from loaders.record import Entry, Unreadable
from loaders.text import LONGEST

CHUNK = 1 << 18
ENTRY_LIMIT = 32 << 20
"""Bytes of the largest entry; of a larger one the start is given, so that its reader refuses it by name."""

LINES_LIMIT = LONGEST
"""Bytes of the largest record of a format of lines; of a larger one a byte more, which `text.decode` refuses."""

_ENVELOPES = frozenset(
    {
        *(b"message", b"items", b"results", b"data", b"resultList", b"result", b"collection", b"papers", b"works"),
        *(b"recommendedPapers", b"records", b"hits", b"eprints"),
    }
)
"""Keys under which the answers of the interfaces that we read hold their records."""

_DEEPEST = 2000
"""Brackets around each other in the deepest JSON that is split; orjson reads none deeper than 1,024."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*:)?|[\[\]{}]|"', re.DOTALL)


def json_entries(stream: BinaryIO, head: bytes = b"") -> Iterator[Entry]:
    """The objects of JSON Lines, of an array, of an API's answer, or the one object that an input is.

    A line of JSON Lines that is broken is an entry of its own and harms no other; so is what an input that
    ends too early has after its last whole object. `head` is what was already read of the stream.
    Raises Unreadable for what nests deeper than any record.
    """
    first = (head + stream.readline(ENTRY_LIMIT)).removeprefix(b"\xef\xbb\xbf")
    while first.isspace():
        first = stream.readline(ENTRY_LIMIT)
    if _is_line_of_records(first):
        return _lines(first, stream)
    return _objects(first, stream)


def _is_line_of_records(line: bytes) -> bool:
    if not line.endswith((b"}\n", b"}\r\n", b"}")) or not line.lstrip().startswith(b"{"):
        return False
    try:
        value = orjson.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and not any(isinstance(value.get(key.decode()), list | dict) for key in _ENVELOPES)


def _lines(line: bytes, stream: BinaryIO) -> Iterator[Entry]:
    number = 1
    while line:
        if not line.isspace():
            yield Entry(line.strip(), f"line {number}")
        while not line.endswith(b"\n") and (line := stream.readline(ENTRY_LIMIT)):
            pass  # the rest of a line beyond the limit
        line = stream.readline(ENTRY_LIMIT)
        number += 1


def _objects(first: bytes, stream: BinaryIO) -> Iterator[Entry]:
    buffer, position, count = first, 0, 0
    start = -1  # where the object that may be an entry starts in the buffer
    opened: list[bytes] = []  # the brackets around `position`
    candidate = -1  # how many brackets are around the object that may be an entry
    outermost = True  # only an object that no array holds can be an answer around records
    key = b""
    while True:
        match = _TOKEN.search(buffer, position)
        if match is None or match[0] == b'"' or (match.end() == len(buffer) and match[0][:1] == b'"'):
            position = match.start() if match else len(buffer)
            keep = start if start >= 0 else position
            if len(buffer) - keep > ENTRY_LIMIT or not (more := stream.read(max(CHUNK, len(buffer) - keep))):
                break
            buffer, position, start = buffer[keep:] + more, position - keep, start - keep if start >= 0 else -1
            continue
        token, position = match[0], match.end()
        if token[:1] == b'"':
            if len(opened) == candidate:
                key = token[1 : token.rindex(b'"')] if match[1] else b""
            continue
        if token in b"[{":
            if len(opened) > _DEEPEST:
                raise Unreadable(f"this JSON nests more than {_DEEPEST} objects and lists: no records are that deep")
            if outermost and len(opened) == candidate and key in _ENVELOPES:
                candidate, start = -1, -1  # an answer around records, no record itself
                opened.append(token)
                if token == b"{":
                    candidate, start = len(opened), match.start()
            else:
                opened.append(token)
                if candidate < 0 and token == b"{" and (len(opened) == 1 or opened[-2] == b"["):
                    candidate, start = len(opened), match.start()
                    outermost = b"[" not in opened
            key = b""
            continue
        if len(opened) == candidate:
            count += 1
            yield Entry(buffer[start:position], f"entry {count}")
            candidate, start = -1, -1
        if opened:
            opened.pop()
    if start >= 0:
        yield Entry(buffer[start : start + ENTRY_LIMIT], f"entry {count + 1}")
    elif not count and len(buffer) < CHUNK and buffer.strip() and not _TOKEN.search(buffer):
        yield Entry(buffer.strip()[:CHUNK])


def xml_entries(stream: BinaryIO, *names: str, head: bytes = b"") -> Iterator[Entry]:
    """The elements of some names, each as its own bytes in UTF-8; one within another belongs to it.

    An input without any is one entry as a whole (at most CHUNK bytes), so that its reader can say what it is.
    `head` is what was already read of the stream.
    """
    choice = "|".join(re.escape(name) for name in names)
    opening = re.compile(rf"<((?:[\w.-]+:)?(?:{choice}))(?=[\s/>])".encode())
    buffer = head + stream.read(CHUNK)
    encoding = declared_encoding(buffer)
    whole, count, position = buffer, 0, 0
    while True:
        begin = opening.search(buffer, position)
        end = re.compile(rb"</" + begin[1] + rb"\s*>").search(buffer, begin.end()) if begin else None
        if begin and end:
            count += 1
            yield Entry(_utf8(buffer[begin.start() : end.end()], encoding), f"entry {count}")
            position = end.end()
            continue
        keep = begin.start() if begin else max(position, len(buffer) - 200)
        if len(buffer) - keep > ENTRY_LIMIT or not (more := stream.read(max(CHUNK, len(buffer) - keep))):
            break
        buffer, position = buffer[keep:] + more, 0
    if begin:
        yield Entry(_utf8(buffer[begin.start() :][:ENTRY_LIMIT], encoding), f"entry {count + 1}")
    elif not count and whole.strip():
        yield Entry(whole)


def declared_encoding(head: bytes) -> str:
    """The encoding that an XML declaration or a byte order mark names; UTF-8 without either."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    match = re.match(rb"""\s*<\?xml[^>]*?encoding=["']([\w.-]+)""", head.removeprefix(b"\xef\xbb\xbf"))
    return match[1].decode("ascii").lower() if match else "utf-8"


def _utf8(raw: bytes, encoding: str) -> bytes:
    if encoding in ("utf-8", "utf8", "us-ascii", "ascii"):
        return raw
    try:
        return raw.decode(encoding).encode()
    except (LookupError, ValueError):
        return raw


def line_entries(stream: BinaryIO, start: re.Pattern[bytes], end: re.Pattern[bytes] | None = None) -> Iterator[Entry]:
    """The records of a format of lines: one from each line that `start` matches up to the next, or up to one
    that `end` matches. Lines before the first are left out; an input without a record is one entry."""
    lines: list[bytes] = []
    size, begun, first, number, any_begun = 0, False, 1, 0, False
    while line := stream.readline(LINES_LIMIT):
        number += 1
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if start.match(line):
            if begun:
                yield Entry(b"".join(lines), f"line {first}")
            lines, size, begun, any_begun, first = [], 0, True, True, number
        if (begun or not any_begun) and size <= LINES_LIMIT and not (lines and line.isspace() and lines[-1].isspace()):
            lines.append(line[: LINES_LIMIT + 1 - size])
            size += len(lines[-1])
        if begun and end and end.match(line):
            yield Entry(b"".join(lines), f"line {first}")
            lines, size, begun = [], 0, False
    if lines and b"".join(lines).strip():
        yield Entry(b"".join(lines), f"line {first}")
