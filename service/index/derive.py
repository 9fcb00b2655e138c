"""What follows from the records' rows: studies, people and organisations, each as one thing.

Every statement works on the ids in the table `touched`, so that one record costs what it touches and a whole graph is
derived by the same statements. What was touched and not yet derived is known on disk; where that is a large part of
everything, it is noted as everything, which costs nothing to keep.
"""

import sqlite3

from ontology.iris import ODS, ROR

_STUDY = "(SELECT id FROM touched WHERE kind = 'study')"
_PERSON = "(SELECT id FROM touched WHERE kind = 'person')"
_ORGANISATION = "(SELECT id FROM touched WHERE kind = 'organisation')"

_COUNT = f"""INSERT INTO theme_count(theme, roles, n)
    SELECT theme, roles, {{sign}}count(*) FROM study_theme WHERE study IN {_STUDY} GROUP BY theme, roles
    ON CONFLICT(theme, roles) DO UPDATE SET n = n + excluded.n"""

STUDIES = (
    _COUNT.format(sign="-"),
    *(
        f"DELETE FROM study{table} WHERE {column} IN {_STUDY}"
        for table, column in (
            ("", "id"),
            ("_theme", "study"),
            ("_method", "study"),
            ("_source", "study"),
            ("_person", "study"),
            ("_organisation", "study"),
        )
    ),
    # min() picks the row that the bare columns come from: a registration first, then the smallest study IRI.
    # The publication that stands for it: with a DOI, no preprint, in a journal, the first.
    f"""INSERT INTO study(id, iri, registered, title, doi, year, journal, truncated, retracted)
        SELECT a.item, a.study, a.registered, a.title, b.doi, coalesce(b.year, -1), b.journal,
               coalesce(b.truncated, 0), coalesce(b.retracted, 0)
        FROM (SELECT item, study, title, sum(registration) > 0 AS registered,
                     min((1 - registration) || ' ' || study || ' ' || iri)
              FROM record WHERE item IN {_STUDY} GROUP BY item) AS a
        LEFT JOIN (SELECT r.item, one.doi, one.journal, r.year, r.truncated, r.retracted
              FROM (SELECT item, min(year) AS year, max(truncated) AS truncated, max(retracted) AS retracted
                    FROM record WHERE item IN {_STUDY} AND NOT registration GROUP BY item) AS r
              JOIN (SELECT item, doi, journal, min((doi IS NULL) || preprint || (journal IS NULL)
                           || coalesce(year, 9999) || topic || ' ' || iri)
                    FROM record WHERE item IN {_STUDY} AND NOT registration GROUP BY item) AS one
              ON one.item = r.item) AS b
        ON b.item = a.item""",
    # A publication may report further studies than the one that it is an item of.
    f"""UPDATE study SET retracted = 1 WHERE id IN {_STUDY} AND id IN (
            SELECT r.item FROM record AS w JOIN reported AS p ON p.record = w.id JOIN record AS r ON r.study = p.study
            WHERE w.retracted AND NOT w.registration)""",
    f"""INSERT INTO study_theme(study, theme, year, roles)
        SELECT r.item, coalesce(u.broader, e.theme) AS broad, s.year, sum(DISTINCT e.bit)
        FROM record AS r JOIN evidence AS e ON e.record = r.id JOIN study AS s ON s.id = r.item
        LEFT JOIN theme_up AS u ON u.theme = e.theme
        WHERE r.item IN {_STUDY} GROUP BY r.item, broad""",
    _COUNT.format(sign=""),
    "DELETE FROM theme_count WHERE n = 0",
    f"""INSERT OR IGNORE INTO study_method(study, method)
        SELECT r.item, m.method FROM record AS r JOIN method AS m ON m.record = r.id WHERE r.item IN {_STUDY}""",
    f"INSERT OR IGNORE INTO study_source(study, source) SELECT item, source FROM record WHERE item IN {_STUDY}",
    # A place from the end comes after every place from the start.
    f"""INSERT INTO study_person(study, person, role, place)
        SELECT r.item, m.person, m.role, min(coalesce(m.position, 1000000000 - m.from_end, 0))
        FROM record AS r JOIN person_mention AS m ON m.record = r.id WHERE r.item IN {_STUDY} GROUP BY 1, 2, 3""",
    f"""INSERT OR IGNORE INTO study_organisation(study, organisation, relation)
        SELECT r.item, m.organisation, l.relation
        FROM record AS r JOIN organisation_link AS l ON l.record = r.id
        JOIN organisation_mention AS m ON m.iri = l.mention
        WHERE r.item IN {_STUDY}""",
)

