"""An endpoint to test: a served application over data of the test's own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.settings import Settings
from service.store.store import EmbeddedStore
from tests.serving import served

TOKEN = "a-token-of-the-tests"
BASE = "http://127.0.0.1:8000/"
WRITER = {"Authorization": f"Bearer {TOKEN}"}
A, B = BASE + "graph/a", BASE + "graph/b"
GRAPHS = {
    A: ['<x:s> <x:p> "1"', '<x:s> <x:q> "é <&>, "@en', "<x:s> <x:r> <x:o>"],
    B: ['<x:s> <x:p> "1"', "<x:t> <x:r> <x:o>"],
}


@contextmanager
def endpoint(folder: Path, graphs: Mapping[str, list[str]] = GRAPHS, **settings: Any) -> Iterator[httpx.Client]:
    """A client of a service over these graphs, its settings as given."""
    chosen = Settings.from_environment(
        {}, **{"data": folder, "base": BASE, "write_token": TOKEN, "workers": 2} | settings
    )
    store = EmbeddedStore(folder, BASE, chosen.default_graph)
    store.replace(graphs)
    store.close()
    with served(create_app(chosen)) as client:
        yield client


def rows(client: httpx.Client, query: str, **parameters: Any) -> list[dict[str, str]]:
    """The values of a SELECT's rows."""
    answer = client.get("/sparql", params={"query": query, **parameters})
    assert answer.status_code == 200, answer.text
    return [{name: term["value"] for name, term in row.items()} for row in answer.json()["results"]["bindings"]]


def update(client: httpx.Client, text: str, **parameters: Any) -> httpx.Response:
    headers = WRITER | {"Content-Type": "application/sparql-update"}
    return client.post("/update", params=parameters, content=text, headers=headers)
