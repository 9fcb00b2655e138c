"""The pool: answers, ends of queries, turns, snapshots, and what a worker may not do."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from service.store import snapshots
from service.store import store as stored
from service.store.store import EmbeddedStore
from service.workers.forks import Forks
from service.workers.pool import Pool
from service.workers.query import GraphRead, Query, QueryError, Term
from service.workers.turns import Full, Turns

BASE = "http://127.0.0.1:8000/"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@asynccontextmanager
async def pool(folder: Path, **settings: Any) -> AsyncIterator[tuple[Pool, EmbeddedStore]]:
    store = EmbeddedStore(folder, BASE)
    store.replace({"x:g": [f'<x:{n}> <x:p> "{n}"' for n in range(2000)]})
    made = Pool(Settings(data=folder, **{"workers": 2, "query_timeout": 1.0, "query_memory": 64} | settings))
    await made.start(store.publish())
    try:
        yield made, store
    finally:
        await made.close()
        store.close()


def children() -> list[str]:
    """The processes that this one started and that are still there."""
    return " ".join(file.read_text() for file in Path("/proc/self/task").glob("*/children")).split()


async def ends(pool: Pool, query: str) -> str:
    with pytest.raises(QueryError) as caught:
        await pool.rows(query)
    return caught.value.kind


def test_rows(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path) as (p, _):
            assert await p.rows("SELECT ?o { <x:7> <x:p> ?o }") == [{"o": Term("literal", "7")}]
            typed = await p.rows("SELECT ('a'@en AS ?l) (1 AS ?n) (<x:y> AS ?u) ?none {}")
            integer = "http://www.w3.org/2001/XMLSchema#integer"
            assert typed == [
                {"l": Term("literal", "a", None, "en"), "n": Term("literal", "1", integer), "u": Term("uri", "x:y")}
            ]

    asyncio.run(run())


def test_every_end_of_a_query_has_its_name_and_the_pool_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path) as (p, _):
            assert await ends(p, "SELECT") == "syntax"
            assert await ends(p, "SELECT (<x:f>() AS ?x) {}") == "invalid"
            assert await ends(p, CROSS) == "slow"
            assert await ends(p, "SELECT * " + "{" * 5000 + "}" * 5000) == "memory"
            bomb = "SELECT DISTINCT ?s ?t { ?s ?p ?o . ?t ?q ?r } ORDER BY ?o ?r"
            assert await ends(p, bomb) in ("memory", "slow")
            with pytest.raises(QueryError, match="graph"):
                await p.run(Query("DESCRIBE <x:1>", graphs=None))
            with pytest.raises(QueryError, match="x:none"):
                await p.run(GraphRead("x:none"))
            assert await p.rows("SELECT ?o { <x:7> <x:p> ?o }")
            while p.workers != 2:
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_leaving_an_answer_ends_its_query(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path, query_timeout=60) as (p, _):
            async with await p.run(Query("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }")) as answer:
                assert answer.form == "select"
                assert not answer.complete
                assert p.running == 1
            assert p.running == 0
            asked = asyncio.create_task(p.rows(CROSS))
            await asyncio.sleep(0.1)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            async with asyncio.timeout(30):
                while p.running:  # a worker that takes the place of another counts until it is ready
                    await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_new_snapshot_is_read_at_once_and_the_old_one_stays_while_it_is_used(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path, query_timeout=30.0) as (p, store):
            async with await p.run(
                Query("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 300000", bindings="tsv")
            ) as answer:
                old = store.publish()
                store.replace({"x:g": []})
                await p.switch(store.publish(p.held))
                assert await p.rows("SELECT * { ?s ?p ?o }") == []
                assert old.exists()
                size = len(answer.body) + sum([len(piece) async for piece in answer.rest()])
                assert size > 300_000 * 8
            store.publish(p.held)
            assert not old.exists()

    asyncio.run(run())


def test_the_parent_of_the_workers_may_be_killed(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path) as (p, _):
            parent = p._forks._process
            assert parent
            parent.kill()
            parent.wait()
            for _ in range(200):
                try:
                    assert await p.rows("SELECT ?o { <x:7> <x:p> ?o }")
                    break
                except QueryError as error:
                    assert error.kind in ("memory", "busy")
                    await asyncio.sleep(0.02)
            else:
                pytest.fail("no worker came back")

    asyncio.run(run())


def test_workers_end_with_the_service(tmp_path: Path) -> None:
    """Even when that is killed in the middle of queries."""
    code = f"""
import asyncio
from pathlib import Path
from tests.test_workers import CROSS, pool
async def run():
    async with pool(Path({str(tmp_path)!r}), query_timeout=60.0) as (p, _):
        asyncio.create_task(p.rows(CROSS))
        await asyncio.sleep(0.5)
        print(*(worker._process._pid for worker in p._workers), flush=True)
        await asyncio.sleep(60)
asyncio.run(run())
"""
    service = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert service.stdout
    pids = [int(pid) for pid in service.stdout.readline().split()]
    assert len(pids) >= 2
    service.kill()
    service.wait()
    service.stdout.close()

    async def gone() -> None:
        async with asyncio.timeout(10):
            while any(_alive(pid) for pid in pids):
                await asyncio.sleep(0.02)

    asyncio.run(gone())


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


CONFINED = """
import os, socket, sys
from pathlib import Path
from service.workers import confine
readable, writable = Path(sys.argv[1]), Path(sys.argv[2])
open(readable / "there", "w").close()
notices = [confine.no_network(), confine.only_files([readable], [writable])]
if any(notices):
    print("lacking", notices)
    raise SystemExit
