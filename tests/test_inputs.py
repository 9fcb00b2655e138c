"""Files, folders and what is packed in them; nothing packed can take a load down."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from loaders import inputs
from loaders.inputs import Broken
from loaders.record import Unreadable


def read(path: Path) -> list[tuple[str, bytes | str]]:
    """Every input below a path: its name without the folder, and its bytes or what is wrong with it."""
    found: list[tuple[str, bytes | str]] = []
    for file in inputs.files([path]):
        with inputs.opened(file) as within:
            for item in within:
                name = item.name.replace(f"{path}/", "").replace(str(path.parent) + "/", "")
                found.append((name, str(item) if isinstance(item, Broken) else item.stream.read()))
    return found


def test_a_folder_is_read_in_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", ".hidden", "__MACOSX/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert read(tmp_path) == [("a/c.txt", b"a/c.txt"), ("b.txt", b"b.txt")]


def test_packed_files_are_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "plain-name").write_bytes(gzip.compress(b"one"))
    with zipfile.ZipFile(tmp_path / "many.bin", "w") as file:
        file.writestr("x/two.txt", "two")
        file.writestr("three.gz", gzip.compress(b"three"))
    with tarfile.open(tmp_path / "four.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("four.txt")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"four"))
    assert read(tmp_path) == [
        ("four.tar.gz: four.txt", b"four"),
        ("many.bin: three.gz", b"three"),
        ("many.bin: x/two.txt", b"two"),
        ("plain-name", b"one"),
    ]


@pytest.mark.parametrize("cut", [3, 12, 20])
def test_a_damaged_packed_file_is_broken_and_says_so(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"some text that is long enough")[:cut])
    with inputs.opened(path) as within:
        reasons = []
        for item in within:
            if isinstance(item, Broken):
                reasons.append(str(item))
            else:
                with pytest.raises(Unreadable) as caught:
                    item.stream.read()
                reasons.append(str(caught.value))
    assert len(reasons) == 1
    assert "damaged" in reasons[0] or "unpacked" in reasons[0]


def test_a_bomb_ends_as_an_error_of_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "LARGEST_UNPACKED", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(8 << 20)))
    with inputs.opened(path) as within:
        [item] = list(within)
        assert isinstance(item, inputs.Input)
        with pytest.raises(Unreadable, match="bomb"):
            item.stream.read()


def test_packing_over_and_over_is_refused(tmp_path: Path) -> None:
    data = b"text"
    for _ in range(6):
        data = gzip.compress(data)
    (tmp_path / "deep.gz").write_bytes(data)
    [(_, reason)] = read(tmp_path)
    assert "more than three times" in str(reason)


def test_a_path_in_a_packed_file_writes_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "trick.zip", "w") as file:
        file.writestr("../../escaped.txt", "out")
    assert read(tmp_path) == [("trick.zip: ../../escaped.txt", b"out")]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["trick.zip"]
