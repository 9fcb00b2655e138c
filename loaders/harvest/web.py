"""Asking services over the web, politely: at their pace, saying who asks, patient with faults and no fool.

What is tried again: no connection, one that breaks, time that runs out, an answer that breaks off or is not what
it should be, and the statuses 408, 425, 429 and 5xx. `Retry-After` (RFC 9110, 10.2.3; seconds or a date) says
when; without it the wait doubles from one second to a minute, less up to half of it by chance, so that many
clients do not come back all at once.
"""

import random
import re
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TypeVar

import httpx

from loaders.harvest.exchange import TIMEOUT, exchange
from loaders.harvest.service import Answer, Garbled, Refused, Request, Unreachable

ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
PATIENCE = 900.0
"""Seconds of `Retry-After` that are waited for; for longer ones the harvest stops and is taken up later."""
_AGAIN = frozenset({408, 425, 429})

Read = TypeVar("Read")


class Clock:
    """Time as it passes. Tests have one of their own, whose waits take none."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Sleep, unless `end` was called."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """End every wait, those under way and those to come."""
        self._ended.set()


class Web:
    """One service as seen from here. `interval` is the least number of seconds from request to request, `lost` how
    many answers were under way and did not come whole.

    `on_wait(seconds, why)` is told before each wait for a service that faltered.
    """

    def __init__(
        self,
        interval: float,
        contact: str = "",
        clock: Clock | None = None,
        on_wait: Callable[[float, str], None] = lambda _seconds, _why: None,
    ) -> None:
        self.interval = interval
        self.lost = 0
        self._clock = clock or Clock()
        self._on_wait = on_wait
        self._next = 0.0
        self._client = httpx.Client(
            headers={"User-Agent": user_agent(contact), "Accept": "*/*", "Accept-Encoding": "gzip"}
            | ({"From": contact} if contact else {}),
            timeout=TIMEOUT,
            follow_redirects=False,
        )

    def close(self) -> None:
        self._clock.end()
        self._client.close()

    def ask(self, request: Request, read: Callable[[Answer], Read]) -> Read:
        """What `read` makes of the answer to a request.

        Raises Refused where the service says no, Unreachable where it does not answer well in many attempts.
        """
        for attempt in range(1, ATTEMPTS + 1):
            self._pace()
            asked, status = None, 0
            try:
                answer = exchange(self._client, request, self._clock.now)
                self._slow_down(answer)
                if answer.status == 200 or answer.status in request.takes:
                    return read(answer)
                status = answer.status
                why = f"{_host(request)} answers {status}{said(answer)}"
                if status not in _AGAIN and status < 500:
                    raise Refused(why, status)
                asked = retry_after(answer.headers.get("retry-after", ""), self._clock.now())
            except Garbled as error:
                self.lost += 1
                why = f"{_host(request)}: {error}"
            except httpx.TransportError as error:
                self.lost += not isinstance(error, httpx.ConnectError)
                why = f"{_host(request)}: {_fault(error)}"
                if "CERTIFICATE_VERIFY_FAILED" in why:
                    raise Refused(why) from None
            if attempt < ATTEMPTS:
                self._wait(attempt, why, asked)
        raise Unreachable(f"{why}; given up after {ATTEMPTS} attempts. The same command goes on from here", status)

    def _wait(self, attempt: int, why: str, asked: float | None) -> None:
        if asked is not None and asked > PATIENCE:
            raise Unreachable(
                f"{why}, and asks to come back in {asked / 60:.0f} minutes; the same command goes on then"
            )
        seconds = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)
        seconds = seconds if asked is None else asked
        self._on_wait(seconds, why)
        self._clock.wait(seconds)

    def _pace(self) -> None:
        now = self._clock.now()
        if now < self._next:
            self._clock.wait(min(self._next - now, self.interval))  # a clock may be set back
        self._next = max(now, self._next) + self.interval

    def _slow_down(self, answer: Answer) -> None:
        """Keep to the rate that Crossref and others announce (`X-Rate-Limit-Limit: 50`, `…-Interval: 1s`)."""
        many = answer.headers.get("x-rate-limit-limit", "")
        time = re.fullmatch(r"(\d{1,6})s?", answer.headers.get("x-rate-limit-interval", ""))
        if time and many.isdecimal() and 0 < int(many) < 1_000_000:
            self.interval = max(self.interval, int(time[1]) / int(many))


def user_agent(contact: str) -> str:
    """Project, version and contact, as the services ask for them."""
    reach = f"; mailto:{contact}" if contact else ""
    return f"evidence-graph/{version('evidence-graph')} (+https://w3id.org/evidencegraph{reach})"


def retry_after(text: str, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, 0 or more; None where it says nothing clear.

    >>> retry_after("120", 0), retry_after("soon", 0)
    (120.0, None)
    >>> retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 20)
    40.0
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - now)


def said(answer: Answer) -> str:
    """The first words of an answer's text, for a message."""
    text = re.sub(r"<[^>]*>", " ", answer.body[:4000].decode("utf-8", "replace"))
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f" ({words[:200]})" if words else ""


def _host(request: Request) -> str:
    return httpx.URL(request.url).host


def _fault(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})"
    return f"the connection broke ({error})"
