"""The feed of changes: in order, resumable, the same in JSON and in Atom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from loaders.archive import Archive
from service.answers.changes import Part
from service.api.changes import Changes, atom
from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

ATOM = "{http://www.w3.org/2005/Atom}"
EVERY = [
    ("added", "10.1234/a"),
    ("added", "10.1234/b"),
    ("changed", "10.1234/a"),
    ("corrected", "10.1234/a"),
    ("deleted", "10.1234/b"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changes")
    data = folder / "data"
    for number, works in enumerate(([work("10.1234/a")], [work("10.1234/b")], [work("10.1234/a", volume="2")])):
        assert command("load", written(folder / f"{number}.jsonl", *works), "--data", data).status == 0
    pieces = command("query", "SELECT ?e { ?e a evg:Evidence }", "--data", data, "--format", "csv").text.split()[1:]
    name = next(p for p in pieces if "10.1234/a#" in p)
    assert command("correct", name, "no", "--by", "A. Reader", "--data", data).status == 0
    assert command("delete", "crossref/10.1234/b", "--data", data).status == 0
    return data


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    with served(create_app(Settings(data=data))) as client:
        yield client


def events(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["action"], item["key"]) for item in items]


def test_everything_that_happened_is_told_in_order(client: httpx.Client) -> None:
    found = client.get("/api/changes").json()
    Changes.model_validate(found)
    assert events(found["items"]) == EVERY
    assert found["next"] is None
    cursors = [item["cursor"] for item in found["items"]]
    assert cursors == sorted(cursors)
    assert found["cursor"] == found["last"] == cursors[-1]
    first, gone = found["items"][0], found["items"][-1]
    assert (first["title"], gone["title"], gone["hash"]) == ("Night rotas and burnout of nurses", None, None)
    assert client.get(first["url"]).status_code == 200


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_parts_join_to_the_whole_and_the_last_can_be_resumed(client: httpx.Client, size: int) -> None:
    seen: list[dict[str, Any]] = []
    path: str | None = f"/api/changes?limit={size}"
    while path:
        answer = client.get(path)
        part = answer.json()
        assert len(part["items"]) <= size
        assert ('rel="next"' in answer.headers.get("link", "")) == (part["next"] is not None)
        seen += part["items"]
        path, cursor = part["next"], part["cursor"]
    assert events(seen) == EVERY
    rest = client.get(f"/api/changes?since={cursor}").json()
    assert (rest["items"], rest["cursor"]) == ([], cursor)


def test_what_happens_later_comes_after_the_cursor(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command("load", written(tmp_path / "1.jsonl", work("10.1234/a")), "--data", data)
    with served(create_app(Settings(data=data))) as client:
        before = client.get("/api/changes?action=deleted")
        cursor = before.json()["cursor"]
        again = client.get("/api/changes?action=deleted", headers={"If-None-Match": before.headers["etag"]})
        assert again.status_code == 304
    command("delete", "crossref/10.1234/a", "--data", data)
    with served(create_app(Settings(data=data))) as client:
        assert events(client.get(f"/api/changes?since={cursor}").json()["items"]) == [("deleted", "10.1234/a")]
        late = client.get("/api/changes?action=deleted", headers={"If-None-Match": before.headers["etag"]})
        assert late.status_code == 200


def test_who_heard_of_what_a_restore_undid_is_told_to_begin_anew(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    command("load", written(tmp_path / "1.jsonl", work("10.1234/a")), "--data", data)
    assert command("backup", backup, "--data", data).status == 0
    command("load", written(tmp_path / "2.jsonl", work("10.1234/b")), "--data", data)
    assert command("restore", backup, "--data", data).status == 0

    def asked(since: int) -> tuple[int, list[tuple[str, str]]]:
        with served(create_app(Settings(data=data))) as client:
            answer = client.get(f"/api/changes?since={since}")
            assert answer.status_code != 410 or "since=0" in answer.json()["advice"]
            return answer.status_code, events(answer.json().get("items", []))

    assert asked(1) == (200, [])
    assert asked(2) == (410, [])
    command("load", written(tmp_path / "3.jsonl", work("10.1234/c")), "--data", data)
    assert asked(1) == (200, [("added", "10.1234/c")])
    assert asked(2) == (410, []), "the number of the event that was undone names no other"


def test_newest_first_goes_back_to_the_beginning(client: httpx.Client) -> None:
    seen: list[dict[str, Any]] = []
    path: str | None = "/api/changes?order=newest&limit=2"
    while path:
        part = client.get(path).json()
        seen += part["items"]
        path = part["next"]
    assert events(seen) == EVERY[::-1]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("source=crossref", 5),
        ("source=ris", 0),
        ("action=added", 2),
        ("since=2000-01-01", 5),
        ("since=2999-01-01T00:00:00Z", 0),
        ("since=3", 2),
        ("before=3", 2),
    ],
)
def test_a_part_can_be_asked_for(client: httpx.Client, query: str, count: int) -> None:
    assert len(client.get(f"/api/changes?{query}").json()["items"]) == count


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-13-45",
        "since=2026-02-30T00:00:00Z",
        "since=yesterday",
        "action=lost",
        "order=odd",
        "limit=0",
        "format=xml",
        "sinze=1",
    ],
)
def test_a_wrong_parameter_is_refused(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/api/changes?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_form_follows_accept_and_format(client: httpx.Client) -> None:
    for path, accept, media in (
        ("/api/changes", "application/atom+xml", "application/atom+xml; charset=utf-8"),
        ("/api/changes?format=atom", "application/json", "application/atom+xml; charset=utf-8"),
        ("/api/changes", "*/*", "application/json"),
    ):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"] == media
        assert client.head(path, headers={"Accept": accept}).headers["etag"] == answer.headers["etag"]
    assert client.get("/api/changes", headers={"Accept": "image/png"}).status_code == 406


def test_the_atom_feed_is_valid(client: httpx.Client) -> None:
    """What RFC 4287 demands of a feed and its entries (sections 4.1.1 and 4.1.2), and the same events as in JSON."""
    for query in ("", "&limit=2", "&source=ris"):
        feed = etree.fromstring(client.get(f"/api/changes?format=atom{query}").content)
        assert feed.tag == ATOM + "feed"
        check_atom(feed)
        entries = feed.findall(ATOM + "entry")
        items = client.get(f"/api/changes?format=json{query}").json()["items"]
        assert len({entry.findtext(ATOM + "id") for entry in entries}) == len(entries) == len(items)
        for entry, item in zip(entries, items, strict=True):
            check_atom(entry)
            terms = [category.get("term") for category in entry.findall(ATOM + "category")]
            assert terms == [item["action"], item["source"]]
            assert entry.findtext(ATOM + "updated") == item["at"]
            assert (entry.findtext(ATOM + "summary") or "").startswith(f"crossref/{item['key']}")
    assert feed.findall(ATOM + "link[@rel='self']")


def test_what_xml_cannot_hold_is_left_out_of_the_atom_feed() -> None:
    at = "2026-05-19T12:00:00Z"
    item = {"cursor": 1, "action": "added", "source": "ris", "key": "a\x0b\ud800b", "iri": "http://e/record/ris/ab"}
    part = Part([item | {"title": "<i>\x1b & \ufffe</i>", "hash": None, "at": at}], False, 1)
    [entry] = etree.fromstring(atom(part, "http://e/", "/api/changes", None)).findall(ATOM + "entry")
    assert (entry.findtext(ATOM + "title"), entry.findtext(ATOM + "summary")) == ("Added: <i> & </i>", "ris/ab")


def check_atom(element: Any) -> None:
    for name in ("id", "title", "updated"):
        [child] = element.findall(ATOM + name)
        assert child.text
    assert element.findtext(ATOM + "id").startswith("http://")
    assert element.findtext(ATOM + "updated")[10] == "T"
    # Without content, an entry has an alternate link; at most one of each type and language.
    assert len(element.findall(ATOM + "link[@rel='alternate']")) == 1
    if element.tag == ATOM + "feed":  # the author of all its entries
        assert element.findtext(f"{ATOM}author/{ATOM}name")
    for link in element.findall(ATOM + "link"):
        assert link.get("href")


def test_every_page_leads_to_the_feed(client: httpx.Client) -> None:
    page = client.get("/records", headers={"Accept": "text/html"}).text
    assert 'type="application/atom+xml"' in page
    assert client.get("/api/changes?format=atom&order=newest").status_code == 200


def test_a_feed_is_read_from_the_archive_while_it_is_written(data: Path) -> None:
    archive = Archive.reading(data / "archive.sqlite")
    assert [(c.action, c.key) for c in archive.changes()] == EVERY
    archive.close()
