"""Inputs split into entries: in any chunks, with flat memory, and harmless whatever they hold."""

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders import streams
from loaders.record import Entry, Unreadable
from loaders.sources import detect, named
from tests.test_sources_samples import SAMPLES


def objects(raw: bytes) -> list[object]:
    return [json.loads(entry.raw) for entry in streams.json_entries(io.BytesIO(raw))]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda items: "\n".join(map(json.dumps, items)),
        lambda items: "\n\n".join(json.dumps(item, indent=2) for item in items),
        json.dumps,
        lambda items: json.dumps(items, indent=1),
        lambda items: json.dumps({"meta": {"count": 2}, "results": items}),
        lambda items: json.dumps({"status": "ok", "message": {"total": 2, "items": items}}, indent=1),
        lambda items: json.dumps({"resultList": {"result": items}}),
        lambda items: "\ufeff" + json.dumps({"data": items, "links": {}}),
    ],
)
def test_every_way_to_hold_records(wrapped: Callable[[list[object]], str]) -> None:
    items: list[object] = [{"a": 'b"}]{[', "c": [{"d": "\\"}]}, {"e": {"data": [{"f": 1}]}}]
    assert objects(wrapped(items).encode()) == items


def test_one_object_alone_and_none() -> None:
    assert objects(b'{"message": {"DOI": "x"}}') == [{"DOI": "x"}]
    assert objects(b'{"results": []}') == []
    assert objects(b"") == []


NESTED = st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.lists(st.dictionaries(st.text(max_size=5), NESTED, min_size=1, max_size=3), max_size=4))
def test_an_array_is_split_into_its_objects(items: list[dict[str, object]]) -> None:
    assert objects(json.dumps(items).encode()) == items
    assert objects(json.dumps(items, ensure_ascii=False, indent=1).encode()) == items


def test_a_broken_line_harms_no_other() -> None:
    raw = b'{"a": 1}\n{"b": \n{"c": 3}\n'
    entries = list(streams.json_entries(io.BytesIO(raw)))
    assert [entry.place for entry in entries] == ["line 1", "line 2", "line 3"]
    assert json.loads(entries[2].raw) == {"c": 3}


