"""SPARQL 1.1 Protocol, queries: what is asked how, what comes back as what."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from backports import zstd

from tests.endpoint import A, B, endpoint, rows

SELECT = "SELECT ?o { <x:s> <x:p> ?o }"
OURS = "{ VALUES ?s { <x:s> <x:t> } ?s ?p ?o }"
COUNT = f"SELECT (COUNT(*) AS ?n) {OURS}"
CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {OURS}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with endpoint(tmp_path_factory.mktemp("data")) as client:
        yield client


def test_a_query_comes_in_three_ways(client: httpx.Client) -> None:
    asked = client.get("/sparql", params={"query": SELECT})
    form = client.post("/sparql", data={"query": SELECT})
    direct = client.post("/sparql", content=SELECT, headers={"Content-Type": "application/sparql-query"})
    assert asked.json() == form.json() == direct.json()
    assert asked.json()["results"]["bindings"] == [{"o": {"type": "literal", "value": "1"}}]


def test_the_default_graph_is_the_merge_each_triple_once(client: httpx.Client) -> None:
    assert rows(client, COUNT) == [{"n": "4"}]


def test_the_request_can_choose_the_dataset(client: httpx.Client) -> None:
    named = f"SELECT DISTINCT ?g {{ GRAPH ?g {OURS} }}"
    assert rows(client, COUNT, **{"default-graph-uri": B}) == [{"n": "2"}]
    assert rows(client, COUNT, **{"named-graph-uri": B}) == [{"n": "0"}]
    assert rows(client, named, **{"named-graph-uri": [B]}) == [{"g": B}]
    assert rows(client, named, **{"default-graph-uri": A}) == []
    assert {row["g"] for row in rows(client, named)} == {A, B}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+json;q=0.1, application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/turtle, text/csv;q=0.5", "text/csv"),
        ("text/*", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("application/rdf+xml, application/sparql-results+xml;q=0.2", "application/sparql-results+xml"),
        ("application/sparql-results+xml;q=0, */*;q=0.1", "application/sparql-results+json"),
        (";;;,,q=", "application/sparql-results+json"),
        ("a/b;q=x, text/csv", "text/csv"),
    ],
)
def test_bindings_by_accept(client: httpx.Client, accept: str | None, media: str) -> None:
    answer = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept} if accept else {})
    assert answer.headers["content-type"].partition(";")[0] == media
    assert "1" in answer.text


@pytest.mark.parametrize(
    ("accept", "media", "syntax"),
    [
        ("*/*", "text/turtle", ox.RdfFormat.TURTLE),
        ("application/rdf+xml, application/sparql-results+xml", "application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/n-triples", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("text/plain", "text/plain", ox.RdfFormat.N_TRIPLES),
        ("application/ld+json;q=0.9, text/csv", "application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/turtle", "application/turtle", ox.RdfFormat.TURTLE),
        ("application/n-quads", "application/n-quads", ox.RdfFormat.N_QUADS),
        ("application/trig", "application/trig", ox.RdfFormat.TRIG),
    ],
)
def test_graphs_by_accept(client: httpx.Client, accept: str, media: str, syntax: ox.RdfFormat) -> None:
    answer = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media
    assert len(list(ox.parse(input=answer.content, format=syntax))) == 4


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "xml", "text/csv", "application/sparql-results+xml"])
def test_the_format_can_be_named(client: httpx.Client, name: str) -> None:
    answer = client.get("/sparql", params={"query": SELECT, "format": name}, headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    assert name.split("/")[-1].split("+")[-1] in answer.headers["content-type"].replace("tab-separated-values", "tsv")


def test_no_format_that_fits(client: httpx.Client) -> None:
    for query, accept in ((SELECT, "text/turtle"), (CONSTRUCT, "text/csv"), ("ASK {}", "image/png")):
        answer = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
        assert answer.status_code == 406
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/sparql", params={"query": SELECT, "format": "docx"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "parameters", "headers", "content", "status"),
    [
        ("GET", {"query": ""}, {}, b"", 400),
        ("POST", {}, {"Content-Type": "application/x-www-form-urlencoded"}, b"foo=bar", 400),
        ("POST", {}, {"Content-Type": "application/x-www-form-urlencoded"}, b"query=ASK{}&query=ASK{}", 400),
        ("POST", {"query": "ASK {}"}, {"Content-Type": "application/sparql-query"}, b"ASK {}", 400),
        ("POST", {}, {"Content-Type": "application/x-www-form-urlencoded"}, b"update=DROP+ALL", 400),
        ("POST", {}, {"Content-Type": "application/sparql-update"}, b"DROP ALL", 400),
        ("POST", {}, {"Content-Type": "text/plain"}, b"ASK {}", 415),
        ("POST", {}, {}, b"ASK {}", 415),
        ("POST", {}, {"Content-Type": "application/sparql-query; charset=utf-16"}, b"ASK {}", 415),
        ("POST", {}, {"Content-Type": "application/sparql-query", "Content-Encoding": "br"}, b"ASK {}", 415),
        ("POST", {}, {"Content-Type": "application/sparql-query"}, b"ASK { '\xff' }", 400),
        ("GET", "query=ASK%20%7B%20%FF", {}, b"", 400),
        ("GET", {"query": "ASK {}", "default-graph-uri": "no iri"}, {}, b"", 400),
        ("GET", {"query": "ASK {}", "timeout": "soon"}, {}, b"", 400),
        ("DELETE", {"query": "ASK {}"}, {}, b"", 405),
        ("PATCH", {}, {}, b"", 405),
        ("GET", {"query": "SELECT (<http://example.org/f>(1) AS ?x) {}"}, {}, b"", 422),
        ("GET", {"query": "DROP ALL"}, {}, b"", 400),
    ],
)
def test_what_is_refused(
    client: httpx.Client, method: str, parameters: dict[str, str], headers: dict[str, str], content: bytes, status: int
) -> None:
    answer = client.request(method, "/sparql", params=parameters, headers=headers, content=content)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert len(problem["query_id"]) == 16


def test_a_packed_query(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}
    assert client.post("/sparql", content=gzip.compress(SELECT.encode()), headers=headers).status_code == 200
    for bad in (b"no gzip", gzip.compress(SELECT.encode())[:-9], gzip.compress(b" " * 10_000_000)):
        assert client.post("/sparql", content=bad, headers=headers).status_code in (400, 413)


def test_a_syntax_error_says_where_and_guesses(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": "SELECT * {\n  ?s evg:reportTheme ?t ; dct:title ?x }"})
    problem = answer.json()
    assert (problem["line"], problem["column"]) == (2, 27)
    assert problem["place"].splitlines()[1].index("^") == 26
    assert any("PREFIX dct: <http://purl.org/dc/terms/>" in hint for hint in problem["hints"])
    assert any("evg:reportsTheme" in hint for hint in problem["hints"])
    problem = client.get("/sparql", params={"query": "SELCT * { ?s ?p ?o }"}).json()
    assert "did you mean SELECT?" in problem["hints"]
    for text, at in (
        ("nonsense", 1),
        ("INSERT DATA {}", 1),
        ("WHERE { ?s ?p ?o }", 1),
        ("BASE <x:y> { ?s ?p ?o }", 12),
    ):
        problem = client.get("/sparql", params={"query": text}).json()
        assert problem["column"] == at
        assert "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE" in problem["hints"][0]
    problem = client.get("/sparql", params={"query": "SELECT * { ?s ?p"}).json()
    assert "ends here" in problem["detail"]
    for text, hint in (
        ("SELECT * {\n ?s ?p ?o LIMIT 2", "the { of line 1, column 10 is not closed"),
        ("SELECT * { FILTER(?a = 1 }", "the ( of line 1, column 18 is not closed"),
        ("SELECT * { ?s ?p ?o }\n}", "the } of line 2, column 1 closes nothing"),
        ("SELECT * { ?s ?p ?o ) }", "the ) of line 1, column 21 closes nothing"),
        ("SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }", "GROUP BY"),
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1 } }", "INSERT is sent to /update"),
    ):
        assert any(hint in said for said in client.get("/sparql", params={"query": text}).json()["hints"])
    large = client.post("/sparql", data={"query": "SELECT ?x { BROKEN" + "x" * 50_000})
    assert large.status_code == 400
    assert len(large.content) < 5000


def test_a_misspelt_term_is_told_of_beside_the_answer(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": "SELECT * { ?s evg:reportTheme ?t }"})
    assert answer.status_code == 200
    assert "evg:reportsTheme" in answer.headers["x-hint"]


def test_our_prefixes_need_no_declaration_and_give_way_to_others(client: httpx.Client) -> None:
    assert rows(client, "SELECT (STR(dcterms:title) AS ?x) {}") == [{"x": "http://purl.org/dc/terms/title"}]
    query = "PREFIX dcterms: <x:> SELECT (STR(dcterms:title) AS ?x) {}"
    assert rows(client, query) == [{"x": "x:title"}]


def test_relative_iris_are_under_the_endpoint(client: httpx.Client) -> None:
    assert rows(client, "SELECT (STR(<#a>) AS ?x) {}") == [{"x": "http://127.0.0.1:8000/sparql#a"}]


def test_head_is_get_without_its_body(client: httpx.Client) -> None:
    asked, bare = (client.request(m, "/sparql", params={"query": SELECT}) for m in ("GET", "HEAD"))
    assert bare.content == b""
    for name in ("content-type", "content-length", "etag"):
        assert asked.headers[name] == bare.headers[name]


@pytest.mark.parametrize("path", ["/.well-known/void", "/health/live", "/health/ready", "/metrics"])
def test_head_of_what_describes_the_service(client: httpx.Client, path: str) -> None:
    asked, bare = client.get(path), client.head(path)
    assert (bare.status_code, bare.content) == (200, b"")
    assert bare.headers["content-type"] == asked.headers["content-type"]


def test_unchanged_is_304(client: httpx.Client) -> None:
    etag = client.get("/sparql", params={"query": SELECT}).headers["etag"]
    again = client.get("/sparql", params={"query": SELECT}, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.content == b""
    without_weakness = {"If-None-Match": etag.removeprefix("W/")}
    assert client.get("/sparql", params={"query": SELECT}, headers=without_weakness).status_code == 304
    volatile = client.get("/sparql", params={"query": "SELECT (RAND() AS ?x) {}"}, headers={"If-None-Match": etag})
    assert volatile.status_code == 200
    assert "etag" not in volatile.headers


def test_a_folder_made_anew_has_other_tags_and_a_restart_the_same(tmp_path: Path) -> None:
    tags = []
    for folder, graphs in (("a", {A: ['<x:s> <x:p> "1"']}), ("b", {A: ['<x:s> <x:p> "2"']}), ("a", {})):
        with endpoint(tmp_path / folder, graphs) as client:
            tags.append(client.get("/sparql", params={"query": SELECT}).headers["etag"])
            known = client.get("/sparql", params={"query": SELECT}, headers={"If-None-Match": tags[0]})
        assert known.status_code == (200 if folder == "b" else 304)
    assert tags[0] == tags[2] != tags[1]


def test_scripts_of_other_sites_may_read(client: httpx.Client) -> None:
    origin = {"Origin": "https://example.org"}
    answer = client.get("/sparql", params={"query": SELECT}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"X-Hint", "X-Total-Count"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    asked = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = client.options("/sparql", headers=asked)
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert client.options("/sparql").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_answers_are_packed_for_those_who_take_it(client: httpx.Client) -> None:
    query = "SELECT ?x { VALUES ?x { " + " ".join(f'"value {n}"' for n in range(5000)) + " } }"
    unpackers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "zstd": zstd.decompress}
    plain = client.post("/sparql", data={"query": query}, headers={"Accept-Encoding": "identity"}).content
    for coding, unpack in unpackers.items():
        headers = {"Accept-Encoding": f"{coding}, identity;q=0.5"}
        with client.stream("POST", "/sparql", data={"query": query}, headers=headers) as answer:
            assert answer.headers["content-encoding"] == coding
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert unpack(b"".join(answer.iter_raw())) == plain
    small = client.get("/sparql", params={"query": SELECT}, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_without_a_query_the_service_describes_itself(client: httpx.Client) -> None:
    for media, syntax in (("text/turtle", ox.RdfFormat.TURTLE), ("application/rdf+xml", ox.RdfFormat.RDF_XML)):
        answer = client.get("/sparql", headers={"Accept": media})
        graph = ox.Store()
        graph.load(input=answer.content, format=syntax)
        features = graph.query(
            "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
            "ASK { ?s a sd:Service ; sd:endpoint <http://127.0.0.1:8000/sparql> ; sd:feature sd:UnionDefaultGraph }"
        )
        assert features
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


def test_the_plain_dataset_is_described_as_such(tmp_path: Path) -> None:
    with endpoint(tmp_path, {A: ["<x:s> <x:p> <x:o>"]}, default_graph="plain") as client:
        assert "UnionDefaultGraph" not in client.get("/sparql").text
        assert rows(client, "SELECT * { ?s ?p ?o }") == []
        assert len(rows(client, f"SELECT * {{ GRAPH <{A}> {{ ?s ?p ?o }} }}")) == 1
