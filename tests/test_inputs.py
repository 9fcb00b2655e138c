"""Files, folders and what is packed in them; nothing packed can take a load down."""

import gzip
import io
import os
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


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "in"
    for name in ("a.txt", "deep/b.txt", ".hidden/c.txt"):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text(name)
    folder.mkdir()
    for name in ("one", "two"):
        (folder / name).symlink_to(elsewhere)
    (elsewhere / "deep" / "round").symlink_to(folder)
    assert read(folder) == [("one/a.txt", b"a.txt"), ("one/deep/b.txt", b"deep/b.txt")]


def test_what_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "closed").mkdir()
    (tmp_path / "dead.txt").symlink_to(tmp_path / "nowhere")
    scan, begin = os.scandir, Path.open

    def scandir(path: str) -> object:  # as for a user who may not look into it
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    def opening(path: Path, *how: object, **more: object) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return begin(path, *how, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", opening)
    assert read(tmp_path) == [
        ("a.txt", b"one"),
        ("closed", "cannot be opened: Permission denied"),
        ("dead.txt", "cannot be opened: No such file or directory"),
    ]


def test_one_file_in_a_zip_file_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("a.txt", "b.txt", "c.txt"):
            file.writestr(name, name)
    raw = path.read_bytes()
    place = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"b.txt"))
    path.write_bytes(raw[: place + 8] + b"\x01" + raw[place + 9 :])  # as if packed with a password
    assert read(tmp_path) == [
        ("some.zip: a.txt", b"a.txt"),
        ("some.zip: b.txt", "is encrypted: unpack it by hand with its password"),
        ("some.zip: c.txt", b"c.txt"),
    ]


@pytest.mark.parametrize("names", [["[Content_Types].xml", "xl/workbook.xml"], ["mimetype", "META-INF/manifest.xml"]])
def test_a_spreadsheet_is_told_as_one(tmp_path: Path, names: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "table", "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    [(_, reason)] = read(tmp_path)
    assert "save it as CSV" in str(reason)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A file's name is bytes; what is kept of it is text, and leads back to the file."""
    (tmp_path / os.fsdecode(b"caf\xe9: \xff.txt")).write_bytes(gzip.compress(b"one"))
    with zipfile.ZipFile(tmp_path / "named.zip", "w") as file:
        file.writestr("é.txt", "two")
    raw = (tmp_path / "named.zip").read_bytes()
    (tmp_path / "named.zip").write_bytes(raw.replace("é".encode(), b"\xe9\xe9"))  # its list says that it is UTF-8
    with tarfile.open(tmp_path / "packed.tar", "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("é.txt")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"three"))
    found = read(tmp_path)
    assert found[0] == ("caf\\xe9: \\xff.txt", b"one")
    assert found[1][0] == "named.zip"
    assert "cannot be unpacked" in str(found[1][1])
    assert found[2] == ("packed.tar: \\xe9.txt", b"three")
    assert inputs.file_of(f"{tmp_path}/caf\\xe9: \\xff.txt: of a zip").read_bytes()[:2] == b"\x1f\x8b"
