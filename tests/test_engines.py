"""The embedded engine and another one behind HTTP: loading, pages, answers and writes are the same over both."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app
from service.cli.workspace import workspace
from service.settings import Settings
from tests.conftest import ROOT
from tests.endpoint import BASE, TOKEN, WRITER, rows, update
from tests.remote import engine
from tests.serving import served

SAMPLES = ROOT / "loaders" / "samples"
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}
LISTS = ("studies", "people", "organisations", "recs", "themes", "records")


MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ,]+(?:at )?\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?|\d+ \w+ \d{4},? (?:at )?\d\d:\d\d")


def timeless(text: str) -> str:
    """Without the moments at which records were loaded and corrected."""
    return MOMENT.sub("(then)", text)


@contextmanager
def settings(kind: str, folder: Path) -> Iterator[Settings]:
    """The settings of a service over an empty engine of a kind."""
    chosen: dict[str, Any] = {"data": folder / "data", "base": BASE, "write_token": TOKEN, "workers": 2}
    if kind == "embedded":
        yield Settings.from_environment({}, **chosen)
        return
    with engine(folder / "engine") as url:
        yield Settings.from_environment({}, remote_query=f"{url}/query", remote_update=f"{url}/update", **chosen)


def quads(chosen: Settings) -> list[str]:
    with workspace(chosen) as work:
        store = work.graph.store
        return sorted(timeless(f"{line} {name}") for name in (*store.graphs(), "") for line in store.graph(name))


def worked(chosen: Settings) -> dict[str, Any]:
    """Loading, loading again, deleting, correcting, rebuilding: what each left."""
    found: dict[str, Any] = {}
    with workspace(chosen) as work:
        found["loaded"] = work.loader.load([SAMPLES]).loaded
        again = work.loader.load([SAMPLES])
        found["again"] = (again.loaded, again.unchanged)
        found["index"] = work.graph.index.read_now(lambda db: db.execute("SELECT COUNT(*) FROM record").fetchone()[0])
    found["graph"] = quads(chosen)
    with workspace(chosen) as work:
        found["deleted"] = work.loader.delete([("hra", "146257")])
    found["without"] = quads(chosen)
    with workspace(chosen) as work:
        work.loader.load([SAMPLES])
    assert quads(chosen) == found["graph"], "a record that comes back is as it was"
    with workspace(chosen) as work:
        evidence = next(line for line in found["graph"] if "#evidence-burnout" in line and "finding" in line)
        name = re.search(r"record/([^/]+)/([^#>]+)#(evidence-[^>]+)>", evidence)
        assert name
        work.loader.correct((name[1], name[2]), name[3], "background", None, "anna")
    found["corrected"] = quads(chosen)
    assert found["corrected"] != found["graph"]
    with workspace(chosen) as work:
        found["rebuilt"] = work.loader.rebuild().loaded
        work.graph.rebuild_index()
    assert quads(chosen) == found["corrected"]
    asked = CliRunner(env=environment(chosen)).invoke(app, ["stats", "--json", "--data", str(chosen.data)])
    found["stats"] = json.loads(asked.stdout)
    return found


def environment(chosen: Settings) -> dict[str, str]:
    """The settings that a command reads."""
    return {f"EVIDENCE_GRAPH_{name.upper()}": getattr(chosen, name) for name in ("remote_query", "remote_update")}


def answers(client: httpx.Client) -> dict[str, str]:
    """What a reader can see: every list, every thing in it, as JSON and as a page; exports, queries, graphs."""
    found: dict[str, str] = {}

    def get(path: str, headers: dict[str, str]) -> httpx.Response:
        answer = client.get(path, headers=headers, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.text[:500])
        found[f"{path} {headers['Accept']}"] = timeless(answer.text)
        return answer

    for noun in LISTS:
        items = get(f"/api/{noun}", JSON).json()["items"]
        get(f"/{noun}", HTML)
        for item in items[:40]:
            key = f"{item['source']}/{item['key']}" if noun == "records" else item.get("key", item.get("theme"))
            get(f"/api/{noun}/{key}", JSON)
            if str(item["iri"]).startswith(BASE):
                get("/" + str(item["iri"]).removeprefix(BASE), HTML)
    for path in (
        "/api/studies?theme=burnout", "/api/studies?theme=burnout&format=csv", "/api/studies?format=bibtex",
        "/api/studies?theme=peer-support&role=any&q=peer&format=sparql", "/api/suggest?q=b", "/api/people?q=gillard",
        "/api/doi/10.1186/s12888-022-03999-9", "/api/records/eprints/discovery.ucl.ac.uk-10209318/annotations",
    ):  # fmt: skip
        get(path, {"Accept": "*/*"})
    get("/", HTML)
    void = client.get("/.well-known/void", headers={"Accept": "application/n-triples"}).text
    found["void"] = "\n".join(sorted(re.sub(r"_:\w+", "_:b", line) for line in void.splitlines()))
    for query in (
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        "SELECT ?study ?title { ?study evg:reportsTheme theme:burnout ; dcterms:title ?title }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    ):
        found[query] = repr(sorted(map(repr, rows(client, query))))
    graph = f"{BASE}graph/record/hra/146257"
    whole = client.get("/graphs", params={"graph": graph, "format": "ntriples"})
    found[graph] = "\n".join(sorted(whole.text.splitlines()))
    assert whole.status_code == 200
    return found


def written(client: httpx.Client) -> dict[str, Any]:
    """What a writer can do over HTTP, and what comes of it."""
    found: dict[str, Any] = {}
    graph = f"{BASE}graphs/notes"
    turtle = WRITER | {"Content-Type": "text/turtle"}
    said = [
        client.put("/graphs/notes", content="<x:a> <x:b> 1 , 2 .", headers=turtle),
        client.post("/graphs/notes", content="<x:a> <x:b> 3 . [] <x:p> <x:o> .", headers=turtle),
        update(client, f"DELETE DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> 1 }} }}"),
        update(client, f"INSERT {{ GRAPH <{graph}> {{ ?s <x:c> ?o }} }} WHERE {{ GRAPH <{graph}> {{ ?s <x:b> ?o }} }}"),
        update(client, "INSERT DATA { <x:new> <x:p> 1 }"),
        update(client, "INSERT DATA {"),
        update(client, "CREATE GRAPH <x:c> ; CREATE GRAPH <x:c>"),
        client.post("/api/corrections", json={"evidence": "none/such#evidence-x", "verdict": "no"}, headers=WRITER),
        client.get("/sparql", params={"query": "SELECT * { ?s ?p"}),
        client.get("/graphs", params={"graph": "x:none"}),
        client.get("/health/live"),
    ]
    found["statuses"] = [answer.status_code for answer in said]
    found["left"] = sorted(map(repr, rows(client, f"SELECT ?p ?o {{ GRAPH <{graph}> {{ <x:a> ?p ?o }} }}")))
    found["merged"] = sorted(map(repr, rows(client, "SELECT ?p ?o { <x:a> ?p ?o }")))
    assert client.get("/health/ready").json()["status"] == "ready"
    assert client.delete("/graphs/notes", headers=WRITER).status_code == 204
    assert rows(client, "SELECT ?p ?o { <x:a> ?p ?o }") == []
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    """What was seen over each kind of engine."""
    seen: dict[str, dict[str, dict[str, Any]]] = {}
    for kind in ("embedded", "remote"):
        with settings(kind, tmp_path_factory.mktemp(kind)) as chosen:
            work = worked(chosen)
            with served(create_app(chosen)) as client:
                seen[kind] = {"work": work, "answers": answers(client), "written": written(client)}
                backup = client.post("/admin/backups", headers=WRITER)
                seen[kind]["backup"] = {"status": backup.status_code, "said": backup.json()}
    return seen


@pytest.mark.parametrize("part", ["work", "answers", "written"])
def test_both_engines_do_the_same(found: dict[str, dict[str, dict[str, Any]]], part: str) -> None:
    embedded, remote = found["embedded"][part], found["remote"][part]
    assert embedded.keys() == remote.keys()
    assert {name: remote[name] for name in remote if remote[name] != embedded[name]} == {}


def test_a_backup_of_another_engine_is_refused_with_a_reason(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    assert found["embedded"]["backup"]["status"] == 201
    assert found["remote"]["backup"]["status"] == 409
    assert "back it up there" in found["remote"]["backup"]["said"]["detail"]
