"""The embedded store: transactions, the exact merge, snapshots, the folder's lock and memory."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.store import intake
from service.store import store as stored
from service.store.folder import BaseMismatch, FolderInUse, NoGraph, UnknownFormat, borrowed
from service.store.merge import Change
from service.store.store import DEFAULT, EmbeddedStore, MergeIsDerived, Store

BASE = "http://127.0.0.1:8000/"
A, B, C = BASE + "graph/a", BASE + "graph/b", BASE + "graph/c"
ONE, TWO, THREE = '<x:s> <x:p> "1"', '<x:s> <x:p> "2"', "<x:s> <x:p> <x:o>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore(tmp_path, BASE)
    yield store
    store.close()


def merged(store: Store) -> bool:
    """Whether the default graph is the union of the named graphs, each triple once."""
    union = {statement for graph in store.graphs() for statement in store.graph(graph)}
    default = list(store.graph(DEFAULT))
    return sorted(default) == sorted(union)


def test_a_graph_becomes_exactly_what_it_is_given(store: EmbeddedStore) -> None:
    assert store.replace({A: [ONE, TWO], B: [TWO]})
    assert sorted(store.graph(A)) == [ONE, TWO]
    assert store.replace({A: [THREE]})
    assert list(store.graph(A)) == [THREE]
    assert sorted(store.graph(DEFAULT)) == sorted([TWO, THREE]), "a triple stays while a graph holds it"
    assert store.count() == 2


def test_the_same_again_changes_nothing_and_says_so(store: EmbeddedStore) -> None:
    odd = ['<x:s> <x:p> "001"^^<http://www.w3.org/2001/XMLSchema#integer>', '<x:s> <x:p> "a"@en-GB']
    assert store.replace({A: odd})
    assert not store.replace({A: odd}), "the engine rewrites these; they are the same all the same"
    revision = store.revision
    store.publish()
    assert store.revision == revision + 1
    assert not store.replace({A: reversed_copy(odd)})
    store.publish()
    assert store.revision == revision + 1, "nothing new to publish"


def reversed_copy(statements: list[str]) -> list[str]:
    return [s.replace('"001"', '"+1"') for s in reversed(statements)]


def test_an_empty_graph_is_gone(store: EmbeddedStore) -> None:
    store.replace({A: [ONE], B: [ONE]})
    assert store.replace({A: []})
    assert list(store.graphs()) == [B]
    assert not store.replace({A: []})
    assert store.patch(B, [ONE], [])
    assert list(store.graphs()) == []
    assert store.count() == 0


def test_a_patch_is_a_delta(store: EmbeddedStore) -> None:
    store.replace({A: [ONE, TWO], B: [TWO]})
    assert store.patch(A, [TWO], [THREE])
    assert sorted(store.graph(A)) == sorted([ONE, THREE])
    assert merged(store)
    assert not store.patch(A, [TWO], [THREE])
    assert not store.patch(A, [ONE], [ONE]), "taken out and put in: it stays"


def test_statements_are_checked_before_anything_is_written(store: EmbeddedStore) -> None:
    for text in ("<x:s> <x:p> .", "} ; DROP ALL ; INSERT DATA { <x:s> <x:p> 1", '<x:s> <x:p> "a" <x:g>'):
        with pytest.raises(ValueError, match="N-Triples"):
            store.replace({A: [ONE, text]})
    with pytest.raises(ValueError, match="IRI"):
        store.replace({"no iri": [ONE]})
    assert store.count() == 0


def test_the_merge_is_not_written_to(store: EmbeddedStore) -> None:
    with pytest.raises(MergeIsDerived):
        store.replace({DEFAULT: [ONE]})
    with pytest.raises(MergeIsDerived):
        store.patch(DEFAULT, [], [ONE])


def test_a_plain_dataset_has_a_default_graph_of_its_own(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, BASE, default_graph="plain")
    store.replace({A: [ONE], DEFAULT: [TWO]})
    assert list(store.graph(DEFAULT)) == [TWO]
    store.replace({DEFAULT: []})
    assert list(store.graphs()) == [A]
    store.close()


STATEMENTS = st.sampled_from([ONE, TWO, THREE, "_:b <x:p> <x:o>", '<x:s> <x:p> "5"^^<x:t>'])
GRAPHS = st.dictionaries(st.sampled_from([A, B, C]), st.frozensets(STATEMENTS), min_size=1)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(GRAPHS, min_size=1, max_size=5))
def test_the_merge_stays_exact_whatever_is_replaced(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, frozenset[str]]]
) -> None:
    store = EmbeddedStore(tmp_path_factory.mktemp("data"), BASE)
    for step in steps:
        store.replace(step)
        assert merged(store)
        for graph, statements in step.items():
            assert len(list(store.graph(graph))) == len(statements)
    store.close()


UPDATES = {
    f"INSERT DATA {{ GRAPH <{A}> {{ <x:s> <x:p> 9 }} }}": [A],
    f"DELETE DATA {{ GRAPH <{A}> {{ {ONE} }} GRAPH <{B}> {{ {TWO} }} }}": [A, B],
    f"INSERT DATA {{ GRAPH <{A}> {{ _:x <x:p> _:y }} }} ; CLEAR GRAPH <{B}>": [A, B],
    f"DELETE {{ GRAPH <{B}> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}": [B],
    f"MOVE <{A}> TO <{C}>": [A, C],
    "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o FILTER (isIRI(?o)) } }": None,
    "DROP NAMED": None,
    "DROP ALL": None,
}


@pytest.mark.parametrize("text", UPDATES)
def test_the_merge_stays_exact_through_updates(store: EmbeddedStore, text: str) -> None:
    store.replace({A: [ONE, TWO, "_:b <x:p> <x:o>"], B: [TWO, THREE]})
    store.update(text, UPDATES[text])
    assert merged(store)
    if UPDATES[text] is not None:
        store.update("DROP ALL", None)
        store.replace({A: [ONE, TWO, "_:b <x:p> <x:o>"], B: [TWO, THREE]})
        store.update(text, None)
        assert merged(store)


def test_bulk_writes_graph_and_merge(store: EmbeddedStore) -> None:
    store.replace({A: [ONE]})
    lines = [f'<x:s{i}> <x:p> "a > b {i} <" <{g}> .\n'.encode() for i in range(1000) for g in (A, B)]
    store.bulk([*lines, b"\n"])
    assert merged(store)
    assert store.count() == 1001
    snapshot = ox.Store.read_only(str(store.publish()))
    assert len(snapshot) == 1001 + 2001


def test_what_may_not_be_written_is_read_where_it_is(store: EmbeddedStore, tmp_path: Path) -> None:
    store.replace({A: [ONE]})
    newest = store.publish()
    denied = PermissionError(errno.EROFS, "Read-only file system")
    with patch("service.store.folder.mkdtemp", side_effect=denied), borrowed(tmp_path) as snapshot:
        assert snapshot == newest
        assert len(ox.Store.read_only(str(snapshot))) == 2
    assert newest.exists()


def test_readers_see_what_is_published(store: EmbeddedStore, tmp_path: Path) -> None:
    first = store.publish()
    store.replace({A: [ONE]})
    with borrowed(tmp_path) as snapshot:
        assert len(ox.Store.read_only(str(snapshot))) == 0
        second = store.publish(held=[first])
        assert first.exists()
        store.replace({A: [TWO]})
        third = store.publish()
        assert not first.exists()
        assert not second.exists()
        assert len(ox.Store.read_only(str(snapshot))) == 0, "a borrowed snapshot stays readable"
    assert not snapshot.exists()
    assert [s["o"].value for s in store.select("SELECT ?o { ?s ?p ?o }")] == ["2"]
    assert third.name == str(store.revision)


def test_there_is_nothing_to_borrow_before_the_first_load(tmp_path: Path) -> None:
    with pytest.raises(NoGraph, match="load something"), borrowed(tmp_path):
        pass


def test_a_restart_keeps_the_revision(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, BASE)
    store.replace({A: [ONE]})
    store.close()
    revision = store.revision
    again = EmbeddedStore(tmp_path, BASE)
    assert again.revision == revision
    assert list(again.graph(A)) == [ONE]
    again.close()
    again.close()


def test_another_base_is_refused(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path, BASE).close()
    with pytest.raises(BaseMismatch, match=f"made with base {BASE}.*EVIDENCE_GRAPH_BASE={BASE}"):
        EmbeddedStore(tmp_path, "https://example.org/")
    with pytest.raises(BaseMismatch, match="EVIDENCE_GRAPH_DEFAULT_GRAPH=merge"):
        EmbeddedStore(tmp_path, BASE, default_graph="plain")
    (tmp_path / "meta.json").write_text('{"format": 99}')
    with pytest.raises(UnknownFormat, match="99"):
        EmbeddedStore(tmp_path, BASE)


def test_a_second_writer_hears_who_is_there(store: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        EmbeddedStore(tmp_path, BASE)


def test_a_store_that_is_missing_is_made_from_the_newest_snapshot(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, BASE)
    store.replace({A: [ONE]})
    store.close()
    shutil.rmtree(tmp_path / "store")
    again = EmbeddedStore(tmp_path, BASE)
    assert list(again.graph(A)) == [ONE]
    assert again.replace({A: [TWO]})
    again.close()


def test_a_dump_leaves_the_derived_merge_out(store: EmbeddedStore, tmp_path: Path) -> None:
    store.replace({A: [ONE], B: [ONE]})
    store.dump(tmp_path / "all.nq")
    assert sorted((tmp_path / "all.nq").read_text().splitlines()) == [f"{ONE} <{A}> .", f"{ONE} <{B}> ."]


KILLED = """
import sys, itertools
from pathlib import Path
from unittest.mock import patch
from service.store.store import EmbeddedStore
store = EmbeddedStore(Path(sys.argv[1]), "http://127.0.0.1:8000/")
for n in itertools.count(len(list(store.graphs()))):
    store.replace({f"x:g{n}": [f'<x:s{n}> <x:p> "{i}"' for i in range(50)]})
    store.publish()
    print(n, flush=True)
