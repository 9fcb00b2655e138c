"""Themes: what studies can be asked about, with how many there are by role."""

import sqlite3

import queries
from ontology.iris import normalise
from ontology.terms import EVG, SKOS
from service.answers.common import THESE, Found, Item, Knowledge, listed, rows
from service.answers.errors import BadQuestion, NotKnown
from service.answers.items import labels
from service.answers.names import near_themes, theme_iris
from service.index.rows import REPORTING, ROLE_BITS

_MATCHES = {SKOS[name]: name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}


async def find(known: Knowledge, q: str = "", limit: int = 1000, offset: int = 0) -> Found:
    """Themes by label, each with its counts of studies; `q` is a part of any of its labels. Raises TooSlow.

    A theme's counts include the studies of its narrower themes.
    """
    folded = normalise(q)

    def work(db: sqlite3.Connection) -> Found:
        wanted = {
            row[0]
            for row in rows(
                db,
                "SELECT c.iri FROM concept AS c LEFT JOIN concept_label AS l ON l.iri = c.iri AND l.graph = c.graph",
                "WHERE c.theme AND instr(coalesce(l.folded, ''), ?)",
                "UNION SELECT theme FROM theme_count WHERE instr(theme, ?)",
                values=(folded, folded.replace(" ", "-")),
            )
        }
        known_ = labels(db, wanted)
        ordered = sorted(wanted, key=lambda iri: (known_[iri][1].casefold(), iri))
        return Found(_items(db, ordered[offset : offset + limit]), len(ordered), limit, offset)

    return await known.index.read(work)


def _items(db: sqlite3.Connection, iris: list[str]) -> list[Item]:
    these = (listed(iris),)
    near = {
        direction: rows(db, "SELECT iri, broader FROM concept_broader WHERE", column, "IN", THESE, values=these)
        for direction, column in (("broader", "iri"), ("narrower", "broader"))
    }
    named = labels(db, {*iris, *(iri for pairs in near.values() for pair in pairs for iri in pair)})
    defined = rows(db, "SELECT iri, definition FROM concept WHERE iri IN", THESE, values=these)
    described = {row["iri"]: row["definition"] for row in defined}
    found: dict[str, Item] = {}
    for iri in iris:
        name, label = named[iri]
        found[iri] = {
            "theme": name,
            "iri": iri,
            "url": f"/theme/{name}",
            "label": label,
            "definition": described.get(iri),
            "broader": sorted({named[b][0] for a, b in near["broader"] if a == iri}),
            "narrower": sorted({named[a][0] for a, b in near["narrower"] if b == iri}),
            "studies": 0,
            "reports": 0,
            "roles": dict.fromkeys(ROLE_BITS, 0),
        }
    for row in rows(db, "SELECT theme, roles, n FROM theme_count WHERE theme IN", THESE, values=these):
        item, roles = found[row["theme"]], row["roles"]
        item["studies"] += row["n"]
        item["reports"] += row["n"] if roles & REPORTING else 0
        for role, bit in ROLE_BITS.items():
            item["roles"][role] += row["n"] if roles & bit else 0
    return list(found.values())


async def theme(known: Knowledge, name: str) -> Item:
    """One theme, given by short name, IRI or label. Raises NotKnown, with neighbours; TooSlow."""

    def work(db: sqlite3.Connection) -> Item:
        try:
            iris = theme_iris(db, name)
        except BadQuestion:
            raise NotKnown("theme", name, near_themes(db, name)) from None
        return _items(db, list(iris[:1]))[0]

    item = await known.index.read(work)
    said: dict[str, list[str]] = {}
    for row in await known.ask(queries.bind("theme", theme=item["iri"])):
        said.setdefault(row["predicate"].value, []).append(row["object"].value)
    polarity = [value for predicate, value in said.items() if predicate == EVG.improvementIs]
    return item | {
        "alternative_labels": sorted(said.get(SKOS.altLabel, ())),
        "matches": [{"relation": kind, "iri": iri} for p, kind in _MATCHES.items() for iri in sorted(said.get(p, ()))],
        "polarity": polarity[0][0].rpartition("/")[2] if polarity else None,
    }
