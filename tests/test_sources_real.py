"""Real records of every format: how many are in each file, how many are read, and why the others are not."""

import gzip
import io
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.record import Record, Unreadable, Withdrawn
from loaders.sources import detect
from ontology.iris import normalise

pytestmark = pytest.mark.real

EXPECTED = {
    "crossref.jsonl.gz": ("crossref", 424, 0),
    "datacite.jsonl.gz": ("datacite", 503, 0),
    "openalex.jsonl.gz": ("openalex", 21, 0),
    "semantic-scholar.jsonl.gz": ("semantic-scholar", 3736, 0),
    "pubmed-xml/*": ("pubmed", 789, 0),
    "nbib/*": ("nbib", 5, 0),
    "eprints-xml/*": ("eprints-export", 53, 0),
    "ris/[!e]*": ("ris", 6038, 2),
    "ris/env*": ("ris", 100, 0),
    "ris/example_full.ris": ("ris", 2, 0),
    "ris/example_multiline.ris": ("ris", 0, 3),
    "ris/example_wos.ris": ("web-of-science", 2, 0),
    "oai-pmh/ListRecords.xml": ("oai-pmh", 1, 1),
    "oai-pmh/ListSets.xml": ("oai-pmh", 0, 1),
    "oai-pmh/*rror.xml": ("oai-pmh", 0, 1),
}
"""By file: the reader, the records that it reads, and those that it refuses with a reason."""


def opened(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def outcomes(raw: bytes, name: str) -> Iterator[Record | str]:
    source = detect(raw[:65536])
    assert source
    assert name == source.NAME
    for entry in source.entries(io.BytesIO(raw)):
        try:
            yield source.read(entry.raw)
        except (Unreadable, Withdrawn) as refusal:
            yield str(refusal)


@pytest.mark.parametrize("pattern", EXPECTED)
def test_every_record_is_read_or_refused_with_a_reason(shared: Path, pattern: str) -> None:
    name, read, refused = EXPECTED[pattern]
    found = [item for path in sorted((shared / "records").glob(pattern)) for item in outcomes(opened(path), name)]
    records = [item for item in found if isinstance(item, Record)]
    assert (len(records), len(found) - len(records)) == (read, refused)
    assert not [record.title for record in records if "<i>" in record.title or "&amp;" in record.title]


def test_articles_of_pubmed_central(shared: Path) -> None:
    having: Counter[str] = Counter()
    with tarfile.open(shared / "records" / "jats.tar.gz") as archive:
        members = [archive.extractfile(member) for member in archive if member.isfile()]
        for file in members:
            assert file
            (record,) = outcomes(file.read(), "jats")
            assert isinstance(record, Record)
            assert record.publication
            having.update({"articles": 1, "abstracts": bool(record.abstract), "authors": bool(record.people)})
            having.update({"years": bool(record.publication.issued), "DOIs": bool(record.identifier("doi"))})
            having["licences"] += any(copy.licence for copy in record.publication.copies)
    assert having == {
        "articles": 1700,
        "years": 1700,
        "authors": 1697,
        "licences": 1696,
        "DOIs": 1654,
        "abstracts": 1647,
    }


def test_two_tools_say_the_same_of_a_document(shared: Path) -> None:
    """Scopus and PubMed exported the same search: what both hold is read alike."""
    by_doi: list[dict[str, Record]] = []
    for path in sorted((shared / "records" / "ris").glob("2022*_[ps]*.ris")):
        records = [item for item in outcomes(path.read_bytes(), "ris") if isinstance(item, Record)]
        by_doi.append({doi: record for record in records if (doi := record.identifier("doi"))})
    both = by_doi[0].keys() & by_doi[1].keys()
    pairs = [(by_doi[0][doi], by_doi[1][doi]) for doi in both]
    assert len(pairs) > 100

    def agree(what: Counter[bool]) -> float:
        return what[True] / what.total()

    assert agree(Counter(normalise(a.title) == normalise(b.title) for a, b in pairs)) >= 0.98
    assert agree(Counter([p.family for p in a.people] == [p.family for p in b.people] for a, b in pairs)) >= 0.9
