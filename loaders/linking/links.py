"""What linking holds of pairs, read while it may be at work: mappings found, counted and put in order."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from loaders.linking.decisions import AFFILIATION, KINDS
from loaders.linking.resolvers import ORGANISATION, RESOLVERS
from loaders.linking.statements import Mapping
from loaders.linking.tables import SHAPE
from ontology.iris import Iris

STATUSES = ("candidate", "accepted", "rejected")
REVIEWED = (*KINDS, AFFILIATION)
"""What a person may be asked about."""
_CHUNK = 500
_KEPT = 20  # orders remembered until the tables change
_SIZE = "select count(*) from member where cluster = ?"


@dataclass(frozen=True, slots=True)
class Link:
    """A mapping as it is shown. `labels` are the two ends' own names, `clusters` the IRIs that they are in (empty
    where there is none), `sizes` how many nodes these hold. `stake` says how many pairs of nodes hang on it: of a
    candidate, how many are likely to be one; else 0.
    """

    iri: str
    kind: str
    mapping: Mapping
    labels: tuple[str, str]
    clusters: tuple[str, str]
    sizes: tuple[int, int]

    @property
    def stake(self) -> float:
        if self.mapping.status != "candidate":
            return 0.0
        return _stake(self.kind, self.mapping.score, *self.sizes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mappings are asked for; empty is any. `status` is one of STATUSES, `confidence` the least, `q` a part of
    the name of either end, `author` who decided. Candidates come with what is most at stake first, accepted ones
    with the least sure first, any others with the surest first.
    """

    kind: str = ""
    status: str = ""
    confidence: float = 0.0
    q: str = ""
    author: str = ""
    once: bool = False

    def where(self) -> tuple[str, list[Any]]:
        """The condition in SQL, with its values."""
        tests = {"kind = ?": self.kind, "status = ?": self.status, "score >= ?": self.confidence}
        tests["author = ?"] = self.author
        named = "in (select iri from item where label like ?)"
        tests[f'("left" {named} or "right" {named})'] = f"%{self.q}%" if self.q else ""
        chosen = {test: value for test, value in tests.items() if value}
        values = [value for test, value in chosen.items() for _ in range(test.count("?"))]
        return " and ".join(chosen) or "1", values


