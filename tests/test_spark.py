"""The export over a cluster of several workers gives the very lines that one machine gives."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_export import exported, inputs, lines

MASTER = "local-cluster[2,1,1024]"
"""Two workers, each a process of its own with one processor and 1024 MB."""
QUICK = " ".join(f"--conf spark.{who}.extraJavaOptions=-XX:TieredStopAtLevel=1" for who in ("driver", "executor"))
QUICK += " pyspark-shell"
"""Java that starts fast rather than runs fast."""


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, for a JVM lives as long as the process that started it."""
    return subprocess.run(
        [sys.executable, "-m", "service", "export-quads", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | (env or {}),
        timeout=600,
        check=False,
    )


@pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark, an extra of this project, is not installed")
@pytest.mark.skipif(shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs Java")
def test_two_workers_write_what_one_machine_writes(tmp_path: Path) -> None:
    files = inputs(tmp_path / "files")
    assert exported(files, tmp_path / "alone", "--parts", 2).status == 1
    spread = tmp_path / "spread"
    options = ("--engine", "spark", "--master", MASTER, "--parts", "2", "--gzip", "--data", tmp_path / "none")
    done = run(files, "--output", spread, *options, env={"PYSPARK_SUBMIT_ARGS": QUICK})
    assert done.returncode == 1, done.stderr
    assert "12 records" in done.stdout
    for number in range(2):
        name = f"part-{number:05}.nq"
        assert lines(spread, f"{name}.gz") == lines(tmp_path / "alone", name) != []
    assert lines(spread, "quarantine.jsonl") == lines(tmp_path / "alone", "quarantine.jsonl") != []
    assert sorted(p.name for p in spread.iterdir() if not p.name.endswith(".crc")) == [
        "manifest.json",
        "ontology.nq.gz",
        "part-00000.nq.gz",
        "part-00001.nq.gz",
        "quarantine.jsonl",
    ]


def test_without_spark_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pyspark.py").write_text("raise ImportError\n")
    (tmp_path / "in").mkdir()
    options = ("--engine", "spark", "--output", tmp_path / "out", "--data", tmp_path / "none")
    done = run(tmp_path / "in", *options, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "pip install 'evidence-graph[spark]'" in done.stderr
