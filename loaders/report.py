"""What a load tells a person: how it went, where it stands, why something was put aside."""

from dataclasses import dataclass, field

from loaders.archive import Quarantined
from loaders.record import Record
from loaders.sources import SOURCES


@dataclass(slots=True)
class Report:
    """How a load went. `loaded` counts new and changed records, `withdrawn` those that their source deleted."""

    loaded: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    by_source: dict[str, int] = field(default_factory=dict)
    leftovers: dict[str, int] = field(default_factory=dict)

    def count(self, record: Record) -> None:
        """One more record is in."""
        self.loaded += 1
        self.by_source[record.source] = self.by_source.get(record.source, 0) + 1
        for name in record.leftovers:
            label = f"{record.source}: {name}"
            self.leftovers[label] = self.leftovers.get(label, 0) + 1

    @property
    def exit_status(self) -> int:
        return 1 if self.quarantined else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a load stands: the file it is in, entries seen, bytes of files behind it."""

    file: str
    entries: int
    bytes_done: int


def why_unknown(head: bytes) -> str:
    """Why an input that no reader takes was not loaded, from its first bytes."""
    known = ", ".join(sorted(s.NAME for s in SOURCES))
    if not head.strip():
        return "is empty: nothing to load"
    if b"\0" in head[:4096]:
        return f"is a binary file of a kind not known here; known are {known}"
    return f"is of no known format; known are {known}"
