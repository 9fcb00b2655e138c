"""Rows into the index's tables. Each function works within the caller's transaction."""

import re
import sqlite3
from collections.abc import Iterable
from itertools import islice

import orjson

from ontology.iris import digest, normalise
from ontology.terms import EVG, RDF, SKOS, THEME
from service.index.derive import REGISTERS, THEMES, derive, everything_touched, touch, touch_records
from service.index.rows import Rows
from service.index.schema import CONTENT, OWNED, item_id
from service.index.terms import first, nodes, value

BATCH = 1000
_FRESH = "SELECT id FROM fresh"
_MOVED = "SELECT iri FROM moved"
_IN_CLUSTER = f"<{EVG.inCluster}>"
_LABEL = f"<{SKOS.prefLabel}>"
_ENGLISH = re.compile(r'"@en(?:-\w+)?\Z', re.IGNORECASE)


Keyed = tuple[tuple[str, str], Rows | None]
Resolution = tuple[list[tuple[str, str]], list[tuple[str, str]]]
"""Members with their clusters, clusters with their labels."""


def add(db: sqlite3.Connection, records: Iterable[Keyed]) -> None:
    """Replace what is held of some records; what follows from them waits for `derive`."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS fresh(id INTEGER PRIMARY KEY)")
    stream = iter(records)
    while batch := dict(islice(stream, BATCH)):
        _forget(db, batch)
        _insert(db, [rows for rows in batch.values() if rows])
        _assign(db)
        touch_records(db, _FRESH)
        db.execute("DELETE FROM fresh")


def _forget(db: sqlite3.Connection, keys: Iterable[tuple[str, str]]) -> None:
    held = "SELECT id FROM record WHERE source = ? AND key = ?"
    for key in keys:
        row = db.execute(held, key).fetchone()
        if row:
            db.execute("INSERT INTO fresh VALUES (?)", row)
    touch_records(db, _FRESH)
    db.execute(
        "INSERT INTO document_text(document_text, rowid, title, abstract, keywords) "
        f"SELECT 'delete', id, title, abstract, keywords FROM document WHERE id IN ({_FRESH})"
    )
    for table in (*OWNED, "document", "record"):
        column = "id" if table in ("document", "record") else "record"
        db.execute(" ".join(("DELETE FROM", table, "WHERE", column, "IN (", _FRESH, ")")))
    db.execute("DELETE FROM fresh")


def _next(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM record").fetchone()[0])


def _insert(db: sqlite3.Connection, batch: list[Rows]) -> None:
    first = _next(db)
    numbered = list(enumerate(batch, first))
    db.executemany(
        "INSERT INTO record(id, source, key, iri, topic, study, registration, title, doi, year, journal, truncated, "
        "retracted, preprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                *(n, r.source, r.key, r.iri, r.topic, r.study, r.registration, r.title),
                *(r.doi, r.year, r.journal, r.truncated, r.retracted, r.preprint),
            )
            for n, r in numbered
        ),
    )
    db.executemany(
        "INSERT INTO document VALUES (?, ?, ?, ?)",
        ((n, r.title, r.abstract, "; ".join(r.keywords)) for n, r in numbered),
    )
    db.execute(  # a trigger, row by row, would take twice as long
        "INSERT INTO document_text(rowid, title, abstract, keywords) "
        "SELECT id, title, abstract, keywords FROM document WHERE id >= ?",
        (first,),
    )
    db.executemany("INSERT INTO keyword VALUES (?, ?)", ((n, k) for n, r in numbered for k in r.keywords))
    db.executemany("INSERT INTO fresh VALUES (?)", ((n,) for n, _ in numbered))
    db.executemany("INSERT INTO reported VALUES (?, ?)", ((n, study) for n, r in numbered for study in r.studies))
    db.executemany(
        "INSERT INTO person_mention(record, iri, digest, name, sort, raw, role, position, from_end, orcid, alone) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((n, *p) for n, r in numbered for p in r.people),
    )
    db.executemany(
        "INSERT INTO organisation_mention(record, iri, digest, name, kinds, parent, ror, ods, alone) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((n, *o) for n, r in numbered for o in r.organisations),
    )
    owned = (
        ("INSERT OR IGNORE INTO organisation_link VALUES (?, ?, ?)", "links"),
        ("INSERT OR IGNORE INTO affiliation VALUES (?, ?, ?)", "affiliations"),
        ("INSERT INTO opinion VALUES (?, ?, ?, ?, ?, ?)", "opinions"),
        (
            "INSERT INTO evidence(record, iri, theme, role, bit, direction, section, quote, start, end, matched, "
            "negated, hedged, maintained, confidence, section_by, role_by) VALUES (" + ", ".join("?" * 17) + ")",
            "evidence",
        ),
    )
    for sql, name in owned:
        db.executemany(sql, ((n, *row) for n, r in numbered for row in getattr(r, name)))
    db.executemany("INSERT OR IGNORE INTO method VALUES (?, ?)", ((n, m) for n, r in numbered for m in r.methods))


_BELONGS = (
    ("record", "study", "item", "study"),
    ("person_mention", "iri", "person", "alone"),
    ("organisation_mention", "iri", "organisation", "alone"),
)
"""Tables; what may be a member of a cluster; the id of that cluster; the one where it is in none."""


def _assign(db: sqlite3.Connection) -> None:
    """Say which study, person and organisation the rows of fresh records belong to."""
    for table, iri, item, alone in _BELONGS:
        record = "id" if table == "record" else "record"
        db.execute(
            f"UPDATE {table} SET {item} = item_id(coalesce((SELECT cluster FROM member WHERE iri = {table}.{iri}), "
            f"{alone})) WHERE {record} IN ({_FRESH}) AND {iri} IS NOT NULL"
        )


def _move(db: sqlite3.Connection) -> None:
    """Say it of what moved. Most things stand alone, in the cluster that was theirs before: their rows stay."""
    for table, iri, item, alone in _BELONGS:
        db.execute(
            f"UPDATE {table} SET {item} = coalesce((SELECT item FROM moved WHERE iri = {table}.{iri}), "
            f"item_id({alone})) WHERE id IN (SELECT t.id FROM moved CROSS JOIN {table} AS t ON t.{iri} = moved.iri "
            f"WHERE t.{item} IS NOT moved.item)"
        )


def resolve(db: sqlite3.Connection, out: Resolution, into: Resolution) -> None:
    """Follow a change of the resolution graph: who moved to another cluster, which cluster has another name.

    What follows from it waits for `derive`. Few long statements: linking goes on beside them.
    """
    db.execute("CREATE TEMP TABLE IF NOT EXISTS moved(iri TEXT PRIMARY KEY, item INTEGER) WITHOUT ROWID")
    gone, come = dict(out[0]), dict(into[0])
    moved = sorted(iri for iri in gone.keys() | come.keys() if gone.get(iri) != come.get(iri))
    items = {iri: item_id(come[iri]) if iri in come else None for iri in moved}
    db.execute("INSERT INTO moved SELECT key, value FROM json_each(?)", (orjson.dumps(items),))
    _touch_moved(db)
    labels = dict(out[1]), dict(into[1])
    for table, column, was, now in (("member", "cluster", gone, come), ("cluster", "label", *labels)):
        db.execute(
            f"DELETE FROM {table} WHERE iri IN (SELECT iri FROM json_each(?) CROSS JOIN {table} ON iri = key "
            f"WHERE {column} = value)",
            (orjson.dumps(was),),
        )
        db.execute(f"INSERT OR REPLACE INTO {table} SELECT key, value FROM json_each(?)", (orjson.dumps(now),))
    if not everything_touched(db):
        named = {iri for iri, _ in (*out[1], *into[1])}
        registered = {cluster for iri, cluster in (*out[0], *into[0]) if iri.startswith(REGISTERS)}
        touched = [*(("person", iri) for iri in named), *(("organisation", iri) for iri in named | registered)]
        db.executemany("INSERT OR IGNORE INTO touched SELECT ?, item_id(?)", touched)
    _move(db)
    _touch_moved(db)
    db.execute("DELETE FROM moved")


def _touch_moved(db: sqlite3.Connection) -> None:
    for kind in ("person", "organisation"):
        moved = f"FROM {kind}_mention WHERE iri IN ({_MOVED})"
        touch(db, kind, f"SELECT {kind} AS id {moved}")
        touch(db, "study", f"SELECT item AS id FROM record WHERE item IS NOT NULL AND id IN (SELECT record {moved})")
    touch(db, "study", f"SELECT item AS id FROM record WHERE study IN ({_MOVED})")
    touch(db, "organisation", f"SELECT organisation AS id FROM organisation_mention WHERE parent IN ({_MOVED})")
    # The count of publications hangs on the clusters of works, that of studies on those of studies.
    works = f"SELECT id FROM record WHERE topic IN ({_MOVED}) OR study IN ({_MOVED})"
    touch(db, "person", f"SELECT person AS id FROM person_mention WHERE record IN ({works})")
    touch(db, "organisation", f"SELECT organisation AS id FROM organisation_mention WHERE record IN ({works})")


def resolution(statements: Iterable[str]) -> Resolution:
    """What statements of the resolution graph say of clusters."""
    members: list[tuple[str, str]] = []
    labels: list[tuple[str, str]] = []
    for line in statements:
        subject, predicate, term = line.split(" ", 2)
        if predicate == _IN_CLUSTER:
            members.append((value(subject), value(term)))
        elif predicate == _LABEL:
            labels.append((value(subject), value(term)))
    return members, labels


def members(db: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Fill the tables of clusters from a whole resolution graph."""
    stream = iter(statements)
    while batch := list(islice(stream, 10_000)):
        of, labels = resolution(batch)
        db.executemany("INSERT OR REPLACE INTO member VALUES (?, ?)", of)
        db.executemany("INSERT OR REPLACE INTO cluster VALUES (?, ?)", labels)


