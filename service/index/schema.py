"""Tables of the index: what records say (replaced with each record) and what follows from that (derived).

An item's id is a hash of its IRI, so that it is the same in every index of the same graph, whatever the order
of loading. Rows that a record owns go with it.
"""

import sqlite3
import time
from hashlib import sha256
from pathlib import Path

FORMAT = 7
"""Raised whenever the tables or their content change: an index of another format is made anew."""

STATEMENTS = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE intent(source TEXT, key TEXT, PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE TABLE touched(kind TEXT, id INTEGER, PRIMARY KEY(kind, id)) WITHOUT ROWID;

CREATE TABLE record(
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, iri TEXT NOT NULL, topic TEXT NOT NULL,
  study TEXT, item INTEGER, registration INTEGER NOT NULL, title TEXT, doi TEXT, year INTEGER, journal TEXT,
  truncated INTEGER NOT NULL, retracted INTEGER NOT NULL, preprint INTEGER NOT NULL,
  UNIQUE(source, key));
CREATE INDEX record_item ON record(item);
CREATE INDEX record_study ON record(study);
CREATE INDEX record_topic ON record(topic, registration);
CREATE INDEX record_doi ON record(doi) WHERE doi IS NOT NULL;
CREATE INDEX record_retracted ON record(id) WHERE retracted;
CREATE INDEX record_title ON record(title COLLATE NOCASE, id);
CREATE TABLE document(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT, keywords TEXT);
CREATE VIRTUAL TABLE document_text USING fts5(title, abstract, keywords, content='document', content_rowid='id',
  tokenize="porter unicode61 remove_diacritics 2");
CREATE TABLE keyword(record INTEGER NOT NULL, keyword TEXT NOT NULL, PRIMARY KEY(record, keyword)) WITHOUT ROWID;
CREATE INDEX keyword_record ON keyword(keyword, record);

CREATE TABLE reported(record INTEGER NOT NULL, study TEXT NOT NULL, PRIMARY KEY(record, study)) WITHOUT ROWID;
CREATE INDEX reported_study ON reported(study);
CREATE TABLE person_mention(
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, iri TEXT NOT NULL, digest TEXT NOT NULL, name TEXT NOT NULL,
  sort TEXT NOT NULL, raw TEXT NOT NULL, role TEXT NOT NULL, position INTEGER, from_end INTEGER, orcid TEXT,
  alone TEXT NOT NULL, person INTEGER);
CREATE INDEX person_mention_record ON person_mention(record);
CREATE INDEX person_mention_iri ON person_mention(iri);
CREATE INDEX person_mention_digest ON person_mention(digest);
CREATE INDEX person_mention_of ON person_mention(person, name, raw);
CREATE TABLE organisation_mention(
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, iri TEXT NOT NULL, digest TEXT NOT NULL, name TEXT NOT NULL,
  kinds INTEGER NOT NULL, parent TEXT, ror TEXT, ods TEXT, alone TEXT NOT NULL, organisation INTEGER);
CREATE INDEX organisation_mention_record ON organisation_mention(record);
CREATE INDEX organisation_mention_iri ON organisation_mention(iri);
CREATE INDEX organisation_mention_parent ON organisation_mention(parent) WHERE parent IS NOT NULL;
CREATE INDEX organisation_mention_digest ON organisation_mention(digest);
CREATE INDEX organisation_mention_of ON organisation_mention(organisation, name, kinds, ror, ods, parent);
CREATE TABLE organisation_link(record INTEGER NOT NULL, mention TEXT NOT NULL, relation TEXT NOT NULL,
  PRIMARY KEY(record, mention, relation)) WITHOUT ROWID;
CREATE TABLE affiliation(record INTEGER NOT NULL, person TEXT NOT NULL, organisation TEXT NOT NULL,
  PRIMARY KEY(record, person, organisation)) WITHOUT ROWID;
CREATE TABLE opinion(record INTEGER NOT NULL, iri TEXT NOT NULL, reference TEXT, date TEXT, outcome TEXT, rec TEXT);
CREATE INDEX opinion_record ON opinion(record);
CREATE INDEX opinion_rec ON opinion(rec);
CREATE TABLE evidence(
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, iri TEXT NOT NULL, theme TEXT NOT NULL, role TEXT NOT NULL,
  bit INTEGER NOT NULL, direction TEXT, section TEXT, quote TEXT NOT NULL, start INTEGER, "end" INTEGER,
  matched TEXT, negated INTEGER NOT NULL, hedged INTEGER NOT NULL, maintained INTEGER,
  confidence REAL,
  section_by TEXT, role_by TEXT);
CREATE INDEX evidence_record ON evidence(record, theme, bit, direction, negated, hedged);
CREATE TABLE method(record INTEGER NOT NULL, method TEXT NOT NULL, PRIMARY KEY(record, method)) WITHOUT ROWID;

CREATE TABLE member(iri TEXT PRIMARY KEY, cluster TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX member_cluster ON member(cluster);
CREATE TABLE cluster(iri TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE concept(iri TEXT, graph TEXT, name TEXT NOT NULL, label TEXT NOT NULL, definition TEXT,
  theme INTEGER NOT NULL, PRIMARY KEY(iri, graph)) WITHOUT ROWID;
CREATE TABLE concept_label(iri TEXT, graph TEXT, folded TEXT NOT NULL, PRIMARY KEY(iri, graph, folded)) WITHOUT ROWID;
CREATE TABLE concept_broader(iri TEXT, graph TEXT, broader TEXT, PRIMARY KEY(iri, graph, broader)) WITHOUT ROWID;
CREATE TABLE theme_up(theme TEXT, broader TEXT, PRIMARY KEY(theme, broader)) WITHOUT ROWID;
CREATE INDEX theme_down ON theme_up(broader, theme);

CREATE TABLE study(
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, registered INTEGER NOT NULL, title TEXT, doi TEXT,
  year INTEGER NOT NULL, journal TEXT, truncated INTEGER NOT NULL, retracted INTEGER NOT NULL);
CREATE INDEX study_year ON study(year DESC, id, registered);
CREATE INDEX study_title ON study(title COLLATE NOCASE, id);
CREATE TABLE study_theme(study INTEGER, theme TEXT, year INTEGER NOT NULL, roles INTEGER NOT NULL,
  PRIMARY KEY(study, theme)) WITHOUT ROWID;
CREATE INDEX study_of_theme ON study_theme(theme, year DESC, study, roles);
CREATE TABLE theme_count(theme TEXT, roles INTEGER, n INTEGER NOT NULL, PRIMARY KEY(theme, roles)) WITHOUT ROWID;
CREATE TABLE study_method(study INTEGER, method TEXT, PRIMARY KEY(study, method)) WITHOUT ROWID;
CREATE INDEX study_of_method ON study_method(method, study);
CREATE TABLE study_source(study INTEGER, source TEXT, PRIMARY KEY(study, source)) WITHOUT ROWID;
CREATE INDEX study_of_source ON study_source(source, study);
CREATE TABLE study_person(study INTEGER, person INTEGER, role TEXT, place INTEGER NOT NULL,
  PRIMARY KEY(study, person, role)) WITHOUT ROWID;
CREATE INDEX study_of_person ON study_person(person, role, study);
CREATE TABLE study_organisation(study INTEGER, organisation INTEGER, relation TEXT,
  PRIMARY KEY(study, organisation, relation)) WITHOUT ROWID;
CREATE INDEX study_of_organisation ON study_organisation(organisation, relation, study);

CREATE TABLE person(id INTEGER PRIMARY KEY, iri TEXT NOT NULL, name TEXT NOT NULL, sort TEXT NOT NULL, orcid TEXT,
  studies INTEGER NOT NULL, publications INTEGER NOT NULL);
CREATE INDEX person_sort ON person(sort, id);
CREATE INDEX person_orcid ON person(orcid) WHERE orcid IS NOT NULL;
CREATE VIRTUAL TABLE person_name USING fts5(names, tokenize="unicode61 remove_diacritics 2");
CREATE TABLE organisation(id INTEGER PRIMARY KEY, iri TEXT NOT NULL, name TEXT NOT NULL, sort TEXT NOT NULL,
  kinds INTEGER NOT NULL, ror TEXT, ods TEXT, studies INTEGER NOT NULL, sponsored INTEGER NOT NULL,
  reviewed INTEGER NOT NULL);
CREATE INDEX organisation_sort ON organisation(sort, id, kinds);
CREATE INDEX organisation_ror ON organisation(ror) WHERE ror IS NOT NULL;
CREATE INDEX organisation_ods ON organisation(ods) WHERE ods IS NOT NULL;
CREATE TABLE organisation_up(organisation INTEGER, parent INTEGER, PRIMARY KEY(organisation, parent)) WITHOUT ROWID;
CREATE INDEX organisation_down ON organisation_up(parent, organisation);
CREATE VIRTUAL TABLE organisation_name USING fts5(names, tokenize="unicode61 remove_diacritics 2");
"""

OWNED = (
    *("reported", "person_mention", "organisation_mention", "organisation_link", "affiliation"),
    *("opinion", "evidence", "method", "keyword"),
)
"""Tables whose rows belong to one record (column `record`)."""
CONTENT = (
    *OWNED,
    *("touched", "document", "record", "member", "cluster", "concept", "concept_label", "concept_broader", "theme_up"),
    *("study", "study_theme", "theme_count", "study_method", "study_source", "study_person", "study_organisation"),
    *("person", "person_name", "organisation", "organisation_up", "organisation_name"),
)
"""Every table that is filled from the graph, but for the index of full text, which lies over `document`."""


def item_id(iri: str) -> int:
    """The id of a study, a person or an organisation: 63 bits of the SHA-256 of its IRI."""
    return int.from_bytes(sha256(iri.encode()).digest()[:8], "big") >> 1


def open_index(path: Path) -> sqlite3.Connection:
    """A connection that writes. Tables are made where they are missing or of another format."""
    db = _connect(path)
    if index_format(db) != FORMAT:
        db.close()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        db = _connect(path)
        # Revisions go on where a lost index stood, so that no client takes an old answer for a new one.
        rows = (("format", FORMAT), ("revision", time.time_ns() // 1000), ("published", -1))
        db.executescript(f"BEGIN;{STATEMENTS}")
        db.executemany("INSERT INTO meta(name, value) VALUES (?, ?)", rows)
        db.execute("COMMIT")
    return db


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # an intent must be on disk before the store changes
    db.execute("PRAGMA cache_size = -65536")
    db.execute("PRAGMA temp_store = MEMORY")
    db.create_function("item_id", 1, item_id, deterministic=True)
    return db


def index_format(db: sqlite3.Connection) -> int:
    """The format of an index file, 0 for a file that is none."""
    try:
        row = db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0