"""


def test_a_kill_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """TEST_KILLS in the environment says how many times; each comes at another moment of a write."""
    acknowledged = -1
    for round_ in range(int(os.environ.get("TEST_KILLS", "5"))):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(round_ % 4 + 2):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.stdout.close()
        writer.wait()
        store = EmbeddedStore(tmp_path, BASE)
        assert merged(store)
        for n in range(acknowledged + 1):
            assert len(list(store.graph(f"x:g{n}"))) == 50
        store.close()


def test_an_interrupted_bulk_load_is_finished(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, BASE)
    store.replace({A: [ONE, TWO]})
    store.close()
    revision = store.revision
    engine = ox.Store(tmp_path / "store")  # as a kill in the middle of it would leave the folder
    engine.update(f"INSERT DATA {{ <x:s> <x:p> 7 . GRAPH <{B}> {{ {THREE} }} }}")
    del engine
    seven = '<x:s> <x:p> "7"^^<http://www.w3.org/2001/XMLSchema#integer>'
    lines = [f"{text} <{B}> .\n{text} .\n" for text in (THREE, seven)]
    for number, line in enumerate(lines):
        (tmp_path / f"loading-{number}.nq").write_text(line)
    (tmp_path / "loading-2.part").write_text("one of which nothing was taken in yet")
    (tmp_path / "unpublished").write_text("bulk")
    again = EmbeddedStore(tmp_path, BASE)
    assert merged(again)
    assert sorted(again.graph(B)) == sorted([THREE, seven])
    assert again.revision == revision + 1, "an index of before knows that it must look again"
    assert not list(tmp_path.glob("loading*.nq"))
    again.close()


def test_whole_graphs_are_filled_at_once(store: EmbeddedStore) -> None:
    store.fill([(A, f"{ONE}\n{TWO}\n".encode()), (B, f"{TWO}\n".encode()), (C, b"")])
    assert sorted(store.graph(A)) == [ONE, TWO]
    assert set(store.graphs()) == {A, B}
    assert merged(store)


def test_whole_graphs_are_filled_in_several_pieces(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "SPLIT", 10)
    monkeypatch.setattr(stored, "PIECE", 500)
    monkeypatch.setattr(intake, "PIECE", 500)
    names = [f"http://127.0.0.1:8000/graph/{n}" for n in range(50)]
    store.fill([(name, f'{ONE}\n<x:{n}> <x:p> "{n}"\n'.encode()) for n, name in enumerate(names)])
    assert set(store.graphs()) == set(names)
    assert all(sorted(store.graph(name)) == sorted([ONE, f'<x:{n}> <x:p> "{n}"']) for n, name in enumerate(names))
    assert merged(store)
    with pytest.raises(ValueError, match="N-Quads"):
        store.fill([(A, f"{ONE}\nnot a statement\n".encode()), (B, f"{TWO}\n".encode())])
        store.publish()
    assert merged(store)


def test_a_graph_larger_than_what_may_wait_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PIECE", 1000)
    large = "".join(f'<x:{n}> <x:p> "{n}"\n' for n in range(500))
    store = EmbeddedStore(tmp_path, BASE)

    def fill() -> None:
        for name, text in ((A, f"{ONE}\n"), (B, large), (C, f"{TWO}\n")):
            store.fill([(name, text.encode())])

    filling = threading.Thread(target=fill, daemon=True)
    filling.start()
    filling.join(60)
    assert not filling.is_alive()
    assert [len(list(store.graph(name))) for name in (A, B, C)] == [1, 500, 1]
    store.close()


def test_a_bulk_load_of_what_is_no_rdf_leaves_an_exact_merge(store: EmbeddedStore) -> None:
    with pytest.raises(ValueError, match="N-Quads"):
        store.fill([(A, f"{ONE}\nnot a statement\n".encode())])
        store.publish()
    assert merged(store)
    store.replace({A: [TWO]})
    assert list(store.graph(A)) == [TWO]


def test_files_are_put_in_order_when_it_is_due(
    store: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not store.tidy(at_once=True), "nothing was written"
    for n in range(3):
        store.fill([(f"{A}{n}", f"{ONE}\n<x:{n}> <x:p> <x:o>\n".encode())])
        store.publish()
    revision, held = store.revision, sorted(store.graphs())
    assert not store.tidy(), "the last write was a moment ago"
    many = len(list((tmp_path / "store").glob("*.sst")))
    monkeypatch.setattr(stored, "QUIET", 0)
    monkeypatch.setattr(stored, "ORDERED", 1e18)
    assert store.tidy()
    snapshot = store.publish()
    assert store.revision == revision + 1
    assert len(list(snapshot.glob("*.sst"))) <= many
    assert sorted(store.graphs()) == held
    assert merged(store)
    assert not store.tidy(at_once=True), "it is in order"
    store.replace({A: [TWO]})
    assert store.tidy(at_once=True)


def test_what_is_written_meanwhile_is_put_in_order_another_time(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.replace({A: [ONE]})
    optimise = ox.Store.optimize

    class Writing:
        def __init__(self, engine: ox.Store) -> None:
            self.engine = engine

        def optimize(self) -> None:
            optimise(self.engine)
            store.replace({B: [TWO]})

    with monkeypatch.context() as patch:
        patch.setattr(
            EmbeddedStore, "_whole", property(lambda s: Writing(s._store) if s._tidying.locked() else s._store)
        )
        patch.setattr(stored, "Change", lambda _, merged: Change(store._store, merged))
        assert store.tidy(at_once=True)
    store.publish()
    assert list(store.graph(B)) == [TWO]
    assert store.tidy(at_once=True)
    assert not store.tidy(at_once=True)


def test_what_a_full_disk_kept_out_is_taken_in_by_the_next_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EmbeddedStore(tmp_path, BASE)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(intake.Intake, "take_in", full)
        store.fill([(A, f"{ONE}\n".encode())])
        assert store.has(A), "it is on its way"
        for _ in range(2):
            with pytest.raises(OSError, match="no space"):
                store.publish()
        with pytest.raises(OSError, match="no space"):
            store.close()
    again = EmbeddedStore(tmp_path, BASE)
    assert list(again.graph(A)) == [ONE]
    assert merged(again)
    again.close()


def test_texts_that_wait_are_taken_in_together(store: EmbeddedStore, tmp_path: Path) -> None:
    for n in range(20):
        store.fill([(f"{A}{n}", f"{ONE}\n<x:{n}> <x:p> <x:o>\n".encode())])
    assert len(list(tmp_path.glob("loading-*.nq"))) == 20, "on disk, and not in the engine"
    assert store.count() == 21
    assert not list(tmp_path.glob("loading-*"))
    assert merged(store)
