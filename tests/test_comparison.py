"""Looking before loading: dry runs, differences in words and triples, the quarantine, the list of records."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from loaders.archive import Archive, Work, content_hash
from loaders.record import Entry, Unreadable
from loaders.sources import crossref
from service.app import create_app
from service.settings import Settings
from tests.commands import BROKEN, command, tree, work, written
from tests.serving import served


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one record loaded."""
    folder = tmp_path / "data"
    assert command("load", written(tmp_path / "first.jsonl", work()), "--data", folder).status == 0
    return folder


def test_a_dry_run_says_what_a_load_would_do_and_touches_nothing(data: Path, tmp_path: Path) -> None:
    files = tmp_path / "in"
    written(files / "1.jsonl", work(), work(publisher="Other Press"), work("10.1234/new"), BROKEN)
    (files / "2.bin").write_bytes(bytes(range(256)) * 8)
    before = tree(data)
    done = command("load", "--dry-run", files, "--data", data, "--json")
    assert done.status == 1
    found = done.json
    counts = {name: found[name] for name in ("new", "changed", "unchanged", "quarantined")}
    assert counts == {"new": 1, "changed": 1, "unchanged": 1, "quarantined": 2}
    reasons = {(Path(e["file"]).name, e["place"]): e["reason"] for e in found["entries"] if e["reason"]}
    assert "no valid JSON" in reasons["1.jsonl", "line 4"]
    assert "binary file" in reasons["2.bin", ""]
    assert tree(data) == before
    report = command("load", files, "--data", data, "--json").json
    assert (report["loaded"], report["unchanged"], len(report["quarantined"])) == (2, 1, 2)


def test_a_dry_run_needs_no_folder_and_makes_none(tmp_path: Path) -> None:
    done = command("load", "--dry-run", written(tmp_path / "a.jsonl", work()), "--data", tmp_path / "none")
    assert done.status == 0
    assert "new: crossref/10.1234/rota.1: Night rotas" in done.text
    assert not (tmp_path / "none").exists()


def test_looking_works_while_the_graph_is_served(data: Path, tmp_path: Path) -> None:
    changed = written(tmp_path / "b.jsonl", work(publisher="Other Press"))
    with served(create_app(Settings(data=data))):
        assert command("load", changed, "--data", data).status == 2
        assert command("load", "--dry-run", changed, "--data", data, "--json").json["changed"] == 1
        assert command("diff", changed, "--data", data).status == 1
        assert len(command("records", "--data", data, "--json").json) == 1


def test_a_folder_of_another_base_is_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_GRAPH_BASE", "https://example.org/")
    done = command("diff", written(tmp_path / "b.jsonl", work()), "--data", data)
    assert done.status == 2
    assert "EVIDENCE_GRAPH_BASE=http://127.0.0.1:8000/" in done.errors


# ---- diff


