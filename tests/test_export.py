"""Records as N-Quads for other stores: the same lines in any number of parts, on one machine and on many."""

import base64
import gzip
import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from loaders.export import part_of
from tests.commands import BROKEN, Done, command, work, written

DELETED = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header{status}>'
    "<identifier>oai:example.org:1</identifier><datestamp>2020-01-01</datestamp></header>{more}</record>"
    "</ListRecords></OAI-PMH>"
)
TITLED = '<metadata><dc xmlns="http://purl.org/dc/elements/1.1/"><title>A study of rotas</title></dc></metadata>'


def inputs(folder: Path) -> Path:
    """Files with records of several sources: one twice, one that is deleted later, entries that nobody can read."""
    works = [work(f"10.1234/{n}", title=[f"Night rotas and burnout, part {n}"]) for n in range(12)]
    written(folder / "1.jsonl", *works, BROKEN)
    written(folder / "2.jsonl", work("10.1234/3", title=["The later title counts"]), work("10.1234/4"))
    (folder / "3.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "4.xml").write_text(DELETED.format(status="", more=TITLED))
    (folder / "5.xml").write_text(DELETED.format(status=' status="deleted"', more=""))
    (folder / "6.txt").write_bytes(b"")
    return folder


def exported(files: Path, output: Path, *options: str | int) -> Done:
    return command("export-quads", files, "--output", output, "--data", output.parent / "none", "--json", *options)


def lines(folder: Path, part: str = "part-*") -> list[bytes]:
    """The lines of the parts, packed or not, sorted."""
    found: list[bytes] = []
    for path in sorted(folder.glob(part)):
        raw = path.read_bytes()
        found += (gzip.decompress(raw) if path.suffix == ".gz" else raw).split(b"\n")
    return sorted(line for line in found if line)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inputs(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def alone(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one machine writes, in three parts."""
    output = tmp_path_factory.mktemp("export") / "out"
    done = exported(files, output, "--parts", 3)
    assert done.status == 1
    assert (done.json["records"], done.json["withdrawn"], done.json["quarantined"]) == (12, 1, 3)
    return output


def test_the_parts_hold_what_loading_would_put_into_the_graphs_of_records(files: Path, alone: Path) -> None:
    data = alone.parent / "data"
    command("load", files, "--data", data)
    newest = max((data / "snapshots").glob("[0-9]*"), key=lambda p: int(p.name))
    of_records = ("/graph/record/", "/graph/evidence/")
    loaded = {q for q in ox.Store.read_only(str(newest)) if any(kind in str(q.graph_name) for kind in of_records)}
    assert set(ox.parse(b"\n".join(lines(alone)), format=ox.RdfFormat.N_QUADS)) == loaded


def test_every_number_of_parts_holds_the_same_lines(files: Path, alone: Path, tmp_path: Path) -> None:
    assert exported(files, tmp_path / "one").status == 1
    assert exported(files, tmp_path / "packed", "--parts", 3, "--gzip").status == 1
    assert lines(tmp_path / "one") == lines(alone)
    for number in range(3):
        name = f"part-{number:05}.nq"
        assert lines(tmp_path / "packed", f"{name}.gz") == lines(alone, name)
    assert sorted(p.name for p in alone.iterdir()) == [
        "manifest.json",
        "ontology.nq",
        *(f"part-{number:05}.nq" for number in range(3)),
        "quarantine.jsonl",
    ]


def test_a_record_stands_in_one_part_as_its_last_entry_says(alone: Path) -> None:
    text = b"\n".join(lines(alone)).decode()
    assert "The later title counts" in text
    assert "Night rotas and burnout, part 3" not in text
    assert "oai:example.org" not in text
    for number in range(12):
        graph = f"<http://127.0.0.1:8000/graph/record/crossref/10.1234/{number}> ."
        parts = [p.name for p in sorted(alone.glob("part-*")) if graph in p.read_text()]
        assert parts == [f"part-{part_of(('crossref', f'10.1234/{number}'), 3):05}.nq"]


def test_what_cannot_be_read_is_not_lost(alone: Path, files: Path) -> None:
    aside = [json.loads(line) for line in (alone / "quarantine.jsonl").read_text().splitlines()]
    named = {Path(entry["file"]).name: entry for entry in aside}
    assert set(named) == {"1.jsonl", "3.bin", "6.txt"}
    assert (named["1.jsonl"]["place"], named["1.jsonl"]["source"]) == ("line 13", "crossref")
    assert base64.b64decode(named["1.jsonl"]["bytes"]) == BROKEN.encode()
    assert base64.b64decode(named["3.bin"]["bytes"]) == (files / "3.bin").read_bytes()


def test_the_manifest_says_what_there_is(alone: Path) -> None:
    manifest = json.loads((alone / "manifest.json").read_text())
    assert manifest["quads"] == len(lines(alone))
    assert manifest["parts"] == [f"part-{number:05}.nq" for number in range(3)]
    assert manifest["base"] == "http://127.0.0.1:8000/"
    assert "theme/burnout" in (alone / "ontology.nq").read_text()


def test_a_folder_that_holds_something_is_left_alone(files: Path, alone: Path) -> None:
    done = exported(files, alone)
    assert done.status == 2
    assert "holds something already" in done.errors
    assert command("export-quads", alone / "nowhere", "--output", alone / "x").status == 2


def test_peoples_corrections_are_applied(tmp_path: Path) -> None:
    file, data = written(tmp_path / "a.jsonl", work()), tmp_path / "data"
    command("load", file, "--data", data)
    name = "crossref/10.1234/rota.1#evidence-burnout-abstract-0"
    assert command("correct", name, "no", "--by", "A. Reader", "--data", data).status == 0
    assert command("export-quads", file, "--output", tmp_path / "with", "--data", data).status == 0
    assert command("export-quads", file, "--output", tmp_path / "bare", "--data", tmp_path / "none").status == 0
    assert any(b"A. Reader" in line for line in lines(tmp_path / "with"))
    assert not any(b"A. Reader" in line for line in lines(tmp_path / "bare"))
