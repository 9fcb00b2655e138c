"""`explain` and `annotate` as a person types them."""

from pathlib import Path

import orjson
from typer.testing import CliRunner

from service.cli import app

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
