"""The index by itself: reading beside writing, limits, and statements as values."""

import sqlite3
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.ntriples import literal
from ontology.iris import Iris, digest
from service.answers.errors import BadQuestion
from service.answers.names import digest_of, search_text
from service.index.index import Index, TooSlow
from service.index.rows import rows
from service.index.terms import decimal, value, whole
from tests.graphs import IMPACT, IRIS, JOURNEY, RECORDS, WELLBEING, named_graphs


def rows_of(record: Any, iris: Iris = IRIS) -> Any:
    said, read = named_graphs(record, iris).values()
    return rows(record.source, record.key, said, read, iris)


@pytest.fixture
def index(tmp_path: Path) -> Any:
    found = Index(tmp_path / "index.sqlite")
    with found.transaction():
        found.put([((r.source, r.key), rows_of(r)) for r in RECORDS])
    yield found
    found.close()


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM study").fetchone()[0])


def test_rows_hold_what_the_graph_says() -> None:
    made = rows_of(IMPACT)
    assert (made.title, made.year, made.doi, made.journal) == (
        *(IMPACT.title, 2022),
        *("10.1234/impact", "Example Psychiatry"),
    )
    assert made.truncated and not made.registration
    assert [(p.raw, p.position, p.from_end) for p in made.people] == [
        ("Gillard, Steve", 1, None),
        ("Foster, Rhiannon", 2, None),
        ("Worner, Jessica", None, 1),
    ]
    assert made.keywords == ("burnout", "peer support")
    registration = rows_of(JOURNEY)
    assert registration.year is None
    assert [o.reference for o in registration.opinions] == ["14/LO/1234"]
    assert {relation for _, relation in registration.links} == {"sponsor", "rec", "affiliation"}


def test_no_rows_without_a_record() -> None:
    assert rows("hra", "1", [], [], IRIS) is None


@given(st.text())
def test_a_literal_is_read_back(text: str) -> None:
    written = literal(text)
    shown = "".join(c if c in "\n\r\t\b\f" or not _control(c) else "\ufffd" for c in text)
    assert value(written) == shown
    assert value(f"{written}@en-gb") == shown
    assert value(f"{written}^^<http://www.w3.org/2001/XMLSchema#string>") == shown


def _control(c: str) -> bool:
    return c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff"


@given(st.text())
def test_numbers_that_are_none(text: str) -> None:
    assert whole(text) is None or int(text) == whole(text)
    assert decimal(text) is None or isinstance(decimal(text), float)


def test_escapes() -> None:
    assert value(r'"\u00e9\U0001F600\\n\"\n"') == 'é😀\\n"\n'


def test_readers_see_one_state(index: Index) -> None:
    def work(db: sqlite3.Connection) -> tuple[int, int]:
        before = count(db)
        index.put([((WELLBEING.source, WELLBEING.key), None)])
        return before, count(db)

    assert index.read_now(work) == (5, 5)
    assert index.read_now(count) == 4


def test_a_transaction_is_all_or_nothing(index: Index) -> None:
    revision = index.revision
    with pytest.raises(ZeroDivisionError), index.transaction():
        index.put([((WELLBEING.source, WELLBEING.key), None)])
        _ = 1 / 0
    assert (index.read_now(count), index.revision) == (5, revision)


def test_a_question_ends_in_its_time(index: Index) -> None:
    index.timeout = 0.05
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(TooSlow):
        index.read_now(lambda db: db.execute(endless).fetchone())
    assert index.read_now(count) == 5


def test_reading_cannot_write(index: Index) -> None:
    with pytest.raises(sqlite3.OperationalError):
        index.read_now(lambda db: db.execute("DELETE FROM study"))


def test_many_readers_at_once(index: Index) -> None:
    async def ask() -> list[int]:
        found: list[int] = []

        async def one() -> None:
            found.append(await index.read(count))

        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(one)
        return found

    assert anyio.run(ask) == [5] * 100


def test_an_index_of_another_format_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE meta(name, value)")
        db.execute("INSERT INTO meta VALUES ('format', 999)")
    db.close()
    index = Index(path)
    assert index.read_now(count) == 0
    index.close()


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("", ""),
        ("  ", ""),
        ("peer support", '"peer" AND "support"'),
        ('"peer support"', '"peer support"'),
        ("burn-out", '"burn out"'),
        ("psych*", '"psych"*'),
        ("peer -work", '("peer") NOT ("work")'),
        ("a OR b c", '("a" OR "b") AND "c"'),
        ("OR a", '"OR" AND "a"'),
        ("a OR", '"a"'),
        ('"open end', '"open end"'),
        ("NEAR(a b) ^c col:d {e}", '"NEAR a" AND "b" AND "c" AND "col d" AND "e"'),
    ],
)
def test_words_to_look_for(q: str, text: str) -> None:
    assert search_text(q) == text


@given(st.text(alphabet=st.sampled_from("abOR\"'*-+():^{}[]\\. é\x00中\u0301")) | st.text())
def test_any_text_is_a_question_or_refused(q: str) -> None:
    try:
        text = search_text(q)
    except BadQuestion:
        return
    if text:
        db = sqlite3.connect(":memory:")
        db.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
        db.execute("SELECT * FROM t WHERE t MATCH ?", (text,)).fetchall()
        db.close()


def test_digits_at_the_end_of_a_key() -> None:
    member = IRIS.part("hra", "1", "contact-1")
    cluster = IRIS.cluster("person", "Steve Gillard", member)
    assert digest_of(cluster) == digest_of(cluster.rpartition("/")[2]) == digest(member, 12)
    assert digest_of("steve-gillard") == ""