def test_what_ends_too_early_is_an_entry() -> None:
    entries = list(streams.json_entries(io.BytesIO(b'[{"a": 1}, {"b": [')))
    assert [entry.raw for entry in entries] == [b'{"a": 1}', b'{"b": [']


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_chunks_of_any_size_give_the_same_entries(path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = path.read_bytes()
    source = detect(raw[:65536])
    assert source
    wanted = list(source.entries(io.BytesIO(raw)))
    monkeypatch.setattr(streams, "CHUNK", size)
    assert list(source.entries(io.BytesIO(raw))) == wanted


class Endless(io.RawIOBase):
    """A stream of a record repeated, made as it is read."""

    def __init__(self, first: bytes, record: bytes, last: bytes, times: int) -> None:
        self.parts = filter(None, [first, *([record] * times), last])
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = cast(memoryview, buffer)
        self.rest = self.rest or next(self.parts, b"")
        size = min(len(view), len(self.rest))
        view[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


JSON_RECORD = json.dumps({"paperId": "x" * 40, "title": "y" * 900}).encode()
XML_RECORD = b"<PubmedArticle><MedlineCitation><PMID>1</PMID>" + b"z" * 900 + b"</MedlineCitation></PubmedArticle>"
RIS_RECORD = b"TY  - JOUR\nTI  - A title\nAB  - " + b"z" * 900 + b"\nER  - \n\n"


@pytest.mark.parametrize(
    ("name", "first", "record", "last"),
    [
        ("semantic-scholar", b'{"data": [', JSON_RECORD + b",\n", JSON_RECORD + b"]}"),
        ("semantic-scholar", b"", JSON_RECORD + b"\n", b""),
        ("pubmed", b"<PubmedArticleSet>", XML_RECORD, b"</PubmedArticleSet>"),
        ("ris", b"", RIS_RECORD, b""),
    ],
)
def test_memory_is_flat_in_the_size_of_the_input(name: str, first: bytes, record: bytes, last: bytes) -> None:
    stream = cast(BinaryIO, io.BufferedReader(Endless(first, record, last, 20_000)))
    tracemalloc.start()
    try:
        count = sum(1 for _ in named(name).entries(stream))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count >= 20_000
    assert peak < 4_000_000, "twenty megabytes went through"


def test_an_entry_beyond_the_limit_is_cut_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ENTRY_LIMIT", 1000)
    monkeypatch.setattr(streams, "CHUNK", 100)
    huge = b'{"paperId": "1", "title": "' + b"x" * 50_000 + b'"}'
    for raw in (JSON_RECORD[:500].ljust(500) + b"\n" + huge + b"\n" + b'{"paperId": "2"}\n', b"[" + huge + b"]"):
        entries = list(named("semantic-scholar").entries(io.BytesIO(raw)))
        assert all(len(entry.raw) <= 1000 for entry in entries)
    entries = list(named("pubmed").entries(io.BytesIO(b"<PubmedArticle>" + b"x" * 50_000)))
    assert [len(entry.raw) for entry in entries] == [1000]


def refused(name: str, raw: bytes) -> str:
    with pytest.raises(Unreadable) as refusal:
        for entry in named(name).entries(io.BytesIO(raw)):
            named(name).read(entry.raw)
    return str(refusal.value)


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def test_no_entity_of_a_document_type_is_read() -> None:
    article = b"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>&c;</ArticleTitle></Article>"
    raw = LAUGHS + article + b"</MedlineCitation></PubmedArticle>"
    (entry,) = named("pubmed").entries(io.BytesIO(raw))
    assert named("pubmed").read(entry.raw).title == "&c;"
    assert named("pubmed").read(raw).title == "&c;"
    outside = (
        b'<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>' + article + b"</MedlineCitation></PubmedArticle>"
    )
    assert named("pubmed").read(outside).title == "&c;"


@pytest.mark.parametrize("depth", [300, 100_000])
def test_depth_is_refused(depth: int) -> None:
    deep = b"<article><article-meta>" + b"<p>" * depth + b"</p>" * depth + b"</article-meta></article>"
    assert "XML" in refused("jats", deep)
    nested = b'{"paperId": ' + b"[" * (depth * 10) + b"]" * (depth * 10) + b"}"
    assert "JSON" in refused("semantic-scholar", nested)
    page = b"<!DOCTYPE html><html><body>" + b"<div>" * depth + b"IRAS ID</body></html>"
    assert refused("hra", page)


@pytest.mark.parametrize("name", ["ris", "nbib", "bibtex", "csv", "web-of-science", "hra", "eprints"])
def test_nul_and_other_encodings_are_refused(name: str) -> None:
    sample = {
        "ris": b"TY  - JOUR\nTI  - Br\xfccke\nER  - \n",
        "nbib": b"PMID- 1\nTI  - Br\xfccke\n",
        "bibtex": b"@article{a, title = {Br\xfccke}}",
        "csv": b"title,year\nBr\xfccke,1999\n",
        "web-of-science": b"PT J\nTI Br\xfccke\nER\n",
        "hra": b"Title\nIRAS ID\n1234\nREC name\nBr\xfccke\n",
        "eprints": b"Type: Br\xfccke\nURI: https://a.org/id/eprint/1\n",
    }[name]
    assert "byte" in refused(name, sample)
    assert "NUL" in refused(name, sample.replace(b"\xfc", b"\0"))


def entries_of(stream: Iterator[Entry]) -> list[bytes]:
    return [entry.raw for entry in stream]


def test_xml_in_another_encoding_comes_out_as_utf_8() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><set><record><t>Müller</t></record></set>'
    assert entries_of(streams.xml_entries(io.BytesIO(text.encode("latin-1")), "record")) == [
        "<record><t>Müller</t></record>".encode()
    ]
