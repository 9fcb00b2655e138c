"""What the loaders ask of the graph that they write to, and of whoever says who is who."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from loaders.record import Record
from ontology.iris import Iris

RecordKey = tuple[str, str]
"""Source and key: what names a record."""


class Packed(Protocol):
    """A record's graphs, made ready to be written."""

    @property
    def source(self) -> str: ...
    @property
    def key(self) -> str: ...


class Packer(Protocol):
    """Makes a record's graphs (name to N-Triples statements) ready. It is sent to other processes."""

    def __call__(self, source: str, key: str, graphs: Mapping[str, Collection[str]]) -> Packed: ...


class Graph(Protocol):
    """A graph that records are loaded into (`service/store/graph.py`)."""

    @property
    def iris(self) -> Iris: ...
    @property
    def packer(self) -> Packer: ...
    def add(self, records: Sequence[Any], settled: bool) -> bool:
        """`records` are what its own packer made."""

    def settle(self) -> None: ...
    @property
    def resolved(self) -> bool:
        """Whether there is a resolution graph."""

    def delete(self, records: Collection[RecordKey]) -> int: ...
    def resolve(self, removed: Collection[str], added: Collection[str], settled: bool) -> bool: ...
    def unresolve(self) -> None: ...
    def flush(self) -> None: ...
    def publish(self) -> object: ...


class Delta(Protocol):
    """A change of the resolution graph, as N-Triples statements."""

    @property
    def removed(self) -> Sequence[str]: ...
    @property
    def added(self) -> Sequence[str]: ...


class Read(Protocol):
    """What linking takes from a record."""

    @property
    def record(self) -> RecordKey: ...


class Reader(Protocol):
    """Reads records for linking. It is sent to other processes."""

    def __call__(self, records: Sequence[Record]) -> Sequence[Read]: ...


class Linker(Protocol):
    """Who is who (`loaders/linking`)."""

    @property
    def holds(self) -> bool: ...
    @property
    def stale(self) -> bool: ...
    @property
    def behind(self) -> bool: ...
    @property
    def reader(self) -> Reader: ...
    def clear(self) -> None: ...
    @property
    def unsettled(self) -> bool: ...
    def update(self, changed: Sequence[Any], removed: Sequence[RecordKey], *, put_off: bool = False) -> Delta:
        """`changed` are what its own reader made."""

    def settle(self) -> Delta: ...
    def commit(self) -> None: ...
    @property
    def unapplied(self) -> Delta | None: ...
    def applied(self) -> None: ...
    def close(self) -> None: ...
