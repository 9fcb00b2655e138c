"""Matching a table of somebody's own with the graph: candidates for a name, each with how likely it is.

What W3C's Reconciliation Service API 0.2 asks of a service; `service/api/reconciliation.py` has its routes.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.answers.common import THESE, Item, Knowledge, listed, rows
from service.answers.entities import PROPERTIES, Entity, by_key, describe, load, mesh_ids, nouns, values
from service.answers.likeness import EXACT, folded, likeness, looked_up, whole
from service.answers.names import digest_of
from service.answers.reconciliation_query import IDENTIFIERS, Asked, told

MARGIN = 5.0
"""A match is better than the next candidate by so much."""
GOOD = 85.0
"""A likeness after which no further spellings are tried."""
AGREES = 75.0
"""The least likeness of a further value (an affiliation, say) that lets a match stand."""
WEIGHT = 0.3
"""The share of further values in a score."""
LOOKED = 500
"""Names that are compared at each step."""
WORDS = 10
"""Words of a name that are looked up, the longest first."""


async def reconcile(known: Knowledge, batch: Mapping[str, Asked]) -> dict[str, Item]:
    """The candidates of each query, the likeliest first, as the specification writes them. Raises TooSlow."""
    mesh: dict[str, list[str]] = {}
    if any("theme" in nouns(query.types) and told(query).get("mesh") for query in batch.values()):
        mesh = await mesh_ids(known)
    found: dict[str, Item] = {}
    for name, query in batch.items():
        search = _Search(known, query, mesh)
        found[name] = {"result": await known.index.read(search.candidates)}
    return found


@dataclass(slots=True)
class _Scored:
    entity: Entity
    score: float
    sure: bool
    """By an identifier, or by its whole name."""
    certain: bool
    """By an identifier."""
    features: dict[str, float]


@dataclass(slots=True)
class _Search:
    known: Knowledge
    query: Asked
    mesh: Mapping[str, list[str]]
    cut: bool = False
    """Whether there were more names than were compared: then nobody knows that a candidate is the only one."""

    def candidates(self, db: sqlite3.Connection) -> list[Item]:
        wanted = self._search(db, self.query.types)
        of_type = [scored for scored in wanted if self._typed(scored.entity)]
        if self.query.strict == "should" and self.query.types and not of_type:
            of_type = self._search(db, ())
            for scored in of_type:
                scored.score, scored.sure = scored.score * 0.8, False
        certain = [scored for scored in of_type if scored.certain]
        for scored in of_type:  # whom an identifier names is nobody else of the same name
            scored.score *= 1.0 if scored.certain or not certain else 0.9
        # Studies break a tie, so that the better known of two comes first; neither is then a match.
        of_type.sort(key=lambda s: (-s.score, -int(str(s.entity.row.get("studies") or 0)), s.entity.name, s.entity.id))
        sure = bool(of_type) and of_type[0].sure and (bool(certain) or not self.cut)
        if sure and len(of_type) > 1:
            sure = of_type[0].score - of_type[1].score >= MARGIN
        shown = [s for s in of_type if s.score >= 20][: self.query.limit]
        return [_item(scored, sure and n == 0) for n, scored in enumerate(shown)]

    def _typed(self, entity: Entity) -> bool:
        wanted, its = set(self.query.types), set(entity.types)
        if not wanted:
            return True
        return wanted <= its if self.query.strict == "all" else bool(wanted & its)

    def _search(self, db: sqlite3.Connection, types: Sequence[str]) -> list[_Scored]:
        given = told(self.query)
        found: dict[tuple[str, str], Entity] = {}
        certain: set[tuple[str, str]] = set()
        iris, text = self.known.iris, self.query.text
        if digest_of(text) and " " not in text:
            for entity in by_key(db, [text], iris).values():
                certain.add((entity.noun, entity.id))
                found[entity.noun, entity.id] = entity
        scored = []
        for noun in sorted(nouns(types)):
            for entity in self._by_identifier(db, noun, given):
                certain.add((entity.noun, entity.id))
                found[entity.noun, entity.id] = entity
            for entity in self._by_name(db, noun):
                found.setdefault((entity.noun, entity.id), entity)
        for key, entity in found.items():
            if entity.noun in nouns(types):
                scored.append(self._scored(db, entity, given, key in certain))
        return scored

    def _by_identifier(self, db: sqlite3.Connection, noun: str, given: Mapping[str, Sequence[str]]) -> list[Entity]:
        ids: list[object] = []
        if noun == "theme":
            ids = [iri for iri, terms in self.mesh.items() if set(terms) & set(given.get("mesh", ()))]
        for pid, table in (("orcid", "person"), ("ror", "organisation"), ("ods", "organisation")):
            if pid in given and table == noun:
                for value in given[pid]:
                    held = rows(db, f"SELECT id FROM {table} WHERE {pid} = ?", values=(value,))
                    ids += [row[0] for row in held]
        if noun == "organisation" and "rec-reference" in given:
            sql = (
                "SELECT DISTINCT m.organisation FROM opinion AS o JOIN organisation_mention AS m ON m.iri = o.rec "
                f"WHERE o.reference IN {THESE} AND m.organisation IS NOT NULL"
            )
            ids += [row[0] for row in rows(db, sql, values=(listed(given["rec-reference"]),))]
        return load(db, noun, list(dict.fromkeys(ids)), self.known.iris)

    def _by_name(self, db: sqlite3.Connection, noun: str) -> list[Entity]:
        wanted = folded(self.query.text, noun)
        if not wanted:
            return []
        if noun == "theme":
            iris = [row[0] for row in rows(db, "SELECT DISTINCT iri FROM concept WHERE theme")]
            return [e for e in load(db, noun, iris, self.known.iris) if _like(e, wanted)[0] >= 60]
        found: dict[object, Entity] = {}
        best = 0.0
        for step, text in enumerate(_lookups(looked_up(self.query.text, noun))):
            if step >= 2 and best >= GOOD:
                break
            sql = f"SELECT rowid FROM {noun}_name WHERE names MATCH ? LIMIT ?"
            ids = [row[0] for row in rows(db, sql, values=(text, LOOKED))]
            self.cut = self.cut or (step < 2 and len(ids) == LOOKED)
            for entity in load(db, noun, [id_ for id_ in ids if id_ not in found], self.known.iris):
                found[entity.row["id"]] = entity
                best = max(best, _like(entity, wanted)[0])
        return list(found.values())

    def _scored(
        self, db: sqlite3.Connection, entity: Entity, codes: Mapping[str, Sequence[str]], certain: bool
    ) -> _Scored:
        wanted = folded(self.query.text, entity.noun)
        score, exact = _like(entity, wanted)
        features = {"name": round(score, 1)}
        sure = exact and whole(wanted, entity.noun)
        agreeing: list[float] = []
        against = False
        for pid in dict.fromkeys(pid for pid, _ in self.query.properties if pid not in IDENTIFIERS):
            its = values(db, entity, pid, self.known.iris, self.mesh)
            if its:  # what no source says speaks neither for nor against
                given = [value for name, value in self.query.properties if name == pid]
                agreeing.append(_agreement(given, its, pid))
                features[pid] = round(agreeing[-1], 1)
        for pid, codes_of in codes.items():
            own = {str(value["str"]).casefold() for value in values(db, entity, pid, self.known.iris, self.mesh)}
            if own:
                same = bool({code.casefold() for code in codes_of} & own)
                # A committee has more references than are told.
                against = against or not (same or pid == "rec-reference")
                features[pid] = EXACT if same or (certain and pid == "rec-reference") else 0.0
        if agreeing:
            score = score * (1 - WEIGHT) + WEIGHT * sum(agreeing) / len(agreeing)
            sure = sure and min(agreeing) >= AGREES
        if certain and not against:
            return _Scored(entity, EXACT, True, True, features)
        return _Scored(entity, score / 2 if against else score, sure and not against, False, features)


def _like(entity: Entity, wanted: str) -> tuple[float, bool]:
    """The likeness of the name that is most alike, and whether one is the same."""
    best = max(likeness(wanted, folded(name, entity.noun), entity.noun) for name in (entity.name, *entity.names))
    return best, best == EXACT


def _agreement(given: Sequence[str], its: Sequence[Item], pid: str) -> float:
    noun = PROPERTIES[pid].value
    best = 0.0
    for value in given:
        for own in its:
            if "id" in own:
                same = digest_of(value) and digest_of(value) == digest_of(own["id"])
                best = max(best, EXACT if same or value == own["id"] else 0.0)
            said = str(own.get("name", own.get("str", own.get("int"))))
            best = max(best, likeness(folded(value, noun), folded(said, noun), noun))
    return best


def _lookups(words: Sequence[str]) -> list[str]:
    """What the index of names is asked, from the strictest on: the words, their beginnings, shorter ones, one less."""
    words = sorted(words, key=len, reverse=True)[:WORDS]
    short = [word[: max(3, (len(word) + 1) // 2)] for word in words]
    fewer = [short[:n] + short[n + 1 :] for n in range(len(short))][:8] if len(short) > 1 else []
    asked = [" ".join(f'"{word}"' for word in words)]
    return asked + [" ".join(f'"{word}" *' for word in several) for several in (words, short, *fewer)]


def _item(scored: _Scored, match: bool) -> Item:
    entity = scored.entity
    return {
        "id": entity.id,
        "name": entity.name,
        "description": describe(entity),
        "type": entity.typed,
        "score": round(scored.score, 1),
        "match": match,
        "features": [{"id": name, "value": value} for name, value in scored.features.items()],
    }
