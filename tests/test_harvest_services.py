"""Every service, over a server that answers as it does: what is asked, and that all of it comes in."""

from pathlib import Path
from typing import Any

import pytest

from loaders.harvest import SERVICES, named
from loaders.harvest.harvest import Harvest
from loaders.harvest.service import Ask, Caller, Refused, Turn
from tests import replaying
from tests.harvesting import (
    CONTACT,
    SEVEN,
    Shelf,
    article,
    crossref,
    doi,
    harvest,
    item,
    openalex,
    paper,
    preprint,
    register,
    result,
)
from tests.replaying import Quick, Reply, Serve


def test_crossref(tmp_path: Path) -> None:
    serve = replaying.crossref([crossref(n) for n in SEVEN])
    # a page with fewer works than asked for counts as the last; the server gives three where 500 are asked for
    done, shelf, asked, _ = harvest(
        tmp_path, serve, "crossref", query="peer support", since="2020-01-01", filter="has-abstract:true"
    )
    assert shelf.keys == ["10.5555/work.1", "10.5555/work.2", "10.5555/work.3"]
    assert asked[0].params == {
        "query.bibliographic": "peer support",
        "filter": "has-abstract:true,from-pub-date:2020-01-01",
        "rows": "500",
        "cursor": "*",
        "mailto": CONTACT,
    }
    assert CONTACT in asked[0].headers["user-agent"]
    assert done.warnings == ["crossref said 7 records and gave 3"]


def test_crossref_by_change_with_a_cursor_that_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.crossref.ROWS", 3)
    serve = replaying.crossref([crossref(n) for n in SEVEN])
    done, shelf, asked, clock = harvest(
        tmp_path, serve, "crossref", since="2024-01-01", until="2024-01-31", changed=True
    )
    assert len(shelf.keys) == 7
    assert not done.warnings
    assert asked[0].params["filter"] == "from-update-date:2024-01-01,until-update-date:2024-01-31"
    assert clock.waits == pytest.approx([1 / 3] * 2), "three a second"


def test_openalex(tmp_path: Path) -> None:
    serve = replaying.openalex([openalex(n) for n in SEVEN])
    done, shelf, asked, _ = harvest(tmp_path, serve, "openalex", key="s3cret", query="burnout", until="2020-12-31")
    assert shelf.keys == [f"W{n}" for n in SEVEN]
    assert not done.warnings
    assert asked[0].params["filter"] == "to_publication_date:2020-12-31"
    assert asked[0].headers["authorization"] == "Bearer s3cret"


def test_semantic_scholar(tmp_path: Path) -> None:
    serve = replaying.semantic_scholar([paper(n) for n in SEVEN])
    done, shelf, asked, clock = harvest(
        tmp_path,
        serve,
        "semantic-scholar",
        key="s3cret",
        query="burnout",
        filter="fieldsOfStudy=Medicine",
        since="2019-01-01",
    )
    assert len(shelf.keys) == 7
    assert not done.warnings
    assert asked[0].path == "/graph/v1/paper/search/bulk"
    assert asked[0].headers["x-api-key"] == "s3cret"
    assert asked[0].params["publicationDateOrYear"] == "2019-01-01:"
    assert asked[0].params["fieldsOfStudy"] == "Medicine"
    assert clock.waits == [1.0, 1.0]


def test_europepmc(tmp_path: Path) -> None:
    serve = replaying.europepmc([result(n) for n in SEVEN])
    done, shelf, asked, _ = harvest(
        tmp_path, serve, "europepmc", query="burnout OR stress", since="2024-01-01", changed=True
    )
    assert len(shelf.keys) == 7
    assert len(asked) == 4, "the last page is empty and repeats its cursor"
    assert asked[0].params["query"] == "(burnout OR stress) AND (UPDATE_DATE:[2024-01-01 TO 3000-12-31])"
    assert not done.warnings


def test_datacite_takes_the_cursor_and_not_the_address(tmp_path: Path) -> None:
    serve = replaying.datacite([doi(n) for n in SEVEN])
    done, shelf, asked, clock = harvest(tmp_path, serve, "datacite", query="burnout", since="2019-05-01")
    assert len(shelf.keys) == 7
    assert len(asked) == 3
    assert asked[0].params["query"] == "(burnout) AND publicationYear:[2019 TO *]"
    assert clock.waits == pytest.approx([0.3] * 2)
    assert not done.warnings


@pytest.mark.parametrize("name", ["biorxiv", "medrxiv"])
def test_preprint_servers(tmp_path: Path, name: str) -> None:
    serve = replaying.biorxiv([preprint(n) for n in SEVEN])
    done, shelf, asked, _ = harvest(tmp_path, serve, name, since="2024-01-01", filter="public health")
    assert len(shelf.keys) == 7
    assert asked[0].path == f"/details/{name}/2024-01-01/2023-11-14/0/json"
    assert asked[0].params == {"category": "public health"}
    assert not done.warnings


def test_pubmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.pubmed.ROWS", 3)
    serve = replaying.pubmed([article(n) for n in SEVEN])
    done, shelf, asked, clock = harvest(tmp_path, serve, "pubmed", key="s3cret", query="burnout", since="2020-01-01")
    assert shelf.keys == [str(n) for n in SEVEN]
    assert not done.warnings
    search, *fetches = asked
    assert search.form["term"] == '(burnout) AND ("2020/01/01"[pdat] : "3000/12/31"[pdat])'
    assert [each.form["retstart"] for each in fetches] == ["0", "3", "6"]
    for each in asked:
        assert (each.form["tool"], each.form["email"], each.form["api_key"]) == ("evidence-graph", CONTACT, "s3cret")
        assert not each.params, "a key in an address would be kept"
    assert clock.waits == pytest.approx([0.1] * 3)


