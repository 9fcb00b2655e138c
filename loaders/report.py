"""What a load tells a person: how it went, where it stands, why something was put aside."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from loaders.archive import Quarantined
from loaders.inputs import OFFICE
from loaders.sources import SOURCES, csv_table

_NAMED, _NAME = 20, 60
_KINDS = {
    b"%PDF-": "is a PDF: load a reference of the paper in its place, as RIS or BibTeX for example",
    b"\xd0\xcf\x11\xe0": OFFICE,
    **dict.fromkeys(
        (b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"7z\xbc\xaf", b"Rar!"),
        "is packed in a way that is not read here: unpack it by hand, or pack it as .gz or .zip",
    ),
}
"""Files that people have and that hold no records, by their first bytes, and what to do about them."""


@dataclass(slots=True)
class Report:
    """How a load went. `loaded` counts new and changed records, `withdrawn` those that their source deleted,
    `unchanged` entries that are there already, or of whose record a later state counts.

    `warnings` are of inputs that loaded and yet are not as their source says, for a person.
    """

    loaded: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    by_source: dict[str, int] = field(default_factory=dict)
    leftovers: dict[str, int] = field(default_factory=dict)

    def count(self, source: str, leftovers: Iterable[str]) -> None:
        """One more record is in; `leftovers` are the fields of it that have no place in the graph."""
        self.loaded += 1
        self.by_source[source] = self.by_source.get(source, 0) + 1
        for name in leftovers:
            label = f"{source}: {name}"
            self.leftovers[label] = self.leftovers.get(label, 0) + 1

    def supersede(self, source: str) -> None:
        """A record that was counted as loaded is to be what a later entry says."""
        self.loaded -= 1
        self.unchanged += 1
        self.by_source[source] -= 1
        if not self.by_source[source]:
            del self.by_source[source]

    def name_each_once(self) -> None:
        """What a killed load had begun and this one met again was put aside twice."""
        self.quarantined = list({(q.hash, q.file, q.place): q for q in self.quarantined}.values())

    @property
    def exit_status(self) -> int:
        return 1 if self.quarantined else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a load stands: the file it is in or what is done at the end, entries seen, bytes of files behind it.

    `bytes_total` is None where nobody knows. `seconds` since the load began.
    """

    file: str
    entries: int
    bytes_done: int
    bytes_total: int | None = None
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Entries a second so far."""
        return self.entries / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take if it goes on like this; None where nobody knows."""
        if not self.bytes_total or not self.bytes_done:
            return None
        return self.seconds * max(0, self.bytes_total - self.bytes_done) / self.bytes_done


def why_unknown(head: bytes) -> str:
    """Why an input that no reader takes was not loaded, from its first bytes."""
    known = ", ".join(sorted(s.NAME for s in SOURCES))
    if not head.strip():
        return "is empty: nothing to load"
    for first, told in _KINDS.items():
        if head.startswith(first):
            return told
    if b"\0" in head[:4096]:
        return f"is a binary file of a kind not known here; known are {known}"
    if columns := csv_table.header_of(head):
        named = ", ".join(name[:_NAME] for name in columns[:_NAMED]) + (", …" if len(columns) > _NAMED else "")
        return (
            f"is of no known format; it looks like a table, of the columns {named}: "
            "say which of them hold what, as in --columns 'title=NAME,authors=NAME,year=NAME', and load it again"
        )
    return f"is of no known format; known are {known}"
