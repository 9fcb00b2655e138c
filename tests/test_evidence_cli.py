"""`explain` and `annotate` as a person types them."""

import gzip
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from service.cli import app, main, marking
from tests.commands import command, work, written

RUN = CliRunner()


def lines(text: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_annotate_writes_one_line_for_each_record(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": "a", "title": "Rest", "abstract": "Results: Burnout fell.", "keywords": ["nurses"]}\n\n'
        '{"id": 2, "title": "Rest", "abstract": "Burnout was lower.", "kind": "registration"}\n'
    )
    result = RUN.invoke(app, ["annotate", str(file), "--sentences"])
    assert result.exit_code == 0
    first, second = lines(result.stdout)
    (burnout,) = (e for e in first["evidence"] if e["theme"] == "burnout")  # type: ignore[attr-defined]
    assert burnout == {
        "theme": "burnout",
        "theme_iri": "https://w3id.org/evidencegraph/theme/burnout",
        "label": "Burnout",
        "role": "finding",
        "reported": True,
        "section": "results",
        "direction": "decrease",
        "negated": False,
        "hedged": False,
        "maintained": None,
        "confidence": burnout["confidence"],
        "field": "abstract",
        "start": 9,
        "end": 22,
        "quote": "Burnout fell.",
        "matched": "Burnout",
        "section_by": "heading: Results",
        "role_by": burnout["role_by"],
        "subject": False,
    }
    assert first["sentences"] == [
        {"start": 9, "end": 22, "section": "results", "section_by": "heading: Results", "quote": "Burnout fell."}
    ]
    assert {"theme": "burnout", "theme_iri": burnout["theme_iri"], "label": "Burnout"} | {
        "reported": True,
        "subject": False,
    } in first["themes"]  # type: ignore[operator]
    assert second["id"] == "2"
    assert not any(e["reported"] for e in second["evidence"] if e["role"] == "finding")  # type: ignore[attr-defined]


def test_a_bad_line_is_named_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": 1, "abstract": "Burnout fell."}\nnonsense\n{"title": "no id"}\n[1]\n{"id": 5}\n'
        '{"id": 6, "abstract": 6}\n{"id": 7, "title": "x", "keywords": "burnout"}\n{"id": 8, "title": "Burnout"}\n'
    )
    result = RUN.invoke(app, ["annotate", str(file)])
    assert result.exit_code == 1
    assert [line["id"] for line in lines(result.stdout)] == ["1", "8"]
    for number in range(2, 8):
        assert f"line {number} " in result.stderr


def test_annotate_reads_standard_input() -> None:
    result = RUN.invoke(app, ["annotate", "-"], input='{"id": 1, "abstract": "Burnout fell."}')
    assert result.exit_code == 0
    assert lines(result.stdout)[0]["id"] == "1"


def test_a_file_or_scheme_that_is_not_there_ends_with_the_reason(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["annotate", str(tmp_path / "none.jsonl")]).exit_code == 2
    assert RUN.invoke(app, ["annotate", "-", "--scheme", str(tmp_path / "none.ttl")]).exit_code == 2


def test_themes_of_the_environment_are_found_as_a_load_finds_them(tmp_path: Path) -> None:
    scheme = tmp_path / "mine.ttl"
    scheme.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        '<https://example.org/kayaking> a skos:Concept ; skos:prefLabel "Kayaking"@en .'
    )
    text = "Results: Kayaking helped."
    assert "Kayaking  " not in RUN.invoke(app, ["explain", text]).stdout
    assert "Kayaking  " in RUN.invoke(app, ["explain", text], env={"EVIDENCE_GRAPH_THEMES": str(scheme)}).stdout
    missing = RUN.invoke(app, ["explain", text, "--scheme", str(tmp_path / "none.ttl")])
    assert missing.exit_code == 2
    assert "there is no such file" in missing.stderr


def test_explain_marks_up_a_text_sentence_by_sentence() -> None:
    result = RUN.invoke(app, ["explain", "BackgroundNurses tire. ResultsBurnout fell, but this was not maintained."])
    assert result.exit_code == 0
    assert "BACKGROUND" in result.stdout
    assert "RESULTS  by heading: Results" in result.stdout
    for word in ("Burnout", "finding", "decrease", "not maintained", "REPORTS"):
        assert word in result.stdout


