"""A question about studies, and what it means to the index."""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ontology.iris import Iris, normalise
from ontology.terms import DIRECTION, METHOD
from service.answers.common import THESE, listed, rows, words
from service.answers.errors import BadQuestion
from service.index_rows import REPORTING, ROLE_BITS

ROLES = (*ROLE_BITS, "reports", "any")
"""Values of `role`: a role by its name, "reports" for measured and finding, "any" for all."""
DIRECTIONS = tuple(sorted(DIRECTION.names))
KINDS = ("registered", "implied")
SORTS = ("relevance", "year", "-year", "title")
ANY = sum(ROLE_BITS.values())
INVOLVED = ("sponsor", "affiliation", "classification", "establishment", "funder")
"""How an organisation is part of a study. Its publisher and its REC are not."""
_DIGEST = re.compile(r"(?:^|-)([0-9a-f]{12})$")


@dataclass(frozen=True, slots=True)
class StudyQuestion:
    """What is asked of the list of studies. All conditions hold together.

    Several `themes`, `authors`, `organisations`, `recs`, `methods` or `keywords`: every one of them. Several
    `roles`, `directions` or `sources`: any of them. Roles, directions, `negated` and `hedged` are of one piece of
    evidence on each theme that is asked for. A theme without a role means that the study reports it. Years are
    those of publication; a study without one is in no range of years.
    """

    themes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    recs: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    methods: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    q: str = ""
    sources: tuple[str, ...] = ()
    kind: str | None = None
    negated: bool | None = None
    hedged: bool | None = None
    sort: str | None = None
    limit: int = 20
    offset: int = 0

    @property
    def mask(self) -> int:
        """The bits of the roles that are asked for."""
        if not self.roles:
            return REPORTING if self.themes else ANY
        bits = {**ROLE_BITS, "reports": REPORTING, "any": ANY}
        return sum({bit for role in self.roles for bit in ROLE_BITS.values() if bits[role] & bit})

    @property
    def of_evidence(self) -> bool:
        """Whether single pieces of evidence must be looked at, beyond theme and role."""
        return bool(self.directions) or self.negated is not None or self.hedged is not None


def check(question: StudyQuestion) -> None:
    """Raises BadQuestion for a value that its parameter does not have."""
    for parameter, given, allowed in (
        ("role", question.roles, ROLES),
        ("direction", question.directions, DIRECTIONS),
        ("method", question.methods, tuple(sorted(METHOD.names))),
        ("kind", (question.kind,) if question.kind else (), KINDS),
        ("sort", (question.sort,) if question.sort else (), SORTS),
    ):
        for value in given:
            if value not in allowed:
                raise BadQuestion(parameter, f"{parameter} is one of {', '.join(allowed)}; not {value!r}", allowed)
    if question.sort == "relevance" and not question.q:
        raise BadQuestion("sort", "sort=relevance needs a text in q", SORTS[1:])


EVERY = "SELECT id, year FROM study"