def test_a_difference_is_told_in_words(data: Path, tmp_path: Path) -> None:
    authors = work()["author"]
    smith = {"given": "Mary", "family": "Smith", "affiliation": [{"name": "University of York"}]}
    new = work(
        title=["Night rotas and burnout in nurses"],
        issued={"date-parts": [[2020]]},
        abstract="<jats:p>We measured burnout in 40 nurses. Burnout decreased on night rotas.</jats:p>",
        author=[authors[0], {"given": "Eve", "family": "New"}, authors[1], smith],
    )
    done = command("diff", written(tmp_path / "b.jsonl", new), "--data", data)
    assert done.status == 1
    lines = [line.strip() for line in done.text.splitlines()]
    assert "title: “Night rotas and burnout of nurses” → “Night rotas and burnout in nurses”" in lines
    assert "published: 2019-05 → 2020" in lines
    assert "author 2 added: Eve New" in lines
    assert "author 4 (Mary Smith): member of: University of Leeds → University of York" in lines
    assert not any("Ali Khan" in line for line in lines), "he only moved because somebody was put before him"
    assert any(line.startswith("evidence removed: Burnout") and "increased" in line for line in lines)
    assert any(line.startswith("evidence added: Burnout") and "decreased" in line for line in lines)
    assert lines[-1] == "1 changed"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"author": list(reversed(work()["author"]))}, "order of authors: Jane Doe; Ali Khan; Mary Smith → Mary Smith"),
        ({"author": work()["author"][:2]}, "author 3 removed: Mary Smith; University of Leeds"),
        ({"container-title": []}, "journal removed: “Rota Studies”"),
        ({"volume": "12"}, "volume added: 12"),
        ({"subtitle": []}, "nothing that is said of it, only the bytes that say so"),
    ],
)
def test_single_changes_in_words(data: Path, tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    found = command("diff", written(tmp_path / "b.jsonl", work(**changed)), "--data", data, "--json").json
    assert any(line.startswith(said) for line in found["records"][0]["words"]), found["records"][0]["words"]


def test_nothing_to_change_is_status_0_and_trouble_is_2(data: Path, tmp_path: Path) -> None:
    same = command("diff", written(tmp_path / "same.jsonl", work()), "--data", data, "--json")
    assert (same.status, same.json) == (0, {"records": [], "counts": {"unchanged": 1}})
    trouble = command("diff", written(tmp_path / "bad.jsonl", work("10.1234/new"), BROKEN), "--data", data)
    assert trouble.status == 2
    assert "bad.jsonl, line 2: this is no valid JSON" in trouble.errors
    assert "crossref/10.1234/new new" in trouble.text
    assert command("diff", tmp_path / "nowhere", "--data", data).status == 2


def test_the_patch_makes_of_the_graph_what_loading_makes_of_it(data: Path, tmp_path: Path) -> None:
    changed = written(tmp_path / "b.jsonl", work(title=["Night rotas"], volume="3"), work("10.1234/new"))
    patch = command("diff", changed, "--data", data, "--rdf").text.splitlines()
    quads = record_graphs(data)
    for line in patch:
        (quads.remove if line[0] == "D" else quads.add)(line[2:])
    assert {line[0] for line in patch} == {"A", "D"}
    assert command("load", changed, "--data", data).status == 0
    assert record_graphs(data) == quads


def record_graphs(data: Path) -> set[str]:
    """The N-Quads of every record's graphs in the newest snapshot."""
    newest = max((data / "snapshots").glob("[0-9]*"), key=lambda p: int(p.name))
    return {
        f"{quad.triple} {quad.graph_name} ."
        for quad in ox.Store.read_only(str(newest))
        if "/graph/record/" in str(quad.graph_name) or "/graph/evidence/" in str(quad.graph_name)
    }


def test_of_a_record_that_the_files_have_twice_the_last_state_counts(data: Path, tmp_path: Path) -> None:
    twice = written(tmp_path / "b.jsonl", work(volume="1"), work(volume="2"), work(volume="2"))
    found = command("diff", twice, "--data", data, "--json").json
    assert [r["words"] for r in found["records"]] == [["volume added: 2"]]
    assert found["counts"] == {"unchanged": 2, "changed": 1}
    back = written(tmp_path / "c.jsonl", work(volume="1"), work())
    assert command("diff", back, "--data", data, "--json").json == {"records": [], "counts": {"unchanged": 2}}


def test_a_new_record_that_the_files_have_twice_is_compared_with_itself(data: Path, tmp_path: Path) -> None:
    twice = written(tmp_path / "b.jsonl", work("10.1234/new"), work("10.1234/new", volume="1"))
    found = command("diff", twice, "--data", data, "--json").json
    assert found["counts"] == {"new": 1, "changed": 1}
    assert found["records"][1]["words"] == ["volume added: 1"]


def test_a_record_that_its_source_deleted_would_go(tmp_path: Path) -> None:
    head = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header{status}>'
        "<identifier>oai:example.org:1</identifier><datestamp>2020-01-01</datestamp></header>"
    )
    dc = '<metadata><dc xmlns="http://purl.org/dc/elements/1.1/"><title>A study of rotas</title></dc></metadata>'
    end = "</record></ListRecords></OAI-PMH>"
    (tmp_path / "1.xml").write_text(head.format(status="") + dc + end)
    (tmp_path / "2.xml").write_text(head.format(status=' status="deleted"') + end)
    data = tmp_path / "data"
    assert command("diff", tmp_path / "2.xml", "--data", data).status == 0
    command("load", tmp_path / "1.xml", "--data", data)
    [record] = command("diff", tmp_path / "2.xml", "--data", data, "--json").json["records"]
    assert record["outlook"] == "withdrawn"
    assert "publication removed: A study of rotas" in record["words"]
    assert record["added"] == []
    command("load", tmp_path / "2.xml", "--data", data)
    gone = command("records", "--state", "gone", "--data", data, "--json").json
    assert [(r["key"], r["state"]) for r in gone] == [(record["record"].partition("/")[2], "withdrawn")]


