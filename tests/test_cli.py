"""The command line as a user has it: a process, its output, its exit status."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from service.store.folder import Folder
from tests.commands import command, work
from tests.conftest import ROOT

SAMPLES = ROOT / "loaders" / "samples"


def run(*arguments: str | Path, stdin: str | None = None, env: dict[str, str] | None = None) -> Any:
    """Run `evidence-graph` in a process of its own; the finished process with its output as text."""
    return subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"} | (env or {}),
        timeout=120,
        check=False,
    )


def load(data: Path, *paths: Path) -> dict[str, Any]:
    done = run("load", *paths, "--data", data, "--json")
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def ask(data: Path, query: str) -> list[dict[str, str]]:
    """The rows of a SELECT as plain values."""
    done = run("query", "-", "--data", data, "--format", "json", stdin=query)
    assert done.returncode == 0, done.stderr
    return [{k: v["value"] for k, v in row.items()} for row in json.loads(done.stdout)["results"]["bindings"]]


def everything(data: Path) -> set[tuple[str, ...]]:
    """The whole dataset, the default graph included."""
    named = ask(data, "SELECT * { GRAPH ?g { ?s ?p ?o } }")
    default = ask(data, "SELECT * { ?s ?p ?o }")
    return {tuple(sorted(map(str, row.items()))) for row in [*named, *default]}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    report = load(data, SAMPLES)
    assert (report["loaded"], report["unchanged"], report["quarantined"]) == (5, 0, [])
    return data


def test_loading_again_changes_nothing(loaded: Path) -> None:
    before = everything(loaded)
    report = load(loaded, SAMPLES)
    assert (report["loaded"], report["unchanged"]) == (0, 5)
    assert everything(loaded) == before


def test_order_does_not_matter(loaded: Path, tmp_path: Path) -> None:
    for path in sorted(SAMPLES.glob("*.txt"), reverse=True):
        load(tmp_path, path)
    assert everything(tmp_path) == everything(loaded)


def test_check_finds_no_violation(loaded: Path) -> None:
    done = run("check", "--data", loaded)
    assert done.returncode == 0, done.stdout
    assert "5 records checked, 0 violations" in done.stdout


def test_deleting_a_record_leaves_no_trace_of_it(tmp_path: Path) -> None:
    hra = next(SAMPLES.glob("*hra*"))
    others = [p for p in SAMPLES.glob("*.txt") if p != hra]
    load(tmp_path / "all", SAMPLES)
    load(tmp_path / "some", *others)
    assert run("delete", "hra/146257", "--data", tmp_path / "all").returncode == 0
    assert everything(tmp_path / "all") == everything(tmp_path / "some")
    assert run("delete", "hra/146257", "--data", tmp_path / "all").returncode == 2


def test_bad_files_are_named_with_a_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "unknown.html").write_text("<html><body>Some page</body></html>")
    hra = next(SAMPLES.glob("*hra*")).read_text()
    scholar = next(SAMPLES.glob("*semantic-scholar*")).read_text()
    (folder / "broken.txt").write_text(scholar.replace('"abstract":', '"abstract"'))
    (folder / "sound.txt").write_text(hra)
    done = run("load", folder, "--data", tmp_path / "data", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["loaded"] == 1
    reasons = {Path(q["file"]).name: q["reason"] for q in report["quarantined"]}
    assert "empty" in reasons["empty.txt"]
    assert "binary" in reasons["binary.bin"]
    assert "no known format" in reasons["unknown.html"]
    assert set(reasons) == {"empty.txt", "binary.bin", "unknown.html", "broken.txt"}
    table = run("load", folder, "--data", tmp_path / "data").stdout
    assert "unknown.html" in table
    listed = json.loads(run("quarantine", "--data", tmp_path / "data", "--json").stdout)
    assert len(listed) == 4


def test_nothing_can_run_is_status_2_and_one_clear_line(tmp_path: Path, loaded: Path) -> None:
    missing = run("load", tmp_path / "nowhere", "--data", tmp_path)
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert "no such file or folder" in missing.stderr
    other_base = run("load", SAMPLES, "--data", loaded, env={"EVIDENCE_GRAPH_BASE": "https://example.org/"})
    assert other_base.returncode == 2
    assert "EVIDENCE_GRAPH_BASE" in other_base.stderr
    misspelt = run("stats", "--data", loaded, env={"EVIDENCE_GRAPH_BASIS": "x"})
    assert misspelt.returncode == 2
    assert run("query", "SELECT * { ?s ?p ?o }", "--data", tmp_path / "empty").returncode == 2


def test_what_keeps_a_service_from_starting_is_one_clear_line(tmp_path: Path, loaded: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = run("serve", "--data", loaded, "--port", str(port))
    held = Folder(tmp_path / "held", "http://127.0.0.1:8000/", "merge")
    in_use = run("serve", "--data", tmp_path / "held", "--port", "0")
    held.release()
    themes = run("serve", "--data", loaded, env={"EVIDENCE_GRAPH_THEMES": "nowhere.ttl"})
    for done, said in ((busy, "--port"), (in_use, "in use by the process"), (themes, "EVIDENCE_GRAPH_THEMES")):
        assert done.returncode == 2
        assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_a_file_of_themes_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("load", SAMPLES, "--data", tmp_path, env={"EVIDENCE_GRAPH_THEMES": "nowhere.ttl"})
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "EVIDENCE_GRAPH_THEMES" in done.stderr


def test_a_query_is_answered_in_every_format(loaded: Path) -> None:
    text = "SELECT ?title { ?study evg:reportsTheme theme:burnout ; dcterms:title ?title } ORDER BY ?title"
    titles = ask(loaded, text)
    assert len(titles) == 2
    table = run("query", text, "--data", loaded).stdout
    assert "The impact of working as a peer worker" in table
    assert run("query", text, "--data", loaded, "--format", "csv").stdout.splitlines()[0] == "title"
    graph = run("query", "CONSTRUCT WHERE { ?s evg:irasId ?o }", "--data", loaded, "--format", "ttl")
    assert "146257" in graph.stdout
    wrong = run("query", "SELECT ?x { ?x evg:reportTheme ?y", "--data", loaded)
    assert wrong.returncode == 2
    assert "Line 1, column 3" in wrong.stderr
    assert "did you mean evg:reportsTheme?" in wrong.stderr


def test_explain_marks_up_a_stored_record(loaded: Path) -> None:
    assert "METHODS  interview, qualitative" in run("explain", "hra/146257", "--data", loaded).stdout
    assert "no such file or record" in run("explain", "hra/0", "--data", loaded).stderr


def test_a_misspelt_term_is_told_beside_its_empty_answer(loaded: Path) -> None:
    done = run("query", "SELECT * { ?s evg:reportTheme ?t }", "--data", loaded)
    assert (done.returncode, done.stderr) == (0, "hint: evg: has no term reportTheme, did you mean evg:reportsTheme?\n")


def test_a_query_file_that_is_no_text_is_one_clear_line(loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_bytes(b"SELECT \xff")
    done = run("query", tmp_path / "q.rq", "--data", loaded)
    assert done.returncode == 2
    assert "no text in UTF-8" in done.stderr and "Traceback" not in done.stderr


def test_a_key_is_whole_in_a_pipe(loaded: Path) -> None:
    done = run("records", "--data", loaded, env={"COLUMNS": ""})
    assert "10.1186/s12888-022-03999-9" in done.stdout or "title-c4ac0b2f0805b8fc" in done.stdout


def test_stats_count_what_is_there(loaded: Path) -> None:
    counts = json.loads(run("stats", "--data", loaded, "--json").stdout)
    assert counts["records"] == 5
    assert counts["studies"] == 5
    assert counts["publications"] == 4


def test_rebuild_gives_the_same_graph(tmp_path: Path) -> None:
    load(tmp_path, SAMPLES)
    before = everything(tmp_path)
    assert run("rebuild", "--data", tmp_path).returncode == 0
    assert everything(tmp_path) == before


def test_a_changed_record_replaces_its_graphs_and_nothing_else(tmp_path: Path) -> None:
    sample = next(SAMPLES.glob("*hra*"))
    load(tmp_path / "data", SAMPLES)
    before = everything(tmp_path / "data")
    changed = tmp_path / "changed.txt"
    changed.write_text(sample.read_text().replace("0 years, 11 months, 30 days", "1 years, 2 months, 0 days"))
    assert load(tmp_path / "data", changed)["loaded"] == 1
    [row] = ask(tmp_path / "data", "SELECT ?d { ?s evg:plannedDuration ?d }")
    assert row["d"] == "P1Y2M"
    assert load(tmp_path / "data", sample)["loaded"] == 1
    assert everything(tmp_path / "data") == before
    history = json.loads(run("records", "--history", "hra/146257", "--data", tmp_path / "data", "--json").stdout)
    assert [c["action"] for c in history] == ["added", "changed", "changed"]


def test_a_record_that_its_source_deleted_goes(tmp_path: Path) -> None:
    head = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header{status}>'
        "<identifier>oai:example.org:1</identifier><datestamp>2020-01-01</datestamp></header>"
    )
    title = '<dc xmlns="http://purl.org/dc/elements/1.1/"><title>A study of rotas</title></dc>'
    there = f"<metadata>{title}</metadata></record>"
    end = "</ListRecords></OAI-PMH>"
    (tmp_path / "1.xml").write_text(head.format(status="") + there + end)
    (tmp_path / "2.xml").write_text(head.format(status=' status="deleted"') + "</record>" + end)
    data = tmp_path / "data"
    assert load(data, tmp_path / "1.xml")["loaded"] == 1
    report = load(data, tmp_path / "2.xml")
    assert (report["withdrawn"], report["quarantined"]) == (1, [])
    assert ask(data, "SELECT * { ?record a dcat:CatalogRecord }") == []


def test_lost_indexes_are_made_again_from_what_is_kept(tmp_path: Path) -> None:
    load(tmp_path, SAMPLES)
    before = everything(tmp_path)
    for name in ("links.sqlite", "index.sqlite"):
        for file in tmp_path.glob(f"{name}*"):
            file.unlink()
    assert load(tmp_path, SAMPLES)["unchanged"] == 5
    assert everything(tmp_path) == before


def test_a_table_with_columns_of_its_own(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text('Article Title,Who,When\nRest of nurses,"Smith, A.; Jones, B.",2019\n')
    data = tmp_path / "data"
    done = run("load", table, "--columns", "title=Article Title,authors=Who,year=When", "--data", data)
    assert done.returncode == 0, done.stdout
    asked = 'SELECT ?name { ?p dcterms:title "Rest of nurses" ; dcterms:issued ?y . ?r evg:rawName ?name }'
    assert sorted(row["name"] for row in ask(data, asked)) == ["Jones, B.", "Smith, A."]
    assert run("rebuild", "--data", data).returncode == 0
    assert len(ask(data, asked)) == 2
    wrong = run("load", table, "--columns", "title=Articel Title", "--data", data)
    assert (wrong.returncode, "did you mean Article Title?" in wrong.stdout) == (1, True)
    assert "'titel' is no field" in run("load", table, "--columns", "titel=Who", "--data", data).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("records",),
        ("delete", "hra/1"),
        ("correct", "hra/1#evidence-burnout-title-0", "no", "--by", "A. Reader"),
        ("quarantine",),
        ("quarantine", "retry"),
        ("link", "list"),
        ("link", "log"),
        ("backup", "copy"),
        ("stats",),
    ],
    ids=lambda arguments: "-".join(arguments[:2]),
)
def test_a_misspelt_folder_is_no_empty_graph(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = command(*arguments, "--data", tmp_path / "nowhere")
    assert (done.status, done.text) == (2, "")
    assert "there is no graph in" in done.errors
    assert not (tmp_path / "nowhere").exists()


def test_nothing_to_load_and_nothing_to_rebuild_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, why in ((("load", tmp_path / "empty"), "there is no file in it"), (("rebuild",), "nothing in")):
        done = run(*arguments, "--data", tmp_path / "data")
        assert (done.returncode, why in done.stderr, (tmp_path / "data").exists()) == (2, True, False)


def test_a_file_whose_name_is_no_text_is_loaded_as_any(tmp_path: Path) -> None:
    files, data = tmp_path / "in", tmp_path / "data"
    files.mkdir()
    (files / os.fsdecode(b"caf\xe9.jsonl")).write_text(json.dumps(work()) + "\n")
    (files / os.fsdecode(b"\xff\x1b[31m.ris")).write_text("TY  - JOUR\nAU  - Doe, J\nER  - \n")
    done = command("load", files, "--data", data)
    assert done.status == 1
    assert "\\xff\\x1b[31m.ris, line 1: the reference has neither" in done.text
    assert command("load", files, "--data", data, "--json").json["unchanged"] == 1
    (files / os.fsdecode(b"\xff\x1b[31m.ris")).write_text("TY  - JOUR\nTI  - Rotas\nER  - \n")
    assert command("load", files, "--data", data).status == 0
    assert command("quarantine", "--data", data, "--json").json == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (OSError(28, "No space left on device"), "No space left on device. Nothing is lost"),
        (BrokenProcessPool("a process was terminated"), "a process that was reading records was killed"),
        (FileNotFoundError(2, "No such file or directory", "/nowhere"), "No such file or directory: '/nowhere'"),
    ],
)
def test_a_fault_of_the_system_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, told: str
) -> None:
    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr("loaders.pipeline.Loader.load", broken)
    done = command("load", "loaders/samples", "--data", tmp_path / "data")
    assert (done.status, told in done.errors, "Traceback" in done.errors) == (2, True, False)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert command("load", "loaders/samples", "--data", data).status == 0
    (data / "archive.sqlite").write_bytes(b"something else altogether, and not a database" * 100)
    done = command("load", "loaders/samples", "--data", data)
    assert (done.status, "file is not a database" in done.errors) == (2, True)


def test_what_the_terminal_cannot_say_is_escaped(loaded: Path) -> None:
    done = run("query", 'SELECT ("café" AS ?x) {}', "--data", loaded, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, "caf\\xe9" in done.stdout) == (0, True)


def test_it_says_its_version() -> None:
    assert run("--version").stdout.strip() == version("evidence-graph")
