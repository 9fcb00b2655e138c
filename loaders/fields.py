"""A JSON object whose fields are taken one by one, so that what nobody took can be reported."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loaders.record import Unreadable


class Fields:
    """The fields of one JSON object. Each method removes the field that it gives.

    A field of another type than asked for counts as absent.

    >>> fields = Fields({"title": " A ", "volume": 3, "score": 1.0, "issue": None})
    >>> fields.text("title"), fields.text("volume"), fields.text("issue"), fields.left()
    ('A', '3', None, ('score',))
    """

    def __init__(self, values: object) -> None:
        self._values: dict[str, Any] = dict(values) if isinstance(values, Mapping) else {}

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, *names: str) -> str | None:
        """The first of the fields that holds text or a number, without white space at its ends."""
        found = None
        for name in names:
            value = as_text(self._values.pop(name, None))
            found = found or value
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list field; of a plain text field its one text."""
        value = self._values.pop(name, None)
        items = value if isinstance(value, list) else [value]
        return tuple(text for item in items if (text := as_text(item)))

    def flag(self, name: str) -> bool | None:
        value = self._values.pop(name, None)
        return value if isinstance(value, bool) else None

    def child(self, name: str) -> "Fields":
        """An object field; one without fields where it is absent."""
        return Fields(self._values.pop(name, None))

    def children(self, name: str) -> Iterator["Fields"]:
        """The objects of a list field."""
        value = self._values.pop(name, None)
        items = value if isinstance(value, list) else [value]
        return (Fields(item) for item in items if isinstance(item, dict))

    def raw(self, name: str) -> object:
        """A field's value as it is."""
        return self._values.pop(name, None)

    def drop(self, *names: str) -> None:
        """Fields that say nothing of the document: times of indexing, scores, counts."""
        for name in names:
            self._values.pop(name, None)

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def left(self) -> tuple[str, ...]:
        """The names of fields that hold something and were not taken."""
        return tuple(name for name, value in self._values.items() if value not in (None, "", [], {}))


def as_text(value: object) -> str | None:
    """Text or a number as text without white space at its ends; None for anything else and for nothing."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def parse(raw: bytes) -> Fields:
    """One entry's JSON object. Raises Unreadable where the bytes are none."""
    try:
        value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no valid JSON ({error}): export the record again") from None
    if not isinstance(value, dict):
        raise Unreadable(f"a JSON object was expected, not a {type(value).__name__}: export the record again")
    return Fields(value)
