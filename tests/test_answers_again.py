"""What a worker answered before it answers again, as long as it would be the same answer; and whose a request is."""

import gzip
import http.client
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.server import whose
from service.settings import Settings
from tests.endpoint import BASE, endpoint, update
from tests.keeping import Client, gauge, shared, wait
from tests.serving import served

GRAPH = {BASE + "graph/many": [f'<x:{n}> <x:p> "{n}"' for n in range(3000)]}
COUNT = "SELECT (COUNT(*) AS ?n) { ?s <x:p> ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f FILTER(STRLEN(STR(?a)) < 0) }"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with endpoint(tmp_path_factory.mktemp("data"), GRAPH, workers=1) as client:
        yield client


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    Client.close_all()


def again(service: httpx.Client) -> int:
    """How many answers were given again."""
    return gauge(service, "answers_again_total")


def body(answer: tuple[int, dict[str, str], bytes]) -> bytes:
    assert answer[0] == 200
    return gzip.decompress(answer[2]) if answer[1].get("content-encoding") == "gzip" else answer[2]


@pytest.mark.parametrize("query", [COUNT, "SELECT * { ?s <x:p> ?o } LIMIT 500"])
def test_the_same_question_has_the_same_answer(service: httpx.Client, query: str) -> None:
    client = Client(service).spoken_with()
    for headers in ({}, {"Accept_Encoding": "gzip"}, {"Accept": "*/*"}):
        first, before = client.ask(query, **headers), again(service)

        def asked_again(first: Any = first, before: int = before, headers: dict[str, str] = headers) -> bool:
            answer = client.ask(query, **headers)
            assert answer[2] == first[2]
            assert answer[1] | {"date": ""} == first[1] | {"date": ""}
            return again(service) > before

        wait(asked_again)  # a worker that the machine held up is replaced, and its answers are gone


def test_a_question_in_a_body_is_not_cached_by_clients(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    head = "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    request = f"{head}Content-Length: {len(COUNT)}\r\n\r\n{COUNT}".encode()
    before = again(service)

    def asked_again() -> bool:
        client.connection.sock.sendall(request)
        answer = http.client.HTTPResponse(client.connection.sock)
        answer.begin()
        assert b"3000" in answer.read()
        assert answer.headers["etag"] is None
        return again(service) > before

    wait(asked_again)


def test_each_form_is_an_answer_of_its_own(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    for _ in range(2):
        for media in ("text/csv", "text/tab-separated-values", "application/sparql-results+xml"):
            _, headers, said = client.ask(COUNT, Accept=media)
            assert headers["content-type"].startswith(media)
            assert b"3000" in said
        assert client.ask("CONSTRUCT WHERE { <x:1> ?p ?o }", Accept="text/turtle")[2].endswith(b'<x:1> <x:p> "1" .\n')


@pytest.mark.parametrize("kind", ["merge", "plain"])
def test_after_a_write_the_answer_is_new(tmp_path: Path, kind: str) -> None:
    query = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s <x:new> ?o } }"
    with endpoint(tmp_path, GRAPH, workers=1, default_graph=kind) as service:
        client = Client(service).spoken_with()
        for number in range(3):
            for _ in range(3):
                assert f'"value":"{number}"'.encode() in client.ask(query)[2]
            wait(lambda: client.ask(query)[0] == 200 and again(service) > 0)
            text = f"INSERT DATA {{ GRAPH <{BASE}graph/new> {{ <x:a> <x:new> {number} }} }}"
            assert update(service, text).is_success


@pytest.mark.parametrize("expression", ["RAND()", "rand()", "NOW()", "UUID()", "STRUUID()", "STR(BNODE())"])
def test_what_differs_each_time_is_not_kept(service: httpx.Client, expression: str) -> None:
    client = Client(service).spoken_with()
    before = again(service)
    answers = [client.ask(f"SELECT ({expression} AS ?x) {{}}") for _ in range(3)]
    assert len({body(answer) for answer in answers}) > 1 or "BNODE" in expression
    assert not any("etag" in answer[1] for answer in answers)
    assert again(service) == before


