"""Connections that keep asking: a worker speaks with their clients, and nobody can tell but by the time it takes."""

import gzip
import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.endpoint import BASE, endpoint, update
from tests.keeping import Client, gauge, shared, wait

ALL = "SELECT * { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d FILTER(STRLEN(CONCAT(STR(?a), STR(?c))) < 0) }"
GRAPH = {BASE + "graph/many": [f'<x:{n}> <x:p> "{n}"' for n in range(6000)]}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with endpoint(tmp_path_factory.mktemp("data"), GRAPH, query_timeout=3, workers=2) as client:
        yield client


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Every connection of a test is closed at its end."""
    yield
    Client.close_all()


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (ALL + " LIMIT 3", {}),
        (ALL, {}),
        (ALL, {"Accept_Encoding": "gzip"}),
        (ALL + " LIMIT 40", {"Accept_Encoding": "gzip;q=0.5, br"}),
        (ALL + " LIMIT 3", {"Accept": "text/csv"}),
        ("CONSTRUCT { ?s <x:q> ?o } { ?s <x:p> ?o } LIMIT 2000", {"Accept": "text/turtle"}),
        ("ASK { <x:1> ?p ?o }", {"Accept": "application/sparql-results+xml"}),
        ("SELECT * { ?s evg:reportTheme ?o }", {}),
        ("SELECT (RAND() < 2 AS ?x) {}", {}),
        ("SELECT * { ?s ?p", {}),
        ("SELECT * { ?s nope:x ?o }", {}),
        (ALL, {"Accept": "image/png"}),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", {}),
        ("SELECT " + "(" * 100, {}),
        (ALL + " LIMIT 1", {"Origin": "https://example.org"}),
        (ALL + " LIMIT 1", {"Connection": "close"}),
        ("é" * 3, {}),
    ],
)
def test_what_a_worker_says_is_what_the_service_says(
    service: httpx.Client, query: str, headers: dict[str, str]
) -> None:
    spoken = Client(service).spoken_with()
    for method in ("GET", "POST"):
        first = Client(service).ask(query, method, **headers)
        again = spoken.ask(query, method, **headers)
        assert again[0] == first[0]
        unpack: Callable[[bytes], bytes] = gzip.decompress if "content-encoding" in first[1] else bytes
        if first[0] == 200:
            assert unpack(again[2]) == unpack(first[2])
            if "transfer-encoding" not in first[1]:
                assert shared(again[1]) == shared(first[1])
        else:
            assert again[1]["content-type"] == first[1]["content-type"] == "application/problem+json"
            assert again[2].partition(b'"query_id"')[0] == first[2].partition(b'"query_id"')[0]
        if headers.get("Connection") == "close":
            spoken.spoken = False
            spoken = Client(service).spoken_with()
        else:
            assert spoken.ask("ASK {}")[0] == 200


def test_other_pages_on_the_same_connection(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    client.connection.request("GET", "/health/live")
    assert client.connection.getresponse().read() == b'{"status":"alive"}'
    client.connection.request("HEAD", f"/sparql?query={quote(ALL)}")
    assert client.connection.getresponse().read() == b""
    client.connection.request("GET", "/sparql", headers={"Accept": "text/turtle"})
    assert b"sd:Service" in client.connection.getresponse().read()
    assert client.spoken_with().ask(ALL)[0] == 200


def test_a_request_in_pieces_and_two_at_once(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    wire = client.connection.sock
    request = f"GET /sparql?query={quote('ASK {}')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    wire.sendall(request[:30])
    time.sleep(0.1)
    wire.sendall(request[30:] + request)
    received = b""
    while received.count(b'"boolean":true') < 2:
        piece = wire.recv(65536)
        assert piece, received
        received += piece
    assert received.count(b"200 OK") == 2


def test_large_requests_on_a_kept_connection(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    for number in (500, 5000, 9000) * 3:
        query = "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + " ".join(f'"v {n}"' for n in range(number)) + " } }"
        assert f'"value":"{number}"'.encode() in client.ask(query, "POST")[2]
        assert client.ask("ASK {}")[0] == 200


def test_a_write_is_seen_by_the_next_question(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    for number in range(5):
        assert update(service, f'INSERT DATA {{ GRAPH <{BASE}graph/new> {{ <x:new> <x:n> "{number}" }} }}').is_success
        found = client.ask("SELECT (COUNT(*) AS ?n) { <x:new> <x:n> ?o }")[2]
        assert f'"value":"{number + 1}"'.encode() in found


def test_a_query_that_takes_too_long_is_told_and_holds_nobody_up(service: httpx.Client) -> None:
    clients = [Client(service).spoken_with() for _ in range(6)]
    ends: list[Any] = []
    slow = threading.Thread(target=lambda: ends.append(clients[0].ask(ENDLESS)))
    slow.start()
    for _ in range(20):
        for client in clients[1:]:
            began = time.monotonic()
            assert client.ask("ASK {}")[0] == 200
            assert time.monotonic() - began < 2
    slow.join()
    status, headers, body = ends[0]
    assert (status, headers["content-type"]) == (504, "application/problem+json")
    assert headers["x-query-id"].encode() in body
    assert b"longer than 3 s" in body
    assert clients[0].ask("ASK {}")[0] == 200  # on a new connection
    assert all(client.ask("ASK {}")[0] == 200 for client in clients)


def test_a_query_that_needs_too_much_memory_is_told(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, query_timeout=20, query_memory=64) as service:
        client = Client(service).spoken_with()
        status, _, body = client.ask("SELECT DISTINCT * { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f } ORDER BY ?b ?d ?f")
        assert (status, b"64 MiB" in body) == (507, True)
        assert client.ask("ASK {}")[0] == 200


def test_an_answer_that_is_cut_short_never_looks_whole(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, result_bytes=100_000) as service:
        client = Client(service).spoken_with()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            client.ask(ALL)
        assert Client(service).ask("ASK {}")[0] == 200


def test_the_limit_holds_for_an_answer_of_one_piece(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, result_bytes=1000) as service:
        client = Client(service).spoken_with()
        assert client.ask(ALL + " LIMIT 40")[0] == 413
        assert client.ask("ASK {}")[0] == 200


def test_a_client_that_hangs_up_while_it_is_answered_is_the_only_one_to_lose(service: httpx.Client) -> None:
    leaving, staying = Client(service).spoken_with(), Client(service).spoken_with()
    before = gauge(service, "workers")
    for _ in range(3):
        leaving.connection.request("GET", f"/sparql?query={quote(ALL)}")
        wire = leaving.connection.sock
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a goodbye
        leaving.connection.close()
        assert staying.ask("ASK {}")[0] == 200
        leaving.spoken = False
        leaving = Client(service).spoken_with()
    assert gauge(service, "workers") == before


def test_a_client_that_goes_ends_its_query(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    client.connection.request("GET", f"/sparql?query={quote(ENDLESS)}")
    wait(lambda: gauge(service, "queries_running") > 0)
    client.connection.close()
    wait(lambda: gauge(service, "queries_running") == 0)
    assert 'outcome="gone"' in service.get("/metrics").text