def test_explain_takes_a_file_and_standard_input(tmp_path: Path) -> None:
    text = tmp_path / "abstract.txt"
    text.write_text("Results: Burnout fell in all wards.")
    assert "decrease" in RUN.invoke(app, ["explain", str(text)]).stdout
    record = tmp_path / "in.jsonl"
    record.write_text('{"id": 1, "title": "Rest", "abstract": "Results: Burnout fell."}')
    assert "TITLE" in RUN.invoke(app, ["explain", str(record)]).stdout
    assert "decrease" in RUN.invoke(app, ["explain", "-"], input="Results: Burnout fell.").stdout
    as_json = RUN.invoke(app, ["explain", "--json", "Results: Burnout fell."])
    assert lines(as_json.stdout)[0]["evidence"]


def test_explain_names_what_it_cannot_find() -> None:
    assert RUN.invoke(app, ["explain", "hra/2"]).exit_code == 2


def test_a_registration_is_explained_as_one() -> None:
    result = RUN.invoke(app, ["explain", "--registration", "Results: Burnout fell."])
    assert "REPORTS  no theme" in result.stdout


def test_a_byte_order_mark_of_a_file_costs_no_line(tmp_path: Path) -> None:
    file = tmp_path / "windows.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"id": 1, "abstract": "Burnout fell."}\r\n{"id": 2, "title": "Burnout"}\r\n')
    result = RUN.invoke(app, ["annotate", str(file)])
    assert (result.exit_code, [line["id"] for line in lines(result.stdout)]) == (0, ["1", "2"])


def test_a_kind_counts_in_whatever_case_and_an_odd_id_is_named(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": 1, "kind": " Registration", "abstract": "Results: Burnout fell."}\n'
        '{"id": 1.5, "abstract": "Burnout fell."}\n{"id": 123456789012345678901234567890, "title": "Burnout"}\n'
    )
    result = RUN.invoke(app, ["annotate", str(file)])
    (registered,) = lines(result.stdout)
    assert not any(e["reported"] for e in registered["evidence"])  # type: ignore[attr-defined]
    for number in (2, 3):
        assert f"line {number} has an id that is neither a text nor a whole number" in result.stderr
    assert "2 lines left out" in result.stderr


def test_annotate_reads_a_packed_file_and_says_where_one_is_damaged(tmp_path: Path) -> None:
    plain = b"".join(b'{"id": %d, "abstract": "Burnout fell."}\n' % n for n in range(50))
    packed = tmp_path / "in.jsonl.gz"
    packed.write_bytes(gzip.compress(plain))
    result = RUN.invoke(app, ["annotate", str(packed)])
    assert (result.exit_code, [line["id"] for line in lines(result.stdout)]) == (0, [str(n) for n in range(50)])
    packed.write_bytes(packed.read_bytes()[:60])
    damaged = RUN.invoke(app, ["annotate", str(packed)])
    assert damaged.exit_code == 2
    assert "damaged" in damaged.stderr


class Full(io.StringIO):
    """Standard output on a disk without room."""

    @property
    def buffer(self) -> "Full":  # type: ignore[override]
        return self

    def write(self, _data: object) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_one_line_and_no_trace(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "abstract": "Burnout fell."}')
    said = io.StringIO()
    argv = patch.object(sys, "argv", ["evidence-graph", "annotate", str(file)])
    with argv, redirect_stdout(Full()), redirect_stderr(said), pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert said.getvalue() == "evidence-graph: the answer cannot be written: No space left on device\n"


def test_a_scheme_that_gives_no_theme_ends_with_the_reason(tmp_path: Path) -> None:
    scheme = tmp_path / "mine.ttl"
    prefixes = (
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix evg: <https://w3id.org/evidencegraph/ns#> .\n"
    )
    for text, reason in (
        ("", "no skos:Concept with a skos:prefLabel"),
        ('<https://example.org/a> a skos:Concept ; skos:altLabel "A" .', "no skos:Concept with a skos:prefLabel"),
        ('<https://example.org/a> a skos:Concept ; skos:prefLabel "A" ; evg:improvementIs "up" .', "improvementIs is"),
        ('<https://example.org/a> a skos:Concept ; skos:prefLabel "A" ; evg:labelPattern "*ing" .', "begin with"),
    ):
        scheme.write_text(prefixes + text)
        for arguments in (["annotate", "-"], ["explain", "Burnout fell."]):
            result = RUN.invoke(app, [*arguments, "--scheme", str(scheme)])
            assert result.exit_code == 2
            assert "themes of your own" in result.stderr
            assert reason in result.stderr


