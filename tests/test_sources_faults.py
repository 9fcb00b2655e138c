"""Whatever bytes a reader is given: a record, or Unreadable with a sentence. Never another exception."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.record import Record, Source, Unreadable
from loaders.sources import SOURCES, detect
from tests.test_sources_samples import SAMPLES

BY_NAME = [pytest.param(source, id=source.NAME) for source in SOURCES]


def outcome(source: Source, raw: bytes) -> Record | None:
    try:
        entries = list(source.entries(io.BytesIO(raw)))
        records = [source.read(entry.raw) for entry in entries]
    except Unreadable as error:
        assert len(str(error)) > 20, "a reason that a person can act on"
        return None
    for record in records:
        assert record.title.strip() == record.title != ""
        assert record.key
        assert record.publication is None or record.registration is None
        assert record.describes != bool(record.statements)
    return records[0] if records else None


@pytest.mark.parametrize("source", BY_NAME)
@given(raw=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes(source: Source, raw: bytes) -> None:
    outcome(source, raw)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_sample(path: Path, data: st.DataObject) -> None:
    raw = path.read_bytes()
    source = detect(raw[:65536])
    assert source
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 300)))
    outcome(source, raw[:start] + data.draw(st.binary(max_size=20)) + raw[end:])


@given(raw=st.binary(max_size=300).map(lambda raw: bytes(byte | 0x80 for byte in raw)))  # no tag, no label
def test_noise_has_no_reader(raw: bytes) -> None:
    assert detect(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n \n",
        b"%PDF-1.7\n\x00\x01",
        b"<html><body><p>URI: a page</p></body></html>",
        b"<?xml version='1.0'?><a/>",
        b'{"title": 1}',
        b"[]",
        b"Type: a letter\n\nAbstract\n\nDear all, the REC opinion is out.",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        "Listed in\nAbstract\n".encode("utf-16"),
    ],
)
def test_what_no_reader_knows(raw: bytes) -> None:
    assert detect(raw) is None
