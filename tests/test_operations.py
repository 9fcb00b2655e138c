"""What an operator needs: health, metrics, logs, backups, a clean stop, and nothing lost by a kill."""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.cli import app
from service.cli.common import Stopped
from service.logs import Lines
from service.store.folder import FolderInUse
from tests.endpoint import BASE, TOKEN, WRITER, A, B, endpoint, rows, update

C = BASE + "graph/c"
SERVER = """
from service.app import create_app
from service.server import serve
from service.settings import Settings
settings = Settings.from_environment()
serve(create_app(settings), settings)
"""


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A service in a process of its own, with a client."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "EVIDENCE_GRAPH_DATA": str(folder),
        "EVIDENCE_GRAPH_PORT": str(port),
        "EVIDENCE_GRAPH_WRITE_TOKEN": TOKEN,
        "EVIDENCE_GRAPH_WORKERS": "2",
        "EVIDENCE_GRAPH_QUERY_TIMEOUT": "3",
    }
    with (folder.parent / "log").open("ab") as log:
        server = subprocess.Popen([sys.executable, "-c", SERVER], env=environment, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(400):
                try:
                    client.get("/health/ready")
                    break
                except httpx.TransportError:
                    assert server.poll() is None, (folder.parent / "log").read_text()[-2000:]
                    time.sleep(0.05)
            yield server, client
    finally:
        server.kill()
        server.wait()


def test_health_and_metrics(tmp_path: Path) -> None:
    with endpoint(tmp_path) as client:
        assert client.get("/health/live").json() == {"status": "alive"}
        ready = client.get("/health/ready").json()
        assert (ready["status"], ready["workers"]) == ("ready", 2)
        rows(client, "SELECT * { <x:s> ?p ?o }")
        client.get("/sparql", params={"query": "SELECT"})
        update(client, f"DROP GRAPH <{A}>")
        said = client.get("/metrics").text
        for line in (
            'evidence_graph_queries_total{outcome="ok"} 1.0',
            'evidence_graph_queries_total{outcome="400"} 1.0',
            'evidence_graph_updates_total{outcome="ok"} 1.0',
            "evidence_graph_query_seconds_count 2.0",
        ):
            assert line in said


def test_the_dataset_describes_itself(tmp_path: Path) -> None:
    with endpoint(tmp_path) as client:
        answer = client.get("/.well-known/void", headers={"Accept": "application/n-triples"})
        said = answer.text
        assert "<http://rdfs.org/ns/void#sparqlEndpoint>" in said
        assert "<http://rdfs.org/ns/void#property> <x:p>" in said
        assert "<http://www.w3.org/ns/dcat#DataService>" in said
        assert client.get("/.well-known/void", headers={"Accept": "image/png"}).status_code == 406


def test_a_log_line_is_json_with_its_fields() -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "written %s", "args": ("it",), "who": "anna"}
    )
    line = json.loads(Lines().format(record))
    assert (line["message"], line["who"], line["level"]) == ("written it", "anna", "info")
    assert line["time"].endswith("+00:00")


def test_a_backup_and_its_restoration_while_served(tmp_path: Path) -> None:
    with endpoint(tmp_path) as client:
        name = client.post("/admin/backups", headers=WRITER).json()["name"]
        assert client.get("/admin/backups", headers=WRITER).json() == [name]
        assert (
            update(client, f"DROP GRAPH <{A}> ; INSERT DATA {{ GRAPH <{C}> {{ <x:new> <x:p> 1 }} }}").status_code == 204
        )
        tag = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }"}).headers["etag"]
        stop = threading.Event()
        seen: list[tuple[int, int]] = []

        def look() -> None:
            query = f"SELECT (COUNT(?a) AS ?old) (COUNT(?b) AS ?new) {{ {{ GRAPH <{A}> {{ ?a ?p ?o }} }} UNION "
            query += f"{{ GRAPH <{C}> {{ ?b ?q ?r }} }} }}"
            while not stop.is_set():
                [row] = rows(client, query)
                seen.append((int(row["old"]), int(row["new"])))

        looking = threading.Thread(target=look)
        looking.start()
        while not seen:
            time.sleep(0.001)
        assert client.post(f"/admin/backups/{name}/restore", headers=WRITER).status_code == 204
        stop.set()
        looking.join()
        assert set(seen) <= {(0, 1), (3, 0)}, "a reader saw a half"
        assert len(rows(client, f"SELECT * {{ GRAPH <{A}> {{ ?s ?p ?o }} }}")) == 3
        assert rows(client, "SELECT * { <x:new> ?p ?o }") == []
        again = {"query": "SELECT * { ?s ?p ?o }"}
        assert client.get("/sparql", params=again, headers={"If-None-Match": tag}).status_code == 200
        assert update(client, f"INSERT DATA {{ GRAPH <{C}> {{ <x:new> <x:p> 2 }} }}").status_code == 204
        assert len(rows(client, "SELECT * { <x:new> ?p ?o }")) == 1, "it can be written as before"
        for wrong in ("none", "..%2f..", "%2e%2e"):
            assert client.post(f"/admin/backups/{wrong}/restore", headers=WRITER).status_code == 404
        assert client.post("/admin/backups").status_code == 401
        manifest = tmp_path / "backups" / name / "backup.json"
        manifest.write_text(manifest.read_text().replace("meta.json", "mega.json"))
        refused = client.post(f"/admin/backups/{name}/restore", headers=WRITER)
        assert (refused.status_code, refused.json()["title"]) == (409, "No whole backup")


