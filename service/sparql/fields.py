"""The fields of a query string or form, strictly decoded, and the media type of a body."""

from binascii import a2b_qp
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from service.problem import Problem

FORM = "application/x-www-form-urlencoded"
QUERY_TEXT = "application/sparql-query"
FIELDS = 1000
"""Fields that a form may have."""


def decode(encoded: bytes) -> dict[str, list[str]]:
    """The fields of a query string or form body. Raises Problem for what is not UTF-8.

    >>> decode(b"query=SELECT+*+%7B%7D&format=json")
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
    if b"\n" not in text and b"\r" not in text and text[-1:] not in b" \t":
        # The same as quoted-printable but for the mark, and that is written in C: a tenth of the time.
        plain = a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))
        if len(plain) == len(text) - 2 * text.count(b"%"):  # else a mark is lone, and has not become two bytes less
            return plain.decode()
    return unquote_to_bytes(text).decode()


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
