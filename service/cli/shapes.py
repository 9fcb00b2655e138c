"""Every record's graphs held against the shapes, in as many processes as there are processors.

What was found is kept in the data folder (`check.json`) for the page of data quality: a service answers from an index
in milliseconds, and holding a hundred thousand records against their shapes takes minutes.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import pyoxigraph as ox

from ontology.iris import Iris, unpath
from ontology.shapes import Violation, shapes
from ontology.terms import DCAT, EVG, FOAF, ORG, RDF, SCHEMA, SSSOM
from service.answers.checks import FILE, KEPT
from service.settings import Settings
from service.store.folder import borrowed

BATCH = 200
"""Records that are held against the shapes together."""
PARALLEL_FROM = 2000
"""Records from which further processes are worth their start (half a second)."""

_TYPE = f" <{RDF.type}> "
_RESOLVED = frozenset(f"<{t}>" for t in (FOAF.Person, FOAF.Group, ORG.Organization, SCHEMA.ScholarlyArticle, EVG.Study))
"""Types of what has a cluster in the resolution graph."""


@dataclass(frozen=True, slots=True)
class Found:
    """A violation and the record that it is in, as source/key; "" for a decision on who is who."""

    record: str
    violation: Violation


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found in one state of the graph. `revision` is the number of the snapshot."""

    found: list[Found]
    records: int
    mappings: int
    revision: int

    def body(self) -> dict[str, object]:
        """The result as JSON has it."""
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "revision": self.revision,
            "records": self.records,
            "mappings": self.mappings,
            "violations": [{"record": f.record} | asdict(f.violation) for f in self.found],
        }


def checked(
    settings: Settings, on_progress: Callable[[int], None] = lambda _: None, processes: int | None = None
) -> Checked:
    """Hold every record, and every decision on who is who, against the shapes, in the newest state of the graph.

    Raises NoGraph. Works while the graph is being served.
    """
    with borrowed(settings.data) as snapshot:
        revision = max((int(p.name) for p in (settings.data / "snapshots").iterdir() if p.name.isdigit()), default=0)
        part = _Part(str(snapshot), settings.base)
        batches = list(_batches(part.records(), BATCH))
        records = sum(map(len, batches))
        found: list[Found] = []
        done = 0
        for batch, violations in zip(batches, _each(part, batches, records, processes), strict=True):
            found += violations
            done += len(batch)
            on_progress(done)
        mappings = 0
        for some in _batches(part.mappings(), BATCH * 10):
            mappings += len(some)
            found += part.of_mappings(some)
        part.close()
    return Checked(found, records, mappings, revision)


def keep(data: Path, result: Checked) -> None:
    """Keep a result in the data folder for the page of data quality; of very many violations, the first."""
    body = result.body()
    body["total"] = len(result.found)
    body["violations"] = body["violations"][:KEPT]  # type: ignore[index]
    draft = data / f"{FILE}.{os.getpid()}"
    draft.write_text(json.dumps(body, ensure_ascii=False))
    draft.replace(data / FILE)


def _each(part: "_Part", batches: Sequence[list[str]], records: int, processes: int | None) -> Iterator[list[Found]]:
    count = processes if processes is not None else (os.cpu_count() or 1)
    if count < 2 or records < PARALLEL_FROM:
        yield from map(part.of_records, batches)
        return
    with ProcessPoolExecutor(
        count, get_context("forkserver"), initializer=_open, initargs=(part.snapshot, part.iris.base)
    ) as pool:
        yield from pool.map(_of_records, batches)


class _Part:
    """A snapshot of the graph, open for reading."""

    def __init__(self, snapshot: str, base: str) -> None:
        self.snapshot = snapshot
        self.iris = Iris(base)
        self.store: ox.Store | None = ox.Store.read_only(snapshot)
        self._resolution = ox.NamedNode(self.iris.resolution_graph)
        own = self.lines(f"{base}graph/themes")
        self._kinds = {line.partition(" ")[0]: frozenset({line.rpartition(" ")[2]}) for line in own if _TYPE in line}

    def close(self) -> None:
        self.store = None

    def lines(self, graph: str) -> list[str]:
        """The statements of a named graph."""
        assert self.store is not None
        dumped = self.store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph))
        return [line[:-2] for line in (dumped or b"").decode().split("\n") if line]

    def _subjects(self, type_: str, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[str]:
        assert self.store is not None
        for quad in self.store.quads_for_pattern(None, ox.NamedNode(RDF.type), ox.NamedNode(type_), graph):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value

    def records(self) -> Iterator[str]:
        """The IRI of every record."""
        return self._subjects(DCAT.CatalogRecord, ox.DefaultGraph())

    def mappings(self) -> Iterator[str]:
        """The IRI of every decision on who is who."""
        return self._subjects(SSSOM.Mapping, self._resolution)

    def of_records(self, records: Sequence[str]) -> list[Found]:
        found = shapes().check([self._around(record) for record in records], self._kinds)
        return [
            Found(unpath(record.removeprefix(self.iris.base + "record/")), violation)
            for record, violations in zip(records, found, strict=True)
            for violation in violations
        ]

    def of_mappings(self, mappings: Sequence[str]) -> list[Found]:
        assert self.store is not None
        lines = [
            str(quad.triple)
            for mapping in mappings
            for quad in self.store.quads_for_pattern(ox.NamedNode(mapping), None, None, self._resolution)
        ]
        [found] = shapes().check([lines])
        return [Found("", violation) for violation in found]

    def _around(self, record: str) -> list[str]:
        """A record's two graphs, and the clusters of what is named in them."""
        assert self.store is not None
        name = record.removeprefix(self.iris.base + "record/")
        lines = [line for kind in ("record", "evidence") for line in self.lines(f"{self.iris.base}graph/{kind}/{name}")]
        typed = (line.split(" ", 2) for line in lines if _TYPE in line)
        clusters: dict[ox.NamedNode, None] = {}
        for node in {subject for subject, _, kind in typed if kind in _RESOLVED}:
            of, predicate = ox.NamedNode(node[1:-1]), ox.NamedNode(EVG.inCluster)
            for quad in self.store.quads_for_pattern(of, predicate, None, self._resolution):
                lines.append(str(quad.triple))
                if isinstance(quad.object, ox.NamedNode):
                    clusters[quad.object] = None
        kind = ox.NamedNode(RDF.type)
        for cluster in clusters:
            of_it = self.store.quads_for_pattern(cluster, kind, None, self._resolution)
            lines += [str(quad.triple) for quad in of_it]
        return lines


_open_part: _Part | None = None


def _open(snapshot: str, base: str) -> None:
    """Start a process of the pool."""
    global _open_part
    _open_part = _Part(snapshot, base)


def _of_records(records: Sequence[str]) -> list[Found]:
    assert _open_part is not None
    return _open_part.of_records(records)


def _batches(items: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(items, size)):
        yield batch
