"""A harvest: fetch page after page from a service, keep each on disk, and give them to the loader.

Loading goes on in rounds: after each of them the pages of the round are in the graph for good and leave the disk.
A harvest that was stopped, by whatever, is taken up by running it again: first with the pages that wait, then where
the service was left.
"""

import hashlib
import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from loaders.harvest.ahead import ahead
from loaders.harvest.asking import check, shown
from loaders.harvest.saved import Fetched, Saved, State
from loaders.harvest.service import Ask, Caller, Halted, Page, Position, Refused, Service, Turn
from loaders.harvest.web import Clock, Web
from loaders.inputs import Broken, Input
from loaders.report import Report

ROUND_BYTES = 256 << 20
"""Bytes of pages that are loaded before they leave the disk."""
EMPTY_LIMIT = 100
"""Pages without a record in a row, after which a list is held to have no end."""
ANEW = 3
"""How often a list is begun again whose cursor the service no longer knows."""
_LOST = frozenset({400, 404, 410, 422})
"""With these statuses services answer to a cursor that has expired."""


class Loads(Protocol):
    """What a harvest asks of the loader (`loaders/pipeline.py`)."""

    def load_inputs(self, items: Iterable[Input | Broken]) -> Report: ...


@dataclass(slots=True)
class Harvested:
    """How a harvest went. `halted` says why it stopped before its end; empty where it did not."""

    state: State
    report: Report = field(default_factory=Report)
    halted: str = ""

    @property
    def warnings(self) -> list[str]:
        """What a person should know: what was not met, what had to be begun again."""
        state, found = self.state, list(self.state.warnings)
        if state.finished and short(state):
            found.append(f"{state.ask.service} said {state.total:,} records and gave {state.records:,}")
        return found


