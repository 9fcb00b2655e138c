"""The child processes that alone touch text from outside: `python -m service.workers.worker` is their parent.

That parent (it reads no text itself) holds the libraries in memory and forks, on request over its control
socket, workers that are ready in a few milliseconds. A worker serves one request at a time on a socket of
its own and is confined: no network, no programs, no files but the snapshots, a cap on memory. It is killed
from outside at its deadline; nothing in here needs to be polite about time.

A request is JSON after its length (four bytes, big-endian), and so is a body that belongs to it. What comes
back has a byte of kind in front of the length:
    H the form of an answer (s select, a ask, g graph), D a piece of it, F its end; R form and whole answer
    in one; E an error (JSON). The payload of F and the second byte of R is 1 where the worker has grown and
    wants to be replaced.
"""

import gc
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox

from service.known import known_prefixes
from service.workers import confine
from service.workers.board import Board
from service.workers.engine import GRAPHS, HELD_BACK, PIECE, Refusal, evaluate, opened, serialize
from service.workers.query import Query
from service.workers.speaker import Speaker

FORMS = {"select": b"s", "ask": b"a", "graph": b"g"}
OWN = 160 << 20
"""Bytes that a worker reserves before its first query, most of them for stacks that stay empty (measured)."""


class Answer:
    """The file that the engine writes an answer to: gathers it into frames."""

    def __init__(self, channel: socket.socket, form: bytes, grown: Callable[[], bool]) -> None:
        self._channel = channel
        self._form = form
        self._grown = grown
        self._buffer = bytearray()
        self._started = False

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= (PIECE if self._started else HELD_BACK):
            self._push()
        return len(data)

    def flush(self) -> None:
        """Nothing: pieces go out when they are full."""

    def _push(self) -> None:
        head = b"" if self._started else _frame(b"H", self._form)
        self._started = True
        self._channel.sendall(head + _frame(b"D", self._buffer))
        self._buffer.clear()

    def end(self) -> None:
        grown = b"1" if self._grown() else b"0"
        if not self._started:
            self._channel.sendall(_frame(b"R", self._form + grown + self._buffer))
        else:
            piece = _frame(b"D", self._buffer) if self._buffer else b""
            self._channel.sendall(piece + _frame(b"F", grown))


class Worker:
    """Serves requests until its channel closes."""

    def __init__(self, channel: socket.socket, grown: Callable[[], bool]) -> None:
        self._channel = channel
        self._grown = grown
        self._store: ox.Store | None = None
        self._snapshot = ""
        self._received = bytearray()

    def serve(self) -> None:
        while True:
            request = orjson.loads(self._receive())
            try:
                getattr(self, f"_{request['task']}")(request)
            except Refusal as refusal:
                self._fail(refusal.kind, str(refusal))
            except SyntaxError as error:
                self._fail("syntax", str(error))
            except (ValueError, RuntimeError) as error:  # what the engine reads but cannot evaluate
                self._fail("invalid", str(error))
            except OSError as error:
                self._fail("engine", str(error))
            except MemoryError:
                os.abort()

    def _receive(self) -> bytes:
        while len(self._received) < 4 or len(self._received) < 4 + int.from_bytes(self._received[:4], "big"):
            more = self._channel.recv(1 << 20)
            if not more:
                raise SystemExit
            self._received += more
        end = 4 + int.from_bytes(self._received[:4], "big")
        request = bytes(self._received[4:end])
        del self._received[:end]
        return request

    def _fail(self, kind: str, detail: str) -> None:
        self._channel.sendall(_frame(b"E", orjson.dumps({"kind": kind, "detail": detail[:2000]})))

    def _opened(self, snapshot: str) -> ox.Store:
        if self._store is None or self._snapshot != snapshot:
            self._store = None
            self._store = opened(snapshot)
            self._snapshot = snapshot
        return self._store

    def _open(self, request: dict[str, Any]) -> None:
        self._opened(request["snapshot"])
        self._channel.sendall(_frame(b"F", b"0"))

    def _query(self, request: dict[str, Any]) -> None:
        store = self._opened(request["snapshot"])
        query = Query(*request["query"])
        evaluate(store, query, lambda form: Answer(self._channel, FORMS[form], self._grown)).end()

    def _graph(self, request: dict[str, Any]) -> None:
        store = self._opened(request["snapshot"])
        graph = ox.NamedNode(request["graph"]) if request["graph"] else ox.DefaultGraph()
        if isinstance(graph, ox.NamedNode) and not store.contains_named_graph(graph):
            raise Refusal("missing", f"there is no graph {request['graph']}")
        answer = Answer(self._channel, b"g", self._grown)
        serialize((q.triple for q in store.quads_for_pattern(None, None, None, graph)), answer, request["graphs"])
        answer.end()

    def _parse(self, request: dict[str, Any]) -> None:
        body = self._receive()
        quads = ox.parse(
            input=body,
            format=GRAPHS[request["format"]],
            base_iri=request["base"],
            without_named_graphs=True,
            rename_blank_nodes=True,
        )
        answer = Answer(self._channel, b"g", self._grown)
        serialize((q.triple for q in quads), answer, "ntriples")
        answer.end()

    def _rehearse(self, request: dict[str, Any]) -> None:
        text = request["text"]
        ox.Store(request["store"]).update(text, base_iri=request["base"], prefixes=known_prefixes(text))
        self._channel.sendall(_frame(b"F", b"1"))