def tried(what):
    try:
        what()
    except OSError as error:
        return error.errno in (1, 13)
    return False
print(all([
    tried(lambda: socket.socket()),
    tried(lambda: socket.socket(socket.AF_UNIX)),
    tried(lambda: socket.socketpair()),
    tried(lambda: open("/etc/passwd")),
    tried(lambda: os.listdir("/")),
    tried(lambda: open(readable / "new", "w")),
    tried(lambda: os.remove(readable / "there")),
    tried(lambda: os.kill(os.getppid(), 0)),
    tried(lambda: os.execv("/bin/true", ["true"])),
    tried(lambda: open("/proc/self/mem", "rb")),
]), open(readable / "there").read() == "", open(writable / "new", "w").write("x") == 1)
"""


def test_a_confined_process_reaches_nothing(tmp_path: Path) -> None:
    for name in ("readable", "writable"):
        (tmp_path / name).mkdir()
    command = [sys.executable, "-c", CONFINED, str(tmp_path / "readable"), str(tmp_path / "writable")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if said.startswith("lacking"):
        pytest.skip(said)
    assert said.split() == ["True", "True", "True"]


def test_a_limit_on_memory_ends_the_process() -> None:
    code = "from service import confine; confine.limit(300 << 20); x = bytearray(10 << 20); x = bytearray(400 << 20)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0


def in_loop(test: Callable[[], Any]) -> None:
    asyncio.run(test())


def test_clients_take_turns() -> None:
    async def run() -> None:
        turns: Turns[str] = Turns(10, 5, share=1)
        turns.offer("w")
        assert await turns.take("a") == "w"
        order: list[str] = []

        async def ask(client: str) -> None:
            worker = await turns.take(client)
            order.append(client)
            turns.finish(client)
            turns.offer(worker)

        asked = [asyncio.create_task(ask(client)) for client in ("a", "a", "a", "b")]
        await asyncio.sleep(0)
        turns.finish("a")
        turns.offer("w")
        await asyncio.gather(*asked)
        assert order == ["a", "b", "a", "a"]
        assert turns.waiting == 0

    in_loop(run)


def test_a_client_with_long_queries_gets_the_rest_one_at_a_time() -> None:
    async def run() -> None:
        turns: Turns[int] = Turns(10, 0.05, share=1)
        for worker in range(3):
            turns.offer(worker)
        await turns.take("a")
        assert turns.lengthen("a", places=2)
        turns.finish("a")  # its place goes to another
        await turns.take("a")
        assert not turns.lengthen("a", places=2)
        with pytest.raises(Full, match="no worker was free"):
            await turns.take("a")
        await turns.take("b")
        turns.finish("a", long=True)
        assert turns.idle == 0

    in_loop(run)


def test_the_queue_has_an_end_and_forgets_those_who_leave() -> None:
    async def run() -> None:
        turns: Turns[int] = Turns(1, 5, share=1)
        first = asyncio.create_task(turns.take("a"))
        await asyncio.sleep(0)
        with pytest.raises(Full, match="waiting already"):
            await turns.take("b")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert turns.waiting == 0
        turns.offer(1)
        assert await turns.take("b") == 1

    in_loop(run)


def test_signals_from_a_terminal_do_not_reach_workers(tmp_path: Path) -> None:
    async def run() -> None:
        async with pool(tmp_path) as (p, _):
            for worker in p._workers:
                os.kill(worker._process._pid, signal.SIGINT)
            await asyncio.sleep(0.05)
            assert await p.rows("SELECT ?o { <x:7> <x:p> ?o }")

    asyncio.run(run())


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is installed on Linux alone")
def test_workers_get_their_memory_from_the_allocator_that_is_installed(tmp_path: Path) -> None:
    async def run() -> str:
        async with pool(tmp_path):
            return "".join(Path(f"/proc/{child}/maps").read_text() for child in children())

    assert "libmimalloc" in asyncio.run(run())


def test_queries_read_files_that_were_put_in_order_once_nobody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "QUIET", 0)
    monkeypatch.setattr(stored, "ORDERED", 1e18)
    monkeypatch.setattr(snapshots, "IDLE", 0.01)

    async def run() -> None:
        async with pool(tmp_path) as (p, store):
            before = p.revision
            tidying = asyncio.create_task(snapshots.Snapshots(store, p).keep_tidy())
            for _ in range(1000):
                if p.revision > before:
                    break
                await asyncio.sleep(0.01)
            tidying.cancel()
            assert p.revision > before
            assert not store.folder.untidy.exists()
            assert await p.rows("SELECT ?o { <x:7> <x:p> ?o }") == [{"o": Term("literal", "7")}]

    asyncio.run(run())


def test_a_start_that_was_given_up_leaves_no_process_behind() -> None:
    async def run() -> None:
        forks = Forks()
        begun = asyncio.create_task(forks.fork(64 << 20))
        await asyncio.sleep(0.01)  # it is waiting for the parent of all workers
        begun.cancel()
        await asyncio.to_thread(forks.close)
        with pytest.raises(ConnectionError):
            await forks.fork(64 << 20)

    asyncio.run(run())
    assert not [c for c in children() if b"service.workers.worker" in Path(f"/proc/{c}/cmdline").read_bytes()]