def concepts(db: sqlite3.Connection, graph: str, statements: Iterable[str]) -> bool:
    """Replace the concepts of one graph. Returns whether it has any or had some.

    A concept is called by its English label where it has one.
    """
    changed = False
    lines = list(statements)
    said = (line.split(" ", 2) for line in lines)
    english = {value(s): value(o) for s, p, o in said if p == _LABEL and _ENGLISH.search(o)}
    for table in ("concept", "concept_label", "concept_broader"):
        changed |= db.execute(" ".join(("DELETE FROM", table, "WHERE graph = ?")), (graph,)).rowcount > 0
    for iri, node in nodes(lines).items():
        label = english.get(iri) or first(node, SKOS.prefLabel)
        types = node.get(RDF.type, ())
        if label is None or not (EVG.Theme in types or SKOS.Concept in types):
            continue
        changed = True
        name = _last(iri)
        row = (iri, graph, name, label, first(node, SKOS.definition), EVG.Theme in types)
        db.execute("INSERT INTO concept VALUES (?, ?, ?, ?, ?, ?)", row)
        every = (t for p in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel) for t in node.get(p, ()))
        folded = {normalise(text) for text in (*every, name)} - {""}
        db.executemany("INSERT INTO concept_label VALUES (?, ?, ?)", ((iri, graph, f) for f in folded))
        broader = set(node.get(SKOS.broader, ()))
        db.executemany("INSERT INTO concept_broader VALUES (?, ?, ?)", ((iri, graph, b) for b in broader))
    if changed:
        _name_apart(db)
    return changed