# ---- quarantine


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    """A folder with three entries in the quarantine: of a known source, of no known kind, and without bytes."""
    files, data = tmp_path / "in", tmp_path / "data"
    written(files / "a.jsonl", work(), BROKEN)
    (files / "b.txt").write_bytes(b"\x1b]0;title\x07 plain \xff text\n" + b"x" * 5000)
    (files / "c.json.gz").write_bytes(b"\x1f\x8b\x08broken")
    assert command("load", files, "--data", data).status == 1
    return data


def test_the_quarantine_is_listed_and_shown_without_harm_to_a_terminal(aside: Path, tmp_path: Path) -> None:
    rows = command("quarantine", "--data", aside, "--json").json
    assert rows == command("quarantine", "list", "--data", aside, "--json").json
    named = {Path(row["file"]).name: row for row in rows}
    assert set(named) == {"a.jsonl", "b.txt", "c.json.gz"}
    assert (named["a.jsonl"]["place"], named["a.jsonl"]["source"]) == ("line 2", "crossref")
    assert len(command("quarantine", "list", "--source", "crossref", "--data", aside, "--json").json) == 1
    shown = command("quarantine", "show", named["b.txt"]["id"], "--data", aside)
    assert "\x1b" not in shown.text
    assert "\\x1b]0;title\\x07 plain \\xff text" in shown.text
    assert "more bytes: --raw FILE" in shown.text
    assert len(shown.text) < 4000
    raw = command("quarantine", "show", named["b.txt"]["id"], "--raw", "-", "--data", aside).raw
    assert raw == (tmp_path / "in" / "b.txt").read_bytes()
    command("quarantine", "show", named["a.jsonl"]["id"], "--raw", tmp_path / "out", "--data", aside)
    assert (tmp_path / "out").read_text() == BROKEN
    without = command("quarantine", "show", named["c.json.gz"]["id"], "--data", aside)
    assert "No bytes were kept" in without.text
    assert command("quarantine", "show", 99, "--data", aside).status == 2


