"""How much there is."""

import sqlite3

from service.answers.common import Item, Knowledge, number, rows

_COUNTS = {
    "studies": "SELECT count(*) FROM study",
    "registered": "SELECT count(*) FROM study WHERE registered",
    "publications": "SELECT count(DISTINCT topic) FROM record WHERE NOT registration",
    "people": "SELECT count(*) FROM person",
    "organisations": "SELECT count(*) FROM organisation",
    "recs": "SELECT count(*) FROM organisation WHERE kinds & 8 OR reviewed",
    "themes": "SELECT count(DISTINCT theme) FROM theme_count",
    "evidence": "SELECT count(*) FROM evidence",
    "records": "SELECT count(*) FROM record",
}


async def totals(known: Knowledge) -> Item:
    """Counts of everything, and of records by source. `themes` are those that some study has. Raises TooSlow."""

    def count(db: sqlite3.Connection) -> Item:
        found: Item = {name: number(db, sql) for name, sql in _COUNTS.items()}
        by_source = rows(db, "SELECT source, count(*) AS records FROM record GROUP BY source ORDER BY source")
        return found | {"sources": [dict(row) for row in by_source], "revision": known.revision}

    return dict(await known.index.read(lambda db: known.index.kept(db, "totals", count)))
