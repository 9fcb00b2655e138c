"""What a reconciliation service has: entities with their types, names, identifiers and further properties."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import queries
from ontology.iris import Iris
from service.answers.common import THESE, Item, Knowledge, key_of, listed, number, rows
from service.answers.items import labels
from service.answers.names import digest_of, with_units
from service.answers.question import INVOLVED
from service.index.rows import KIND_BITS, REPORTING

TYPES = {
    "organisation": "Organisation",
    "rec": "Research ethics committee (REC)",
    "person": "Person",
    "theme": "Theme",
}
"""Types by id. A REC is an organisation too."""
MESH = "http://id.nlm.nih.gov/mesh/"
"""What the IRIs of MeSH begin with: names, as the themes have them, and no addresses."""
SHOWN = 50
"""Values of one property that are told."""
_REC = KIND_BITS["rec"]


class Property(NamedTuple):
    """`types`: which entities have it. `value`: "text", "number", or the type of the entities that it leads to."""

    name: str
    types: tuple[str, ...]
    value: str
    about: str


_BODIES = ("organisation", "rec")
PROPERTIES = {
    "ror": Property("ROR identifier", _BODIES, "text", "Research Organization Registry, the last nine characters"),
    "ods": Property("NHS ODS code", _BODIES, "text", "Code of an NHS organisation"),
    "orcid": Property("ORCID", ("person",), "text", "Sixteen characters with hyphens"),
    "mesh": Property("MeSH identifier", ("theme",), "text", "Of a term that means the same or nearly so"),
    "kind": Property("Kind", _BODIES, "text", f"{', '.join(KIND_BITS)} or other"),
    "part-of": Property("Part of", _BODIES, "organisation", "The organisation that it is a unit of"),
    "affiliation": Property("Affiliation", ("person",), "organisation", "An organisation that publications name"),
    "coauthor": Property("Co-author", ("person",), "person", "Somebody who has published with them"),
    "rec-reference": Property("REC reference", ("rec",), "text", "Of an opinion that it gave, such as 14/LO/1234"),
    "broader": Property("Broader theme", ("theme",), "theme", "The next one up"),
    "narrower": Property("Narrower theme", ("theme",), "theme", "The next ones down"),
    "definition": Property("Definition", ("theme",), "text", "What the theme means"),
    "spelling": Property("Spellings", ("person", *_BODIES), "text", "Every form of the name in a source"),
    "studies": Property("Studies", tuple(TYPES), "number", "Involved in; of a theme: with evidence on it"),
    "reporting": Property("Reporting studies", ("theme",), "number", "Studies that measured it or found something"),
    "publications": Property("Publications", ("person",), "number", "Versions of one work count once"),
    "sponsored": Property("Sponsored studies", _BODIES, "number", "Studies that it sponsors"),
    "reviewed": Property("Reviewed studies", ("rec",), "number", "Studies that it gave an opinion on"),
    "iri": Property("IRI", tuple(TYPES), "text", "Its name in the graph, for SPARQL"),
}
"""What can be asked of an entity, and what narrows a search."""


@dataclass(slots=True)
class Entity:
    """`noun` is its family: person, organisation or theme; `row` what the index says of it."""

    noun: str
    row: Mapping[str, object]
    id: str
    name: str
    names: list[str] = field(default_factory=list)

    @property
    def types(self) -> tuple[str, ...]:
        if self.noun == "organisation" and (int(str(self.row["kinds"])) & _REC or self.row["reviewed"]):
            return ("rec", "organisation")
        return (self.noun,)

    @property
    def typed(self) -> list[Item]:
        return [{"id": name, "name": TYPES[name]} for name in self.types]


def describe(entity: Entity) -> str:
    """A line that tells an entity from its namesakes."""
    row = entity.row
    if entity.noun == "theme":
        return str(row["definition"] or "Theme")[:200]
    parts = [TYPES[entity.types[0]]]
    if entity.noun == "organisation":
        kinds = [name for name, bit in KIND_BITS.items() if int(str(row["kinds"])) & bit and name != "rec"]
        parts = [kinds[-1].replace("-", " ") if kinds and entity.types[0] != "rec" else parts[0]]
    parts += [
        f"{name} {row[key]}" for key, name in (("ror", "ROR"), ("ods", "ODS"), ("orcid", "ORCID")) if row.get(key)
    ]
    studies = int(str(row["studies"])) + int(str(row.get("reviewed") or 0))
    parts[0] = parts[0][:1].upper() + parts[0][1:]
    return ", ".join([*parts, f"{studies} {'study' if studies == 1 else 'studies'}"])


def nouns(types: Iterable[str]) -> set[str]:
    """The families that entities of some types are in; of no types, all."""
    found = {"organisation" if name in _BODIES else name for name in types if name in TYPES}
    return found or {"person", "organisation", "theme"}


def load(db: sqlite3.Connection, noun: str, ids: Sequence[object], iris: Iris) -> list[Entity]:
    """Entities by their ids in the index (themes: by IRI), each with every spelling."""
    these = (listed(ids),)
    if noun == "theme":
        called = labels(db, (str(iri) for iri in ids))
        sql = f"SELECT iri, max(definition) AS definition FROM concept WHERE iri IN {THESE} GROUP BY iri"
        of = {row["iri"]: dict(row) for row in rows(db, sql, values=these)}
        made = [Entity(noun, of.get(str(iri), {"iri": iri, "definition": None}), *called[str(iri)]) for iri in ids]
        sql = f"SELECT DISTINCT iri, folded FROM concept_label WHERE iri IN {THESE}"
        spelt = [(row["iri"], row["folded"]) for row in rows(db, sql, values=these)]
    else:
        held = rows(db, "SELECT * FROM", noun, "WHERE id IN", THESE, values=these)
        made = [Entity(noun, dict(row), key_of(row["iri"], iris), row["name"]) for row in held]
        columns = "person AS of, raw AS said" if noun == "person" else "organisation AS of, name AS said"
        sql = f"SELECT DISTINCT {columns} FROM {noun}_mention WHERE {noun} IN {THESE} ORDER BY said"
        spelt = [(row["of"], row["said"]) for row in rows(db, sql, values=these)]
    by = {entity.row["iri" if noun == "theme" else "id"]: entity for entity in made}
    for which, said in spelt:
        if which in by:
            by[which].names.append(said)
    return made


def by_key(db: sqlite3.Connection, keys: Sequence[str], iris: Iris) -> dict[str, Entity]:
    """Entities by keys, as far as there are any: any mention's twelve digits lead to the present cluster."""
    found: dict[str, Entity] = {}
    for noun in ("person", "organisation"):
        wanted = {digest_of(key): key for key in keys if digest_of(key)}
        sql = f"SELECT digest, {noun} AS id FROM {noun}_mention WHERE digest IN {THESE}"
        ids = {row["digest"]: row["id"] for row in rows(db, sql, values=(listed(wanted),))}
        loaded = {entity.row["id"]: entity for entity in load(db, noun, list(set(ids.values())), iris)}
        of_digest = {digest: loaded[id_] for digest, id_ in ids.items() if id_ in loaded}
        found |= {key: of_digest[digest_of(key)] for key in keys if digest_of(key) in of_digest}
    sql = f"SELECT DISTINCT iri, name FROM concept WHERE theme AND name IN {THESE}"
    names = {row["name"]: row["iri"] for row in rows(db, sql, values=(listed(keys),))}
    themes = {entity.id: entity for entity in load(db, "theme", list(names.values()), iris)}
    return found | {key: themes[key] for key in keys if key in themes and key not in found}


