"""Content codings: which one a client likes best, which answers are worth packing, and the packers."""

import sys
import zlib
from typing import Protocol

from service.accept import coding

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor
else:
    from backports.zstd import ZstdCompressor

SMALLEST = 1000
"""Bytes of a whole answer that are worth the work."""
TEXTS = ("text/", "application/json", "application/sparql-results", "application/n-", "application/trig")
MARKED_UP = ("+json", "+xml", "/xml", "/javascript")


class Packer(Protocol):
    def pack(self, data: bytes, last: bool) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._packer = zlib.compressobj(4, wbits=zlib.MAX_WBITS | 16)

    def pack(self, data: bytes, last: bool) -> bytes:
        packed = self._packer.compress(data)
        return packed + self._packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self) -> None:
        self._packer = ZstdCompressor(level=3)

    def pack(self, data: bytes, last: bool) -> bytes:
        if last:
            return self._packer.compress(data, ZstdCompressor.FLUSH_FRAME)
        return self._packer.compress(data, ZstdCompressor.FLUSH_BLOCK)


PACKERS: dict[str, type[Packer]] = {"zstd": _Zstd, "gzip": _Gzip}
"""By content coding, best first."""


def best(accepted: str) -> str:
    """The content coding that an Accept-Encoding header likes best of those that we have; "" for none."""
    liked = [(coding(accepted, name), name) for name in PACKERS] if accepted else []
    likes, name = max(liked, key=lambda pair: pair[0], default=(0.0, ""))
    return name if likes > 0 else ""


def is_text(content_type: str) -> bool:
    """Whether what is of this media type gets smaller."""
    media = content_type.partition(";")[0]
    return media.startswith(TEXTS) or media.endswith(MARKED_UP)
