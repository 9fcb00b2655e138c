"""Clients that people use, as they come: nothing is set up for us."""

import csv
import json
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

from tests.endpoint import BASE, TOKEN, A, endpoint, rows

QUERY = "SELECT ?p ?o WHERE { <x:s> ?p ?o FILTER (?p = <x:p>) }"
C = BASE + "graph/c"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with endpoint(tmp_path_factory.mktemp("data")) as client:
        yield client


@pytest.fixture
def url(client: httpx.Client) -> str:
    return f"{client.base_url}/sparql"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["GET", "POST", "POSTDIRECTLY"])
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_sparqlwrapper(url: str, method: str, form: str) -> None:
    wrapper: Any = pytest.importorskip("SPARQLWrapper")
    asked = wrapper.SPARQLWrapper(url)
    asked.setQuery(QUERY)
    asked.setMethod("POST" if method.startswith("POST") else "GET")
    if method == "POSTDIRECTLY":
        asked.setRequestMethod(wrapper.POSTDIRECTLY)
    asked.setReturnFormat(form)
    answer = asked.query().convert()
    if form == "json":
        assert answer["results"]["bindings"][0]["o"]["value"] == "1"
    elif form == "xml":
        assert "<literal>1</literal>" in answer.toxml()
    else:
        assert b"x:p" in answer


@pytest.mark.filterwarnings("ignore")
def test_sparqlwrapper_graphs_and_updates(client: httpx.Client, url: str) -> None:
    wrapper: Any = pytest.importorskip("SPARQLWrapper")
    asked = wrapper.SPARQLWrapper(url)
    asked.setQuery("CONSTRUCT WHERE { <x:s> ?p ?o }")
    for form in ("turtle", "xml", "json-ld", "n3"):
        asked.setReturnFormat(form)
        assert asked.query().response.status == 200
    writing = wrapper.SPARQLWrapper(f"{client.base_url}/update")
    writing.addCustomHttpHeader("Authorization", f"Bearer {TOKEN}")
    writing.setMethod("POST")
    writing.setQuery(f"INSERT DATA {{ GRAPH <{C}> {{ <x:w> <x:wrapped> 1 }} }}")
    writing.query()
    assert rows(client, "SELECT ?o { <x:w> <x:wrapped> ?o }") == [{"o": "1"}]


def test_rdflib_reads(url: str) -> None:
    graph = Graph(SPARQLStore(url))
    assert [str(row[1]) for row in graph.query(QUERY)] == ["1"]  # type: ignore[index]
    assert (URIRef("x:s"), URIRef("x:r"), URIRef("x:o")) in graph
    named = Graph(SPARQLStore(url, method="POST"), identifier=URIRef(A))
    assert len(list(named.triples((URIRef("x:s"), None, None)))) == 3


def test_rdflib_writes(client: httpx.Client, url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    store = SPARQLUpdateStore(url, f"{client.base_url}/update", headers=headers)
    graph = Graph(store, identifier=URIRef(C))
    graph.add((URIRef("x:rdflib"), URIRef("x:p"), URIRef("x:o")))
    assert rows(client, "SELECT ?o { <x:rdflib> <x:p> ?o }") == [{"o": "x:o"}]


def test_pandas(url: str) -> None:
    pandas: Any = pytest.importorskip("pandas")
    frame = pandas.read_csv(f"{url}?query={urllib.parse.quote(QUERY)}&format=csv")
    assert list(frame.columns) == ["p", "o"]
    assert list(frame["o"]) == [1]


def test_curl(url: str) -> None:
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("no curl")
    command = [
        curl,
        "-sS",
        "--fail",
        "--compressed",
        url,
        "--data-urlencode",
        f"query={QUERY}",
        "-H",
        "Accept: text/csv",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert list(csv.reader(StringIO(said))) == [["p", "o"], ["x:p", "1"]]


def test_comunica(url: str, tmp_path: Path) -> None:
    """The program of npm's @comunica/query-sparql, on the PATH or in COMUNICA."""
    program = os.environ.get("COMUNICA") or shutil.which("comunica-sparql")
    if not program:
        pytest.skip("no comunica-sparql")
    command = [program, f"sparql@{url}", QUERY, "-t", "application/sparql-results+json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert json.loads(said)["results"]["bindings"][0]["o"]["value"] == "1"