def test_explain_leaves_out_what_it_cannot_read_and_shows_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(
        b'\xef\xbb\xbf{"id": "a", "abstract": "Results: Burnout fell."}\nnonsense\n{"id": "b", "title": "Burnout"}\n'
    )
    from_file = RUN.invoke(app, ["explain", str(file)])
    typed = RUN.invoke(app, ["explain", "-"], input=file.read_bytes())
    assert from_file.stdout == typed.stdout
    for result in (from_file, typed):
        assert result.exit_code == 1
        assert "RECORD  a" in result.stdout and "RECORD  b" in result.stdout
        assert "line 2 is no JSON" in result.stderr
        assert "nonsense" not in result.stdout


def test_explain_passes_over_a_record_that_its_source_deleted(tmp_path: Path) -> None:
    file = tmp_path / "page.xml"
    record = (
        "<record><header{}><identifier>oai:example.org:{}</identifier><datestamp>2020-01-01</datestamp></header>{}"
        "</record>"
    )
    there = '<metadata><dc xmlns="http://purl.org/dc/elements/1.1/"><title>Burnout of rotas</title></dc></metadata>'
    records = record.format(' status="deleted"', 1, "") + record.format("", 2, there)
    file.write_text(
        f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>{records}</ListRecords></OAI-PMH>'
    )
    result = RUN.invoke(app, ["explain", str(file)])
    assert (result.exit_code, "Burnout of rotas" in result.stdout) == (1, True)
    assert "has deleted oai:example.org:1" in result.stderr


def test_explain_shows_no_record_as_a_text_and_no_bytes_as_one(tmp_path: Path) -> None:
    error = tmp_path / "answer.xml"
    error.write_text(
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="noRecordsMatch">none</error></OAI-PMH>'
    )
    binary = tmp_path / "paper.pdf"
    binary.write_bytes(b"%PDF-1.7\n\0\0\x1b[31m")
    empty = tmp_path / "empty.txt"
    empty.write_text(" \n")
    for file in (error, binary, empty):
        result = RUN.invoke(app, ["explain", str(file)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "nothing in it that can be read" in result.stderr


def test_explain_takes_odd_texts_and_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["explain", "Burnout\nfell"]).exit_code == 0
    assert "Burnout  [31mfell." in RUN.invoke(app, ["explain", "Results: Burnout \x1b[31mfell."]).stdout
    file = tmp_path / "abstract.txt"
    file.write_text("Background: Burnout is common.", encoding="utf-8-sig")
    assert "by heading: Background" in RUN.invoke(app, ["explain", str(file)]).stdout


def test_what_is_explained_is_marked_as_a_word_and_breaks_no_row(tmp_path: Path) -> None:
    scheme = tmp_path / "mine.ttl"
    scheme.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        '<https://example.org/art> a skos:Concept ; skos:prefLabel "Art"@en .'
    )
    screen = io.StringIO()
    with patch.object(marking, "_out", Console(file=screen, force_terminal=True, soft_wrap=True, width=200)):
        RUN.invoke(app, ["explain", "Results: Heart rate and art rose.", "--scheme", str(scheme)])
    assert "Heart rate and \x1b" in screen.getvalue()
    text = "Methods: Nurses took part. Results: Burnout and job satisfaction rose, but this was not maintained."
    quiet = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    piped = subprocess.run(
        [sys.executable, "-m", "service", "explain", text], stdout=subprocess.PIPE, env=quiet, check=True
    )
    rows = piped.stdout.decode().splitlines()
    assert any("Job satisfaction" in row and "not maintained" in row and "states a result" in row for row in rows)


def test_a_stored_record_is_explained_as_people_corrected_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    doi = "10.1234/rota.1"
    assert command("load", written(tmp_path / "works.jsonl", work(doi)), "--data", data).status == 0
    before = command("explain", f"crossref/{doi}", "--data", data, "--json").json
    found = next(e for e in before["evidence"] if e["theme"] == "burnout" and e["field"] == "abstract")
    name = f"crossref/{doi}#evidence-burnout-abstract-{found['start']}"
    assert command("correct", name, "recommendation", "--by", "Jane", "--data", data).status == 0
    after = command("explain", f"crossref/{doi}", "--data", data, "--json").json
    changed = [e for e in after["evidence"] if e["theme"] == "burnout" and e["start"] == found["start"]]
    assert [(e["role"], e["role_by"]) for e in changed if e["field"] == "abstract"] == [
        ("recommendation", "person: Jane")
    ]
    shown = command("explain", f"crossref/{doi}", "--data", data).text
    assert f"RECORD  crossref/{doi}" in shown
    assert "person: Jane" in shown