def test_an_entry_leaves_the_quarantine_when_it_loads(
    aside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = command("quarantine", "retry", "--data", aside, "--json")
    assert (again.status, [row["loaded"] for row in again.json]) == (1, [False] * 3)
    numbers = [row["id"] for row in command("quarantine", "--data", aside, "--json").json]
    assert [row["id"] for row in again.json] == numbers
    # The reader of a later day mends what was broken, and a file was put right.
    plain, mended = crossref.read, json.dumps(work("10.1234/mended")).encode()
    monkeypatch.setattr(crossref, "read", lambda raw: plain(mended if raw == BROKEN.encode() else raw))
    written(tmp_path / "in" / "c.json.gz", work("10.1234/right"))
    done = command("quarantine", "retry", "--data", aside, "--json").json
    assert {Path(row["file"]).name for row in done if row["loaded"]} == {"a.jsonl", "c.json.gz"}
    assert [Path(row["file"]).name for row in command("quarantine", "--data", aside, "--json").json] == ["b.txt"]
    keys = {row["key"] for row in command("records", "--data", aside, "--json").json}
    assert keys == {"10.1234/rota.1", "10.1234/mended", "10.1234/right"}


def test_a_table_leaves_the_quarantine_only_when_its_columns_are_told(tmp_path: Path) -> None:
    table, data = tmp_path / "r.csv", tmp_path / "data"
    table.write_text("Paper,When\nPeers at work,2020\n")

    def listed() -> list[tuple[str, str]]:
        rows = command("quarantine", "--data", data, "--json").json
        return [(Path(row["file"]).name, row["reason"]) for row in rows]

    assert command("load", table, "--columns", "title=Papr", "--data", data).status == 1
    [(_, reason)] = listed()
    assert "no column 'Papr' (for title): did you mean Paper?" in reason
    again = command("quarantine", "retry", "--data", data)
    assert (again.status, "0 left the quarantine, 1 stay" in again.text) == (1, True)
    [(name, reason)] = listed()
    assert (name, "of the columns Paper, When: say" in reason, "--columns" in reason) == ("r.csv", True, True)
    assert command("quarantine", "retry", "--data", data).status == 1
    assert len(listed()) == 1
    assert command("load", table, "--columns", "title=Paper,year=When", "--data", data).status == 0
    assert listed() == []


def test_what_fails_in_another_way_than_before_stays(
    aside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Iterator[Entry]:
        raise Unreadable("ends in the middle of a record")

    before = command("quarantine", "--data", aside, "--json").json
    [plain] = [row["id"] for row in before if row["file"].endswith("b.txt")]
    # A reader of a later day knows the file and cannot split it.
    monkeypatch.setattr("loaders.entries.detect", lambda _: crossref)
    monkeypatch.setattr(crossref, "entries", broken)
    again = command("quarantine", "retry", plain, "--data", aside)
    assert (again.status, "ends in the middle of a record" in again.text) == (1, True)
    after = command("quarantine", "--data", aside, "--json").json
    assert len(after) == len(before)
    assert [row["reason"] for row in after if row["file"].endswith("b.txt")] == ["ends in the middle of a record"]


def test_only_the_file_that_loads_leaves_the_quarantine(tmp_path: Path) -> None:
    files, data = tmp_path / "in", tmp_path / "data"
    files.mkdir()
    (files / "other.csv").write_text("Paper,When\nPeers at work,2020\n")
    (files / "damaged.json.gz").write_bytes(b"\x1f\x8b\x08broken")
    written(files / "a.jsonl", work(), BROKEN)
    assert command("load", files, "--data", data).status == 1
    written(files / "damaged.json.gz", work("10.1234/right"))
    assert command("load", files / "damaged.json.gz", "--data", data).status == 0
    assert command("load", files / "a.jsonl", "--data", data).status == 1
    left = command("quarantine", "--data", data, "--json").json
    assert {(Path(row["file"]).name, row["place"]) for row in left} == {("a.jsonl", "line 2"), ("other.csv", "")}


def test_what_was_mended_in_its_file_leaves_the_quarantine(tmp_path: Path) -> None:
    path, data = tmp_path / "a.ris", tmp_path / "data"
    bad, nameless = b"TY  - JOUR\nTI  - Caf\xe9\nER  - \n", b"TY  - JOUR\nAU  - Doe, J\nER  - \n"

    def load(raw: bytes) -> tuple[list[str], list[str]]:
        path.write_bytes(raw)
        said = command("load", path, "--data", data, "--json").json
        places = [row["place"] for row in command("quarantine", "--data", data, "--json").json]
        assert places == [q["place"] for q in said["quarantined"]]
        return places, said["warnings"]

    assert load(bad + nameless) == (["line 1", "line 4"], [])
    mended, [warning] = load(bad.decode("latin-1").encode() + nameless)
    assert mended == ["line 4"]
    assert "an entry that was put aside of it is no longer in it" in warning
    assert load(b"TY  - JOUR\nTI  - Rotas\nER  - \n" + nameless) == (["line 4"], [])
    assert load(b"TY  - JOUR\nTI  - Rotas again and again\nKW  - a\nER  - \n" + nameless) == (["line 5"], [])


def test_what_a_killed_load_had_begun_is_put_aside_once(data: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", work(), BROKEN)
    archive = Archive(data / "archive.sqlite")
    with archive.transaction():
        archive.begin([Work("crossref", BROKEN.encode(), content_hash(BROKEN.encode()), str(path), "line 2")])
    archive.close()
    said = command("load", path, "--data", data, "--json").json
    assert [q["place"] for q in said["quarantined"]] == ["line 2"]


def test_what_was_put_aside_stays_where_its_file_ends_too_early(tmp_path: Path) -> None:
    path, data = tmp_path / "a.jsonl.gz", tmp_path / "data"
    whole = gzip.compress("".join(json.dumps(work(f"10.1234/{n}")) + "\n" for n in range(500)).encode())
    path.write_bytes(gzip.compress(f"{json.dumps(work())}\n{BROKEN}\n".encode()))
    assert command("load", path, "--data", data).status == 1
    before = {row["id"] for row in command("quarantine", "--data", data, "--json").json}
    path.write_bytes(whole[: len(whole) // 2])
    assert command("load", path, "--data", data).status == 1
    assert before < {row["id"] for row in command("quarantine", "--data", data, "--json").json}


def test_what_is_discarded_is_gone_with_its_bytes(aside: Path) -> None:
    rows = command("quarantine", "--data", aside, "--json").json
    assert command("quarantine", "discard", "--data", aside).status == 2
    assert command("quarantine", "discard", rows[0]["id"], "--data", aside).status == 0
    assert len(command("quarantine", "--data", aside, "--json").json) == 2
    archive = Archive.reading(aside / "archive.sqlite")
    assert archive.raw(rows[0]["hash"]) is None
    archive.close()
    assert command("quarantine", "discard", "--all", "--data", aside).status == 0
    assert command("quarantine", "--data", aside, "--json").json == []


# ---- records


def test_records_are_filtered_by_source_text_time_and_state(data: Path, tmp_path: Path) -> None:
    ris = tmp_path / "a.ris"
    ris.write_text("TY  - JOUR\nTI  - A study of days off\nDO  - 10.1234/ris\nPY  - 2020\nER  - \n")
    command("load", ris, "--data", data)

    def keys(*options: str) -> list[str]:
        return [row["key"] for row in command("records", *options, "--data", data, "--json").json]

    assert keys() == ["10.1234/rota.1", "10.1234/ris"]
    assert keys("--source", "ris") == ["10.1234/ris"]
    assert keys("--text", "burnout nurses") == ["10.1234/rota.1"]
    assert keys("--since", "2999-01-01") == []
    assert keys("--since", "2020-01-01") == keys("--limit", "0") == keys()
    assert keys("--limit", "1") == ["10.1234/rota.1"]
    assert keys("--state", "outdated") == keys("--state", "gone") == []
    command("delete", "ris/10.1234/ris", "--data", data)
    assert keys() == ["10.1234/rota.1"]
    assert keys("--state", "gone") == ["10.1234/ris"]
    assert len(keys("--state", "all")) == 2
    history = command("records", "--history", "ris/10.1234/ris", "--data", data, "--json").json
    assert [event["action"] for event in history] == ["added", "deleted"]
    assert command("records", "--state", "odd", "--data", data).status == 2
    assert command("records", "--since", "yesterday", "--data", data).status == 2