class Harvest:
    """One harvest. `folder` is the data folder.

    `pace` is another number of seconds between requests than the service's own: a larger one, or any where the
    ask names an address. `on_fetched(state)` is told after every page, `on_wait(seconds, why)` before each wait
    for a service that faltered.
    """

    def __init__(
        self,
        service: Service,
        ask: Ask,
        caller: Caller,
        folder: Path,
        *,
        pace: float | None = None,
        clock: Clock | None = None,
        on_fetched: Callable[[State], None] = lambda _state: None,
        on_wait: Callable[[float, str], None] = lambda _seconds, _why: None,
    ) -> None:
        check(service, ask, caller)
        self.service, self.ask, self.caller = service, ask, caller
        self._folder = folder
        self._clock = clock or Clock()
        self._web = Web(self._interval(pace), caller.contact, self._clock, on_wait)
        self._on_fetched = on_fetched
        self._halted = ""

    def run(self, loader: Loads, *, restart: bool = False) -> Harvested:
        """Fetch and load to the end, or as far as it goes; never raises for what a service does.

        Raises Refused for what it cannot be asked.
        """
        saved = Saved(self._folder, self.ask)
        try:
            if restart:
                saved.forget()
            return self._run(loader, saved, self._begin(saved))
        finally:
            saved.close()

    def _run(self, loader: Loads, saved: Saved, state: State) -> Harvested:
        harvested = Harvested(state)
        pages = self._pages(saved, state)
        try:
            while True:
                within = Round(pages)
                add(harvested.report, loader.load_inputs(within))
                saved.loaded(within.last)
                if within.ended:
                    break
        finally:
            pages.close()
            self._web.close()
        harvested.halted = self._halted
        if not self._halted:
            state.finished = self._moment()
            saved.save(state)
        return harvested

    # ---- fetching

    def _begin(self, saved: Saved) -> State:
        """The state to go on with: a harvest that was not finished, or a new one."""
        before = saved.load()
        if before and not before.finished:
            return before
        since = self.ask.since
        if self.ask.update and before is None:
            whole = saved.load_of(replace(self.ask, update=False))
            before = whole if whole and whole.finished and not whole.ask.limit else None
        if self.ask.update and before:
            # services tell changes by the day, and their clocks are not ours
            since = (date.fromisoformat(before.started[:10]) - timedelta(days=1)).isoformat()
        state = State(self.ask, {}, self._moment(), since)
        state.position = dict(self.service.start(self._turn(self._asked(state))))
        saved.save(state)
        return state

    def _asked(self, state: State) -> Ask:
        """The ask with the date that the list begins with in truth."""
        if not self.ask.update:
            return self.ask
        return replace(self.ask, since=state.since, changed=bool(state.since))

    def _interval(self, pace: float | None) -> float:
        allowed = self.service.rate.interval(self.caller)
        return allowed if pace is None else pace if self.ask.url else max(pace, allowed)

    def _turn(self, ask: Ask, at: Position | None = None) -> Turn:
        return Turn(ask, self.caller, self._moment()[:10], at or {})

    def _moment(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def _pages(self, saved: Saved, state: State) -> Generator[Fetched, None, None]:
        """Every page that is not loaded: those on disk, then those of the service."""
        try:
            yield from saved.waiting()
            yield from ahead(lambda: self._fetch(saved, state))
        except Halted as why:
            self._halted = str(why)

    def _fetch(self, saved: Saved, state: State) -> Iterator[Fetched]:
        ask = self._asked(state)
        while state.position is not None:
            turn = self._turn(ask, state.position)
            try:
                page = self._web.ask(self.service.request(turn), partial(self.service.page, turn))
            except Halted as no:
                less = self.service.without(turn, no)
                if less is None:
                    lost = isinstance(no, Refused) and no.status in _LOST
                    if not lost or not self._again(state, ask, f"the service did not go on where it was ({no})"):
                        raise
                    saved.save(state)
                    continue
                page = less
            state.lost += self._web.lost
            self._web.lost = 0
            fetched = self._taken(state, page, f"{self.ask.service}: {shown(ask)}, page {state.pages + 1}")
            if state.position is None and state.lost and self.service.fleeting and short(state):
                self._again(state, ask, "an answer was lost on its way, and the service gives none twice")
            saved.save(state, fetched)
            self._on_fetched(state)
            if fetched:
                yield fetched

    def _again(self, state: State, ask: Ask, why: str) -> bool:
        """Begin a list again; what is had already is passed over. False where that would lead nowhere."""
        first = dict(self.service.start(self._turn(ask)))
        if state.position == first or state.anew >= ANEW:
            return False
        state.anew += 1
        state.position, state.records, state.lost, state.mark, state.mark_page = first, 0, 0, "", 0
        state.warnings.append(f"{why}: its list was begun again")
        return True

    def _taken(self, state: State, page: Page, name: str) -> Fetched | None:
        """Move the state past a page; gives what there is of it to load."""
        names, entries = page.names, self.service.entries(page.body) if page.body else []
        if self.ask.limit and state.records + len(names) >= self.ask.limit:
            entries = entries[: self.ask.limit - state.records]
            names = names[: self.ask.limit - state.records]
            page = replace(page, next=None)
        state.position = dict(page.next) if page.next is not None else None
        if page.total is not None:
            state.total = page.total
        if page.warning:
            state.warnings.append(page.warning)
        if page.pace:
            self._web.interval = max(self._web.interval, page.pace)
        if page.names:
            state.pages += 1
            state.records += 0 if page.problem else len(names)
            state.problems += bool(page.problem)
        if page.anew:
            state.mark, state.mark_page = "", 0
        self._watch(state, page)
        if not names:
            return None
        # The records alone: what an answer says of the whole list would be held against its one page.
        return Fetched(state.pages, page.name or name, self.service.joined(entries), page.problem)

    def _watch(self, state: State, page: Page) -> None:
        """End a list that goes round in a circle, or goes on without giving anything.

        A page is compared with one before it, that one moves on at each power of two (R. P. Brent, 1980, BIT 20):
        a circle of whatever length is found without keeping every page in mind.
        """
        if not page.names:
            state.empty += 1
            if state.empty >= EMPTY_LIMIT and state.position is not None:
                state.position = None
                state.warnings.append(f"the service gave {EMPTY_LIMIT} pages without a record in a row: stopped there")
            return
        state.empty = 0
        mark = hashlib.sha256(json.dumps(page.names).encode()).hexdigest()[:16]
        if mark == state.mark and state.position is not None:
            state.position = None
            state.warnings.append(
                f"page {state.pages} is page {state.mark_page} again: the list goes in a circle, stopped"
            )
        if state.pages & (state.pages - 1) == 0:
            state.mark, state.mark_page = mark, state.pages


def short(state: State) -> bool:
    """Whether a list that came to its end had fewer records than its service stated."""
    return not state.ask.limit and state.records + state.problems < state.total


class Round:
    """Pages as inputs, until there are enough of them for one load. `last` is the number of the last one."""

    def __init__(self, pages: Iterator[Fetched]) -> None:
        self._pages = pages
        self.ended = False
        self.last = 0

    def __iter__(self) -> Iterator[Input | Broken]:
        size = 0
        while size < ROUND_BYTES:
            page = next(self._pages, None)
            if page is None:
                self.ended = True
                return
            size += len(page.body)
            if page.problem:
                yield Broken(page.name, page.problem)
            else:
                yield Input(page.name, io.BufferedReader(io.BytesIO(page.body), 1 << 16), len(page.body))
            self.last = page.number


def add(to: Report, more: Report) -> None:
    """Count one report into another."""
    for part in fields(Report):
        mine, theirs = getattr(to, part.name), getattr(more, part.name)
        if isinstance(mine, int):
            setattr(to, part.name, mine + theirs)
        elif isinstance(mine, list):
            mine.extend(theirs)
        elif isinstance(mine, dict):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