def test_a_backup_on_the_command_line_is_a_data_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: object) -> str:
        with contextlib.suppress(SystemExit):
            cli(*map(str, arguments))
        return capsys.readouterr().out

    data, copy = tmp_path / "data", tmp_path / "copy"
    count = "SELECT (COUNT(*) AS ?n) { <x:s> ?p ?o }"
    with endpoint(data) as client:
        said("backup", copy, "--data", data)
        assert update(client, f"DROP GRAPH <{A}>").status_code == 204
        assert said("query", count, "--data", copy, "--format", "csv").split() == ["n", "3"]
        assert said("query", count, "--data", data, "--format", "csv").split() == ["n", "1"]
        with pytest.raises(FolderInUse):
            cli("restore", str(copy), "--data", str(data))
    assert json.loads(said("stats", "--json", "--data", copy))["triples"] > 0
    said("restore", copy, "--data", data)
    assert said("query", count, "--data", data, "--format", "csv").split() == ["n", "3"]
    said("restore", copy, "--data", tmp_path / "new")
    assert said("query", count, "--data", tmp_path / "new", "--format", "csv").split() == ["n", "3"]
    with endpoint(copy, {}) as client:
        assert len(rows(client, "SELECT * { <x:s> ?p ?o }")) == 3
    with pytest.raises(Stopped, match="has been written to since"):
        cli("restore", str(copy), "--data", str(data))


def cli(*arguments: str) -> None:
    app(list(arguments), standalone_mode=False)


def test_it_stops_cleanly_and_finishes_what_it_began(tmp_path: Path) -> None:
    with process(tmp_path / "data") as (server, client):
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?f = ?c) } "
        answers: list[int] = []

        def ask() -> None:
            answers.append(httpx.get(f"{client.base_url}/sparql", params={"query": slow}, timeout=30).status_code)

        asked = threading.Thread(target=ask)
        asked.start()
        while not client.get("/health/ready").json()["running"] and asked.is_alive():
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) in (0, -signal.SIGTERM)
        asked.join()
        assert answers[0] in (200, 504)


def test_a_kill_loses_no_update_that_was_answered(tmp_path: Path) -> None:
    """TEST_KILLS in the environment says how many kills; each comes while several clients write."""
    acknowledged: set[int] = set()
    number = 0
    for _ in range(int(os.environ.get("TEST_KILLS", "2"))):
        with process(tmp_path / "data") as (server, client):
            assert all(_there(client, n) for n in acknowledged), "an answered update is gone"
            stop = threading.Event()

            def write(first: int, client: httpx.Client = client, stop: threading.Event = stop) -> None:
                n = first
                while not stop.is_set():
                    try:
                        text = f"INSERT DATA {{ GRAPH <{BASE}g/{n}> {{ <x:{n}> <x:kept> {n} }} }}"
                        if update(client, text).status_code == 204:
                            acknowledged.add(n)
                    except httpx.TransportError:
                        return
                    n += 1

            writers = [threading.Thread(target=write, args=(number + i * 1000,)) for i in range(3)]
            number += 3000
            for writer in writers:
                writer.start()
            before = len(acknowledged)
            while len(acknowledged) < before + 5:
                time.sleep(0.005)
            server.kill()
            stop.set()
            for writer in writers:
                writer.join()
    with process(tmp_path / "data") as (_, client):
        found = {int(row["n"]) for row in rows(client, "SELECT ?n { ?s <x:kept> ?n }")}
        assert acknowledged <= found
        missing = rows(client, "SELECT * { GRAPH ?g { ?s <x:kept> ?o } FILTER NOT EXISTS { ?s <x:kept> ?o } }")
        assert missing == []


def _there(client: httpx.Client, number: int) -> bool:
    return bool(rows(client, f"SELECT * {{ <x:{number}> <x:kept> ?o }}"))


@pytest.mark.parametrize("graph", [A, B])
def test_a_write_is_read_by_the_next_query(tmp_path: Path, graph: str) -> None:
    with endpoint(tmp_path) as client:
        for n in range(5):
            assert update(client, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:w{n}> <x:p> {n} }} }}").status_code == 204
            assert rows(client, f"SELECT ?o {{ <x:w{n}> <x:p> ?o }}") == [{"o": str(n)}]
