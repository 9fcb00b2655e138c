"""What a request carries: its body up to a limit, unpacked, and its form fields, strictly decoded."""

import gzip
import re
import zlib
from binascii import a2b_qp
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from service.problems import Problem

FIELDS = 1000
"""Fields that a form may have."""
LONE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
"""A percent sign that encodes nothing."""


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers by lower-case name; one that comes several times is joined by commas."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        found[name] = f"{found[name]}, {value.decode('latin-1')}" if name in found else value.decode("latin-1")
    return found


async def read(receive: Receive, headers: Mapping[str, str], largest: int) -> bytes:
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
    """The fields of a query string or form body. Raises Problem for what is not UTF-8.

    >>> fields(b"query=SELECT+*+%7B%7D&format=json")
    {'query': ['SELECT * {}'], 'format': ['json']}
    """
    found: dict[str, list[str]] = {}
    pairs = encoded.split(b"&") if encoded else []
    if len(pairs) > FIELDS:
        raise Problem(400, "Too many parameters", f"{FIELDS} are allowed.")
    try:
        for pair in pairs:
            name, equals, value = pair.partition(b"=")
            if name or equals:
                found.setdefault(_unquoted(name), []).append(_unquoted(value))
    except UnicodeDecodeError:
        raise Problem(400, "Not UTF-8", "Parameters are UTF-8, percent-encoded.") from None
    return found


def _unquoted(text: bytes) -> str:
    """Percent-encoding undone. A lone percent sign stands for itself."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text.decode()
    if LONE.search(text) or b"\n" in text or b"\r" in text or text[-1:] in b" \t":
        return unquote_to_bytes(text).decode()
    # The same as quoted-printable but for the mark, and that is written in C: a tenth of the time.
    return a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"=")).decode()


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


def media_type(headers: Mapping[str, str]) -> str:
    """The bare media type of a body, "" where none is given. Raises Problem for a charset but UTF-8."""
    media, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "Unknown charset", f"The charset is {value}; UTF-8 is needed.")
    return media
