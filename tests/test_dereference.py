"""Every IRI of the graph under the base answers, as a page and as triples."""

from collections.abc import Iterator
from urllib.parse import urldefrag

import pyoxigraph as ox
import pytest

from tests.pages import BASE, Client, Page, made, serving

SYNTAXES = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    data = tmp_path_factory.mktemp("dereference")
    made(data)
    with serving(data) as it:
        yield it


@pytest.fixture(scope="module")
def iris(client: Client) -> set[str]:
    """Every IRI under the base that the graph has, as subject, object or graph, fragments taken off."""
    store = client.app.state.store
    said = [triple for name in store.graphs() for triple in stored(client, name)]
    terms = {t.value for triple in said for t in triple if isinstance(t, ox.NamedNode)} | set(store.graphs())
    return {urldefrag(iri)[0] for iri in terms if iri.startswith(BASE)}


def stored(client: Client, graph: str) -> set[ox.Triple]:
    """What the store has of a named graph."""
    text = "".join(f"{statement} .\n" for statement in client.app.state.store.graph(graph))
    return triples(text.encode(), ox.RdfFormat.N_TRIPLES)


def triples(text: bytes, syntax: ox.RdfFormat) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(text, format=syntax)}


def test_each_iri_has_a_page_and_triples_that_speak_of_it(client: Client, iris: set[str]) -> None:
    assert len(iris) > 40
    for iri in sorted(iris):
        shown = client.get(iri)
        assert shown.status_code == 200, iri
        assert not Page(shown.text).faults, iri
        data = client.get(iri, accept="text/turtle")
        assert data.status_code == 200 and data.headers["content-type"] == "text/turtle; charset=utf-8"
        said = triples(data.content, ox.RdfFormat.TURTLE)
        named = {t.value for triple in said for t in (triple.subject, triple.object) if isinstance(t, ox.NamedNode)}
        assert iri in named or "/graph/" in iri, iri


def test_a_fragment_of_a_record_is_on_its_page(client: Client) -> None:
    ids = Page(client.get("/record/eprints/1001").text).ids
    assert {"author-1", "author-1-role", "identifier-1", "organisation-1"} <= ids


@pytest.mark.parametrize("ending", SYNTAXES)
@pytest.mark.parametrize("path", ["study/iras/146257", "record/hra/146257", "graph/record/hra/146257"])
def test_endings_and_media_types_give_the_same_triples(client: Client, path: str, ending: str) -> None:
    media, syntax = SYNTAXES[ending]
    by_ending = client.get(f"/{path}.{ending}")
    by_type = client.get(f"/{path}", accept=f"{media}, text/html;q=0.5")
    assert by_ending.headers["content-type"].startswith(media)
    said = triples(by_ending.content, syntax)
    assert (
        said == triples(by_type.content, syntax) == triples(client.get(f"/{path}.nt").content, ox.RdfFormat.N_TRIPLES)
    )
    assert said


def test_a_graph_is_its_own_triples_and_a_record_both_of_its_graphs(client: Client) -> None:
    def said(path: str) -> set[ox.Triple]:
        return triples(client.get(f"{path}.nt").content, ox.RdfFormat.N_TRIPLES)

    own, read = said("/graph/record/eprints/1001"), said("/graph/evidence/eprints/1001")
    assert own == stored(client, f"{BASE}graph/record/eprints/1001")
    assert said("/record/eprints/1001") == own | read


def test_a_thing_is_described_from_both_sides(client: Client) -> None:
    said = triples(client.get("/study/of/doi/10.1234/impact.nt").content, ox.RdfFormat.N_TRIPLES)
    study = ox.NamedNode(BASE + "study/of/doi/10.1234/impact")
    assert any(t.subject == study for t in said)
    assert any(t.object == study for t in said)


def test_links_tell_a_machine_where_to_go(client: Client) -> None:
    for path in ("/publication/doi/10.1234/impact", "/study/of/doi/10.1234/impact"):
        link = client.get(path).headers["link"]
        assert '<https://doi.org/10.1234/impact>; rel="cite-as"' in link
        assert f'<{path}.ttl>; rel="alternate describedby"; type="text/turtle"' in link
    data = client.get("/study/iras/146257.ttl")
    assert '</study/iras/146257>; rel="alternate"; type="text/html"' in data.headers["link"]


def test_what_nobody_can_read_is_refused(client: Client) -> None:
    assert client.get("/study/iras/146257", accept="image/png").status_code == 406
    assert client.get("/study/iras/146257", accept="image/png, */*;q=0.1").status_code == 200


def test_an_unknown_thing_has_no_triples(client: Client) -> None:
    for path in ("/study/iras/1.ttl", "/record/hra/1.ttl", "/graph/nothing.nt", "/person/nobody-0123456789ab.ttl"):
        answer = client.get(path, accept="text/turtle")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_unchanged_triples_are_not_sent_again(client: Client) -> None:
    tag = client.get("/study/iras/146257.ttl").headers["etag"]
    assert client.get("/study/iras/146257.ttl", if_none_match=tag).status_code == 304
    assert client.get("/study/iras/146257.nt", if_none_match=tag).status_code == 200


@pytest.mark.parametrize("ending", SYNTAXES)
@pytest.mark.parametrize("part", ["ontology", "ontology/themes", "ontology/shapes"])
def test_the_ontology_in_every_syntax(client: Client, part: str, ending: str) -> None:
    media, syntax = SYNTAXES[ending]
    by_ending = client.get(f"/{part}.{ending}", accept="*/*")
    by_type = client.get(f"/{part}", accept=media)
    assert by_ending.headers["content-type"].startswith(media)
    assert by_ending.content == by_type.content
    assert len(triples(by_ending.content, syntax)) > 100
    assert client.get(f"/{part}").headers["content-type"].startswith("text/html")
