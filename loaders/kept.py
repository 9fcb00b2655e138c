"""What the archive keeps: entries on their way, records, what could not be loaded, and how each changed."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime


def content_hash(raw: bytes) -> str:
    """SHA-256 of an entry's bytes, 64 hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


NOTHING = content_hash(b"")
"""The hash of what was set aside without bytes: it could not be opened, unpacked or split."""


def now() -> str:
    """The present moment, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Work:
    """An entry on its way into the graph. `file` and `place` say where it stands, for a person."""

    source: str
    raw: bytes
    hash: str
    file: str
    place: str


@dataclass(frozen=True, slots=True)
class Archived:
    """A record as it was loaded. `versions` are those of the reader and the annotator that read it last."""

    source: str
    key: str
    hash: str
    versions: str
    file: str
    place: str
    loaded_at: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An entry that could not be loaded, and why. `file` and `place` say where it stands."""

    hash: str
    file: str
    place: str
    source: str | None
    reason: str
    at: str = ""
    id: int = 0

    @property
    def whole(self) -> bool:
        """Whether this is a file as a whole, or all of it from `place` on, rather than one of several entries in it."""
        return not self.place or self.hash == NOTHING


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change feed.

    `action`: "added"; "changed", to other bytes; "reread", the same bytes by another version of a reader; "corrected",
    with what people say of its evidence; "withdrawn" by its source; "deleted" by an operator.
    """

    seq: int
    source: str
    key: str
    action: str
    hash: str | None
    at: str
