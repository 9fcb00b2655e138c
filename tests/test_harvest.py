"""A harvest as a whole: it goes on where it stopped, tells a list without end, and says what was not met."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loaders.harvest import named
from loaders.harvest.harvest import Harvest, Harvested, add
from loaders.harvest.saved import FILE, Saved, State, every
from loaders.harvest.service import Ask, Caller, Halted
from loaders.inputs import Broken, Input
from loaders.report import Report
from tests import replaying
from tests.harvesting import CONTACT, Shelf, crossref, item, openalex, pages, paper, preprint
from tests.replaying import Asked, Quick, Replaying, Reply, reply

DOWN = Reply(b"down", 503)


def run(
    data: Path, url: str, shelf: Any = None, name: str = "openalex", restart: bool = False, **ask: Any
) -> Harvested:
    ask = {"query": "burnout"} | ask if name == "openalex" else ask
    work = Harvest(named(name), Ask(name, url=url, **ask), Caller(CONTACT), data, clock=Quick())
    return work.run(Shelf() if shelf is None else shelf, restart=restart)


def works(count: int) -> list[dict[str, Any]]:
    return [openalex(n) for n in range(1, count + 1)]


def test_a_harvest_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    shelf = Shelf()
    with Replaying(replaying.openalex(works(9)), dict.fromkeys(range(2, 10), DOWN)) as server:
        done = run(tmp_path, server.url, shelf)
        assert "given up" in done.halted
        assert not done.state.finished
        assert len(shelf.keys) == 3, "what had come is loaded"
        before = len(server.asked)
        done = run(tmp_path, server.url, shelf)
        assert not done.halted
        assert [asked.params["cursor"] for asked in server.asked[before:]] == ["c3", "c6"]
    assert len(shelf.keys) == 9
    assert done.state.finished
    assert not pages(tmp_path)


def test_a_harvest_can_begin_anew(tmp_path: Path) -> None:
    with Replaying(replaying.openalex(works(9)), dict.fromkeys(range(2, 10), DOWN)) as server:
        run(tmp_path, server.url)
        done = run(tmp_path, server.url, restart=True)
        assert server.asked[-3].params["cursor"] == "*"
    assert done.state.records == 9


def test_a_finished_harvest_begins_anew_by_itself(tmp_path: Path) -> None:
    with Replaying(replaying.openalex(works(4))) as server:
        for _ in range(2):
            shelf = Shelf()
            run(tmp_path, server.url, shelf)
            assert len(shelf.keys) == 4
        [state] = every(tmp_path)
        assert state.records == 4


def test_pages_that_were_fetched_and_not_loaded_are_not_fetched_again(tmp_path: Path) -> None:
    class Full(Exception):
        pass

    class Failing(Shelf):
        def load_inputs(self, items: Iterable[Input | Broken]) -> Report:
            for number, _ in enumerate(items):
                if number == 1:
                    raise Full
            raise AssertionError

    shelf = Shelf()
    with Replaying(replaying.openalex(works(12))) as server:
        with pytest.raises(Full):
            run(tmp_path, server.url, Failing())
        run(tmp_path, server.url, shelf)
        cursors = [asked.params["cursor"] for asked in server.asked]
    assert len(shelf.keys) == 12
    # what was under way when the loader failed may be asked for twice
    assert cursors.count("*") == cursors.count("c3") == 1


def test_an_update_takes_only_what_changed_since_the_last_time(tmp_path: Path) -> None:
    with Replaying(replaying.oai([item(1), item(2)])) as server:
        run(tmp_path, server.url, name="oai-pmh", update=True)
        run(tmp_path, server.url, name="oai-pmh", update=True)
        first, second = server.asked
    assert "from" not in first.params
    assert second.params["from"] == "2023-11-13", "a day before the first one began"


@pytest.mark.parametrize(("limit", "since"), [(0, "2023-11-13"), (1, None)])
def test_an_update_goes_on_from_a_whole_harvest(tmp_path: Path, limit: int, since: str | None) -> None:
    with Replaying(replaying.oai([item(1), item(2)])) as server:
        run(tmp_path, server.url, name="oai-pmh", limit=limit)
        run(tmp_path, server.url, name="oai-pmh", limit=limit, update=True)
        *_, last = server.asked
    assert last.params.get("from") == since, "one that was limited never had everything"


def test_an_update_that_was_stopped_keeps_its_date(tmp_path: Path) -> None:
    with Replaying(replaying.openalex(works(9)), dict.fromkeys(range(5, 13), DOWN)) as server:
        for _ in range(3):
            done = run(tmp_path, server.url, update=True)
        filters = [asked.params.get("filter") for asked in server.asked]
    assert filters[:3] == [None] * 3
    assert set(filters[3:]) == {"from_updated_date:2023-11-13"}
    assert done.state.finished


def test_a_list_that_goes_in_a_circle_is_left(tmp_path: Path) -> None:
    def circle(asked: Asked) -> Reply:
        token = int(asked.params.get("token", "0"))
        found = [paper(token % 5 * 10 + n) for n in range(3)]
        return reply({"total": 1000, "token": str(token + 1), "data": found})

    with Replaying(circle) as server:
        done = run(tmp_path, server.url, name="semantic-scholar", query="x")
        assert len(server.asked) <= 15
    assert "goes in a circle" in done.warnings[0]
    assert done.state.finished


def test_the_same_cursor_again_and_again_is_no_way_on(tmp_path: Path) -> None:
    def stuck(asked: Asked) -> Reply:
        return reply({"meta": {"count": 9, "next_cursor": "c3"}, "results": works(3)})

    with Replaying(stuck) as server:
        done = run(tmp_path, server.url)
        assert len(server.asked) == 2
    assert done.warnings == ["openalex said 9 records and gave 6"]


def test_a_list_of_empty_pages_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.harvest.EMPTY_LIMIT", 8)

    def empty(asked: Asked) -> Reply:
        return reply({"total": 5, "token": asked.params.get("token", "") + "x", "data": []})

    with Replaying(empty) as server:
        done = run(tmp_path, server.url, name="semantic-scholar", query="x")
        assert len(server.asked) == 8
    assert "without a record" in done.warnings[0]


def test_nothing_found_is_a_harvest_too(tmp_path: Path) -> None:
    with Replaying(replaying.openalex([])) as server:
        done = run(tmp_path, server.url)
    assert (done.halted, done.warnings, done.report.loaded) == ("", [], 0)
    assert done.state.finished


def test_fewer_records_than_stated_are_told(tmp_path: Path) -> None:
    def short(asked: Asked) -> Reply:
        return reply(
            {
                "messages": [{"status": "ok", "total": "7"}],
                "collection": [preprint(1)] if asked.path.endswith("/0/json") else [],
            }
        )

    with Replaying(short) as server:
        done = run(tmp_path, server.url, name="biorxiv", since="2024-01-01")
    assert done.warnings == ["biorxiv said 7 records and gave 1"]
    assert done.report.exit_status == 0


def test_a_cursor_that_has_expired_begins_its_list_again(tmp_path: Path) -> None:
    gone = Reply(b'{"error": "cursor is not valid"}', 400)
    shelf = Shelf()
    with Replaying(replaying.openalex(works(9)), {3: gone}) as server:
        done = run(tmp_path, server.url, shelf)
        assert [asked.params["cursor"] for asked in server.asked] == ["*", "c3", "c6", "*", "c3", "c6"]
    assert not done.halted
    assert len(shelf.keys) == 9
    [warning] = done.warnings
    assert "cursor is not valid" in warning


@pytest.mark.parametrize(("fault", "again"), [(DOWN, False), (None, True), (Reply(b"{}", fault="cut"), False)])
def test_a_page_that_was_lost_and_is_not_given_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Reply | None, again: bool
) -> None:
    """Half of an answer moves the cursor of the service on; what answers in its place does not."""
    monkeypatch.setattr("loaders.harvest.crossref.ROWS", 3)
    shelf = Shelf()
    with Replaying(replaying.crossref([crossref(n) for n in range(1, 8)]), {2: fault}) as server:
        done = run(tmp_path, server.url, shelf, "crossref", query="x")
    assert len(shelf.keys) == 7
    assert ["gives none twice" in warning for warning in done.warnings] == [True] * again


@pytest.mark.parametrize("status", [400, 403])
def test_a_service_that_says_no_ends_the_harvest(tmp_path: Path, status: int) -> None:
    no = {n: Reply(b"no such filter", status) for n in range(1, 20)}
    with Replaying(replaying.openalex([]), no) as server:
        done = run(tmp_path, server.url)
        assert len(server.asked) == 1
    assert "no such filter" in done.halted


def test_a_state_that_cannot_be_read_is_said_and_can_be_forgotten(tmp_path: Path) -> None:
    with Replaying(replaying.openalex(works(2))) as server:
        run(tmp_path, server.url)
        for damage in ("", "{}", "[1]", '{"ask": 3}', '{"ask": {"no": 1}}'):
            with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
                db.execute("UPDATE harvest SET state = ?", (damage,))
            with pytest.raises(Halted, match="--restart"):
                run(tmp_path, server.url)
        done = run(tmp_path, server.url, restart=True)
    assert done.state.finished


def test_a_file_that_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(Halted, match="move it away"):
        run(tmp_path, "http://127.0.0.1:1")


def test_one_ask_is_not_another(tmp_path: Path) -> None:
    asks = [
        Ask("crossref", query="x"),
        Ask("crossref", query="y"),
        Ask("crossref", query="x", limit=5),
        Ask("openalex"),
    ]
    for ask in asks:
        with closing(Saved(tmp_path, ask)) as saved:
            assert saved.load() is None
            saved.save(State(ask, {}, "2024-01-01T00:00:00Z"))
    with closing(Saved(tmp_path, replace(asks[0]))) as saved:
        assert saved.load() == State(asks[0], {}, "2024-01-01T00:00:00Z")


def test_reports_are_counted_together() -> None:
    total, more = Report(loaded=1, by_source={"a": 1}), Report(loaded=2, unchanged=3, by_source={"a": 1, "b": 1})
    add(total, more)
    assert (total.loaded, total.unchanged, total.by_source) == (3, 3, {"a": 2, "b": 1})
