"""Hostile and clumsy clients: each ends within its limit, with a true status, and the others go on."""

import contextlib
import gzip
import os
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from service import connections
from service.sparql import body
from service.workers.worker import OWN
from tests.endpoint import WRITER, endpoint, rows

LIMIT = 1.0
SLACK = 1.0
"""Seconds beyond the limit; on an idle machine it is hundredths."""
MEMORY = 64
"""MiB for a query, beside what a worker has anyway."""
TOO_MUCH = {400, 413, 504, 507}

ITEMS = " ".join(f'"{n}"' for n in range(300))
STAR = " . ".join(f"?s ?p{n} ?o{n}" for n in range(200))
X20 = "'xxxxxxxxxxxxxxxxxxxx'"
HOSTILE = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "cross join, streamed order": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i ?f ?c",
    "distinct cross join": "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "construct cross join": "CONSTRUCT { ?a ?e ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (!<x:z>)* ?b . ?b (!<x:y>)* ?c . ?c (!<x:x>|^!<x:w>)* ?d }",
    "nested paths": "SELECT (COUNT(*) AS ?n) { ?a ((((!<x:z>)*)*)*/((!<x:y>)+)+)* ?b . ?c (!<x:a>|!<x:b>)+ ?d }",
    "replace": "SELECT (STRLEN(?e) AS ?n) { BIND(" + X20 + " AS ?a) " + " ".join(
        f"BIND(REPLACE(?{x}, 'x', {X20}) AS ?{y})" for x, y in zip("abcdefg", "bcdefgh", strict=True)
    ) + " BIND(?h AS ?i) FILTER(STRLEN(?i) > 0) }",
    "concat": "SELECT (STRLEN(?z) AS ?n) { BIND('xxxxxxxxxx' AS ?v0) " + " ".join(
        f"BIND(CONCAT({', '.join([f'?v{n}'] * 10)}) AS ?v{n + 1})" for n in range(10)
    ) + " BIND(?v10 AS ?z) FILTER(STRLEN(?z) > 0) }",
    "group_concat": "SELECT (GROUP_CONCAT(?x) AS ?y) { ?a ?b ?x . ?c ?d ?e . ?f ?g ?h }",
    "collection": f"SELECT * {{ ?s ?p ({ITEMS}) }}",
    "star": f"SELECT * {{ {STAR} }}",
    "optionals": "SELECT (COUNT(*) AS ?n) { " + " ".join(f"OPTIONAL {{ ?a{n} ?b{n} ?c{n} }}" for n in range(20)) + " }",
    "unions": "SELECT (COUNT(*) AS ?n) { " + " UNION ".join(["{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"] * 200) + " }",
    "minus": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f MINUS { ?g ?b ?h . ?i ?j ?k } ?l ?m ?n }",
    "exists": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c FILTER NOT EXISTS { ?x ?y ?z . ?u ?v ?w FILTER(?x = 0) } }",
    "values product": "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(8)) + " }",
    "regex": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER REGEX(CONCAT(STR(?c), STR(?f)), '^(a+)+$') }",
    "regex size": "SELECT * { BIND(REGEX('x', 'x{1000}{1000}{1000}') AS ?y) }",
    "braces": "SELECT * " + "{" * 5000 + "}" * 5000,
    "open braces": "SELECT * " + "{" * 5000,
    "parentheses": "SELECT * { BIND(" + "(" * 6000 + "1" + ")" * 6000 + " AS ?x) }",
    "calls": "SELECT * { BIND(" + "STR(" * 3000 + "1" + ")" * 3000 + " AS ?x) }",
    "negations": "SELECT * { BIND(" + "!" * 12000 + "true AS ?x) }",
    "minus signs": "SELECT * { BIND(" + "-" * 12000 + "1 AS ?x) }",
    "exists, nested": "ASK { FILTER " + "EXISTS { FILTER " * 900 + "(true)" + "}" * 901,
    "triple terms": "SELECT * { ?s ?p " + "<<( ?a ?b " * 3000 + "?c" + " )>>" * 3000 + " }",
    "blank nodes": "SELECT * { ?s ?p " + "[ ?p " * 3000 + "1" + "]" * 3000 + " }",
    "path operators": "SELECT * { ?s " + "^" * 9000 + "<x:p> ?o }",
    "alternatives": "SELECT * { ?s (" + "|".join(["<x:p>"] * 5000) + ") ?o }",
    "a million values": "SELECT * { VALUES ?x { " + "1 " * 1_000_000 + "} }",
    "ten megabytes": "SELECT * { ?s ?p ?o } #" + "x" * 10_000_000,
    "a long literal": "SELECT ('" + "x" * 9_000_000 + "' AS ?x) {}",
    "unclosed": "SELECT * { ?s ?p '''" + "x" * 90_000,
    "quotes": "SELECT * { ?s ?p " + "'" * 90_000,
    "tokens": "SELECT * { " + "?s ?p ?o . " * 9000 + "}",
    "comment signs": "SELECT * { ?s ?p ?o }" + "#" * 90_000,
    "subqueries": "SELECT (COUNT(*) AS ?n) { " + "{ SELECT * { ?a ?b ?c . ?d ?e ?f " * 20 + "}}" * 20 + " }",
    "ordered": "SELECT ?a { ?a ?b ?c . ?d ?e ?f } ORDER BY CONCAT(STR(?c), STR(?f)) LIMIT 1",
    "distinct counts": "SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?d))) AS ?n) { ?a ?b ?c . ?d ?e ?f }",
    "hashes": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER (SHA512(CONCAT(STR(?c), STR(?f))) = 'x') }",
    "path of everything": "SELECT * { ?a (<x:p>|^<x:p>)* ?b . ?b (<x:p>|^<x:p>)* ?c . ?c (<x:p>|^<x:p>)* ?d }",
    "describe": "DESCRIBE ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "encoding": "SELECT (STRLEN(?c) AS ?n) { BIND(REPLACE(REPLACE('" + "x" * 50_000 + "', 'x', ' '), ' ', '"
    + "é" * 9_000 + "') AS ?a) BIND(ENCODE_FOR_URI(?a) AS ?b) BIND(ENCODE_FOR_URI(?b) AS ?c) FILTER(?c > '') }",
    "backslashes": "SELECT ('" + "\\" * 90_001 + "' AS ?x) {}",
}  # fmt: skip

OUTWARD = {
    "service": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "silent service": "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "service of a variable": "SELECT * { VALUES ?u { <http://127.0.0.1:9/> } SERVICE ?u { ?s ?p ?o } }",
    "service to a file": "SELECT * { SERVICE <file:///etc/passwd> { ?s ?p ?o } }",
    "lower case": "select * { service <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "escaped": "SELECT * { S\\u0045RVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "behind a comparison": (
        "SELECT * { BIND(1 AS ?a) FILTER(?a<?x#>'''\n) SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } } #'''\n"
    ),
    "prefixed": "PREFIX x: <http://127.0.0.1:9/> SELECT * { SERVICE x: { ?s ?p ?o } }",
    "after a string": "SELECT * { FILTER('''a''' = '') SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "from": "SELECT * FROM <http://127.0.0.1:9/x.ttl> { ?s ?p ?o }",
}


POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    graphs = {"x:g": [f"<x:{n}> <x:p> <x:{n * 7 % 997}>" for n in range(3000)]}
    folder = tmp_path_factory.mktemp("data")
    with endpoint(folder, graphs, query_timeout=LIMIT, query_memory=MEMORY, result_bytes=20_000_000) as client:
        yield client


@pytest.fixture(scope="module")
def largest() -> Iterator[list[int]]:
    """What the largest worker under this process had resident, in bytes; looked at all the time."""
    found = [0]
    stop = threading.Event()

    def ours(process: Path) -> bool:
        while process.name not in ("0", "1", str(os.getpid())):
            process = process.with_name((process / "stat").read_text().rpartition(")")[2].split()[1])
        return process.name == str(os.getpid())

    def look() -> None:
        while not stop.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if b"service.workers.worker" in (process / "cmdline").read_bytes() and ours(process):
                        pages = int((process / "statm").read_text().split()[1])
                        found[0] = max(found[0], pages * os.sysconf("SC_PAGE_SIZE"))

    looking = threading.Thread(target=look)
    looking.start()
    yield found
    stop.set()
    looking.join()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_ends_in_time(client: httpx.Client, largest: list[int], name: str) -> None:
    began = time.monotonic()
    try:
        answer = client.post("/sparql", data={"query": HOSTILE[name]}, timeout=LIMIT + 20)
    except httpx.RemoteProtocolError:  # broken off: some of the answer had gone out
        answer = None
    assert time.monotonic() - began < LIMIT + SLACK
    if answer is not None:
        assert answer.status_code in TOO_MUCH | {200}, answer.text[:300]
    if answer is not None and answer.status_code != 200:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert len(answer.content) < 6000
        assert "Traceback" not in answer.text
        assert problem.get("advice") or answer.status_code in (400, 413)
    assert rows(client, "SELECT ?o { <x:1> <x:p> ?o }") == [{"o": "x:7"}]
    assert largest[0] < (MEMORY << 20) + OWN + (100 << 20), "100 MiB are programs and libraries, which all share"


@pytest.mark.parametrize("name", OUTWARD)
def test_no_query_reaches_another_place(client: httpx.Client, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        port = trap.getsockname()[1]
        answer = client.post("/sparql", data={"query": OUTWARD[name].replace(":9/", f":{port}/")})
        if name == "from":
            assert answer.json()["results"]["bindings"] == [], "a name of a graph, nothing to fetch"
        else:
            assert answer.status_code in (400, 403), answer.text
        trap.settimeout(0.05)
        with pytest.raises(TimeoutError):
            trap.accept()


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /sparql?query=%ZZ%%%2 HTTP/1.1",
        "GET /sparql?query=ASK%20%7B%00%7D HTTP/1.1",
        "GET /sparql?" + "&".join(["query=ASK"] * 2000) + " HTTP/1.1",
        "GET /sparql?" + "&" * 30000 + " HTTP/1.1",
        "GET /sparql?query=" + "%41" * 20_000 + " HTTP/1.1",
        "GET /sparql?=&=&query HTTP/1.1",
        "GET /graphs?graph=%00 HTTP/1.1",
        "GET /graphs/%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
        "POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\nContent-Length: 0",
        "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nAccept: " + ",".join(f"x/y{n};q=0.{n % 10}" for n in range(3000)),
        "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nAccept: */*;q=nan, a/b;q=1e999, ;;;===",
        "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nIf-None-Match: \xff\xfe",
    ],
)
def test_odd_requests_are_no_fault_of_ours(client: httpx.Client, request_line: str) -> None:
    address = (client.base_url.host, client.base_url.port or 80)
    with socket.create_connection(address, timeout=10) as raw:
        raw.sendall(request_line.encode("latin-1") + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        status = int(raw.makefile("rb").readline().split()[1])
    assert status < 500


@pytest.mark.parametrize(
    ("media", "content", "status"),
    [
        ("application/sparql-query", b"SELECT * { ?s ?p '\xff\xfe' }", 400),
        ("application/x-www-form-urlencoded", b"query=ASK%7B%7D%ff", 400),
        ("application/sparql-query; charset=utf-16", "ASK {}".encode("utf-16"), 415),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nASK {}\r\n--x--", 415),
        ("", b"ASK {}", 415),
    ],
)
def test_odd_bodies_are_no_fault_of_ours(client: httpx.Client, media: str, content: bytes, status: int) -> None:
    assert client.post("/sparql", content=content, headers={"Content-Type": media}).status_code == status


def test_a_packed_bomb_is_not_unpacked(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}
    bomb = gzip.compress(b"#" * 300_000_000)
    began = time.monotonic()
    assert client.post("/sparql", content=bomb, headers=headers).status_code == 413
    assert time.monotonic() - began < SLACK


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 408),
        (b"GET /sparql?query=ASK", 408),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ", 408),
        (
            POST % (b"/sparql", b"application/sparql-query") + b"ASK",
            408,
        ),
        (
            POST % (b"/api/corrections", b"application/json") + b"{",
            408,
        ),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"X-Header: 1234567890\r\n" * 30_000, 431),
        (b"GET /" + b"x" * 600_000, 431),
    ],
    ids=["nothing", "a line", "a header", "a query", "a body", "headers", "an address"],
)
def test_a_request_without_end_is_given_up(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes, status: int
) -> None:
    monkeypatch.setattr(connections, "SECONDS", 0.3 if status == 408 else 30)
    monkeypatch.setattr(body, "PATIENCE", 0.3)
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=10) as raw:
        with contextlib.suppress(ConnectionError):
            raw.sendall(sent)
        assert int(raw.makefile("rb").readline().split()[1]) == status


