"""What a service offers a harvest: where it begins, what to ask for next, what an answer holds.

A service does no input and no output of its own: it makes requests and reads answers, and `web` carries them.
So every service is tried without a network, and all of them are polite in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from loaders.record import Entry

Position = Mapping[str, Any]
"""Where a harvest stands at its service: a cursor, a token, an offset. JSON, since it is kept on disk."""


class Halted(Exception):
    """A harvest cannot go on. The message says why and what to do, for a person; what was fetched is kept.

    `status` is that of the answer, 0 where there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Refused(Halted):
    """The service will not give this, however often it is asked."""


class Unreachable(Halted):
    """The service did not give it after many attempts, or asks to come back much later."""


class Garbled(Exception):
    """An answer that broke off or is not what its service gives; asking again may help."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person wants of a service.

    `since` and `until` are ISO 8601, "YYYY-MM-DD" (OAI-PMH: or to the second), both included; they are dates of
    publication, where `changed` is set of the last change at the service. `url` is another address of the
    service than its own. `limit` is the number of records after which to stop, 0 for none. `update` asks for
    what changed since the same harvest last ended.
    """

    service: str
    query: str = ""
    since: str = ""
    until: str = ""
    changed: bool = False
    filter: str = ""
    set: str = ""
    prefix: str = ""
    url: str = ""
    addresses: tuple[str, ...] = ()
    limit: int = 0
    update: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an e-mail address that the service may write to, and the key that it gave, if any."""

    contact: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return f"Caller({self.contact!r}, key={'***' if self.key else ''!r})"


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds from one request to the next: of anybody, of whoever gives an address, of whoever has a key."""

    anybody: float
    with_contact: float | None = None
    with_key: float | None = None

    def interval(self, caller: Caller) -> float:
        """The seconds that hold for a caller."""
        if caller.key and self.with_key is not None:
            return self.with_key
        return self.with_contact if caller.contact and self.with_contact is not None else self.anybody


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a harvest: what is asked, from where on, by whom. `today` is a day, ISO 8601."""

    ask: Ask
    caller: Caller
    today: str
    at: Position = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Keys go into `headers` or `form`, never into `params`: addresses are shown and kept.

    `form` makes it a POST. `takes` are statuses beside 200 whose answers the service itself reads.
    """

    url: str
    params: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    takes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came, unpacked. `headers` have lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer holds.

    `names` are the records in it as the service names them. `next` is None after the last page. `total` is how
    many records the service says there are in all; 0 says that this is no longer known. `body` goes to the
    readers; without one there is nothing to load. `problem` says why this page could not be had, `warning` what
    a person should know of it. `pace` is a number of seconds between requests that the service asks for. `name` is
    what a person knows the page by, where it has a name of its own. `anew`: the list, or a part of it, begins again.
    """

    names: tuple[str, ...]
    next: Position | None
    total: int | None = None
    body: bytes = b""
    problem: str = ""
    warning: str = ""
    pace: float = 0.0
    name: str = ""
    anew: bool = False


class Service(Protocol):
    """A service that records can be harvested from.

    `home` is its own address. `dates` says which dates it can select by: "published", "changed".
    `fleeting`: its cursor moves on with each answer, even one that is lost on its way.
    `takes` names the parts of an ask that it knows beside them; "moment" are dates to the second.
    `needs_contact`: it asks for an address of whoever harvests much. `rate` is what its rules allow.
    """

    @property
    def name(self) -> str: ...
    @property
    def home(self) -> str: ...
    @property
    def dates(self) -> frozenset[str]: ...
    @property
    def takes(self) -> frozenset[str]: ...
    @property
    def needs_contact(self) -> bool: ...
    @property
    def fleeting(self) -> bool: ...
    @property
    def rate(self) -> Rate: ...

    def start(self, turn: Turn) -> Position:
        """Where a harvest begins; the turn has no position yet. Raises Refused for what cannot be asked here."""

    def request(self, turn: Turn) -> Request:
        """What to ask for at a position."""

    def page(self, turn: Turn, answer: Answer) -> Page:
        """What the answer to that holds. Raises Garbled or Refused."""

    def without(self, turn: Turn, why: Halted) -> Page | None:
        """How to go on without what could not be had; None where the list ends with it."""

    def entries(self, body: bytes) -> list[Entry]:
        """The single records of a page."""

    def joined(self, entries: list[Entry]) -> bytes:
        """A page of some records alone, each with the very bytes that it has in its own page."""


PUBLISHED = frozenset({"published"})
CHANGED = frozenset({"changed"})