@dataclass(slots=True)
class Plan:
    """A question as SQL: a `driver` that gives studies as `id`, and conditions on them."""

    driver: str = EVERY
    counting: str = ""
    """A driver that gives the same studies in no order, where that is quicker."""
    driver_values: list[Any] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    year: str = "d.year"
    """The year of a study that the driver gives, -1 for none."""
    order: str = "d.year DESC, d.id"
    themes: list[tuple[str, ...]] = field(default_factory=list)
    """For each theme that is asked for, its IRIs."""

    def where(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    @property
    def body(self) -> str:
        """`FROM … WHERE …`; its values are `all_values`."""
        return self._from(self.driver)

    @property
    def unordered(self) -> str:
        """The same where the order does not matter."""
        return self._from(self.counting or self.driver)

    def _from(self, driver: str) -> str:
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"FROM ({driver}) AS d{where}"

    @property
    def all_values(self) -> list[Any]:
        return [*self.driver_values, *self.values]


def plan(db: sqlite3.Connection, question: StudyQuestion, iris: Iris) -> Plan:
    """How the index answers a question. Raises BadQuestion."""
    check(question)
    made = Plan(themes=[theme_iris(db, name) for name in question.themes])
    _drive(db, made, question, iris)
    if question.of_evidence:
        _evidence(made, question)
    elif question.roles and not made.themes:
        made.where("EXISTS (SELECT 1 FROM study_theme AS t WHERE t.study = d.id AND t.roles & ?)", question.mask)
    for comparison, value in ((">=", question.year_from), ("<=", question.year_to)):
        if value is not None:
            made.where(f"{made.year} {comparison} ? AND {made.year} >= 0", value)
    if question.kind and made.driver == EVERY:
        made.driver, made.driver_values = f"{EVERY} WHERE registered = ?", [question.kind == "registered"]
    elif question.kind:
        made.where(
            "EXISTS (SELECT 1 FROM study AS s WHERE s.id = d.id AND s.registered = ?)", question.kind == "registered"
        )
    for method in question.methods:
        made.where("EXISTS (SELECT 1 FROM study_method AS m WHERE m.study = d.id AND m.method = ?)", method)
    for keyword in question.keywords:
        held = "SELECT 1 FROM record AS r JOIN keyword AS k ON k.record = r.id WHERE r.item = d.id AND k.keyword"
        made.where(f"EXISTS ({held} = ?)", keyword_label(keyword))
    if question.sources:
        made.where(
            f"EXISTS (SELECT 1 FROM study_source AS o WHERE o.study = d.id AND o.source IN {THESE})",
            listed(question.sources),
        )
    if question.sort == "title":
        made.order = "(SELECT s.title FROM study AS s WHERE s.id = d.id) COLLATE NOCASE, d.id"
    elif question.sort == "year":
        made.order = "d.year < 0, d.year, d.id"
    return made


_MATCHING = "SELECT r.item FROM document_text AS f JOIN record AS r ON r.id = f.rowid WHERE document_text MATCH ?"
# Materialised, since bm25() is there only where the full-text table itself is read. Titles count four times.
_RANKED = """
    WITH f AS MATERIALIZED (SELECT rowid AS record, bm25(document_text, 4.0, 1.0, 2.0) AS score
                            FROM document_text WHERE document_text MATCH ?)
    SELECT r.item AS id, min(f.score) AS score FROM f JOIN record AS r ON r.id = f.record
    WHERE r.item IS NOT NULL GROUP BY r.item"""
_COUNTED = f"SELECT DISTINCT item AS id FROM ({_MATCHING}) WHERE item IS NOT NULL"


def keyword_label(keyword: str) -> str:
    """A keyword as the graph has it, given as such or as the end of its IRI."""
    return " ".join(keyword.replace("-", " ").casefold().split())


def _drive(db: sqlite3.Connection, made: Plan, question: StudyQuestion, iris: Iris) -> None:
    """Let the condition that leaves least drive; the others are looked up for each study that it gives."""
    sets: list[tuple[str, list[Any]]] = []
    for name in question.authors:
        people = listed(people_ids(db, name, iris))
        sets.append((f"SELECT study FROM study_person WHERE role = 'author' AND person IN {THESE}", [people]))
    for name in question.organisations:
        within = listed(with_units(db, organisation_ids(db, name, iris)))
        involved = listed(INVOLVED)
        sql = f"SELECT study FROM study_organisation WHERE organisation IN {THESE} AND relation IN {THESE}"
        sets.append((sql, [within, involved]))
    for name in question.recs:
        ids = listed(organisation_ids(db, name, iris))
        sql = f"SELECT study FROM study_organisation WHERE organisation IN {THESE} AND relation = 'rec'"
        sets.append((sql, [ids]))
    for sql, values in sets:
        made.where(f"d.id IN ({sql})", *values)
    themes = [(listed(found), question.mask) for found in made.themes]
    text = search_text(question.q)
    if text and question.sort in (None, "relevance"):
        made.driver, made.counting = _RANKED, _COUNTED
        made.year = "(SELECT s.year FROM study AS s WHERE s.id = d.id)"
        made.driver_values = [text]
        made.order = "d.score, d.id"
    elif text:
        made.where(f"d.id IN ({_MATCHING})", text)
    elif themes and not sets:
        [(first, mask), *themes] = themes
        if len(made.themes[0]) == 1:
            made.driver = "SELECT study AS id, year FROM study_theme WHERE theme = ? AND roles & ?"
            made.driver_values = [made.themes[0][0], mask]
        else:
            made.driver = f"SELECT DISTINCT study AS id, year FROM study_theme WHERE theme IN {THESE} AND roles & ?"
            made.driver_values = [first, mask]
    for found_, mask in themes:
        held = f"SELECT 1 FROM study_theme AS t WHERE t.study = d.id AND t.theme IN {THESE} AND t.roles & ?"
        made.where(f"EXISTS ({held})", found_, mask)


def _evidence(made: Plan, question: StudyQuestion) -> None:
    condition, values = evidence_condition(question)
    held = "SELECT 1 FROM record AS r JOIN evidence AS e ON e.record = r.id WHERE r.item = d.id"
    for themes in made.themes or [()]:
        of_theme, which = (f" AND e.theme IN {NARROWER}", [listed(themes)]) if themes else ("", [])
        made.where(f"EXISTS ({held}{of_theme} AND {condition})", *which, *values)


NARROWER = "(SELECT coalesce(u.theme, j.value) FROM json_each(?) AS j LEFT JOIN theme_up AS u ON u.broader = j.value)"
"""Themes given as `listed(…)` with all narrower ones; a theme of no scheme stands for itself."""


def evidence_condition(question: StudyQuestion) -> tuple[str, list[Any]]:
    """What a question asks of single pieces of evidence `e`, besides the theme."""
    parts, values = ["e.bit & ?"], [question.mask]
    if question.directions:
        parts.append(f"e.direction IN {THESE}")
        values.append(listed(question.directions))  # type: ignore[arg-type]
    for column, wanted in (("negated", question.negated), ("hedged", question.hedged)):
        if wanted is not None:
            parts.append(f"e.{column} = ?")
            values.append(wanted)
    return " AND ".join(parts), values


# ---- names to what they stand for


def theme_iris(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """The IRIs of a theme given by short name, IRI or label. Raises BadQuestion, with neighbours."""
    folded = normalise(name)
    for sql, value in (
        ("SELECT DISTINCT iri FROM concept WHERE theme AND (iri = ?1 OR name = ?1)", name),
        ("SELECT DISTINCT theme FROM theme_count WHERE theme = ?1", name),
        ("SELECT DISTINCT iri FROM concept_label JOIN concept USING (iri, graph) WHERE theme AND folded = ?1", folded),
    ):
        if found := db.execute(sql, (value,)).fetchall():
            return tuple(sorted(row[0] for row in found))
    near = near_themes(db, name)
    hint = f" Did you mean {' or '.join(near)}?" if near else " /api/themes lists those that there are."
    raise BadQuestion("theme", f"There is no theme {name!r}.{hint}", near)


def near_themes(db: sqlite3.Connection, text: str, most: int = 3) -> list[str]:
    """Names of themes that are spelt like a text, or whose labels are."""
    labels: dict[str, str] = {}
    for folded, name in db.execute(
        "SELECT l.folded, c.name FROM concept_label AS l JOIN concept AS c USING (iri, graph) WHERE c.theme"
    ):
        labels.setdefault(folded, name)
    folded = normalise(text)
    hits = get_close_matches(folded, labels, 10, 0.6) + [known for known in labels if folded and folded in known]
    return list(dict.fromkeys(labels[hit] for hit in hits))[:most]


def people_ids(db: sqlite3.Connection, name: str, iris: Iris) -> list[int]:
    """Everybody whom a key, an IRI or a name means; a name is any beginning of any spelling's words."""
    return _ids(db, "person", name, iris)


def organisation_ids(db: sqlite3.Connection, name: str, iris: Iris) -> list[int]:
    """Every organisation that a key, an IRI or a name means."""
    return _ids(db, "organisation", name, iris)


def digest_of(key: str) -> str:
    """The twelve digits at the end of a key or an IRI, by which any mention is found; "" where there are none."""
    match = _DIGEST.search(key)
    return match[1] if match else ""


def _ids(db: sqlite3.Connection, noun: str, name: str, iris: Iris) -> list[int]:
    if digest := digest_of(name):
        held = rows(db, "SELECT DISTINCT", noun, f"FROM {noun}_mention WHERE digest = ?", values=(digest,))
        if held or name.startswith((iris.base, "http:", "https:")):
            return [row[0] for row in held]
    text = words(name)
    if not text:
        return []
    return [row[0] for row in rows(db, f"SELECT rowid FROM {noun}_name WHERE names MATCH ?", values=(text,))]


def with_units(db: sqlite3.Connection, organisations: Iterable[int]) -> list[int]:
    """Organisations and everything that is part of them, however deep."""
    sql = (
        "WITH RECURSIVE down(id) AS (SELECT value FROM json_each(?) UNION "
        "SELECT u.organisation FROM down JOIN organisation_up AS u ON u.parent = down.id) SELECT id FROM down"
    )
    return [row[0] for row in db.execute(sql, (listed(organisations),))]


_PIECES = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


def search_text(q: str) -> str:
    """A person's text as an FTS5 question; "" for none. Every word must be there.

    `"two words"` stand side by side, `word*` is a beginning, `-word` must not be there, `OR` between two words
    lets either do. An open quotation mark reaches to the end. Raises BadQuestion where nothing can be looked for.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    either = False
    for minus, phrase, word in _PIECES.findall(q):
        if word == "OR" and wanted:
            either = True
            continue
        text = " ".join("".join(c if c.isalnum() else " " for c in (phrase or word)).split())
        if not text:
            continue
        term = f'"{text}"' + ("*" if word.endswith("*") else "")
        if minus:
            unwanted.append(term)
        elif either:
            wanted[-1] = f"({wanted[-1]} OR {term})"
        else:
            wanted.append(term)
        either = False
    if q.strip() and not wanted:
        raise BadQuestion("q", "q has no word to look for: give one that must be there")
    positive = " AND ".join(wanted)
    return f"({positive}) NOT ({' OR '.join(unwanted)})" if unwanted else positive
