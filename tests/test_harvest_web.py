"""Asking over the web: at the pace of the service, patient with its faults, and never led astray."""

import gzip
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from email.utils import formatdate
from importlib.metadata import version
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.harvest import exchange, web
from loaders.harvest.json_pages import parsed
from loaders.harvest.service import Answer, Garbled, Refused, Request, Unreachable
from loaders.harvest.web import Clock, Web, retry_after, user_agent
from tests.replaying import Asked, Quick, Replaying, Reply, packed, reply

FINE = {"fine": True}
CONTACT = "library@example.org"


def serve(asked: Asked) -> Reply:
    return reply(FINE)


def ask(
    server: Replaying, clock: Quick | None = None, interval: float = 0.0, path: str = "/works", **request: Any
) -> Mapping[str, Any]:
    """The JSON of one answer."""
    asking = Web(interval, CONTACT, clock or Quick())
    try:
        return asking.ask(Request(server.url + path, **request), parsed)
    finally:
        asking.close()


def test_it_says_who_asks() -> None:
    with Replaying(serve) as server:
        assert ask(server, path="/works?repository=1", params=(("query", "a & b"),)) == FINE
        [asked] = server.asked
    assert asked.headers["user-agent"] == (
        f"evidence-graph/{version('evidence-graph')} (+https://w3id.org/evidencegraph; mailto:{CONTACT})"
    )
    assert asked.headers["from"] == CONTACT
    assert asked.params == {"repository": "1", "query": "a & b"}, "an address may have a query of its own"
    assert "mailto" not in user_agent("")


FAULTS = {
    "busy": Reply(status=503),
    "too many": Reply(b"slow down", 429),
    "broken gateway": Reply(b"<html>Bad Gateway</html>", 502),
    "hangs up": Reply(fault="silent"),
    "cut": Reply(json.dumps(FINE).encode() * 100, fault="cut"),
    "half an answer": None,
    "no JSON": Reply(b"<html>maintenance</html>"),
    "no object": Reply(b"[1, 2]"),
    "nothing": Reply(),
    "half a packed answer": packed(json.dumps(FINE).encode()).half,
    "packed in a broken way": Reply(b"\x1f\x8bnot gzip", headers={"Content-Encoding": "gzip"}),
    "packed in a strange way": Reply(b"...", headers={"Content-Encoding": "br"}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_tried_again(fault: Reply | None) -> None:
    clock = Quick()
    with Replaying(serve, {1: fault, 2: fault}) as server:
        assert ask(server, clock) == FINE
        assert len(server.asked) == 3
    first, second = clock.waits
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 2.0


def test_an_answer_that_does_not_come_in_time_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", httpx.Timeout(5.0, read=0.05))
    with Replaying(serve, {1: Reply(fault="late")}) as server:
        assert ask(server) == FINE


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ANSWER_SECONDS", -1.0)
    with Replaying(serve) as server, pytest.raises(Unreachable, match="was not through"):
        ask(server)


def test_the_wait_doubles_up_to_a_minute_and_ends() -> None:
    clock, told = Quick(), []  # type: Quick, list[str]
    with Replaying(lambda _: Reply(b"down for repairs", 503)) as server:
        asking = Web(0.0, "", clock, lambda _seconds, why: told.append(why))
        with pytest.raises(Unreachable, match=r"answers 503 \(down for repairs\); given up after 8 attempts"):
            asking.ask(Request(server.url), parsed)
        asking.close()
        assert len(server.asked) == web.ATTEMPTS == 8
    bounds = [1, 2, 4, 8, 16, 32, 60]
    assert len(clock.waits) == len(told) == len(bounds)
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(clock.waits, bounds, strict=True))


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_kept_to(as_date: bool) -> None:
    clock = Quick()
    said = formatdate(clock.time + 37, usegmt=True) if as_date else "37"
    with Replaying(serve, {1: Reply(status=429, headers={"Retry-After": said})}) as server:
        assert ask(server, clock) == FINE
    assert clock.waits == [37.0]


def test_nobody_waits_for_hours() -> None:
    clock = Quick()
    with (
        Replaying(serve, {1: Reply(status=429, headers={"Retry-After": "36000"})}) as server,
        pytest.raises(Unreachable, match="come back in 600 minutes"),
    ):
        ask(server, clock)
    assert not clock.waits


@given(st.text(max_size=40))
def test_retry_after_may_say_anything(text: str) -> None:
    seconds = retry_after(text, 1_700_000_000.0)
    assert seconds is None or seconds >= 0


def test_requests_keep_their_distance() -> None:
    clock = Quick()
    with Replaying(serve) as server:
        asking = Web(2.0, "", clock)
        for _ in range(3):
            asking.ask(Request(server.url), parsed)
        clock.time += 10
        asking.ask(Request(server.url), parsed)
        asking.close()
    assert clock.waits == [2.0, 2.0]


def test_a_rate_that_the_service_announces_is_kept_to() -> None:
    clock = Quick()

    def slow(asked: Asked) -> Reply:
        return Reply(b"{}", headers={"X-Rate-Limit-Limit": "2", "X-Rate-Limit-Interval": "10s"})

    with Replaying(slow) as server:
        asking = Web(0.1, "", clock)
        for _ in range(3):
            asking.ask(Request(server.url), parsed)
        asking.close()
    assert clock.waits == pytest.approx([0.1, 5.0])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_no_is_not_asked_again(status: int) -> None:
    with Replaying(lambda _: Reply(b'{"message": "no such filter"}', status)) as server:
        expected = Unreachable if status == 501 else Refused
        with pytest.raises(expected, match=rf"answers {status} .*no such filter"):
            ask(server)
        assert len(server.asked) == (8 if status == 501 else 1)


def test_a_redirect_within_the_host_is_followed() -> None:
    def moved(asked: Asked) -> Reply:
        return reply(FINE) if asked.path == "/new" else Reply(status=301, headers={"Location": "/new"})

    with Replaying(moved) as server:
        assert ask(server) == FINE


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{port}/new",
        "http://localhost:{port}/new",
        "http://127.0.0.1:1/new",
        "https://127.0.0.1:{port}/new",
        "//169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://example.org\\@127.0.0.1/",
        "",
    ],
)
def test_a_redirect_to_another_place_is_not(place: str) -> None:
    def moved(asked: Asked) -> Reply:
        return Reply(status=302, headers={"Location": place.format(port=server.url.rpartition(":")[2])})

    with Replaying(moved) as server:
        with pytest.raises(Refused, match="leads"):
            ask(server)
        assert len({(asked.path) for asked in server.asked}) == 1


