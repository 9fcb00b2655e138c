"""What linking holds at present, row by row, and how that differs from what it held before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from loaders.linking import statements
from loaders.linking.decisions import AFFILIATION
from loaders.linking.tables import Tables
from loaders.linking.things import packed
from ontology.iris import Iris
from ontology.terms import EVG


@dataclass(frozen=True, slots=True)
class Delta:
    """Statements of the resolution graph (N-Triples without the dot) to take out and to put in."""

    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


class Output:
    """The rows that became statements, and the difference that an update makes."""

    def __init__(self, tables: Tables, iris: Iris) -> None:
        self._db = tables.db
        self._tables = tables
        self._iris = iris
        self._removed: set[str] = set()
        self._added: set[str] = set()
        self.anew = False
        """Whether there was nothing before: then every row counts, and `everything` is the difference."""

    def delta(self) -> Delta:
        """The difference since the last call, each list sorted."""
        removed, added = self._removed, self._added
        self._removed, self._added = set(), set()
        both = removed & added
        removed -= both
        added -= both
        return Delta(sorted(removed), sorted(added))

    def everything(self) -> Iterable[str]:
        """Every statement that the rows stand for."""
        for iri, home in self._db.execute("select iri, cluster from member"):
            yield statements.member_line(iri, home)
        for iri, said in self._db.execute("select iri, said from cluster"):
            yield from self._cluster_lines(iri, said)
        for iri, said in self._db.execute("select iri, said from mapping"):
            yield from self._mapping_lines(iri, said)

    def place(self, homes: Mapping[str, str | None], clusters: Mapping[str, statements.Cluster]) -> None:
        """Puts members into clusters (None: the member is no more). `clusters` are those that they go to."""
        if self.anew:
            self._db.executemany("insert or replace into member values (?, ?)", homes.items())
            rows = ((iri, packed(cluster)) for iri, cluster in clusters.items())
            self._db.executemany("insert or replace into cluster values (?, ?)", rows)
            return
        before = dict(self._tables.among("select iri, cluster from wanted cross join member on iri = value", homes))
        left: set[str] = set()
        for member, home in homes.items():
            was = before.get(member)
            if was == home:
                continue
            if was:
                self._removed.add(statements.member_line(member, was))
                left.add(was)
            if home:
                self._added.add(statements.member_line(member, home))
        self._db.executemany("delete from member where iri = ?", ((m,) for m, h in homes.items() if h is None))
        moved = ((m, h) for m, h in homes.items() if h and before.get(m) != h)
        self._db.executemany("insert or replace into member values (?, ?)", moved)
        query = "select value from wanted where not exists (select 1 from member where cluster = value)"
        empty = {row[0] for row in self._tables.among(query, left - clusters.keys())}
        self._write("cluster", dict.fromkeys(empty) | {i: packed(c) for i, c in clusters.items()})

    def map(self, kind: str, ends: Collection[str], mappings: Iterable[statements.Mapping]) -> None:
        """Replaces the mappings that were made for things of a kind and have an end among `ends`."""
        if self.anew:
            self._put(kind, ((statements.mapping_iri(self._iris, m), packed(m)) for m in mappings))
            return
        wanted: dict[str, bytes | None] = {}
        for side in ("left", "right"):
            query = f"select mapping.iri, kind from wanted cross join mapping on {side} = value"
            made = (kind, AFFILIATION) if kind == "person" else (kind,)
            wanted.update((iri, None) for iri, made_for in self._tables.among(query, ends) if made_for in made)
        for mapping in mappings:
            wanted[statements.mapping_iri(self._iris, mapping)] = packed(mapping)
        self._write("mapping", wanted, kind)

    def _write(self, table: str, rows: Mapping[str, bytes | None], kind: str = "") -> None:
        lines = self._cluster_lines if table == "cluster" else self._mapping_lines
        query = f"select iri, said from wanted cross join {table} on iri = value"
        before = dict(self._tables.among(query, rows))
        changed = {iri: said for iri, said in rows.items() if before.get(iri) != said}
        for iri, said in changed.items():
            if iri in before:
                self._removed.update(lines(iri, before[iri]))
            if said is not None:
                self._added.update(lines(iri, said))
        gone = ((iri,) for iri, said in changed.items() if said is None)
        self._db.executemany(f"delete from {table} where iri = ?", gone)
        kept = ((iri, said) for iri, said in changed.items() if said is not None)
        if table == "cluster":
            self._db.executemany("insert or replace into cluster values (?, ?)", kept)
        else:
            self._put(kind, kept)

    def _put(self, kind: str, mappings: Iterable[tuple[str, bytes]]) -> None:
        rows = (_mapping_row(iri, kind, said) for iri, said in mappings)
        self._db.executemany("insert or replace into mapping values (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _cluster_lines(self, iri: str, said: bytes) -> list[str]:
        return statements.cluster_lines(iri, statements.Cluster(**orjson.loads(said)))

    def _mapping_lines(self, iri: str, said: bytes) -> list[str]:
        return statements.mapping_lines(iri, statements.Mapping(**orjson.loads(said)))


def _mapping_row(iri: str, kind: str, said: bytes) -> tuple[str, str, str, str, bytes, str, float, str]:
    """A mapping as a row; `kind` is what it was made for."""
    mapping = statements.Mapping(**orjson.loads(said))
    kind = AFFILIATION if mapping.predicate == EVG.inferredAffiliation else kind
    return iri, kind, mapping.left, mapping.right, said, mapping.status, mapping.score, mapping.by
