"""What a request carries: its body up to a limit, unpacked, and its form fields, strictly decoded."""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.problems import Problem

FIELDS = 1000
"""Fields that a form may have."""


async def read(receive: Receive, headers: Headers, largest: int) -> bytes:
    """The body, unpacked where it is gzip or deflate. Raises Problem (400, 413, 415), ClientDisconnect."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in UNPACKERS:
        raise Problem(415, "Unknown encoding", f"The body is encoded as {encoding!r}; gzip, deflate are known.")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise Problem(413, "Body too large", f"{largest} bytes are allowed.", limit=largest)
        parts.append(part)
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    if encoding == "identity":
        return body
    try:
        unpacker = UNPACKERS[encoding]()
        unpacked = unpacker.decompress(body, largest + 1)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise Problem(400, "Bad encoding", f"The body is no {encoding}: {error}") from None
    if len(unpacked) > largest:
        raise Problem(413, "Body too large", f"{largest} bytes are allowed, unpacked.", limit=largest)
    if not unpacker.eof:
        raise Problem(400, "Bad encoding", f"The {encoding} body ends too early.")
    return unpacked


UNPACKERS: dict[str, Callable[[], "zlib._Decompress"]] = {
    "identity": zlib.decompressobj,
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": zlib.decompressobj,
}


def fields(encoded: bytes) -> dict[str, list[str]]:
    """The fields of a query string or form body. Raises Problem for what is not UTF-8."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except UnicodeDecodeError:
        raise Problem(400, "Not UTF-8", "Parameters are UTF-8, percent-encoded.") from None
    except ValueError as error:
        raise Problem(400, "Too many parameters", str(error)) from None
    for name, value in pairs:
        found[name].append(value)
    return found


def one(parameters: dict[str, list[str]], name: str) -> str | None:
    """A parameter that may be given once. Raises Problem where it is given again."""
    values = parameters.get(name, ())
    if len(values) > 1:
        raise Problem(400, "Parameter given twice", f"{name} may be given once.")
    return values[0] if values else None


def text(body: bytes) -> str:
    """A body as text. Raises Problem for what is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "Not UTF-8", f"At byte {error.start}: {error.reason}.") from None


def media_type(headers: Headers) -> str:
    """The bare media type of a body, "" where none is given. Raises Problem for a charset but UTF-8."""
    media, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "Unknown charset", f"The charset is {value}; UTF-8 is needed.")
    return media
