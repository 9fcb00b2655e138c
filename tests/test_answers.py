"""Answers over records that went the whole way: read, annotated, linked, written, asked."""

import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import orjson
import pyoxigraph as ox
import pytest

import ontology
from loaders.archive import Archive
from loaders.linking import Linker
from loaders.pipeline import Loader
from service.answers import Knowledge, NotKnown, dois, organisations, people, records, recs, studies
from service.answers.studies import StudyQuestion
from service.index.index import Index
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from service.workers.query import Term, term
from tests.conftest import ROOT

BASE = "http://127.0.0.1:8000/"
SAMPLES = ROOT / "loaders" / "samples"
Answer = TypeVar("Answer")


@dataclass
class Asked:
    """The five records, loaded."""

    known: Knowledge
    graph: Graph

    def __call__(self, answer: Callable[[Knowledge], Awaitable[Answer]]) -> Answer:
        async def ask() -> Answer:
            return await answer(self.known)

        return anyio.run(ask)

    def titles(self, **question: object) -> list[str]:
        """The first words of the titles that answer a question, sorted."""
        found = self(lambda known: studies.find(known, StudyQuestion(**question)))  # type: ignore[arg-type]
        return sorted(" ".join(item["title"].split()[:3]) for item in found.items)


@contextmanager
def loaded(files: Path, data: Path) -> Iterator[Asked]:
    store = EmbeddedStore(data, BASE)
    archive = Archive(data / "archive.sqlite")
    graph = Graph(store, Index(data / "index.sqlite"))
    try:
        graph.write(ontology.graphs())
        report = Loader(graph, archive, Linker(data / "links.sqlite", graph.iris), processes=1).load([files])
        assert (report.loaded, report.quarantined) == (5, [])
        snapshot = ox.Store.read_only(str(graph.publish()))

        async def ask(query: str) -> list[dict[str, Term]]:
            solutions = snapshot.query(query)
            assert isinstance(solutions, ox.QuerySolutions)
            rows = orjson.loads(solutions.serialize(format=ox.QueryResultsFormat.JSON) or b"")["results"]["bindings"]
            return [{name: term(value) for name, value in row.items()} for row in rows]

        yield Asked(Knowledge(graph.index, graph.iris, ask, archive, lambda: store.revision), graph)
    finally:
        archive.close()
        graph.index.close()
        store.close()


@pytest.fixture(scope="module", params=["samples", pytest.param("seeds", marks=pytest.mark.real)])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    files = SAMPLES
    if request.param == "seeds":
        seeds = request.getfixturevalue("shared") / "records" / "seeds"
        files = tmp_path_factory.mktemp("seeds")
        for seed in seeds.glob("*.txt"):
            shutil.copy(seed, files)
    with loaded(files, tmp_path_factory.mktemp("data")) as found:
        yield found


IMPACT = "The impact of"
INTRODUCING = "Introducing peer worker"
WELLBEING = "What supports the"
UNDERSTANDING = "Understanding the roles"
JOURNEY = "A qualitative investigation"


def test_which_studies_report_burnout(asked: Asked) -> None:
    assert asked.titles() == [JOURNEY, INTRODUCING, IMPACT, UNDERSTANDING, WELLBEING]
    assert asked.titles(themes=("burnout",)) == [IMPACT, UNDERSTANDING]
    assert asked.titles(themes=("burnout",), roles=("background",)) == [WELLBEING]
    assert asked.titles(themes=("burnout",), roles=("any",)) == [IMPACT, UNDERSTANDING, WELLBEING]
    assert asked.titles(themes=("burnout",), directions=("increase",))[:1] == [IMPACT]