def test_pubmed_splits_a_search_that_finds_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.pubmed.ROWS", 2)
    monkeypatch.setattr("loaders.harvest.pubmed.MOST", 5)
    days = ["1975-06-01", "1999-01-01", "2001-02-03", "2001-02-04", *["2010-10-10"] * 8, "2023-11-14"]
    serve = replaying.pubmed([article(n, day) for n, day in enumerate(days, 1)], most=5)
    done, shelf, _, _ = harvest(tmp_path, serve, "pubmed", query="burnout")
    assert sorted(map(int, shelf.keys)) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 13], "five of the eight of one day"
    assert done.warnings == [
        "8 citations of 2010-10-10 are more than PubMed gives: 5 are taken",
        "pubmed said 13 records and gave 10",
    ]


def test_pubmed_searches_again_when_its_history_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.pubmed.ROWS", 3)
    lost = Reply(b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", 400)
    _, shelf, asked, _ = harvest(
        tmp_path, replaying.pubmed([article(n) for n in SEVEN]), "pubmed", query="burnout", faults={3: lost}
    )
    assert len(shelf.keys) == 7
    assert [each.path for each in asked].count("/esearch.fcgi") == 2


def test_a_limit_is_met_to_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.harvest.pubmed.ROWS", 3)
    all_of_them: list[tuple[str, Serve, dict[str, Any]]] = [
        ("openalex", replaying.openalex([openalex(n) for n in SEVEN]), {"query": "x"}),
        ("semantic-scholar", replaying.semantic_scholar([paper(n) for n in SEVEN]), {"query": "x"}),
        ("europepmc", replaying.europepmc([result(n) for n in SEVEN]), {"query": "x"}),
        ("datacite", replaying.datacite([doi(n) for n in SEVEN]), {"query": "x"}),
        ("biorxiv", replaying.biorxiv([preprint(n) for n in SEVEN]), {"since": "2024-01-01"}),
        ("pubmed", replaying.pubmed([article(n) for n in SEVEN]), {"query": "x"}),
        ("oai-pmh", replaying.oai([item(n) for n in SEVEN]), {}),
        ("hra", register(), {"addresses": tuple(f"/study/20000{n}" for n in SEVEN)}),
    ]
    for name, serve, ask in all_of_them:
        done, shelf, _, _ = harvest(tmp_path, serve, name, limit=5, **ask)
        assert len(shelf.keys) == 5, name
        assert not done.warnings, name
        assert done.state.finished, name


def test_the_bytes_of_a_record_are_the_same_at_a_limit(tmp_path: Path) -> None:
    for service, body in (
        (named("openalex"), b'{"meta": {}, "results": [{"id": 1,  "x": [{}]}, {"id":2}]}'),
        (named("oai-pmh"), replaying.OAI.format(f"<ListRecords>{item(1)[1]}{item(2)[1]}</ListRecords>").encode()),
    ):
        both = service.entries(body)
        assert len(both) == 2
        again = service.entries(service.joined(both))
        assert [entry.raw for entry in again] == [entry.raw for entry in both]


@pytest.mark.parametrize(
    ("name", "ask", "says"),
    [
        ("crossref", {}, "far too much"),
        ("semantic-scholar", {"since": "2020-01-01"}, "far too much"),
        ("semantic-scholar", {"query": "x", "since": "2020-01-01", "changed": True}, "cannot list by date of change"),
        ("biorxiv", {}, "give --since"),
        ("oai-pmh", {}, "which repository"),
        ("oai-pmh", {"url": "https://user:secret@example.org/oai"}, "leave them out"),
        ("oai-pmh", {"url": "ftp://example.org/oai"}, "no web address"),
        ("oai-pmh", {"url": "https://example.org", "since": "2024-01-01", "until": "2024-01-02T00:00:00Z"}, "both"),
        ("hra", {}, "give the addresses"),
        ("hra", {"url": "https://example.org"}, "without --url"),
        ("hra", {"addresses": ("file:///etc/passwd",)}, "no web address"),
        ("datacite", {"query": "x", "since": "2021-01-01", "until": "2020-01-01"}, "is after"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_sent(
    tmp_path: Path, name: str, ask: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        Harvest(named(name), Ask(name, **ask), Caller(CONTACT), tmp_path, clock=Quick()).run(Shelf())


@pytest.mark.parametrize("contact", ["", "nobody", "a b@example.org", "x@example.org\r\nX: y"])
def test_a_contact_is_needed_where_the_service_asks_for_one(tmp_path: Path, contact: str) -> None:
    with pytest.raises(Refused, match=r"--contact|no e-mail address"):
        Harvest(named("crossref"), Ask("crossref", query="x"), Caller(contact), tmp_path)


def test_no_key_is_in_an_address_or_shown() -> None:
    caller = Caller(CONTACT, "s3cret")
    for service in SERVICES:
        ask = Ask(
            service.name, query="x", since="2020-01-01", url="https://example.org", addresses=("https://example.org/1",)
        )
        turn = Turn(ask, caller, "2024-01-01")
        request = service.request(Turn(ask, caller, "2024-01-01", service.start(turn)))
        assert "s3cret" not in request.url + str(request.params)
    assert "s3cret" not in repr(caller)
