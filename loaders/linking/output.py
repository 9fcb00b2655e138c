"""What linking holds at present, row by row, and how that differs from what it held before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
        self._rows: dict[str, list[str]] = {}

    @property
    def any(self) -> bool:
        """Whether there are any rows."""
        return self._db.execute("select 1 from member limit 1").fetchone() is not None

    def begin(self) -> None:
        """What is done from here on makes the next difference."""
        self._removed, self._added, self._rows = set(), set(), {}

    def delta(self) -> Delta:
        """The difference that was made, each list sorted. It is kept in place of the one before: what goes by its
        statements, what comes by the rows that stand for it.
        """
        removed, added, rows = self._removed, self._added, self._rows
        self.begin()
        both = removed & added
        removed -= both
        added -= both
        self.forget()
        delta = Delta(sorted(removed), sorted(added))
        if removed or added:
            self._db.execute("insert into kept values (?, ?)", (orjson.dumps(delta.removed), orjson.dumps(rows)))
        return delta

    def kept(self) -> Delta | None:
        """The difference that is kept. Statements may be among those to come that were there before."""
        row = self._db.execute("select removed, rows from kept").fetchone()
        if row is None:
            return None
        added: set[str] = set()
        for table, iris in orjson.loads(row[1]).items():
            said = "cluster" if table == "member" else "said"
            found = self._tables.among(f"select iri, {said} from wanted cross join {table} on iri = value", iris)
            added.update(line for row in found for line in self._lines(table, *row))
        removed = [line for line in orjson.loads(row[0]) if line not in added]
        return Delta(removed, sorted(added))

    def forget(self) -> None:
        """Keeps no difference any more."""
        self._db.execute("delete from kept")

    def place(self, homes: Mapping[str, str | None], clusters: Mapping[str, statements.Cluster]) -> None:
        """Puts members into clusters (None: the member is no more). `clusters` are those that they go to."""
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
        moved = [(m, h) for m, h in homes.items() if h and before.get(m) != h]
        self._db.executemany("insert or replace into member values (?, ?)", moved)
        self._rows.setdefault("member", []).extend(member for member, _ in moved)
        query = "select value from wanted where not exists (select 1 from member where cluster = value)"
        empty = {row[0] for row in self._tables.among(query, left - clusters.keys())}
        self._write("cluster", dict.fromkeys(empty) | {i: packed(c) for i, c in clusters.items()})

    def map(self, kind: str, ends: Collection[str], mappings: Iterable[statements.Mapping]) -> None:
        """Replaces the mappings that were made for things of a kind and have an end among `ends`."""
        wanted: dict[str, bytes | None] = {}
        for side in ("left", "right"):
            query = f"select mapping.iri, kind from wanted cross join mapping on {side} = value"
            made = (kind, AFFILIATION) if kind == "person" else (kind,)
            wanted.update((iri, None) for iri, made_for in self._tables.among(query, ends) if made_for in made)
        for mapping in mappings:
            wanted[statements.mapping_iri(self._iris, mapping)] = packed(mapping)
        self._write("mapping", wanted, kind)

    def _write(self, table: str, rows: Mapping[str, bytes | None], kind: str = "") -> None:
        query = f"select iri, said from wanted cross join {table} on iri = value"
        before = dict(self._tables.among(query, rows))
        changed = {iri: said for iri, said in rows.items() if before.get(iri) != said}
        for iri, said in changed.items():
            if iri in before:
                self._removed.update(self._lines(table, iri, before[iri]))
            if said is not None:
                self._added.update(self._lines(table, iri, said))
        gone = ((iri,) for iri, said in changed.items() if said is None)
        self._db.executemany(f"delete from {table} where iri = ?", gone)
        kept = [(iri, said) for iri, said in changed.items() if said is not None]
        self._rows.setdefault(table, []).extend(iri for iri, _ in kept)
        if table == "cluster":
            self._db.executemany("insert or replace into cluster values (?, ?)", kept)
        else:
            mappings = (_mapping_row(iri, kind, said) for iri, said in kept)
            self._db.executemany("insert or replace into mapping values (?, ?, ?, ?, ?, ?, ?, ?)", mappings)

    def _lines(self, table: str, iri: str, said: Any) -> list[str]:
        """The statements that a row stands for."""
        if table == "member":
            return [statements.member_line(iri, said)]
        if table == "cluster":
            return statements.cluster_lines(iri, statements.Cluster(**orjson.loads(said)))
        return statements.mapping_lines(iri, statements.Mapping(**orjson.loads(said)))


def _mapping_row(iri: str, kind: str, said: bytes) -> tuple[str, str, str, str, bytes, str, float, str]:
    """A mapping as a row; `kind` is what it was made for."""
    mapping = statements.Mapping(**orjson.loads(said))
    kind = AFFILIATION if mapping.predicate == EVG.inferredAffiliation else kind
    return iri, kind, mapping.left, mapping.right, said, mapping.status, mapping.score, mapping.by