def _last(iri: str) -> str:
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]


def _name_apart(db: sqlite3.Connection) -> None:
    """Give every theme a short name of its own: of several with one, ours has it as it is, or the first by IRI."""
    held = db.execute("SELECT DISTINCT iri FROM concept WHERE theme ORDER BY iri").fetchall()
    taken: set[str] = set()
    for _, iri in sorted((not iri.startswith(THEME.namespace), iri) for (iri,) in held):
        name = _last(iri)
        if name in taken:
            name = f"{name}-{digest(iri, 6)}"
        taken.add(name)
        db.execute("UPDATE concept SET name = ? WHERE iri = ? AND theme AND name != ?", (name, iri, name))


def themes(db: sqlite3.Connection) -> None:
    """Make the hierarchy's closure anew."""
    for statement in THEMES:
        db.execute(statement)


def vocabulary(db: sqlite3.Connection, graph: str, statements: Iterable[str]) -> None:
    """Replace the concepts of one graph and, where the hierarchy changed by it, what studies count for."""
    if not concepts(db, graph, statements):
        return
    before = set(db.execute("SELECT theme, broader FROM theme_up"))
    themes(db)
    changed = before ^ set(db.execute("SELECT theme, broader FROM theme_up"))
    if changed:
        hung = "SELECT r.item AS id FROM evidence AS e JOIN record AS r ON r.id = e.record WHERE e.theme = ?"
        for theme in {theme for theme, _ in changed}:
            touch(db, "study", f"{hung} AND r.item IS NOT NULL", (theme,))
        derive(db)


def clear(db: sqlite3.Connection) -> None:
    """Empty every table but `meta` and `intent`."""
    for name in CONTENT:
        db.execute(" ".join(("DELETE FROM", name)))
    db.execute("INSERT INTO document_text(document_text) VALUES ('delete-all')")