def test_bodies_have_a_limit_everywhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    with endpoint(tmp_path_factory.mktemp("small"), {}, upload_bytes=1000) as client:
        for path in ("/api/corrections", "/update", "/graphs/x", "/sparql"):
            answer = client.post(path, content=b"{" * 500_000, headers=WRITER | {"Content-Type": "application/json"})
            assert answer.status_code in (413, 415), path


def test_an_answer_that_is_too_long_is_broken_off(client: httpx.Client) -> None:
    query = "SELECT ?a ?b { ?a <x:p> ?c . ?b <x:p> ?d }"
    with pytest.raises(httpx.RemoteProtocolError), client.stream("GET", "/sparql", params={"query": query}) as answer:
        assert answer.status_code == 200
        answer.read()
    assert "evidence_graph_queries_total" in client.get("/metrics").text


def test_a_late_error_never_looks_complete(client: httpx.Client) -> None:
    query = "SELECT ?a ?b { { ?a <x:p> ?c } UNION { SELECT ?a ?b { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f } ORDER BY ?f ?d } }"
    with pytest.raises(httpx.RemoteProtocolError), client.stream("GET", "/sparql", params={"query": query}) as answer:
        assert answer.status_code == 200
        answer.read()


def test_clients_that_do_not_read_or_do_not_write_hold_nobody_up(client: httpx.Client) -> None:
    address = (client.base_url.host, client.base_url.port or 80)
    text = urllib.parse.quote("SELECT ?a ?b { ?a <x:p> ?c . ?b <x:p> ?d }")
    deaf = []
    for number in range(12):
        raw = socket.create_connection(address, timeout=10, source_address=("127.0.0.2", 0))
        whole = f"GET /sparql?query={text} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        raw.sendall(whole if number % 2 else whole[:30])
        deaf.append(raw)
    began = time.monotonic()
    while time.monotonic() - began < 3 * LIMIT + SLACK:  # one client's come one after the other
        assert rows(client, "SELECT ?o { <x:1> <x:p> ?o }")
        state = client.get("/health/ready").json()
        if state["running"] == 0 and time.monotonic() - began > 1:
            break
    assert state["running"] == 0, "a query outlived its limit because its client does not read"
    for raw in deaf:
        raw.close()


