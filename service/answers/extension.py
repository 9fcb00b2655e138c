"""Further values of entities that were matched, and what somebody may mean who types the beginning of a name."""

import sqlite3
from collections.abc import Sequence

from ontology.iris import normalise
from service.answers.common import Item, Knowledge, rows, words
from service.answers.entities import PROPERTIES, TYPES, Entity, by_key, describe, load, mesh_ids, nouns, values
from service.answers.errors import BadQuestion

_NAMED = (
    "SELECT t.id FROM {noun}_name AS f JOIN {noun} AS t ON t.id = f.rowid "
    "WHERE f.names MATCH ? ORDER BY t.studies DESC, t.sort, t.id LIMIT ?"
)
_THEMES = (
    "SELECT DISTINCT c.iri FROM concept_label AS l JOIN concept AS c USING (iri, graph) WHERE c.theme AND "
    "(l.folded >= ?1 AND l.folded < ?1 || char(1114111) OR instr(l.folded, ' ' || ?1)) ORDER BY c.label LIMIT ?2"
)


async def extend(known: Knowledge, ids: Sequence[str], pids: Sequence[str]) -> Item:
    """Values of properties of entities: `meta` and `rows` of a data extension. Raises BadQuestion, TooSlow."""
    if unknown := [pid for pid in pids if pid not in PROPERTIES]:
        raise BadQuestion("extend", f"there is no property {unknown[0][:40]!r}", tuple(PROPERTIES))
    mesh = await mesh_ids(known) if "mesh" in pids else {}

    def work(db: sqlite3.Connection) -> dict[str, Item]:
        found = by_key(db, ids, known.iris)
        return {
            key: {pid: values(db, found[key], pid, known.iris, mesh) if key in found else [] for pid in pids}
            for key in ids
        }

    meta: list[Item] = []
    for pid in pids:
        kind = PROPERTIES[pid].value
        meta.append({"id": pid, "name": PROPERTIES[pid].name})
        if kind in TYPES:
            meta[-1]["type"] = {"id": kind, "name": TYPES[kind]}
    return {"meta": meta, "rows": await known.index.read(work)}


async def suggest(known: Knowledge, prefix: str, types: Sequence[str], limit: int, offset: int) -> list[Item]:
    """Entities by key or by the beginnings of their names' words, those with most studies first. Raises TooSlow."""

    def work(db: sqlite3.Connection) -> list[Entity]:
        found = list(by_key(db, [prefix], known.iris).values())
        text, most = words(prefix), 2 * (limit + offset)
        for noun in ("theme", "organisation", "person") if text else ():
            if noun in nouns(types):
                sql, asked = (_THEMES, normalise(prefix)) if noun == "theme" else (_NAMED.format(noun=noun), text)
                ids = [row[0] for row in rows(db, sql, values=(asked, most))]
                by_id = {e.row["iri" if noun == "theme" else "id"]: e for e in load(db, noun, ids, known.iris)}
                found += [by_id[id_] for id_ in ids if id_ in by_id]
        return found

    held = {e.id: e for e in await known.index.read(work) if not types or set(types) & set(e.types)}
    return [
        {"id": e.id, "name": e.name, "description": describe(e), "notable": e.typed}
        for e in list(held.values())[offset : offset + limit]
    ]


async def entity(known: Knowledge, key: str) -> tuple[Entity, int] | None:
    """The entity of a key with its number of studies, None where there is none. Raises TooSlow."""

    def work(db: sqlite3.Connection) -> tuple[Entity, int] | None:
        found = by_key(db, [key], known.iris).get(key)
        return (found, values(db, found, "studies", known.iris, {})[0]["int"]) if found else None

    return await known.index.read(work)
