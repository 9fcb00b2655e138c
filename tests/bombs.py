"""Reads inputs that never end, or that nest without end, and prints the memory that it took, in bytes.

Run as a process of its own: `python -m tests.bombs`.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from loaders.record import Unreadable, Withdrawn
from loaders.sources import named

PIECE = 1 << 16
LONG = b"a" * PIECE
BOMBS = (
    ("ris", b"TY  - JOUR\nTI  - ", LONG),
    ("ris", b"TY  - JOUR\n", b" \n" * 99),
    ("nbib", b"PMID- 1\nAB  - ", LONG),
    ("web-of-science", b"PT J\nTI ", LONG),
    ("bibtex", b"@article{a, title={", LONG),
    ("bibtex", b"@article{a, title={", b"{" * PIECE),
    ("csv", b'title,year\n"', LONG),
    ("csv", b"title,year\n", b"a," * (PIECE // 2)),
    ("crossref", b'{"DOI": "', LONG),
    ("crossref", b"[", b"[" * PIECE),
    ("crossref", b'{"DOI":', b'{"a":' * (PIECE // 5)),
    ("openalex", b'{"results": [{"id": "', LONG),
    ("pubmed", b"<PubmedArticle><PMID>", LONG),
    ("pubmed", b"<PubmedArticleSet>", b"<PubmedArticle>" * (PIECE // 15)),
    ("jats", b"<article><article-meta>", b"<p>" * (PIECE // 3)),
    ("oai-pmh", b"<OAI-PMH><record>", LONG),
    ("html", b'<!doctype html><meta name="citation_title" content="', LONG),
    ("hra", b"IRAS ID\n1\nREC name\n", LONG),
    ("rdf", b"@prefix x: <http://x.org/> .\nx:a x:p ", b"[ x:p " * (PIECE // 6)),
)
"""A reader, how the input starts, and what it then says over and over."""


class Over(io.RawIOBase):
    """A stream that says the same over and over."""

    def __init__(self, first: bytes, again: bytes, size: int) -> None:
        self._rest, self._again, self._left = first, again, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if not self._rest and self._left > 0:
            self._rest, self._left = self._again, self._left - len(self._again)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def outcomes(name: str, first: bytes, again: bytes, size: int) -> Iterator[str]:
    """What a reader says to each entry of a bomb."""
    source = named(name)
    try:
        for entry in source.entries(cast(BinaryIO, io.BufferedReader(Over(first, again, size), PIECE))):
            try:
                source.read(entry.raw)
                yield "read"
            except (Unreadable, Withdrawn) as refusal:
                yield str(refusal)
    except Unreadable as refusal:
        yield str(refusal)


if __name__ == "__main__":
    for bomb in BOMBS:
        size = 36 << 20 if bomb[2] is LONG else 1 << 20
        said = list(outcomes(*bomb, size))
        assert said, bomb[:2]
        assert "read" not in said or bomb[0] in ("ris", "csv"), (bomb[:2], said)
    status = Path("/proc/self/status").read_text()  # not ru_maxrss, which is inherited from who started us
    [most] = re.findall(r"VmHWM:\s+(\d+)", status)
    print(1024 * int(most))