def test_every_quote_stands_in_its_source(asked: Asked) -> None:
    found = asked(lambda known: studies.find(known, StudyQuestion(roles=("any",), limit=100)))
    quotes = 0
    for item in found.items:
        detail = asked(lambda known, key=item["key"]: studies.study(known, key))  # type: ignore[misc]
        texts = [text["text"] for text in detail["abstracts"]] + [detail["title"], *detail["alternative_titles"]]
        for quote in detail["evidence"]:
            quotes += 1
            if quote["section"] != "keywords":
                assert any(text[quote["start"] : quote["end"]] == quote["quote"] for text in texts)
            assert quote["role_by"]
    assert quotes > 10


def test_one_person_under_two_spellings_has_eleven_coauthors(asked: Asked) -> None:
    [gillard] = asked(lambda known: people.find(known, "gillard")).items
    person = asked(lambda known: people.person(known, gillard["key"]))
    assert len(person["coauthors"]) == 11
    assert {spelling["name"] for spelling in person["spellings"]} == {"Gillard, Steve", "Steve G Gillard"}
    assert len(person["mappings"]) >= 1
    assert asked.titles(authors=("Gillard",)) == [INTRODUCING, IMPACT]


def test_two_authors_of_one_document_are_two(asked: Asked) -> None:
    assert asked(lambda known: people.find(known, "robertson")).total == 2


def test_a_shortened_list_of_authors(asked: Asked) -> None:
    [item] = asked(lambda known: studies.find(known, StudyQuestion(q="impact longitudinal"))).items
    assert (item["author_count"], item["authors_truncated"]) == (8, True)
    assert item["authors"][-1]["name"] == "Jessica Worner"
    assert item["year"] == 2022


def test_what_no_source_says_is_not_said(asked: Asked) -> None:
    [item] = asked(lambda known: studies.find(known, StudyQuestion(authors=("Edwards",)))).items
    assert item["year"] is None
    known_doi = asked(lambda known: dois.doi(known, item["doi"]))
    [identifier] = [i for i in known_doi["identifiers"] if i["scheme"] == "doi"]
    assert (identifier["status"], identifier["value"]) == ("repaired", item["doi"])
    assert "/" not in (identifier["raw"] or "/")[:8]
    [preprint] = asked(lambda known: studies.find(known, StudyQuestion(sources=("sciety",)))).items
    assert (preprint["doi"], preprint["authors"]) == (None, [])


def test_who_sponsors_and_who_reviewed(asked: Asked) -> None:
    [trust] = asked(lambda known: organisations.find(known, kind="trust")).items
    assert trust["name"] == "Norfolk and Suffolk NHS Foundation Trust"
    [rec] = asked(lambda known: recs.find(known)).items
    [opinion] = rec["opinions"]
    assert opinion["outcome"] and opinion["date"]
    assert asked.titles(organisations=("norfolk",)) == asked.titles(recs=(rec["key"],)) == [JOURNEY]
    study = asked(lambda known: studies.study(known, opinion["study"]["key"]))
    assert study["registration"]["iras_id"]
    assert study["year"] is None


def test_units_count_for_their_institution(asked: Asked) -> None:
    assert asked.titles(organisations=("UCL",)) == [IMPACT]


def test_a_record_shows_its_raw_text(asked: Asked) -> None:
    [item] = asked(lambda known: records.find(known, source="hra")).items
    record = asked(lambda known: records.record(known, "hra", item["key"]))
    assert item["title"] in record["raw"]
    assert record["raw_bytes"] == len(record["raw"].encode())
    assert record["loaded_at"] and record["read_by"]
    page = asked(lambda known: records.annotations(known, "hra", item["key"]))
    assert len(page["items"]) == len(record["evidence"])


def test_a_deleted_record_is_gone_from_every_answer(tmp_path: Path) -> None:
    with loaded(SAMPLES, tmp_path) as asked:
        [item] = asked(lambda known: records.find(known, source="eprints")).items
        asked.graph.delete([("eprints", item["key"])])
        assert asked.titles(themes=("burnout",)) == [UNDERSTANDING]
        assert asked(lambda known: people.find(known, "worner")).total == 0
        with pytest.raises(NotKnown):
            asked(lambda known: records.record(known, "eprints", item["key"]))