def test_an_answer_too_large_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ANSWER_LIMIT", 100_000)
    for answer in (Reply(b" " * 200_000), packed(b" " * 50_000_000), packed(b" " * 100_001)):
        with Replaying(serve, {1: answer}) as server, pytest.raises(Refused, match="more than"):
            ask(server)
    with Replaying(lambda _: packed(b"{}" + b" " * 99_998)) as server:
        assert ask(server) == {}


@given(st.binary(max_size=2000), st.integers(1, 200))
def test_what_was_packed_comes_out_as_it_was(body: bytes, size: int) -> None:
    raw = gzip.compress(body)

    class Response:
        headers: Mapping[str, str] = {"content-encoding": "gzip"}

        def iter_raw(self, _: int) -> list[bytes]:
            return [raw[at : at + size] for at in range(0, len(raw), size)]

    assert b"".join(exchange._unpacked(Response(), 1.0, lambda: 0.0)) == body  # type: ignore[arg-type]


@given(st.binary(max_size=200))
def test_json_is_an_object_or_a_fault(body: bytes) -> None:
    with suppress(Garbled):
        assert isinstance(parsed(Answer(200, body, {})), dict)


def test_half_surrogates_are_taken() -> None:
    assert parsed(Answer(200, b'{"title": "\\ud83d"}', {}))["title"] == "\ud83d"


def test_no_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Replaying(serve, {1: Reply(b"no", 503)}) as server:
        told: list[str] = []
        asking = Web(0.0, "", Quick(), lambda _seconds, why: told.append(why))
        asking.ask(Request(server.url, headers=(("x-api-key", "s3cret"),)), parsed)
        asking.ask(Request(server.url, form=(("api_key", "s3cret"),)), parsed)
        asking.close()
        assert server.asked[-1].form == {"api_key": "s3cret"}
    assert caplog.records
    assert "s3cret" not in caplog.text + "".join(told)


def test_an_ended_clock_waits_no_more() -> None:
    clock = Clock()
    clock.end()
    clock.wait(3600)
    assert clock.now() > 1_700_000_000
