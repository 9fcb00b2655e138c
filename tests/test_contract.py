"""Requests made up from our own OpenAPI, well-formed and not: nothing but what is documented comes back.

CONTRACT_CASES in the environment says how many for each operation; then they are other ones each time.
"""

import os
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks

from service.app import create_app
from service.settings import Settings
from tests.endpoint import TOKEN
from tests.pages import made
from tests.serving import served

CASES = int(os.environ.get("CONTRACT_CASES", "20"))
SPARQL = [
    "SELECT * { ?s ?p ?o } LIMIT 10",
    "ASK { ?s a evg:Study }",
    "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 10",
    "DESCRIBE <http://127.0.0.1:8000/study/iras/146257>",
    "SELECT * { ?s ?p",
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * FROM <x:none> { ?s ?p ?o }",
]
UPDATES = [
    "INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1 } }",
    "DELETE WHERE { GRAPH <x:g> { ?s ?p ?o } }",
    "INSERT DATA { <x:s> <x:p> 1 }",
    "INSERT { GRAPH ?g { <x:s> <x:p> 2 } } WHERE { GRAPH ?g { <x:s> <x:p> 1 } }",
    "LOAD <http://127.0.0.1:9/>",
    "CREATE GRAPH <x:g>",
    "DROP SILENT GRAPH <x:g>",
]
TURTLE = ["<x:s> <x:p> 1 .", "_:a <x:p> _:b .", "<x:s> <x:p>", ""]

app = create_app(Settings.from_environment({}))
schema = schemathesis.openapi.from_dict(app.openapi())
schema.config.generation.update(deterministic="CONTRACT_CASES" not in os.environ)
load_all_checks()
LENIENT = ("positive_data_acceptance", "negative_data_rejection")
"""What no schema can tell: which text is SPARQL or Turtle, which key is a study's."""
EXCLUDED: list[Any] = [check for check in CHECKS.get_all() if check.__name__ in LENIENT]


@schemathesis.serializer(
    *("application/sparql-query", "application/sparql-update"),
    *("application/n-quads", "application/n-triples", "application/trig"),
)
def as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def served_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    made(data)
    with served(create_app(Settings(data=data, workers=2, write_token=TOKEN, query_timeout=3))) as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def there(served_at: str) -> dict[str, list[dict[str, str]]]:
    """Path parameters of what is there, by the beginning of the path that takes them."""
    found = {"/api/doi": [{"doi": "10.1234/impact"}], "/graphs": [{"name": "a"}], "/admin": [{"name": "none"}]}
    for noun, names in (
        ("studies", {"key"}), ("people", {"key"}), ("organisations", {"key"}), ("recs", {"key"}),
        ("themes", {"name"}), ("records", {"source", "key"}),
    ):  # fmt: skip
        items = requests.get(f"{served_at}/api/{noun}", timeout=10).json()["items"]
        found[f"/api/{noun}"] = [{name: item.get(name, item.get("theme")) for name in names} for item in items]
    return found


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@schema.parametrize()
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_but_what_is_documented_comes_back(
    case: Case[Any], served_at: str, there: dict[str, list[dict[str, str]]], session: requests.Session
) -> None:
    choice = crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "replace"))
    if choice % 2:
        make_sense(case, there, choice // 2)
    case.call_and_validate(
        base_url=served_at,
        session=session,
        headers={"Authorization": f"Bearer {TOKEN}"},
        excluded_checks=EXCLUDED,
        allow_redirects=False,
    )


def make_sense(case: Case[Any], there: dict[str, list[dict[str, str]]], choice: int) -> None:
    """Put what is there, or text of the language, in the place of what was made up."""
    path = next((beginning for beginning in there if case.path.startswith(beginning)), None)
    if path and case.path_parameters:
        case.path_parameters = dict(there[path][choice % len(there[path])])
    texts = {"/sparql": SPARQL, "/update": UPDATES}.get(case.path, TURTLE)
    text = texts[choice % len(texts)]
    if case.path == "/sparql" and case.query and "query" in case.query:
        case.query["query"] = text
    if isinstance(case.body, dict):
        for name in {"query", "update"} & case.body.keys():
            case.body[name] = text
    elif isinstance(case.body, str | bytes):
        case.body = text
