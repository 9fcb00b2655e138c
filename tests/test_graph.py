"""The store and the index in step: through writes, patches, updates and kills."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.ntriples import literal
from loaders.record import Identifier
from ontology.iris import Iris
from ontology.terms import EVG, SKOS
from service.index.index import Index
from service.index.rows import ALL, record_of
from service.index.schema import CONTENT
from service.store.graph import FRESH, Graph
from service.store.store import EmbeddedStore
from tests.graphs import (
    IMPACT,
    IRIS,
    JOURNEY,
    RECORDS,
    ROLES,
    STRESS,
    THEMES,
    WELLBEING,
    concept,
    in_cluster,
    named_graphs,
)

GILLARD = in_cluster(
    "person",
    "Steve Gillard",
    IRIS.part("eprints", "1001", "author-1"),
    IRIS.part("document-sharing", "10.1234/roles", "author-1"),
)
SAME = in_cluster("project", "One", f"{IRIS.base}study/of/doi/10.1234/impact", f"{IRIS.base}study/iras/200001")
NUMBERED = ("record", "document", "evidence", "person_mention", "organisation_mention")


class Opened:
    """A data folder that is open, and may be closed and opened again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open()

    def open(self) -> Graph:
        self.store = EmbeddedStore(self.path, IRIS.base)
        self.index = Index(self.path / "index.sqlite")
        self.graph = Graph(self.store, self.index)
        return self.graph

    def close(self) -> None:
        self.index.close()
        self.store.close()

    def again(self) -> Graph:
        self.close()
        return self.open()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    found = Opened(tmp_path / "data")
    yield found
    found.close()


