"""SERVICE and LOAD: only to places on the list, fetched by us, within limits."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from tests.endpoint import BASE, A, endpoint, rows, update

C = BASE + "graph/c"
ROWS = [
    {"s": {"type": "uri", "value": "x:s"}, "n": {"type": "literal", "value": 'say "hi"\n', "xml:lang": "en"}},
    {"s": {"type": "uri", "value": "x:t"}},
    {"s": {"type": "bnode", "value": "b0"}, "n": {"type": "literal", "value": "1", "datatype": "x:d"}},
]


class Place(BaseHTTPRequestHandler):
    """Another endpoint, and a document."""

    asked: list[str]

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.asked.append(form["query"][0])
        self._answer("application/sparql-results+json", {"head": {"vars": ["s", "n"]}, "results": {"bindings": ROWS}})

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/doc.ttl")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer("text/turtle", b"<> <x:p> [ <x:q> 1 ] .")

    def _answer(self, media: str, content: object) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def place() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Place,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str, list[str]]]:
    """A client, the place that its service may reach, and what that was asked."""
    folder = tmp_path_factory.mktemp("data")
    with place() as (url, asked), endpoint(folder, services=(url, "http://127.0.0.1:9/")) as client:
        yield client, url, asked


def test_a_listed_endpoint_is_asked_and_joined(both: tuple[httpx.Client, str, list[str]]) -> None:
    client, url, asked = both
    query = f"PREFIX y: <x:> SELECT ?s ?n {{ ?s y:p ?o SERVICE <{url}> {{ ?s y:name ?n FILTER(?n != '}}') }} }}"
    assert rows(client, query) == [{"s": "x:s", "n": 'say "hi"\n'}]
    assert "PREFIX y: <x:>" in asked[-1]
    assert "?s y:name ?n FILTER(?n != '}')" in asked[-1]
    everything = rows(client, f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?n }} }}")
    assert everything[1] == {"s": "x:t"}
    assert everything[2]["s"].endswith(".well-known/genid/b0")


def test_other_places_are_refused(both: tuple[httpx.Client, str, list[str]]) -> None:
    client, url, _ = both
    for text in (
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        f"SELECT * {{ SERVICE <{url[:-1]}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ VALUES ?u {{ <{url}> }} SERVICE ?u {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{url}> {{ SERVICE <http://127.0.0.1:1/> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} SERVICE <file:///etc/passwd> {{ ?s ?p ?o }} }}",
    ):
        assert client.get("/sparql", params={"query": text}).status_code == 403


def test_an_endpoint_that_fails(both: tuple[httpx.Client, str, list[str]]) -> None:
    client, _, _ = both
    query = "SELECT ?o { <x:s> <x:p> ?o SERVICE %s <http://127.0.0.1:9/> { ?s ?p ?n } }"
    assert client.get("/sparql", params={"query": query % ""}).status_code == 502
    assert rows(client, query % "SILENT") == [{"o": "1"}]


def test_a_listed_document_is_loaded(both: tuple[httpx.Client, str, list[str]]) -> None:
    client, url, _ = both
    assert update(client, f"LOAD <{url}doc.ttl> INTO GRAPH <{C}>").status_code == 204
    assert rows(client, f"SELECT ?n {{ GRAPH <{C}> {{ <{url}doc.ttl> <x:p> [ <x:q> ?n ] }} }}") == [{"n": "1"}]
    assert update(client, f"LOAD <{url}moved> INTO GRAPH <{C}>").status_code == 502, "no redirects"
    assert update(client, f"LOAD SILENT <{url}moved> INTO GRAPH <{C}>").status_code == 204
    assert update(client, f"LOAD <{url}doc.ttl>").status_code == 409, "the default graph is derived"
    assert update(client, f"LOAD <http://127.0.0.1:1/> INTO GRAPH <{C}>").status_code == 403
    pattern = f"GRAPH <{A}> {{ ?s <x:p> ?o }} SERVICE <{url}> {{ ?s ?p ?n }}"
    inserted = f"INSERT {{ GRAPH <{C}> {{ ?s <x:name> ?n }} }} WHERE {{ {pattern} }}"
    assert update(client, inserted).status_code == 204
    assert rows(client, "SELECT ?n { ?s <x:name> ?n }") == [{"n": 'say "hi"\n'}]


def test_nothing_is_listed_unless_the_operator_lists_it(tmp_path: Path) -> None:
    with place() as (url, asked), endpoint(tmp_path) as client:
        query = f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?n }} }}"
        assert client.get("/sparql", params={"query": query}).status_code == 403
        assert asked == []
