"""What somebody may mean who has typed the beginning of a name."""

import sqlite3

from ontology.iris import normalise
from service.answers.common import Item, Knowledge, rows, url_of, words

_NAMED = (
    "SELECT p.name, p.iri, p.kinds FROM {noun}_name AS f JOIN {table} AS p ON p.id = f.rowid "
    "WHERE f.names MATCH ? ORDER BY p.studies DESC, p.sort LIMIT ?"
)


async def suggest(known: Knowledge, q: str, limit: int = 10) -> list[Item]:
    """Themes, people, organisations and RECs that a text may mean, themes first. Raises TooSlow."""
    folded, text = normalise(q), words(q)
    if not text:
        return []

    def work(db: sqlite3.Connection) -> list[Item]:
        themes = rows(
            db,
            "SELECT DISTINCT c.label, c.name FROM concept_label AS l JOIN concept AS c USING (iri, graph)",
            "WHERE c.theme AND (l.folded >= ?1 AND l.folded < ?1 || char(1114111) OR instr(l.folded, ' ' || ?1))",
            "ORDER BY c.label LIMIT ?2",
            values=(folded, limit),
        )
        found = [{"kind": "theme", "name": row["label"], "url": f"/theme/{row['name']}"} for row in themes]
        people = _NAMED.format(noun="person", table="(SELECT *, 0 AS kinds FROM person)")
        others = _NAMED.format(noun="organisation", table="organisation")
        for kind, sql in (("person", people), ("organisation", others)):
            for row in rows(db, sql, values=(text, limit)):
                noun = "rec" if row["kinds"] & 8 else kind
                found.append({"kind": noun, "name": row["name"], "url": url_of(row["iri"], known.iris)})
        return found[:limit]

    return await known.index.read(work)