def content(graph: Graph) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the index holds, but for row numbers, which hang on the order of loading."""

    def work(db: Any) -> dict[str, list[tuple[Any, ...]]]:
        keys = dict(db.execute("SELECT id, iri FROM record").fetchall())
        found = {}
        for table in CONTENT:
            rows = [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
            for row in rows:
                if table in NUMBERED:
                    row["id"] = keys[row["id"]] if table in ("record", "document") else None
                if "record" in row:
                    row["record"] = keys[row["record"]]
                if table.endswith("_name"):
                    row["names"] = sorted(row["names"].split(","))
            found[table] = sorted((tuple(row.values()) for row in rows), key=repr)
        return found

    return graph.index.read_now(work)


def titles(graph: Graph) -> set[str]:
    return graph.index.read_now(lambda db: {row[0] for row in db.execute("SELECT title FROM study")})


def load(graph: Graph, records: Sequence[Any]) -> None:
    for record in records:
        assert graph.write(named_graphs(record), [(record.source, record.key)])


def test_graph_names() -> None:
    assert record_of(f"{IRIS.base}graph/record/hra/1", IRIS) == ("hra", "1")
    assert record_of(IRIS.evidence_graph("crossref", "10.1/a b%c"), IRIS) == ("crossref", "10.1/a b%c")
    for other in (IRIS.resolution_graph, "http://elsewhere/graph/record/hra/1", f"{IRIS.base}graph/record/hra"):
        assert record_of(other, IRIS) is None


def test_writing_again_changes_nothing(opened: Opened) -> None:
    graph = opened.graph
    assert graph.write(THEMES)
    load(graph, [*RECORDS])
    before, revision = content(graph), graph.revision
    assert not graph.write(THEMES)
    assert not graph.write({name: lines for r in RECORDS for name, lines in named_graphs(r).items()})
    assert (content(graph), graph.revision) == (before, revision)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations([*RECORDS]),
    steps=st.permutations(["themes", "gillard", "same", "delete", "change"]),
)
def test_the_index_hangs_on_the_graph_alone(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[Any], steps: Sequence[str]
) -> None:
    """Whatever the order of writes, and however the index came to be."""
    found = Opened(tmp_path_factory.mktemp("graph"))
    graph = found.graph
    changed = replace(ROLES, title="Another title")
    actions: dict[str, Callable[[], object]] = {
        "themes": lambda: graph.write(THEMES),
        "gillard": lambda: graph.resolve([], GILLARD),
        "same": lambda: graph.resolve([], SAME),
        "delete": lambda: graph.delete([("semantic-scholar", WELLBEING.key)]),
        "change": lambda: graph.write(named_graphs(changed)),
    }
    load(graph, order[:3])
    for step, record in zip(steps, [*order[3:], None, None, None], strict=True):
        actions[step]()
        if record:
            load(graph, [record])
    graph.delete([("semantic-scholar", WELLBEING.key)])
    graph.write(named_graphs(changed))
    made = content(graph)
    graph.rebuild_index()
    assert content(graph) == made
    other = Opened(tmp_path_factory.mktemp("other"))
    other.graph.resolve([], [*SAME, *GILLARD])
    for record in (STRESS, IMPACT, JOURNEY, changed):
        other.graph.write(named_graphs(record))
    other.graph.write(THEMES)
    assert content(other.graph) == made
    found.close()
    other.close()


SOME = [
    replace(IMPACT, key=f"{n}", identifiers=(Identifier("doi", f"10.1234/{n}"),), authors_truncated=n == 1)
    for n in range(3)
] + [replace(STRESS, key=f"{n}", identifiers=(Identifier("iras", f"{n}"),)) for n in (200001, 200002)]
KINDS = {"Person": "person", "Organization": "organisation", "Study": "study", "ScholarlyArticle": "work"}
NODES = {
    node: KINDS[kind]
    for record in SOME
    for lines in named_graphs(record).values()
    for node, kind in re.findall(rf"^<(\S+)> <\S+#type> <\S+[/#]({'|'.join(KINDS)})>$", "\n".join(lines), re.M)
}
STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, len(SOME) - 1), st.booleans()),
    st.tuples(st.just("delete"), st.integers(0, len(SOME) - 1), st.booleans()),
    st.tuples(st.just("move"), st.dictionaries(st.sampled_from(sorted(NODES)), st.sampled_from(" abc")), st.booleans()),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_the_index_follows_whatever_comes_goes_and_moves(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, bool]]
) -> None:
    found = Opened(tmp_path_factory.mktemp("graph"))
    graph = found.graph
    homes: dict[str, str] = {}
    for action, what, settled in steps:
        if action == "write":
            graph.add([graph.packer(SOME[what].source, SOME[what].key, named_graphs(SOME[what]))], settled)
        elif action == "delete":
            graph.delete([(SOME[what].source, SOME[what].key)])
        else:
            was, homes = homes, {node: home for node, home in (homes | what).items() if home != " "}
            graph.resolve(_clustered(was) - _clustered(homes), _clustered(homes) - _clustered(was), settled)
    graph.settle()
    made = content(graph)
    graph.rebuild_index()
    assert content(graph) == made
    found.close()


def _clustered(homes: dict[str, str]) -> set[str]:
    """Statements of the resolution graph; `homes` says in which cluster of its kind a node is."""
    clusters = {node: f"{IRIS.base}cluster/{NODES[node]}/{home}" for node, home in homes.items()}
    named = {f"<{cluster}> <{SKOS.prefLabel}> {literal(cluster[-1])}" for cluster in clusters.values()}
    return named | {f"<{node}> <{EVG.inCluster}> <{cluster}>" for node, cluster in clusters.items()}


def test_many_new_records_at_once_are_like_one_after_the_other(opened: Opened, tmp_path: Path) -> None:
    many = [replace(STRESS, key=str(n), identifiers=(Identifier("iras", str(n)),)) for n in range(1000, 1000 + FRESH)]
    graphs = {name: lines for record in many for name, lines in named_graphs(record).items()}
    other = Opened(tmp_path / "other")
    load(other.graph, many)
    packed = [opened.graph.packer(record.source, record.key, named_graphs(record)) for record in many]
    assert opened.graph.add(packed, settled=False)
    opened.graph.settle()
    assert not opened.graph.add(packed)
    assert not opened.graph.write(graphs)
    same = content(opened.graph) == content(other.graph)
    stored = all(sorted(opened.store.graph(name)) == sorted(other.store.graph(name)) for name in graphs)
    other.close()
    assert same and stored


def test_deleting_leaves_no_trace(opened: Opened) -> None:
    graph = opened.graph
    load(graph, [IMPACT])
    before = content(graph)
    load(graph, [JOURNEY])
    assert graph.delete([("hra", "146257"), ("hra", "none")]) == 1
    assert content(graph) == before
    assert graph.delete([("hra", "146257")]) == 0


def test_clusters_merge_and_part_again(opened: Opened) -> None:
    graph = opened.graph
    load(graph, [*RECORDS])
    apart = content(graph)
    graph.resolve([], [*GILLARD, *SAME])
    assert len(titles(graph)) == 4
    assert STRESS.title in titles(graph), "the registration stands for its cluster"
    graph.resolve([*GILLARD, *SAME], [])
    assert content(graph) == apart
    revision = graph.revision
    assert not graph.resolve([*GILLARD, *SAME], [])
    assert graph.revision == revision


def test_a_hierarchy_that_changes(opened: Opened) -> None:
    graph = opened.graph
    load(graph, [IMPACT])
    graph.write(THEMES)
    [name] = THEMES

    def themes() -> set[str]:
        rows = graph.index.read_now(lambda db: db.execute("SELECT theme FROM study_theme").fetchall())
        return {row[0].rpartition("/")[2] for row in rows}

    assert themes() == {"burnout", "wellbeing-at-work"}
    graph.write({name: concept("burnout", "Burnout")})
    assert themes() == {"burnout"}
    graph.write({name: ()})
    assert themes() == {"burnout"}


def test_sparql_updates(opened: Opened) -> None:
    graph = opened.graph
    load(graph, [IMPACT, JOURNEY])
    name = IRIS.record_graph("eprints", "1001")
    study = f"{IRIS.base}study/of/doi/10.1234/impact"
    publication = f"<{IRIS.base}publication/doi/10.1234/impact> <http://purl.org/dc/terms/title>"
    graph.update(
        f'WITH <{name}> DELETE {{ {publication} ?t }} INSERT {{ {publication} "New" }} WHERE {{ {publication} ?t }}',
        [name],
    )
    assert titles(graph) == {"New", JOURNEY.title}
    graph.update(f"DROP GRAPH <{name}>", None)
    assert titles(graph) == {JOURNEY.title}
    before = content(graph)
    with pytest.raises(SyntaxError):
        graph.update("DROP nothing", [name])
    assert (content(graph), graph.index.intents) == (before, [])
    assert study not in str(before)


def test_what_is_no_statement_changes_nothing(opened: Opened) -> None:
    graph = opened.graph
    load(graph, [IMPACT])
    before = content(graph)
    with pytest.raises(ValueError, match=r".+"):
        graph.write({IRIS.record_graph("hra", "1"): ["no statement"]})
    assert content(graph) == before
    assert graph.index.intents == []


class Killed(BaseException):
    pass


def kill(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("action", ["write", "resolve", "update", "vocabulary"])
@pytest.mark.parametrize("moment", ["before the store", "before the index"])
def test_a_kill_between_store_and_index_is_mended(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, action: str, moment: str
) -> None:
    graph = opened.graph
    load(graph, [IMPACT])
    name = IRIS.record_graph("eprints", "1001")
    actions: dict[str, Callable[[], object]] = {
        "write": lambda: graph.write(named_graphs(ROLES)),
        "resolve": lambda: graph.resolve([], GILLARD),
        "update": lambda: graph.update(f"DROP GRAPH <{name}>", [name]),
        "vocabulary": lambda: graph.write(THEMES),
    }
    with monkeypatch.context() as patch:
        if moment == "before the store":
            for method in ("replace", "patch", "update", "fill"):
                patch.setattr(opened.store, method, kill)
        else:
            for method in ("put", "resolve", "vocabulary"):
                patch.setattr(opened.index, method, kill)
        with pytest.raises(Killed):
            actions[action]()
    mended = content(opened.again())
    assert opened.index.intents == []
    opened.graph.rebuild_index()
    assert content(opened.graph) == mended
    stays = {"write": {IMPACT.title}, "update": {IMPACT.title}}
    goes = {"write": {IMPACT.title, ROLES.title}, "update": set[str]()}
    expected = (stays if moment == "before the store" else goes).get(action, {IMPACT.title})
    assert titles(opened.graph) == expected


def test_an_index_that_is_lost_or_of_another_time_is_made_anew(opened: Opened) -> None:
    load(opened.graph, [IMPACT])
    opened.graph.publish()
    earlier = (opened.path / "index.sqlite").read_bytes()
    load(opened.graph, [ROLES])
    opened.graph.publish()
    load(opened.graph, [WELLBEING])
    opened.graph.publish()
    revision, full = opened.graph.revision, content(opened.graph)
    opened.close()
    for name in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
        (opened.path / name).unlink(missing_ok=True)
    assert content(opened.open()) == full
    assert opened.graph.revision > revision
    opened.close()
    for name in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
        (opened.path / name).unlink(missing_ok=True)
    (opened.path / "index.sqlite").write_bytes(earlier)
    assert content(opened.open()) == full


def test_opening_again_does_not_start_over(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    load(opened.graph, [IMPACT])
    opened.graph.publish()
    monkeypatch.setattr(Graph, "rebuild_index", kill)
    for _ in range(3):
        opened.again()
        opened.graph.publish()


def test_records_under_another_base_are_not_ours(opened: Opened) -> None:
    opened.graph.write(named_graphs(IMPACT, Iris("http://elsewhere.example/")))
    assert titles(opened.graph) == set()


def test_any_graph_is_taken_without_harm(opened: Opened) -> None:
    """An operator's own statements about a record may be odd; the index makes of them what it can."""
    name = IRIS.record_graph("odd", "1")
    here = f"<{IRIS.record('odd', '1')}>"
    topic = f"<{IRIS.base}study/iras/1>"
    evg = "https://w3id.org/evidencegraph/ns#"
    rdf = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    opened.graph.write(
        {
            name: [
                f"{here} <http://xmlns.com/foaf/0.1/primaryTopic> {topic}",
                f"{topic} {rdf} <{evg}Study>",
                f'_:b <{evg}quote> "\\u0041\\\\"',
                f'{topic} <{evg}participantCount> "many"',
                f"<{IRIS.base}x> {rdf} <http://purl.org/spar/pro/RoleInTime>",
            ],
            "http://elsewhere/graph": ['_:b <http://e/p> "x"@en-gb'],
        }
    )
    assert titles(opened.graph) == {None}
    assert list(islice(opened.store.graphs(), 5))
    assert opened.index.intents == []
    assert ALL == ("", "")