async def mesh_ids(known: Knowledge) -> dict[str, list[str]]:
    """The MeSH ids of themes, by the theme's IRI."""
    found: dict[str, list[str]] = {}
    for row in await known.ask(queries.bind("theme_matches")):
        if row["term"].value.startswith(MESH):
            found.setdefault(row["theme"].value, []).append(row["term"].value.removeprefix(MESH))
    return found


_AFFILIATIONS = (
    "SELECT DISTINCT o.iri, o.name, o.sort FROM person_mention AS m JOIN affiliation AS a ON a.record = m.record "
    "AND a.person = m.iri JOIN organisation_mention AS n ON n.iri = a.organisation "
    "JOIN organisation AS o ON o.id = n.organisation WHERE m.person = ? ORDER BY o.sort, o.iri LIMIT ?"
)
_COAUTHORS = (
    "SELECT p.iri, p.name, count(DISTINCT a.study) AS n FROM study_person AS a JOIN study_person AS b "
    "ON b.study = a.study AND b.role = 'author' AND b.person != a.person JOIN person AS p ON p.id = b.person "
    "WHERE a.person = ? AND a.role = 'author' GROUP BY p.id ORDER BY n DESC, p.sort, p.id LIMIT ?"
)
_PARENTS = (
    "SELECT o.iri, o.name FROM organisation_up AS u JOIN organisation AS o ON o.id = u.parent "
    "WHERE u.organisation = ? ORDER BY o.sort, o.id LIMIT ?"
)
_REFERENCES = (
    "SELECT DISTINCT o.reference FROM opinion AS o JOIN organisation_mention AS m ON m.iri = o.rec "
    "WHERE m.organisation = ? AND o.reference IS NOT NULL ORDER BY 1 LIMIT ?"
)
_LINKED = {"affiliation": _AFFILIATIONS, "coauthor": _COAUTHORS, "part-of": _PARENTS}
_NEAR = {"broader": ("iri", "broader"), "narrower": ("broader", "iri")}