def test_what_was_refused_or_cut_short_is_not_kept(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, workers=1, result_bytes=40_000) as service:
        client = Client(service).spoken_with()
        for query, status in (("SELECT * {", 400), ("SELECT (1/'a' AS ?x) { SERVICE <x:y> {} }", 403)):
            assert [client.ask(query)[0] for _ in range(2)] == [status, status]
        for _ in range(2):
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                client.spoken_with().ask("SELECT * { ?s <x:p> ?o }")
            client.spoken = False
            client = Client(service)
        assert client.ask("SELECT * { ?s <x:p> ?o } LIMIT 10")[0] == 200


def test_what_is_kept_has_a_limit(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, workers=1, answer_memory=1) as service:
        client = Client(service).spoken_with()
        queries = [f"SELECT ?s ?o {{ ?s <x:p> ?o }} LIMIT {500 + n}" for n in range(60)]  # 40 KB each

        def known(query: str) -> bool:
            before = again(service)
            assert client.ask(query)[0] == 200
            return again(service) > before

        for query in queries:
            wait(partial(known, query))
        assert not known(queries[0])
        wait(partial(known, queries[0]))


def test_nothing_is_kept_where_that_is_set(tmp_path: Path) -> None:
    with endpoint(tmp_path, GRAPH, workers=1, answer_memory=0) as service:
        client = Client(service).spoken_with()
        assert {body(client.ask(COUNT)) for _ in range(3)} == {body(Client(service).ask(COUNT))}
        assert again(service) == 0


def test_a_worker_says_that_nothing_has_changed(service: httpx.Client) -> None:
    client = Client(service).spoken_with()
    tag = client.ask(COUNT)[1]["etag"]
    kept = gauge(service, "connections_kept")
    told = client.ask(COUNT, If_None_Match=f'"other", {tag}')
    by_the_service = Client(service).ask(COUNT, If_None_Match=tag)
    assert (told[0], told[2]) == (by_the_service[0], by_the_service[2]) == (304, b"")
    assert shared(told[1]) == shared(by_the_service[1])
    assert client.ask(COUNT, If_None_Match='W/"0"')[0] == 200
    assert client.ask("SELECT (NOW() AS ?x) {}", If_None_Match=tag)[0] == 200
    assert gauge(service, "connections_kept") == kept
    assert client.ask(COUNT, "POST", If_None_Match=tag)[0] == 200


def test_clients_behind_a_proxy_are_spoken_with_and_told_apart(tmp_path: Path) -> None:
    settings = Settings.from_environment({}, data=tmp_path, base=BASE, workers=1, query_timeout=30)
    app = create_app(settings)
    with served(app) as service:
        client = Client(service).spoken_with()
        kept = gauge(service, "connections_kept")
        for number in range(3):
            assert client.ask(COUNT, X_Forwarded_For=f"203.0.113.{number}")[0] == 200
        assert gauge(service, "connections_kept") == kept
        client.connection.request(
            "GET", "/sparql?query=" + ENDLESS.replace(" ", "+"), headers={"X-Forwarded-For": "203.0.113.9"}
        )
        slots: list[Any] = app.state.pool.exchange.board.slots
        wait(lambda: any(slot.connection and slot.whose == "203.0.113.9" for slot in slots))


def test_only_a_trusted_proxy_says_for_whom_it_asks() -> None:
    said = "198.51.100.1, 203.0.113.9, 127.0.0.1"
    assert whose("127.0.0.1", "127.0.0.1", said) == "203.0.113.9"
    assert whose("192.0.2.4", "127.0.0.1", said) == "192.0.2.4"
    assert whose("192.0.2.4", "192.0.2.0/24,127.0.0.1", said) == "203.0.113.9"
    assert whose("127.0.0.1", "127.0.0.1", "") == "127.0.0.1"
    assert whose("127.0.0.1", "*", said) == "198.51.100.1"
