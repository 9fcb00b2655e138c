"""The archive keeps bytes, tells what became of them, and remembers what was begun."""

from pathlib import Path

import pytest

from loaders.archive import Archive, Archived, Quarantined, Work, content_hash

RAW = b"one record"
HASH = content_hash(RAW)
WORK = Work("hra", RAW, HASH, "a.txt", "")
RECORD = Archived("hra", "1", HASH, "1+1+1", "a.txt", "", "2026-01-01T00:00:00Z")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite")


def test_a_record_is_current_as_long_as_bytes_and_versions_are_the_same(archive: Archive) -> None:
    with archive.transaction():
        archive.begin([WORK])
        archive.put([RECORD])
        archive.end([WORK])
    assert archive.standing([HASH]) == {HASH: [("hra", "1", "1+1+1")]}
    assert archive.raw(HASH) == RAW
    assert archive.get("hra", "1") == RECORD
    assert archive.count() == 1


def test_what_was_begun_and_not_ended_is_found_again(tmp_path: Path) -> None:
    first = Archive(tmp_path / "archive.sqlite")
    with first.transaction():
        first.begin([WORK])
    first.close()
    again = Archive(tmp_path / "archive.sqlite")
    assert list(again.pending()) == [WORK]
    with again.transaction():
        again.end([WORK])
    assert list(again.pending()) == []


def test_a_transaction_that_fails_leaves_nothing(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.transaction():
        archive.begin([WORK])
        raise ZeroDivisionError
    assert list(archive.pending()) == []
    assert archive.raw(HASH) is None


def test_history_tells_added_changed_reread_deleted(archive: Archive) -> None:
    other = content_hash(b"other")
    with archive.transaction():
        archive.put([RECORD])
        archive.put([Archived("hra", "1", other, "1+1+1", "b.txt", "", "2026-01-02T00:00:00Z")])
        archive.put([Archived("hra", "1", other, "2+1+1", "b.txt", "", "2026-01-03T00:00:00Z")])
        assert archive.forget("hra", "1")
    assert [c.action for c in archive.history("hra", "1")] == ["added", "changed", "reread", "deleted"]
    assert [c.seq for c in archive.changes(after=2)] == [3, 4]
    assert not archive.forget("hra", "1")


def test_bytes_go_with_the_last_record_that_needs_them(archive: Archive) -> None:
    with archive.transaction():
        archive.keep(HASH, RAW)
        archive.put([RECORD, Archived("hra", "2", HASH, "1+1+1", "a.txt", "", "2026-01-01T00:00:00Z")])
        archive.forget("hra", "1")
        assert archive.raw(HASH) == RAW
        archive.forget("hra", "2")
        assert archive.raw(HASH) is None


def test_an_entry_leaves_the_quarantine_when_it_loads(archive: Archive) -> None:
    aside = Quarantined(HASH, "a.txt", "line 3", "hra", "no title")
    with archive.transaction():
        archive.quarantine([aside, aside])
    assert [(q.file, q.place, q.reason) for q in archive.quarantined()] == [("a.txt", "line 3", "no title")]
    with archive.transaction():
        archive.put([RECORD])
    assert archive.quarantined() == []


def test_decisions_are_kept_in_order(archive: Archive) -> None:
    archive.decide("evidence", '{"verdict":"no"}', "A. Reader")
    archive.decide("evidence", '{"verdict":"yes"}', "B. Reader")
    assert [(body, person) for _, body, person, _ in archive.decisions("evidence")] == [
        ('{"verdict":"no"}', "A. Reader"),
        ('{"verdict":"yes"}', "B. Reader"),
    ]
