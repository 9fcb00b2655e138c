"""Another engine in place of the embedded one: the same store, the same endpoint, by the same tests."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from service.store.folder import BaseMismatch, FolderInUse
from service.store.remote import RemoteStore
from service.store.store import DEFAULT
from tests import test_store
from tests.commands import command, work, written
from tests.endpoint import BASE, GRAPHS, TOKEN, A, B, rows, update
from tests.remote import engine
from tests.serving import served


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with engine(tmp_path_factory.mktemp("engine")) as url:
        yield url


def of(url: str, folder: Path, **more: object) -> Settings:
    return Settings.from_environment(
        {},
        data=folder,
        base=BASE,
        write_token=TOKEN,
        remote_query=f"{url}/query",
        remote_update=f"{url}/update",
        remote_graphs=f"{url}/store",
        **more,
    )


def asked_for(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """From here on, commands are to use the engine."""
    for name in ("query", "update"):
        monkeypatch.setenv(f"EVIDENCE_GRAPH_REMOTE_{name.upper()}", f"{url}/{name}")


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[RemoteStore]:
    store = RemoteStore(of(url, tmp_path))
    store.update("DROP ALL", None)
    yield store
    store.close()


ALIKE = [
    test_store.test_a_graph_becomes_exactly_what_it_is_given,
    test_store.test_an_empty_graph_is_gone,
    test_store.test_a_patch_is_a_delta,
    test_store.test_statements_are_checked_before_anything_is_written,
    test_store.test_the_merge_is_not_written_to,
    test_store.test_the_same_again_changes_nothing_and_says_so,
]


@pytest.mark.parametrize("test", ALIKE)
def test_it_does_what_the_embedded_store_does(store: RemoteStore, test: "object") -> None:
    test(store)  # type: ignore[operator]


@pytest.mark.parametrize("text", test_store.UPDATES)
def test_the_merge_stays_exact_through_updates(store: RemoteStore, text: str) -> None:
    store.replace({A: [test_store.ONE, test_store.TWO, "_:b <x:p> <x:o>"], B: [test_store.TWO, test_store.THREE]})
    store.update(text, test_store.UPDATES[text])
    assert test_store.merged(store)


def test_bulk_dump_and_count(store: RemoteStore, tmp_path: Path) -> None:
    store.bulk(f'<x:s{i}> <x:p> "{i}" <{g}> .\n'.encode() for i in range(3000) for g in (A, B))
    assert store.count() == 3000
    assert test_store.merged(store)
    store.dump(tmp_path / "all.nq")
    assert len((tmp_path / "all.nq").read_text().splitlines()) == 6000


def test_the_folder_is_ours_alone_and_remembers(store: RemoteStore, url: str, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse):
        RemoteStore(of(url, tmp_path))
    store.replace({A: [test_store.ONE]})
    store.close()
    again = RemoteStore(of(url, tmp_path))
    assert again.revision == store.revision
    again.close()
    with pytest.raises(BaseMismatch):
        RemoteStore(Settings(data=tmp_path, base="https://example.org/", remote_query=f"{url}/query"))


def test_what_fails_to_open_lets_go_of_the_folder(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: RemoteStore) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(RemoteStore, "publish", fail)
        with pytest.raises(OSError, match="no space left") as held:  # and whoever holds the failure holds no lock
            RemoteStore(of(url, tmp_path))
    RemoteStore(of(url, tmp_path)).close()
    assert held.value


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:9"):
        RemoteStore(Settings(data=tmp_path, remote_query="http://127.0.0.1:9/query"))


@pytest.fixture
def client(store: RemoteStore, url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    store.replace(GRAPHS)
    store.close()
    with served(create_app(of(url, tmp_path, query_timeout=3.0))) as client:
        yield client


def test_the_endpoint_over_another_engine(client: httpx.Client) -> None:
    assert rows(client, "SELECT ?o { <x:s> <x:p> ?o }") == [{"o": "1"}]
    assert rows(client, "SELECT (STR(dcterms:title) AS ?x) {}") == [{"x": "http://purl.org/dc/terms/title"}]
    found = client.get("/sparql", params={"query": "CONSTRUCT WHERE { <x:s> ?p ?o }"})
    assert found.headers["content-type"].startswith("text/turtle")
    xml = client.get("/sparql", params={"query": "ASK {}"}, headers={"Accept": "application/sparql-results+xml"})
    assert "<boolean>true</boolean>" in xml.text
    assert client.get("/sparql", params={"query": "SELECT * {"}).status_code == 400
    assert client.get("/graphs", params={"graph": "x:none"}).status_code == 404
    assert len(client.get("/graphs", params={"graph": A, "format": "ntriples"}).text.splitlines()) == 3
    assert update(client, f"INSERT DATA {{ GRAPH <{B}> {{ <x:new> <x:p> 1 }} }}").status_code == 204
    assert rows(client, "SELECT ?o { <x:new> <x:p> ?o }") == [{"o": "1"}]
    assert update(client, "INSERT DATA { <x:new> <x:p> 1 }").status_code == 409
    turtle = {"Content-Type": "text/turtle", "Authorization": f"Bearer {TOKEN}"}
    assert client.put("/graphs/new", content="<x:a> <x:b> 1 .", headers=turtle).status_code == 201
    assert client.delete("/graphs/new", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 204


def test_limits_hold_for_another_engine_too(client: httpx.Client) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answer = client.get("/sparql", params={"query": cross})
    assert answer.status_code == 504
    assert rows(client, "SELECT ?o { <x:s> <x:p> ?o }")


def test_what_another_engine_holds_stays_when_the_service_stops(client: httpx.Client, url: str) -> None:
    answer = httpx.get(f"{url}/query", params={"query": f"ASK {{ GRAPH <{A}> {{ ?s ?p ?o }} }}"})
    assert "true" in answer.text
    assert DEFAULT == ""


def test_an_engine_that_goes_away_is_told_by_commands_health_and_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with ExitStack() as running:
        url = running.enter_context(engine(tmp_path / "engine"))
        asked_for(monkeypatch, url)
        monkeypatch.setenv("EVIDENCE_GRAPH_BASE", BASE)
        assert command("load", written(tmp_path / "works.jsonl", work()), "--data", data).status == 0
        assert command("query", "ASK { ?s ?p ?o }", "--data", data).text == "yes\n"
        assert json.loads(command("stats", "--json", "--data", data).text)["records"] == 1
        with served(create_app(of(url, data))) as client:
            assert client.get("/health/ready").status_code == 200
            assert client.get("/api/studies?format=ris").text.startswith("TY  - JOUR")
            running.close()
            ready = client.get("/health/ready")
            assert (ready.status_code, "engine" in ready.json()["status"]) == (503, True)
            assert client.get("/api/studies?format=ris").status_code == 503
    for arguments in (("stats",), ("query", "ASK {}")):
        done = command(*arguments, "--data", data)
        assert (done.status, "cannot be reached" in done.errors) == (2, True)
    monkeypatch.delenv("EVIDENCE_GRAPH_REMOTE_QUERY")
    done = command("query", "ASK {}", "--data", data)
    assert (done.status, "EVIDENCE_GRAPH_REMOTE_QUERY" in done.errors) == (2, True)


def test_a_graph_is_looked_for_where_it_is_until_a_rebuild_moves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is to load half into one engine and half into another because a setting was forgotten."""
    data, files = tmp_path / "data", written(tmp_path / "works.jsonl", work(), work("10.1234/rota.2", volume="2"))
    monkeypatch.setenv("EVIDENCE_GRAPH_BASE", BASE)
    asked = ("query", "SELECT * { GRAPH ?g { ?s ?p ?o } }", "--data", data)

    def statements() -> set[str]:
        return set(command(*asked, "--format", "csv").text.splitlines())

    assert command("load", files, "--data", data).status == 0
    here = statements()
    with engine(tmp_path / "engine") as url:
        asked_for(monkeypatch, url)
        refused = command("load", files, "--data", data)
        assert (refused.status, "is in this folder" in refused.errors) == (2, True)
        monkeypatch.setenv("EVIDENCE_GRAPH_REMOTE_QUERY", "http://127.0.0.1:9/query")
        assert command("rebuild", "--data", data).status == 2, "an engine that is not there"
        monkeypatch.setenv("EVIDENCE_GRAPH_REMOTE_QUERY", f"{url}/query")
        assert command("rebuild", "--data", data).status == 0
        assert statements() == here
        assert command("delete", "crossref/10.1234/rota.2", "--data", data).status == 0
        there = statements()
        assert there < here
    for name in ("QUERY", "UPDATE"):
        monkeypatch.delenv(f"EVIDENCE_GRAPH_REMOTE_{name}")
    refused = command("load", files, "--data", data)
    assert (refused.status, "is in another engine: set EVIDENCE_GRAPH_REMOTE_QUERY" in refused.errors) == (2, True)
    assert command("rebuild", "--data", data).status == 0
    assert statements() == there