class Links:
    """The tables of linking, read alone, from any thread. Where there are none, or those of another version, there
    is nothing.
    """

    def __init__(self, path: Path, iris: Iris) -> None:
        self._path = path
        self._iris = iris
        self._lock = Lock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._seen = -1
        self._orders: dict[Wanted, list[str]] = {}

    def close(self) -> None:
        with self._lock:
            if self._db:
                self._db.close()
            self._db = None

    def find(self, wanted: Wanted, limit: int, offset: int = 0) -> tuple[list[Link], int]:
        """A part of the mappings that are asked for, and how many there are."""
        with self._lock:
            where, values = wanted.where()
            if wanted.status == "candidate":
                order = self._by_stake(wanted)
                return self._links(order[offset : offset + limit]), len(order)
            total = self._rows(f"select count(*) from mapping where {where}", values)
            way = "score" if wanted.status == "accepted" else "score desc"
            part = f"select iri from mapping where {where} order by {way}, iri limit ? offset ?"
            chosen = [iri for (iri,) in self._rows(part, [*values, limit, offset])]
            return self._links(chosen), total[0][0] if total else 0

    def every(self, *, by_people: bool = True) -> Iterator[Link]:
        """All mappings, or those of the machine alone, in the order of their IRIs."""
        machine = "" if by_people else "and author = ''"
        last = ""
        while True:
            with self._lock:
                query = f"select iri from mapping where iri > ? {machine} order by iri limit ?"
                part = [iri for (iri,) in self._rows(query, (last, _CHUNK))]
                links = self._links(part)
            if not part:
                return
            yield from links
            last = part[-1]

    def one(self, left: str, right: str) -> Link | None:
        """The mapping of two nodes, in whatever order they are given."""
        with self._lock:
            query = 'select iri from mapping where ("left" = ?1 and "right" = ?2) or ("left" = ?2 and "right" = ?1)'
            return next(iter(self._links([iri for (iri,) in self._rows(query, (left, right))])), None)

    def by_iri(self, iri: str) -> Link | None:
        """A mapping by its own IRI."""
        with self._lock:
            return next(iter(self._links([iri])), None)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many mappings there are of each kind and status."""
        with self._lock:
            rows = self._rows("select kind, status, count(*) from mapping group by kind, status")
            return {(kind, status): number for kind, status, number in rows}

    def kind(self, iri: str) -> str:
        """What a node is, one of KINDS; empty where it is not known."""
        with self._lock:
            found = self._rows("select kind from item where iri = ? limit 1", (iri,))
        if not found:
            return ""
        return KINDS[1] if found[0][0] == ORGANISATION else RESOLVERS[found[0][0]].name

    def members(self, iri: str, limit: int) -> list[str]:
        """The nodes that are in one cluster with a node: itself first, then in the order of their IRIs."""
        with self._lock:
            query = (
                "select other.iri from member join member as other on other.cluster = member.cluster "
                "where member.iri = ?1 order by other.iri <> ?1, other.iri limit ?2"
            )
            return [member for (member,) in self._rows(query, (iri, limit))]

    def labels(self, iris: Iterable[str]) -> dict[str, str]:
        """Nodes to their own names, where they are known."""
        with self._lock:
            return self._labels(iris)

    def records(self, iri: str) -> list[tuple[str, str]]:
        """Source and key of the records that name a node."""
        query = (
            "select distinct source, key from item join record on record.id = item.record "
            "where iri = ? order by source, key"
        )
        with self._lock:
            return [(source, key) for source, key in self._rows(query, (iri,))]

    # ---- within the lock

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall() if self._opened() and self._db else []

    def _opened(self) -> bool:
        """Opens the file, anew where another took its place; whether it can be read."""
        inode = self._path.stat().st_ino if self._path.exists() else 0
        if self._db and inode != self._inode:
            self._db.close()
            self._db = None
        if self._db is None and inode:
            self._db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            self._inode, self._seen = inode, -1
        if self._db is None or self._db.execute("pragma user_version").fetchone()[0] != SHAPE:
            return False
        version = self._db.execute("pragma data_version").fetchone()[0]
        if version != self._seen or len(self._orders) > _KEPT:
            self._orders.clear()
            self._seen = version
        return True

    def _by_stake(self, wanted: Wanted) -> list[str]:
        """The candidates asked for, those with the most at stake first."""
        if not self._opened():
            return []
        if wanted not in self._orders:
            where, values = wanted.where()
            query = (
                "select mapping.iri, kind, score, one.cluster, other.cluster from mapping "
                'left join member as one on one.iri = "left" left join member as other on other.iri = "right" '
                f"where {where}"
            )
            rows = self._rows(query, values)
            sizes = self._sizes({cluster for row in rows for cluster in row[3:]})
            ranked = sorted((-_stake(kind, score, sizes[a], sizes[b]), iri, a, b) for iri, kind, score, a, b in rows)
            if wanted.once:  # the last one to go in is the one with the most at stake
                ranked = sorted({frozenset((row[2], row[3])): row for row in reversed(ranked)}.values())
            self._orders[wanted] = [row[1] for row in ranked]
        return self._orders[wanted]

    def _sizes(self, clusters: Iterable[str | None]) -> dict[str | None, int]:
        """How many nodes each cluster holds; none is as one alone."""
        return {cluster: self._rows(_SIZE, (cluster,))[0][0] if cluster else 1 for cluster in clusters}

    def _labels(self, iris: Iterable[str]) -> dict[str, str]:
        query = "select iri, max(label) from item where iri in (select value from json_each(?)) group by iri"
        return dict(self._rows(query, (orjson.dumps(list(iris)).decode(),)))

    def _links(self, iris: Sequence[str]) -> list[Link]:
        """Mappings by their IRIs, in this order."""
        listed = orjson.dumps(list(iris)).decode()
        query = "select iri, kind, said from mapping where iri in (select value from json_each(?))"
        said = {iri: (kind, Mapping(**orjson.loads(raw))) for iri, kind, raw in self._rows(query, (listed,))}
        ends = {end for _, m in said.values() for end in (m.left, m.right)}
        labels = self._labels(ends)
        listed = orjson.dumps(list(ends)).decode()
        query = "select iri, cluster from member where iri in (select value from json_each(?))"
        homes = dict(self._rows(query, (listed,)))
        sizes = self._sizes({homes.get(end) for end in ends})
        found: list[Link] = []
        for iri in iris:
            if iri in said:
                kind, m = said[iri]
                one, other = homes.get(m.left), homes.get(m.right)
                names = (labels.get(m.left, m.left), labels.get(m.right, m.right))
                found.append(Link(iri, kind, m, names, (one or "", other or ""), (sizes[one], sizes[other])))
        return found


def _stake(kind: str, score: float, left: int, right: int) -> float:
    """Pairs of nodes that a candidate would bring together, times how likely they are one."""
    return min(score, 1.0) * left * (1 if kind == AFFILIATION else right)
