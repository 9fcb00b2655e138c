"""Commands that write much begin again under another allocator, and nobody notices but by the time they take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service import allocator
from tests.conftest import ROOT

linux = pytest.mark.skipif(sys.platform != "linux", reason="the allocator is installed on Linux alone")
AGAIN = """import os, sys
from service import allocator
print(os.getpid(), flush=True)
allocator.restart()
print(sys.argv[1:], sys.stdin.read(), repr(os.environ["LD_PRELOAD"]))
sys.exit(3)"""


@linux
@pytest.mark.parametrize(("command", "under"), [("load", True), ("records", False)])
def test_what_writes_much_runs_under_it(command: str, under: bool, tmp_path: Path) -> None:
    arguments = [command, tmp_path / "none", "--data", tmp_path] if under else [command, "--data", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"MIMALLOC_VERBOSE": "1"},
        check=False,
    )
    assert ("mimalloc" in done.stderr) is under
    assert "evidence-graph: " in done.stderr


@linux
def test_a_process_that_begins_again_is_the_same_process() -> None:
    command = [sys.executable, "-c", AGAIN, "one", "two words"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    said, _ = process.communicate("three")
    assert said == f"{process.pid}\n{process.pid}\n['one', 'two words'] three ''\n"
    assert process.returncode == 3


@linux
def test_what_a_user_has_preloaded_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/lib/other.so")
    [library, other] = allocator.environment()["LD_PRELOAD"].split()
    assert (Path(library).name, other) == ("libmimalloc.so", "/lib/other.so")
    monkeypatch.setenv("LD_PRELOAD", f"{library} {other}")
    assert allocator.environment()["LD_PRELOAD"] == f"{library} {other}"


@pytest.mark.parametrize("folder", ["none", "with space", "with:colon"])
def test_without_it_or_where_it_cannot_be_named_nothing_changes(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if folder != "none":
        library = tmp_path / folder / allocator.LIBRARY
        library.parent.mkdir(parents=True)
        library.touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / folder)])
    assert allocator.environment() == {}
    allocator.restart()