def test_a_client_that_goes_takes_its_query_along(client: httpx.Client) -> None:
    text = urllib.parse.quote(HOSTILE["cross join"])
    raw = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    raw.sendall(f"GET /sparql?query={text} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while client.get("/health/ready").json()["running"] == 0:
        time.sleep(0.01)
    raw.close()
    began = time.monotonic()
    while client.get("/health/ready").json()["running"]:
        assert time.monotonic() - began < LIMIT - 0.2, "it ran on until its deadline"
        time.sleep(0.02)


def test_small_queries_pass_heavy_ones(client: httpx.Client) -> None:
    """One client's ten heavy queries at a time do not stop another client's small ones."""
    stop = threading.Event()

    def heavy() -> None:
        from_elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(base_url=client.base_url, timeout=30, transport=from_elsewhere) as own:
            while not stop.is_set():
                own.post("/sparql", data={"query": HOSTILE["cross join"]})

    with ThreadPoolExecutor(10) as threads:
        for _ in range(10):
            threads.submit(heavy)
        time.sleep(0.6)
        try:
            statuses = [
                client.get("/sparql", params={"query": f"SELECT ?o {{ <x:{n}> <x:p> ?o }}"}).status_code
                for n in range(50)
            ]
        finally:
            stop.set()
    assert statuses == [200] * 50


def test_who_comes_too_late_is_told_when_to_come_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("busy")
    graphs = {"x:g": [f"<x:{n}> <x:p> <x:{n}>" for n in range(2000)]}
    with endpoint(folder, graphs, workers=1, queue_length=1, queue_wait=0.3, query_timeout=2) as client:

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{client.base_url}/sparql", data={"query": HOSTILE["cross join"]}, timeout=30)

        with ThreadPoolExecutor(6) as threads:
            answers = list(threads.map(ask, range(6)))
    busy = [answer for answer in answers if answer.status_code == 503]
    assert busy
    assert {answer.status_code for answer in answers} <= {503, 504}
    assert all(answer.headers["retry-after"] for answer in busy)
