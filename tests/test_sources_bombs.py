"""Inputs made to take a load down: the memory that they get has a cap, and folders hold no traps."""

import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loaders import inputs
from loaders.inputs import Broken
from loaders.record import Unreadable
from tests.conftest import ROOT

CAP = 400 << 20
"""Bytes of the process, of which Python and its libraries take some 60 MB; the largest entry is 32 MB."""


def test_nothing_that_never_ends_takes_more_than_its_memory() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bombs"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < CAP


def test_a_zip_of_zeros_ends_as_an_error_of_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "LARGEST_UNPACKED", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.ris", bytes(4 << 20))
        file.writestr("b.ris", b"TY  - JOUR\n")
        file.writestr("c.gz", gzip.compress(bytes(4 << 20)))
    found = []
    with inputs.opened(tmp_path / "bomb.zip") as within:
        for item in within:
            assert not isinstance(item, Broken)
            try:
                found.append(item.stream.read()[:11])
            except Unreadable as refusal:
                found.append(str(refusal).encode()[-30:])
    assert [b"bomb" in said or b"sound" in said for said in found] == [True, False, True]


def test_a_folder_with_loops_pipes_and_dead_links(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.txt").write_text("two")
    (tmp_path / "inner" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    found = inputs.files([tmp_path])
    assert [path.name for path in found] == ["a.txt", "dead", "b.txt", "self"]
    assert inputs.size(found) == len("one" + "two")


def test_a_path_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to(tmp_path / "self")
    for path in (tmp_path / "self", tmp_path / "nowhere"):
        with inputs.opened(path) as within:
            (item,) = within
            assert isinstance(item, Broken)
            assert "cannot be opened" in str(item)