PEOPLE = (
    f"DELETE FROM person WHERE id IN {_PERSON}",
    f"DELETE FROM person_name WHERE rowid IN {_PERSON}",
    f"""INSERT INTO person(id, iri, name, sort, orcid, studies, publications)
        SELECT m.person, coalesce(k.cluster, m.alone), coalesce(c.label, m.name), m.sort, m.orcid,
               (SELECT count(DISTINCT study) FROM study_person WHERE person = m.person),
               (SELECT count(DISTINCT coalesce(w.cluster, r.topic)) FROM person_mention AS p
                JOIN record AS r ON r.id = p.record LEFT JOIN member AS w ON w.iri = r.topic
                WHERE p.person = m.person AND NOT r.registration)
        FROM (SELECT person, iri, alone, name, sort, (SELECT min(o.orcid) FROM person_mention AS o
                     WHERE o.person = p.person) AS orcid, min(printf('%06d', 999999 - length(name)) || name)
              FROM person_mention AS p WHERE person IN {_PERSON} GROUP BY person) AS m
        LEFT JOIN member AS k ON k.iri = m.iri LEFT JOIN cluster AS c ON c.iri = k.cluster""",
    f"""INSERT INTO person_name(rowid, names) SELECT person, group_concat(DISTINCT name || ' ' || raw)
        FROM person_mention WHERE person IN {_PERSON} GROUP BY person""",
)

REGISTERS = (ROR, ODS)
"""What the IRIs of registers' organisations begin with; resolution makes them members of clusters."""


def _in_register(start: str) -> str:
    """SQL for the identifier that a cluster's member in a register has, NULL where it has none."""
    return (
        f"(SELECT min(substr(iri, {len(start) + 1})) FROM member "
        f"WHERE cluster = k.cluster AND substr(iri, 1, {len(start)}) = '{start}')"
    )


ORGANISATIONS = (
    f"DELETE FROM organisation WHERE id IN {_ORGANISATION}",
    f"DELETE FROM organisation_name WHERE rowid IN {_ORGANISATION}",
    f"DELETE FROM organisation_up WHERE organisation IN {_ORGANISATION}",
    f"""INSERT INTO organisation(id, iri, name, sort, kinds, ror, ods, studies, sponsored, reviewed)
        SELECT m.organisation, coalesce(k.cluster, one.alone), coalesce(c.label, m.name),
               lower(coalesce(c.label, m.name)), m.kinds,
               coalesce(m.ror, {_in_register(ROR)}), coalesce(m.ods, {_in_register(ODS)}),
               (SELECT count(DISTINCT study) FROM study_organisation
                WHERE organisation = m.organisation AND relation NOT IN ('rec', 'publisher')),
               (SELECT count(*) FROM study_organisation
                WHERE organisation = m.organisation AND relation = 'sponsor'),
               (SELECT count(*) FROM study_organisation WHERE organisation = m.organisation AND relation = 'rec')
        FROM (SELECT organisation, min(ror) AS ror, min(ods) AS ods,
                     substr(min(printf('%06d', 999999 - length(name)) || name), 7) AS name,
                     max(kinds & 1) + max(kinds & 2) + max(kinds & 4) + max(kinds & 8) + max(kinds & 16) AS kinds
              FROM organisation_mention WHERE organisation IN {_ORGANISATION} GROUP BY organisation) AS m
        JOIN organisation_mention AS one ON one.id = (SELECT min(id) FROM organisation_mention
                                                      WHERE organisation = m.organisation)
        LEFT JOIN member AS k ON k.iri = one.iri LEFT JOIN cluster AS c ON c.iri = k.cluster""",
    f"""INSERT INTO organisation_name(rowid, names) SELECT organisation, group_concat(DISTINCT name)
        FROM organisation_mention WHERE organisation IN {_ORGANISATION} GROUP BY organisation""",
    f"""INSERT OR IGNORE INTO organisation_up(organisation, parent) SELECT m.organisation, p.organisation
        FROM organisation_mention AS m JOIN organisation_mention AS p ON p.iri = m.parent
        WHERE m.organisation IN {_ORGANISATION} AND p.organisation != m.organisation""",
)

