"""What the services that answer in JSON have in common."""

import io
import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from loaders.harvest.service import Answer, Ask, Garbled, Halted, Page, Refused, Turn
from loaders.record import Entry
from loaders.streams import json_entries


class JsonPages:
    """A service whose pages are JSON: how they are taken apart and put together."""

    def without(self, _turn: Turn, _why: Halted) -> Page | None:
        return None

    def entries(self, body: bytes) -> list[Entry]:
        return list(json_entries(io.BytesIO(body)))

    def joined(self, entries: list[Entry]) -> bytes:
        return b"[" + b",".join(entry.raw for entry in entries) + b"]"


def parsed(answer: Answer) -> Mapping[str, Any]:
    """The object that an answer is. Raises Garbled."""
    try:
        value = orjson.loads(answer.body)
    except ValueError:
        try:
            value = json.loads(answer.body)  # takes half surrogate pairs and NaN, which some services write
        except (ValueError, RecursionError):
            raise Garbled(f"the answer is no whole JSON{_start(answer.body)}") from None
    if not isinstance(value, Mapping):
        raise Garbled(f"the answer is no JSON object{_start(answer.body)}")
    return value


def _start(body: bytes) -> str:
    text = " ".join(re.sub(r"\s+", " ", body[:80].decode("utf-8", "replace")).split())
    return f" (it starts with {text!r})" if text else " but empty"


def items(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The list of objects at a path. Raises Garbled where it is missing: an empty list is not the same."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, list):
        raise Garbled(f"the answer has no {'.'.join(path)}")
    return [item for item in value if isinstance(item, Mapping)]


def number(value: Any) -> int | None:
    """A count, however it is written."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 16 else None


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def rows(ask: Ask, most: int) -> int:
    """How many records to ask for at once."""
    return min(ask.limit, most) if ask.limit else most


def needs(ask: Ask, *names: str) -> None:
    """Raises Refused where none of these parts of an ask is given."""
    if not any(getattr(ask, name) for name in names):
        options = " or ".join(f"--{name}" for name in names)
        raise Refused(f"{ask.service} has far too much to take it all: give {options}")
