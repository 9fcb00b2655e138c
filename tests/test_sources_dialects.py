"""Each source in the dialects of the tools that write it.

The files of `tests/dialects` are in our own words; `wanted.json` beside them says by which reader each is read, and
the facts that matter of each of its records.
"""

import io
import json
from pathlib import Path

import pytest

from loaders.sources import SOURCES
from tests.facts import facts

FOLDER = Path(__file__).parent / "dialects"
WANTED = json.loads((FOLDER / "wanted.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WANTED)
def test_a_dialect_is_read_as_it_is_meant(name: str) -> None:
    raw = (FOLDER / name).read_bytes()
    (source,) = [s for s in SOURCES if s.sniff(raw[:65536])]
    assert WANTED[name]["reader"] == source.NAME
    found = [facts(source.read(entry.raw)) for entry in source.entries(io.BytesIO(raw))]
    assert len(found) == len(WANTED[name]["records"])
    for said, wanted in zip(found, WANTED[name]["records"], strict=True):
        assert {key: said[key] for key in wanted} == wanted


def test_every_file_is_wanted() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*WANTED, "wanted.json"}
