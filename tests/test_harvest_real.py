"""Real records, replayed by services page by page: all of them come in as they do from files."""

import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from loaders.record import Unreadable, Withdrawn
from loaders.sources import named, pubmed
from tests import replaying
from tests.harvesting import harvest
from tests.replaying import Asked, Reply, Serve

pytestmark = pytest.mark.real


def lines(path: Path) -> list[Any]:
    with gzip.open(path) as file:
        return [orjson.loads(line) for line in file]


def keys(source: str, entries: Sequence[bytes]) -> list[str]:
    """The keys of the records that the reader makes of entries."""
    found: dict[str, None] = {}
    for raw in entries:
        try:
            found[named(source).read(raw).key] = None
        except (Unreadable, Withdrawn):
            continue
    return list(found)


@pytest.mark.parametrize(
    ("name", "file", "service"),
    [
        ("crossref", "crossref.jsonl.gz", replaying.crossref),
        ("openalex", "openalex.jsonl.gz", replaying.openalex),
        ("datacite", "datacite.jsonl.gz", replaying.datacite),
        ("semantic-scholar", "semantic-scholar.jsonl.gz", replaying.semantic_scholar),
    ],
)
def test_json(
    tmp_path: Path,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    file: str,
    service: Callable[[Sequence[Any], int], Serve],
) -> None:
    monkeypatch.setattr("loaders.harvest.crossref.ROWS", 100)
    records = lines(shared / "records" / file)
    done, shelf, asked, _ = harvest(
        tmp_path, service(records, 100), name, query="x", faults={1: Reply(status=503), 3: None}
    )
    assert not done.halted
    assert all("lost on its way" in warning for warning in done.warnings)
    assert set(shelf.keys) == set(keys(name, [orjson.dumps(record) for record in records]))
    assert len(asked) >= 1 + -(-len(records) // 100)


def test_pubmed(tmp_path: Path, shared: Path) -> None:
    entries = [
        entry.raw
        for path in sorted((shared / "records" / "pubmed-xml").glob("*.xml"))
        for entry in pubmed.entries(io.BytesIO(path.read_bytes()))
    ]
    articles = [("2020-01-01", raw) for raw in entries if b"<PMID" in raw]
    _, shelf, _, _ = harvest(tmp_path, replaying.pubmed(articles), "pubmed", query="x")
    assert set(shelf.keys) == set(keys("pubmed", entries))


def test_oai_pmh(tmp_path: Path, shared: Path) -> None:
    folder = shared / "records" / "oai-pmh"

    def serve(asked: Asked) -> Reply:
        last = asked.params.get("resumptionToken") == "ListRecords2.xml"
        return Reply((folder / ("ListRecords4.xml" if last else "ListRecords.xml")).read_bytes())

    broken, lost = (Reply((folder / name).read_bytes()) for name in ("ListRecordsBroken.xml", "badResumptionToken.xml"))
    done, shelf, asked, _ = harvest(tmp_path, serve, "oai-pmh", faults={1: broken, 3: lost})
    assert not done.halted
    assert len(asked) == 5, "once for the broken answer, twice from the start, since the token had expired"
    # its records do not come in the order of their datestamps
    assert done.warnings == ["a resumption token had expired; the list was asked for again from its beginning"]
    assert "oai:test.example.com:1585322" in shelf.keys


@pytest.mark.parametrize(
    ("file", "halted"),
    [("noRecordsMatch.xml", ""), ("badArgument.xml", "badArgument"), ("undefinedError.xml", "answers")],
)
def test_oai_pmh_errors(tmp_path: Path, shared: Path, file: str, halted: str) -> None:
    answer = Reply((shared / "records" / "oai-pmh" / file).read_bytes())
    done, shelf, _, _ = harvest(tmp_path, lambda _: answer, "oai-pmh")
    assert halted in done.halted
    assert bool(halted) == bool(done.halted)
    assert not shelf.keys
