"""Repositories over OAI-PMH, and pages of a register one by one."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.harvest import named
from loaders.harvest.service import Answer, Ask, Caller, Garbled, Refused, Turn
from tests import replaying
from tests.harvesting import SEVEN, harvest, item, register
from tests.replaying import Reply


def test_oai_pmh(tmp_path: Path) -> None:
    records = [item(n, f"2024-01-0{n}") for n in SEVEN]
    done, shelf, asked, _ = harvest(tmp_path, replaying.oai(records), "oai-pmh", since="2024-01-02", set="theses")
    assert shelf.keys == [f"oai:example.org:{n}" for n in range(2, 8)]
    assert asked[0].params == {
        "verb": "ListRecords",
        "metadataPrefix": "oai_dc",
        "set": "theses",
        "from": "2024-01-02",
    }
    assert not done.warnings


def test_oai_pmh_withdraws_what_was_deleted(tmp_path: Path) -> None:
    _, shelf, _, _ = harvest(tmp_path, replaying.oai([item(n) for n in SEVEN]), "oai-pmh")
    assert len(shelf.keys) == 7
    now = [item(n, deleted=n == 4) for n in SEVEN]
    done, _, _, _ = harvest(tmp_path, replaying.oai(now), "oai-pmh", shelf)
    assert done.report.withdrawn == 1
    assert "oai:example.org:4" not in shelf.keys


@pytest.mark.parametrize(
    ("stamps", "said", "asked_from"),
    [
        ("1234567", "from 2024-01-03 on", "2024-01-03"),
        ("3214567", "from its beginning", None),
    ],
)
def test_oai_pmh_goes_on_when_a_token_has_expired(
    tmp_path: Path, stamps: str, said: str, asked_from: str | None
) -> None:
    records = [item(n, f"2024-01-0{stamp}") for n, stamp in enumerate(stamps, 1)]
    serve = replaying.oai(records, expired={"!3"} if asked_from else set())
    faults = {} if asked_from else {2: replaying.oai_error("badResumptionToken")}
    done, shelf, asked, _ = harvest(tmp_path, serve, "oai-pmh", faults=faults)
    assert sorted(shelf.keys) == [f"oai:example.org:{n}" for n in SEVEN]
    assert asked[2].params.get("from") == asked_from
    assert done.warnings == [f"a resumption token had expired; the list was asked for again {said}"]
    assert not done.halted


def test_oai_pmh_gives_up_on_tokens_that_always_expire(tmp_path: Path) -> None:
    records = [item(n) for n in SEVEN]
    serve = replaying.oai(records, expired={"!3", "2024-01-02!3"})
    done, shelf, asked, _ = harvest(tmp_path, serve, "oai-pmh")
    assert "expire before they can be used" in done.halted
    assert len(shelf.keys) == 3
    assert len(asked) < 12


@pytest.mark.parametrize(
    ("code", "halted"), [("noRecordsMatch", ""), ("badArgument", "the repository answers badArgument")]
)
def test_oai_pmh_errors_of_the_protocol(tmp_path: Path, code: str, halted: str) -> None:
    for status in (200, 422):
        answer = replaying.oai_error(code)
        fault = Reply(answer.body, status)
        done, shelf, _, _ = harvest(tmp_path, replaying.oai([]), "oai-pmh", faults={1: fault})
        assert done.halted.startswith(halted)
        assert bool(done.halted) == bool(halted)
        assert not shelf.keys


@pytest.mark.parametrize("bomb", ["<header>", "<header ", "<resumptionToken>", "<error code='x'>", "<header", "<"])
def test_a_repository_cannot_make_us_think_for_long(tmp_path: Path, bomb: str) -> None:
    text = replaying.OAI.format(bomb * (3_000_000 // len(bomb)))
    done, _, _, _ = harvest(tmp_path, lambda _: Reply(text.encode()), "oai-pmh")
    assert done.halted or done.state.finished


@given(st.text(alphabet="<>/ headrsumptionTkcC=\"':x0", max_size=300))
def test_an_answer_may_hold_anything(text: str) -> None:
    body = replaying.OAI.format(text).encode()
    turn = Turn(Ask("oai-pmh", url="https://example.org"), Caller(), "2024-01-01")
    with suppress(Refused, Garbled):
        page = named("oai-pmh").page(replace(turn, at=named("oai-pmh").start(turn)), Answer(200, body, {}))
        assert page.next is None or page.next["token"]


def test_a_record_that_is_no_xml_stops_no_repository(tmp_path: Path) -> None:
    stamp, text = item(2)
    records = [item(1), (stamp, text.replace("Item 2", "Item \x0b \0 & </p> 2 <br>")), item(3)]
    done, shelf, _, _ = harvest(tmp_path, replaying.oai(records), "oai-pmh")
    assert len(shelf.keys) == 2
    assert len(done.report.quarantined) == 1
    assert not done.halted


def test_hra_pages_one_by_one(tmp_path: Path) -> None:
    done, shelf, asked, clock = harvest(
        tmp_path, register(), "hra", addresses=("/study/146257", "/gone", "/study/200001")
    )
    assert shelf.keys == ["146257", "200001"]
    [aside] = done.report.quarantined
    assert aside.file.endswith("/gone")
    assert aside.reason.endswith("/gone answers 404")
    assert [each.path for each in asked] == ["/robots.txt", "/study/146257", "/gone", "/study/200001"]
    assert clock.waits == [1.0, 1.0, 1.0]
    assert not done.warnings
    assert shelf.names[0].endswith("/study/146257")


def test_one_page_that_cannot_be_had_is_passed_over(tmp_path: Path) -> None:
    away = Reply(status=301, headers={"Location": "https://elsewhere.example.org/"})
    down = dict.fromkeys(range(4, 12), Reply(status=500))
    done, shelf, _, _ = harvest(
        tmp_path,
        register(),
        "hra",
        addresses=("/study/1", "/study/146257", "/study/3", "/study/200001"),
        faults={1: away, 2: away, **down},
    )
    assert shelf.keys == ["146257", "200001"]
    reasons = [aside.reason for aside in done.report.quarantined]
    assert "leads to another place" in reasons[0]
    assert "answers 500; given up" in reasons[1]
    assert not done.halted


def test_a_site_that_is_out_of_reach_ends_the_harvest(tmp_path: Path) -> None:
    silent = dict.fromkeys(range(2, 20), Reply(fault="silent"))
    done, shelf, _, _ = harvest(tmp_path, register(), "hra", addresses=("/study/1", "/study/2"), faults=silent)
    assert "given up" in done.halted
    assert not shelf.keys


@pytest.mark.parametrize("status", [404, 500])
def test_a_site_without_rules_or_with_rules_out_of_reach(tmp_path: Path, status: int) -> None:
    missing = dict.fromkeys(range(1, 2 if status == 404 else 9), Reply(status=status))
    done, shelf, _, _ = harvest(tmp_path, register(), "hra", addresses=("/study/146257",), faults=missing)
    assert shelf.keys == (["146257"] if status == 404 else [])
    assert bool(done.halted) == (status == 500)


def test_hra_keeps_to_the_rules_of_the_site(tmp_path: Path) -> None:
    rules = "User-agent: *\nCrawl-delay: 4\nDisallow: /private/\n"
    done, shelf, asked, clock = harvest(
        tmp_path, register(rules), "hra", addresses=("/study/146257", "/private/200001", "/study/200002")
    )
    assert shelf.keys == ["146257", "200002"]
    assert "robots.txt asks not to fetch" in done.report.quarantined[0].reason
    assert "/private/200001" not in [each.path for each in asked]
    assert max(clock.waits) == 4.0
