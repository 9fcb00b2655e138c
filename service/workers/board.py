"""Memory that the service and its speakers share: what each speaker is doing, and what it has done.

Each field is eight bytes and has one writer, so that it is read whole without a lock. Times are of the
monotonic clock, which all processes of a machine share.
"""

import mmap
import os
import time
from bisect import bisect_left
from collections.abc import Iterator

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the classes in which durations are counted."""

FIELDS = 32
SLOTS = 64
_REVISION = 0
_REQUEST, _CONNECTION, _SENT, _OPENED, _RETIRED, _CLASSES = 0, 1, 2, 3, 4, 8
_DEADLINE, _SINCE, _TOTAL = 5, 6, 7
_AGAIN, _WHOSE = 23, 24
WHOSE = 8 * (FIELDS - _WHOSE)
"""Bytes of the longest text on whose a request is."""


class Board:
    """The shared memory. `descriptor` is that of another process's board; without it a new one is made."""

    def __init__(self, descriptor: int | None = None) -> None:
        size = 8 * FIELDS * (SLOTS + 1)
        self.descriptor = os.memfd_create("board") if descriptor is None else descriptor
        if descriptor is None:
            os.ftruncate(self.descriptor, size)
        memory = memoryview(mmap.mmap(self.descriptor, size))
        self._whole, self._real = memory.cast("Q"), memory.cast("d")
        self.slots = [Slot(number, memory, self._whole, self._real) for number in range(SLOTS)]

    @property
    def revision(self) -> int:
        """The newest revision of the graph: the name of its snapshot."""
        return self._whole[_REVISION]

    @revision.setter
    def revision(self, revision: int) -> None:
        self._whole[_REVISION] = revision

    def durations(self) -> tuple[list[int], float]:
        """Answers given by all speakers in each class of SECONDS and the one above, and their seconds in sum."""
        classes = [sum(slot.count(number) for slot in self.slots) for number in range(len(SECONDS) + 1)]
        return classes, sum(slot.total for slot in self.slots)

    @property
    def again(self) -> int:
        """Answers that all speakers gave again."""
        return sum(slot.again for slot in self.slots)

    def held(self) -> Iterator[int]:
        """The revisions that speakers have open."""
        return (slot.opened for slot in self.slots if slot.opened)


class Slot:
    """What one speaker says of itself."""

    def __init__(
        self, number: int, memory: "memoryview[int]", whole: "memoryview[int]", real: "memoryview[float]"
    ) -> None:
        self.number = number
        self._whole, self._real, self._at = whole, real, FIELDS * (number + 1)
        self._text = memory[8 * (self._at + _WHOSE) :][:WHOSE]
        self._written = ""

    def clear(self) -> None:
        """Make it ready for a new speaker; what was counted stays."""
        for field in (_REQUEST, _CONNECTION, _SENT, _OPENED, _RETIRED):
            self._whole[self._at + field] = 0
        self._text[:] = bytes(WHOSE)

    # ---- by the speaker

    def begin(self, connection: int, seconds: float, whose: str = "") -> None:
        """A request of a connection is being answered, and may take so long. `whose` has Latin-1 characters."""
        if whose != self._written:
            self._text[:] = whose.encode("latin-1").ljust(WHOSE, b"\0")
            self._written = whose
        now = time.monotonic()
        self._real[self._at + _SINCE], self._real[self._at + _DEADLINE] = now, now + seconds
        self._whole[self._at + _SENT] = 0
        self._whole[self._at + _REQUEST] += 1
        self._whole[self._at + _CONNECTION] = connection

    def send(self) -> None:
        """Bytes of the answer are about to go out."""
        self._whole[self._at + _SENT] = 1

    def end(self, *, answered: bool, again: bool = False) -> float:
        """The request is over, `again` with an answer of before. Returns the seconds that it took."""
        spent = time.monotonic() - self._real[self._at + _SINCE]
        if answered:
            self._whole[self._at + _CLASSES + bisect_left(SECONDS, spent)] += 1
            self._real[self._at + _TOTAL] += spent
        if again:
            self._whole[self._at + _AGAIN] += 1
        self._whole[self._at + _CONNECTION] = 0
        return spent

    @property
    def opened(self) -> int:
        """The revision that the speaker has open."""
        return self._whole[self._at + _OPENED]

    @opened.setter
    def opened(self, revision: int) -> None:
        self._whole[self._at + _OPENED] = revision

    # ---- by the service

    @property
    def retired(self) -> bool:
        """Whether the speaker is to take no further request."""
        return bool(self._whole[self._at + _RETIRED])

    def retire(self) -> None:
        self._whole[self._at + _RETIRED] = 1

    @property
    def connection(self) -> int:
        """The connection whose request is being answered; 0 for none."""
        return self._whole[self._at + _CONNECTION]

    @property
    def request(self) -> int:
        """How many requests there have been."""
        return self._whole[self._at + _REQUEST]

    @property
    def whose(self) -> str:
        """What the request says of whose it is."""
        return bytes(self._text).rstrip(b"\0").decode("latin-1")

    @property
    def again(self) -> int:
        return self._whole[self._at + _AGAIN]

    @property
    def sent(self) -> bool:
        return bool(self._whole[self._at + _SENT])

    @property
    def since(self) -> float:
        return self._real[self._at + _SINCE]

    @property
    def deadline(self) -> float:
        return self._real[self._at + _DEADLINE]

    @property
    def total(self) -> float:
        return self._real[self._at + _TOTAL]

    def count(self, number: int) -> int:
        return self._whole[self._at + _CLASSES + number]
