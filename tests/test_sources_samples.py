"""The samples through the front door, against golden files that a person can read.

After a wanted change, `python -m tests.test_sources_samples` writes the golden files anew: read the diff.
"""

import dataclasses
import io
import json
from pathlib import Path

import pytest

from loaders.record import Record
from loaders.sources import SOURCES, detect

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted((ROOT / "loaders" / "samples").iterdir()) + sorted((GOLDEN / "inputs").glob("*"))


def golden(sample: Path) -> Path:
    """Where a sample's records are written down: `references.ris` in `references-ris.json`."""
    inputs = sample.parent.name == "inputs"
    return GOLDEN / (f"{sample.stem}-{sample.suffix[1:]}.json" if inputs else f"{sample.stem}.json")


def said(value: object) -> object:
    """A record as JSON without what its source does not say."""
    if isinstance(value, dict):
        kept = {key: said(item) for key, item in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, [], {}, "") and (v is not False or k == "open_access")}
    if isinstance(value, list | tuple):
        return [said(item) for item in value]
    return value


def records(path: Path) -> list[Record]:
    raw = path.read_bytes()
    source = detect(raw[:65536])
    assert source, f"no reader knows {path.name}"
    return [source.read(entry.raw) for entry in source.entries(io.BytesIO(raw))]


def rendered(path: Path) -> str:
    found = [said(dataclasses.asdict(record)) for record in records(path)]
    return json.dumps(found[0] if len(found) == 1 else found, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_reads_as_its_golden_file_says(path: Path) -> None:
    assert rendered(path) == golden(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_one_reader_alone_knows_a_sample(path: Path) -> None:
    head = path.read_bytes()[:65536]
    assert len([source.NAME for source in SOURCES if source.sniff(head)]) == 1


def test_names_are_distinct_and_versioned() -> None:
    assert len({source.NAME for source in SOURCES}) == len(SOURCES)
    assert all(source.VERSION for source in SOURCES)


@pytest.mark.parametrize("path", SAMPLES[:5], ids=lambda path: path.name)
def test_line_ends_and_byte_order_marks_change_nothing(path: Path) -> None:
    raw = path.read_bytes()
    source = detect(raw)
    assert source
    wanted = source.read(raw)
    for other in (b"\xef\xbb\xbf" + raw, raw.replace(b"\n", b"\r\n"), raw.decode().encode("utf-16")):
        assert detect(other) is source
        assert source.read(other) == wanted


if __name__ == "__main__":
    for sample in SAMPLES:
        golden(sample).write_text(rendered(sample), encoding="utf-8")