def _frame(kind: bytes, payload: bytes | bytearray) -> bytes:
    return struct.pack(">cI", kind, len(payload)) + payload


def work(channel: socket.socket, order: dict[str, Any], parent: int) -> None:
    """Become the worker that was ordered. Never returns."""
    grown = _grown(order["memory"] // 2)
    _confine(order, parent)
    Worker(channel, grown).serve()


def speak(control: socket.socket, order: dict[str, Any], parent: int, board: Board) -> None:
    """Become a speaker on one of the board's slots. Never returns."""
    grown = _grown(order["memory"] // 2)
    _confine(order, parent)
    Speaker(control, board.slots[order["slot"]], board, order, grown).serve()


def _grown(most: int) -> Callable[[], bool]:
    """Whether this process has more bytes resident. To be made before files are out of reach.

    Not `ru_maxrss`: a process inherits that from the one that it was forked from.
    """
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return lambda: False
    page = os.sysconf("SC_PAGE_SIZE")
    return lambda: int(os.pread(file, 100, 0).split()[1]) * page > most


def _confine(order: dict[str, Any], parent: int) -> None:
    confine.die_with_parent(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    confine.only_files(map(Path, order["readable"]), map(Path, order["writable"]))
    confine.limit(order["memory"] + OWN)


def main(descriptor: int, shared: int) -> None:
    """Fork a worker for each order that comes with a channel; end with whoever holds the control socket.

    `shared` is the descriptor of the board, less than 0 where there is none.
    """
    control = socket.socket(fileno=descriptor)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended workers leave no zombies
    os.environ.pop("RUST_BACKTRACE", None)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # an engine that aborts says so at length
        os.dup2(silence, stream)
    lacking = [notice for notice in (confine.no_network(), confine.lacks_landlock()) if notice]
    control.send(orjson.dumps({"lacking": lacking}))
    board = Board(shared) if shared >= 0 else None
    gc.freeze()
    parent = os.getpid()
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
        if not order:
            return
        child = os.fork()
        if child == 0:
            control.close()
            try:
                become, said = socket.socket(fileno=descriptors[0]), orjson.loads(order)
                if board and "slot" in said:
                    speak(become, said, parent, board)
                else:
                    work(become, said, parent)
            finally:
                os._exit(0)
        os.close(descriptors[0])
        try:
            handle = os.pidfd_open(child)
        except OSError:  # it is gone already
            control.send(orjson.dumps({"pid": 0}))
            continue
        socket.send_fds(control, [orjson.dumps({"pid": child})], [handle])
        os.close(handle)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
