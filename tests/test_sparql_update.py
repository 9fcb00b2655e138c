"""Updates and graph writes over HTTP: who may, what changes, and that the merge stays exact."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from service.settings import BadSetting
from service.sparql.updates import read
from tests.endpoint import BASE, GRAPHS, TOKEN, WRITER, A, B, endpoint, rows, update

C = BASE + "graph/c"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with endpoint(tmp_path_factory.mktemp("data")) as client:
        yield client


@pytest.fixture
def fresh(client: httpx.Client) -> httpx.Client:
    """The client, its graphs as they were."""
    body = " ".join(f"GRAPH <{g}> {{ {' . '.join(statements)} }}" for g, statements in GRAPHS.items())
    drop = " ; ".join(f"DROP SILENT GRAPH <{g}>" for g in (A, B, C))
    assert update(client, f"{drop} ; INSERT DATA {{ {body} }}").status_code == 204
    return client


def assert_merged(client: httpx.Client) -> None:
    assert rows(client, "SELECT * { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }") == []
    assert rows(client, "SELECT * { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }") == []


def in_graph(client: httpx.Client, graph: str) -> int:
    return len(rows(client, f"SELECT * {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"INSERT DATA {{ GRAPH <{C}> {{ <x:s> <x:p> 1, 2 }} }}", (3, 2, 2)),
        (f"DELETE DATA {{ GRAPH <{A}> {{ <x:s> <x:p> '1' }} }}", (2, 2, 0)),
        (f"DELETE WHERE {{ GRAPH <{A}> {{ ?s <x:p> ?o }} GRAPH <{B}> {{ ?s <x:p> ?o }} }}", (2, 1, 0)),
        (f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ VALUES ?g {{ <{B}> }} GRAPH ?g {{ ?s ?p ?o }} }}", (3, 0, 0)),
        (f"WITH <{A}> DELETE {{ ?s <x:p> ?o }} INSERT {{ ?s <x:new> ?o }} WHERE {{ ?s <x:p> ?o }}", (3, 2, 0)),
        (f"INSERT {{ GRAPH <{C}> {{ ?s ?p ?o }} }} USING <{B}> WHERE {{ ?s ?p ?o }}", (3, 2, 2)),
        (f"INSERT DATA {{ GRAPH <{C}> {{ _:a <x:p> _:b . _:b <x:q> [] }} }} ; CLEAR GRAPH <{A}>", (0, 2, 2)),
        (f"COPY <{A}> TO <{C}>", (3, 2, 3)),
        (f"MOVE <{A}> TO <{B}>", (0, 3, 0)),
        (f"ADD <{B}> TO <{A}>", (4, 2, 0)),
        (f"PREFIX g: <{BASE}graph/> DROP GRAPH g:a", (0, 2, 0)),
        (f"BASE <{BASE}graph/> DROP GRAPH <a> ; CREATE GRAPH <{C}>", (0, 2, 0)),
        (f"DROP GRAPH <{A}> ;", (0, 2, 0)),
    ],
)
def test_an_update_keeps_the_merge_exact(fresh: httpx.Client, text: str, left: tuple[int, int, int]) -> None:
    answer = update(fresh, text)
    assert answer.status_code == 204, answer.text
    assert tuple(in_graph(fresh, graph) for graph in (A, B, C)) == left
    assert_merged(fresh)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <x:s> <x:p> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }",
        "CLEAR DEFAULT",
        f"ADD <{A}> TO DEFAULT",
        f"MOVE DEFAULT TO <{C}>",
        "INSERT { [] <x:p> 1 } WHERE {}",
    ],
)
def test_the_merge_itself_cannot_be_written(fresh: httpx.Client, text: str) -> None:
    answer = update(fresh, text)
    assert answer.status_code == 409, answer.text
    assert "GRAPH" in answer.json()["detail"]
    assert_merged(fresh)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> } }", 400),
        (f"INSERT DATA {{ GRAPH <{C}> {{ <x:s> <x:p> 1 }} }} ; nonsense", 400),
        (f"INSERT DATA {{ GRAPH <{C}> {{ <x:s> <x:p> 1 }} }} ; ;", 400),
        (f"INSERT DATA {{ GRAPH <{C}> {{ <x:s> <x:p> 1 }} }} ; CLEAR GRAPH <x:none>", 422),
        ("ASK {}", 400),
        ("LOAD <http://127.0.0.1:9/x.ttl> INTO GRAPH <x:g>", 403),
        ("LOAD SILENT <file:///etc/passwd> INTO GRAPH <x:g>", 403),
        ("L\\u004FAD <http://127.0.0.1:9/x.ttl> INTO GRAPH <x:g>", 403),
        ("INSERT { GRAPH <x:g> { ?s ?p ?o } } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403),
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> " + "[ <x:p> " * 80 + "1" + "]" * 80 + " } }", 400),
    ],
)
def test_a_bad_update_changes_nothing(fresh: httpx.Client, text: str, status: int) -> None:
    answer = update(fresh, text)
    assert answer.status_code == status, answer.text
    assert tuple(in_graph(fresh, graph) for graph in (A, B, C)) == (3, 2, 0)


def test_an_update_that_takes_too_much_is_ended_and_changes_nothing(tmp_path: Path) -> None:
    with endpoint(tmp_path, update_timeout=1.0) as client:
        bomb = f"INSERT {{ GRAPH <{C}> {{ ?a ?b ?i }} }} WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }}"
        answer = update(client, bomb)
        assert answer.status_code in (504, 507), answer.text
        assert in_graph(client, C) == 0
        assert update(client, f"INSERT DATA {{ GRAPH <{C}> {{ <x:s> <x:p> 1 }} }}").status_code == 204


def test_the_request_can_choose_what_where_sees(fresh: httpx.Client) -> None:
    text = f"INSERT {{ GRAPH <{C}> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}"
    assert update(fresh, text, **{"using-graph-uri": B}).status_code == 204
    assert in_graph(fresh, C) == 2
    assert update(fresh, f"WITH <{A}> {text}", **{"using-graph-uri": B}).status_code == 400
    assert update(fresh, f"CLEAR GRAPH <{C}>").status_code == 204
    text = f"DELETE WHERE {{ GRAPH <{A}> {{ ?s ?p ?o }} }}"
    assert update(fresh, text, **{"using-named-graph-uri": B}).status_code == 204
    assert in_graph(fresh, A) == 3, "WHERE does not see it"
    assert_merged(fresh)


def test_an_update_in_a_form(fresh: httpx.Client) -> None:
    assert fresh.post("/update", data={"update": f"DROP GRAPH <{A}>"}, headers=WRITER).status_code == 204
    assert in_graph(fresh, A) == 0
    for form in ({"other": ""}, {"update": ""}, {"query": "ASK {}", "update": "DROP ALL"}):
        assert fresh.post("/update", data=form, headers=WRITER).status_code == 400
    assert fresh.post("/update", content="DROP ALL", headers=WRITER).status_code == 415
    assert fresh.get("/update", params={"update": "DROP ALL"}, headers=WRITER).status_code == 405


@pytest.mark.parametrize("authorisation", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
def test_writing_needs_a_token(fresh: httpx.Client, authorisation: str | None) -> None:
    headers = {"Authorization": authorisation} if authorisation else {}
    attempts = [
        fresh.post("/update", data={"update": "DROP ALL"}, headers=headers),
        fresh.put("/graphs", params={"graph": A}, content="", headers=headers | {"Content-Type": "text/turtle"}),
        fresh.delete("/graphs", params={"graph": A}, headers=headers),
    ]
    for answer in attempts:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert in_graph(fresh, A) == 3


def test_named_writers_and_none(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(
        f"# writers\nanna {hashlib.sha256(b'one').hexdigest()}\nben {hashlib.sha256(b'two').hexdigest()}\n"
    )
    with endpoint(tmp_path / "a", write_token=None, write_tokens=tokens) as client:
        for token, status in (("one", 204), ("two", 204), ("three", 401)):
            headers = {"Authorization": f"Bearer {token}"}
            answer = client.post("/update", data={"update": f"DROP SILENT GRAPH <{C}>"}, headers=headers)
            assert answer.status_code == status
    with endpoint(tmp_path / "b", write_token="") as client:
        assert client.post("/update", data={"update": "DROP ALL"}, headers=WRITER).status_code == 403
    tokens.write_text("anna secret")
    with pytest.raises(BadSetting, match="line 1"), endpoint(tmp_path / "c", write_tokens=tokens):
        pass


def test_graphs_come_and_go(fresh: httpx.Client) -> None:
    turtle = {"Content-Type": "text/turtle"} | WRITER
    name = {"graph": C}
    assert fresh.get("/graphs", params=name).status_code == 404
    created = fresh.put("/graphs", params=name, content="<x:a> <x:b> 1, 2 .", headers=turtle)
    assert (created.status_code, created.headers["location"]) == (201, C)
    assert fresh.put("/graphs", params=name, content="<x:a> <x:b> 3 .", headers=turtle).status_code == 204
    assert fresh.post("/graphs", params=name, content="[] <x:b> 4 .", headers=turtle).status_code == 204
    assert fresh.post("/graphs", params=name, content="[] <x:b> 4 .", headers=turtle).status_code == 204
    answer = fresh.get("/graphs", params=name, headers={"Accept": "application/n-triples"})
    assert len(answer.text.splitlines()) == 3
    assert fresh.head("/graphs", params=name).content == b""
    assert_merged(fresh)
    assert fresh.delete("/graphs", params=name, headers=WRITER).status_code == 204
    assert fresh.delete("/graphs", params=name, headers=WRITER).status_code == 404
    assert_merged(fresh)


def test_a_graph_has_a_url_of_its_own(fresh: httpx.Client) -> None:
    turtle = {"Content-Type": "text/turtle"} | WRITER
    assert fresh.put("/graphs/notes/1", content="<#me> <x:b> <> .", headers=turtle).status_code == 201
    assert rows(fresh, f"SELECT ?s {{ GRAPH <{BASE}graphs/notes/1> {{ ?s ?p ?o }} }}") == [
        {"s": f"{BASE}graphs/notes/1#me"}
    ]
    posted = fresh.post("/graphs", content="<x:a> <x:b> 1 .", headers=turtle)
    assert posted.status_code == 201
    place = posted.headers["location"].replace(BASE, "/")
    assert len(fresh.get(place, headers={"Accept": "application/n-triples"}).text.splitlines()) == 1
    for path in ("/graphs/notes/1", place):
        assert fresh.delete(path, headers=WRITER).status_code == 204


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("text/turtle", "<x:s> <x:p> 'é' ."),
        ("application/n-triples", '<x:s> <x:p> "é" .'),
        ("application/ld+json", '{"@id": "x:s", "x:p": "é"}'),
        (
            "application/rdf+xml",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">'
            '<rdf:Description rdf:about="x:s"><x:p>é</x:p></rdf:Description></rdf:RDF>',
        ),
    ],
)
def test_graphs_in_every_syntax(fresh: httpx.Client, media: str, content: str) -> None:
    headers = {"Content-Type": media} | WRITER
    assert fresh.put("/graphs", params={"graph": C}, content=content, headers=headers).status_code == 201
    answer = fresh.get("/graphs", params={"graph": C}, headers={"Accept": media})
    assert answer.headers["content-type"].startswith(media)
    assert [q.object for q in ox.parse(input=answer.content, format=ox.RdfFormat.from_media_type(media))] == [
        ox.Literal("é")
    ]


def test_several_files_at_once(fresh: httpx.Client) -> None:
    files = [
        ("one", ("a.ttl", "<x:s> <x:p> 1 .", "text/turtle")),
        ("two", ("b.nt", "<x:s> <x:p> <x:o> .", "application/n-triples")),
    ]
    assert fresh.post("/graphs", params={"graph": C}, files=files, headers=WRITER).status_code == 201
    assert in_graph(fresh, C) == 2


BILLION = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">'
    '<rdf:Description rdf:about="x:s"><x:p>&i;</x:p></rdf:Description></rdf:RDF>'
)


@pytest.mark.parametrize(
    ("media", "content", "statuses"),
    [
        ("text/turtle", "<x:s> <x:p> ", {400}),
        ("text/turtle", "<x:s> <x:p> " + "<<( " * 100_000, {400, 507}),
        ("text/turtle", "<x:s> <x:p> " + "(" * 100_000, {400, 507}),
        ("application/ld+json", "[" * 100_000, {400, 507}),
        ("application/rdf+xml", BILLION, {400, 507}),
        ("application/trig", "<x:g> { <x:s> <x:p> 1 }", {400}),
        ("image/png", "png", {415}),
        ("text/turtle; charset=utf-16", "", {415}),
        ("multipart/form-data", "no boundary", {400}),
    ],
)
def test_an_upload_that_cannot_be_read_changes_nothing(
    fresh: httpx.Client, media: str, content: str, statuses: set[int]
) -> None:
    headers = {"Content-Type": media} | WRITER
    for method in ("PUT", "POST"):
        answer = fresh.request(method, "/graphs", params={"graph": A}, content=content, headers=headers)
        assert answer.status_code in statuses, answer.text[:500]
    assert in_graph(fresh, A) == 3


@pytest.mark.parametrize(
    "parameters", [{}, {"graph": ""}, {"graph": "a b"}, {"default": "", "graph": A}, {"graph": "x"}]
)
def test_a_graph_must_be_named_well(fresh: httpx.Client, parameters: dict[str, str]) -> None:
    assert fresh.get("/graphs", params=parameters).status_code == 400


def test_the_default_graph_can_be_read_and_not_written(fresh: httpx.Client) -> None:
    headers = {"Content-Type": "text/turtle"} | WRITER
    assert fresh.get("/graphs?default", headers={"Accept": "application/n-triples"}).status_code == 200
    for method in ("PUT", "POST", "DELETE"):
        answer = fresh.request(method, "/graphs?default", content="<x:a> <x:b> 1 .", headers=headers)
        assert answer.status_code == 409, answer.text


@pytest.mark.parametrize(
    ("text", "graphs"),
    [
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 'GRAPH <x:h> {}' } }", {"x:g"}),
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1 } # GRAPH <x:h> {}\n }", {"x:g"}),
        ("PREFIX a: <x:> INSERT DATA { GRAPH a:g { <x:s> <x:p> 1 } }", {"x:g"}),
        ("PREFIX a: <x:> PREFIX a: <y:> DROP GRAPH a:g", {"y:g"}),
        ("DROP GRAPH <g>", None),
        ("DROP GRAPH <x:\\u0067>", {"x:g"}),
        ("DROP GRAPH other:g", None),
        ("INSERT { GRAPH <x:g> { ?s ?p ?o } } WHERE { GRAPH <x:read> { ?s ?p ?o } }", {"x:g"}),
        ("DELETE { GRAPH <x:d> { ?s ?p ?o } } INSERT { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }", None),
        ("CLEAR NAMED", None),
        ("", set()),
    ],
)
def test_which_graphs_an_update_can_change(text: str, graphs: set[str] | None) -> None:
    assert read(text, merged=True).graphs == graphs
