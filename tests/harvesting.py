"""Harvests for tests: a loader that only reads, records of each service, and a harvest from start to end."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from loaders.archive import Quarantined
from loaders.harvest import named
from loaders.harvest.harvest import Harvest, Harvested
from loaders.harvest.saved import FILE
from loaders.harvest.service import Ask, Caller
from loaders.inputs import Broken, Input
from loaders.record import Unreadable, Withdrawn
from loaders.report import Report
from loaders.sources import detect
from tests.replaying import Asked, Quick, Replaying, Reply, Serve

CONTACT = "library@example.org"


class Shelf:
    """A loader that only reads: `records` are the titles by source and key."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], str] = {}
        self.names: list[str] = []

    def load_inputs(self, items: Iterable[Input | Broken]) -> Report:
        report = Report()
        for item in items:
            self.names.append(item.name)
            if isinstance(item, Broken):
                report.quarantined.append(Quarantined("", item.name, "", None, str(item)))
                continue
            reader = detect(item.stream.peek(1 << 16))
            assert reader, f"no reader for {item.name}: {item.stream.peek(200)[:200]!r}"
            for entry in reader.entries(item.stream):
                try:
                    record = reader.read(entry.raw)
                    self.records[record.source, record.key] = record.title
                    report.loaded += 1
                except Withdrawn as gone:
                    report.withdrawn += self.records.pop((reader.NAME, gone.key), None) is not None
                except Unreadable as error:
                    report.quarantined.append(Quarantined("", item.name, entry.place, reader.NAME, str(error)))
        return report

    @property
    def keys(self) -> list[str]:
        return [key for _, key in self.records]


def harvest(
    tmp_path: Path, serve: Serve, name: str, shelf: Shelf | None = None, key: str = "", faults: Any = None, **ask: Any
) -> tuple[Harvested, Shelf, list[Asked], Quick]:
    """A whole harvest from a server: how it went, what it gave, what was asked, how long it would have waited."""
    shelf, clock = shelf or Shelf(), Quick()
    with Replaying(serve, faults) as server:
        addresses = tuple(server.url + address for address in ask.pop("addresses", ()))
        wanted = Ask(name, url="" if addresses else server.url, addresses=addresses, **ask)
        done = Harvest(named(name), wanted, Caller(CONTACT, key), tmp_path, clock=clock).run(shelf)
    return done, shelf, server.asked, clock


def crossref(number: int) -> dict[str, Any]:
    return {
        "DOI": f"10.5555/work.{number}",
        "title": [f"Work {number}"],
        "type": "journal-article",
        "issued": {"date-parts": [[2020]]},
        "container-title": ["Example Journal"],
    }


def openalex(number: int) -> dict[str, Any]:
    return {
        "id": f"https://openalex.org/W{number}",
        "display_name": f"Work {number}",
        "publication_year": 2020,
        "ids": {},
        "authorships": [],
    }


def paper(number: int) -> dict[str, Any]:
    return {"paperId": f"{number:040x}", "title": f"Paper {number}", "year": 2020, "abstract": None}


def result(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "source": "MED",
        "title": f"Result {number}",
        "authorString": "Doe J.",
        "pmid": str(number),
    }


def doi(number: int) -> dict[str, Any]:
    attributes = {"doi": f"10.5555/{number}", "titles": [{"title": f"Data {number}"}], "publicationYear": 2020}
    return {"id": f"10.5555/{number}", "type": "dois", "attributes": attributes | {"creators": []}}


def preprint(number: int) -> dict[str, Any]:
    return {
        "doi": f"10.1101/{number}",
        "title": f"Preprint {number}",
        "authors": "Doe, J.",
        "author_corresponding": "Jane Doe",
        "date": "2024-01-02",
        "version": "1",
    }


def article(number: int, day: str = "2024-01-02") -> tuple[str, bytes]:
    text = (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID><Article>'
        f"<ArticleTitle>Article {number}</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )
    return day, text.encode()


def item(number: int, stamp: str = "2024-01-02", deleted: bool = False) -> tuple[str, str]:
    head = f"<identifier>oai:example.org:{number}</identifier><datestamp>{stamp}</datestamp>"
    if deleted:
        return stamp, f'<record><header status="deleted">{head}</header></record>'
    dc = (
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Item {number}</dc:title></oai_dc:dc>'
    )
    return stamp, f"<record><header>{head}</header><metadata>{dc}</metadata></record>"


PAGE = (
    "<html><head><title>x</title></head><body><h1>{0}</h1><p>Research type</p><p>Research Study</p><p>Full title</p>"
    "<p>{0}</p><p>IRAS ID</p><p>{1}</p><p>REC name</p><p>London - Example REC</p><p>REC reference</p><p>14/LO/1234</p>"
    "</body></html>"
)


def register(rules: str = "") -> Serve:
    def serve(asked: Asked) -> Reply:
        if asked.path == "/robots.txt":
            return Reply(rules.encode(), 200 if rules else 404)
        if asked.path == "/gone":
            return Reply(b"<h1>Not found</h1>", 404)
        number = asked.path.rpartition("/")[2]
        return Reply(PAGE.format(f"Study {number}", number).encode())

    return serve


def pages(data: Path) -> int:
    """How many pages wait on disk."""
    with closing(sqlite3.connect(data / FILE)) as db:
        return int(db.execute("SELECT count(*) FROM page").fetchone()[0])


SEVEN = range(1, 8)
