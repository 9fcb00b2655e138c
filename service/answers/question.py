"""A question about studies, and what it means to the index."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from ontology.iris import Iris
from ontology.terms import DIRECTION, METHOD, OPINION
from service.answers.common import THESE, listed
from service.answers.errors import BadQuestion
from service.answers.names import keyword_label, organisation_ids, people_ids, search_text, theme_iris, with_units
from service.index.rows import REPORTING, ROLE_BITS

ROLES = (*ROLE_BITS, "reports", "any")
"""Values of `role`: a role by its name, "reports" for measured and finding, "any" for all."""
DIRECTIONS = tuple(sorted(DIRECTION.names))
OPINIONS = tuple(sorted(OPINION.names))
KINDS = ("registered", "implied")
SORTS = ("relevance", "year", "-year", "title")
ANY = sum(ROLE_BITS.values())
INVOLVED = ("sponsor", "affiliation", "classification", "establishment", "funder")
"""How an organisation is part of a study. Its publisher and its REC are not."""


@dataclass(frozen=True, slots=True)
class StudyQuestion:
    """What is asked of the list of studies. All conditions hold together.

    Several `themes`, `authors`, `organisations`, `recs`, `methods` or `keywords`: every one of them. Several
    `roles`, `directions`, `sources` or `opinions`: any of them. Roles, directions, `negated` and `hedged` are of one
    piece of evidence on each theme that is asked for. A theme without a role means that the study reports it. Years
    are those of publication; a study without one is in no range of years. `published` is whether any publication is
    held to be of the study; a mere candidate does not count. `retracted` is whether a source says so of one of these.
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
    opinions: tuple[str, ...] = ()
    published: bool | None = None
    retracted: bool | None = None
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
        ("opinion", question.opinions, OPINIONS),
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
    # What has no publication is known from a registration, and of these there are few.
    kind = question.kind or ("registered" if question.published is False else None)
    if kind and made.driver == EVERY:
        made.driver, made.driver_values = f"{EVERY} WHERE registered = ?", [kind == "registered"]
    elif kind:
        made.where("EXISTS (SELECT 1 FROM study AS s WHERE s.id = d.id AND s.registered = ?)", kind == "registered")
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
    if question.opinions:
        held = "SELECT 1 FROM record AS r JOIN opinion AS o ON o.record = r.id WHERE r.item = d.id AND o.outcome"
        made.where(f"EXISTS ({held} IN {THESE})", listed(question.opinions))
    if question.published is not None:
        made.where(_PUBLISHED if question.published else f"NOT {_PUBLISHED}")
    if question.retracted is not None:
        made.where("EXISTS (SELECT 1 FROM study AS s WHERE s.id = d.id AND s.retracted = ?)", question.retracted)
    if question.sort == "title":
        made.order = "(SELECT s.title FROM study AS s WHERE s.id = d.id) COLLATE NOCASE, d.id"
    elif question.sort == "year":
        made.order = "d.year < 0, d.year, d.id"
    return made


# A publication may report several studies; it is an item of one of them.
_PUBLISHED = (
    "(EXISTS (SELECT 1 FROM record AS r WHERE r.item = d.id AND NOT r.registration) OR EXISTS ("
    "SELECT 1 FROM record AS r JOIN reported AS p ON p.study = r.study JOIN record AS w ON w.id = p.record "
    "WHERE r.item = d.id AND NOT w.registration))"
)
_MATCHING = "SELECT r.item FROM document_text AS f JOIN record AS r ON r.id = f.rowid WHERE document_text MATCH ?"
# Materialised, since bm25() is there only where the full-text table itself is read. Titles count four times.
_RANKED = """
    WITH f AS MATERIALIZED (SELECT rowid AS record, bm25(document_text, 4.0, 1.0, 2.0) AS score
                            FROM document_text WHERE document_text MATCH ?)
    SELECT r.item AS id, min(f.score) AS score FROM f JOIN record AS r ON r.id = f.record
    WHERE r.item IS NOT NULL GROUP BY r.item"""
_COUNTED = f"SELECT DISTINCT item AS id FROM ({_MATCHING}) WHERE item IS NOT NULL"


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
    themes = [(found, question.mask) for found in made.themes]
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
        if len(first) == 1:
            made.driver = "SELECT study AS id, year FROM study_theme WHERE theme = ? AND roles & ?"
            made.driver_values = [first[0], mask]
        else:
            made.driver = f"SELECT DISTINCT study AS id, year FROM study_theme WHERE theme IN {THESE} AND roles & ?"
            made.driver_values = [listed(first), mask]
    for found, mask in themes:
        these = f"({', '.join('?' * len(found))})"  # as a list, not as JSON: it is looked at for every study
        held = f"SELECT 1 FROM study_theme AS t WHERE t.study = d.id AND t.theme IN {these} AND t.roles & ?"
        made.where(f"EXISTS ({held})", *found, mask)


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