THEMES = (
    "DELETE FROM theme_up",
    # A theme and everything above it, itself included.
    """INSERT INTO theme_up(theme, broader)
       WITH RECURSIVE up(theme, broader) AS (
         SELECT iri, iri FROM concept UNION
         SELECT up.theme, b.broader FROM up JOIN concept_broader AS b ON b.iri = up.broader)
       SELECT theme, broader FROM up""",
)


_EVERYTHING = "SELECT 1 FROM touched WHERE kind = 'everything'"
_EVERY = (
    "DELETE FROM touched",
    "INSERT INTO touched SELECT 'study', id FROM study",
    "INSERT OR IGNORE INTO touched SELECT DISTINCT 'study', item FROM record WHERE item IS NOT NULL",
    "INSERT INTO touched SELECT 'person', id FROM person",
    "INSERT OR IGNORE INTO touched SELECT DISTINCT 'person', person FROM person_mention",
    "INSERT INTO touched SELECT 'organisation', id FROM organisation",
    "INSERT OR IGNORE INTO touched SELECT DISTINCT 'organisation', organisation FROM organisation_mention",
)
_LARGE = "SELECT 2 * (SELECT count(*) FROM touched WHERE kind = 'study') > (SELECT count(*) FROM record)"


def everything_touched(db: sqlite3.Connection) -> bool:
    """Whether all is to be derived anew, so that nothing need be noted."""
    return db.execute(_EVERYTHING).fetchone() is not None


def touch(db: sqlite3.Connection, kind: str, select: str, values: tuple[object, ...] = ()) -> None:
    """Note the ids that a query gives as in need of deriving anew."""
    if not everything_touched(db):
        db.execute("".join(("INSERT OR IGNORE INTO touched SELECT '", kind, "', id FROM (", select, ")")), values)


def touch_records(db: sqlite3.Connection, records: str) -> None:
    """Note everything that hangs on some records; `records` is a query for their ids."""
    studies = f"SELECT study FROM reported WHERE record IN ({records})"
    touch(db, "study", f"SELECT item AS id FROM record WHERE item IS NOT NULL AND study IN ({studies})")
    touch(db, "person", f"SELECT person AS id FROM person_mention WHERE record IN ({records})")
    touch(db, "organisation", f"SELECT organisation AS id FROM organisation_mention WHERE record IN ({records})")


def round_up(db: sqlite3.Connection) -> None:
    """Note everything where most studies were touched: the rest would cost less to derive than to leave out."""
    if not everything_touched(db) and db.execute(_LARGE).fetchone()[0]:
        db.execute("DELETE FROM touched")
        db.execute("INSERT INTO touched VALUES ('everything', 0)")


def derive(db: sqlite3.Connection) -> None:
    """Make anew what is in `touched`, and empty it."""
    if everything_touched(db):
        for statement in _EVERY:
            db.execute(statement)
    for statement in (*STUDIES, *PEOPLE, *ORGANISATIONS):
        db.execute(statement)
    db.execute("DELETE FROM touched")