def values(db: sqlite3.Connection, entity: Entity, pid: str, iris: Iris, mesh: Mapping[str, list[str]]) -> list[Item]:
    """An entity's values of a property, at most 50, as the reconciliation API writes them: `str`, `int`, or id, name.

    What it does not have, or no source says, is no value.
    """
    asked, row = PROPERTIES.get(pid), entity.row
    if asked is None or not set(asked.types) & set(entity.types):
        return []
    if asked.value == "number":
        return [{"int": _number(db, entity, pid)}]
    if pid in _LINKED:
        held = rows(db, _LINKED[pid], values=(row["id"], SHOWN))
        return [{"id": key_of(r["iri"], iris), "name": r["name"]} for r in held]
    if pid in _NEAR:
        own, other = _NEAR[pid]
        sql = f"SELECT DISTINCT {other} FROM concept_broader WHERE {own} = ? LIMIT ?"
        called = labels(db, [r[0] for r in rows(db, sql, values=(row["iri"], SHOWN))])
        return [{"id": name, "name": label} for name, label in sorted(called.values())]
    return [{"str": text} for text in _texts(db, entity, pid, mesh)[:SHOWN]]


def _texts(db: sqlite3.Connection, entity: Entity, pid: str, mesh: Mapping[str, list[str]]) -> list[str]:
    row = entity.row
    if pid == "mesh":
        return mesh.get(str(row["iri"]), [])
    if pid == "spelling":
        return entity.names
    if pid == "kind":
        return [name for name, bit in KIND_BITS.items() if int(str(row["kinds"])) & bit] or ["other"]
    if pid == "rec-reference":
        return [r[0] for r in rows(db, _REFERENCES, values=(row["id"], SHOWN))]
    value = row.get(pid)
    return [str(value)] if value is not None else []


def _number(db: sqlite3.Connection, entity: Entity, pid: str) -> int:
    if entity.noun == "theme":
        mask = REPORTING if pid == "reporting" else sum(1 << bit for bit in range(16))
        sql = "SELECT coalesce(sum(n), 0) FROM theme_count WHERE theme = ? AND roles & ?"
        return number(db, sql, values=(entity.row["iri"], mask))
    if entity.noun == "organisation" and pid == "studies":
        within = (listed(with_units(db, [int(str(entity.row["id"]))])), listed(INVOLVED))
        sql = f"SELECT count(DISTINCT study) FROM study_organisation WHERE organisation IN {THESE}"
        return number(db, sql, "AND relation IN", THESE, values=within)
    return int(str(entity.row[pid]))
