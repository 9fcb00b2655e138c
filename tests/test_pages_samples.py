"""The pages over the shipped samples, loaded as a user loads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ontology.literals import starred
from service.cli.workspace import workspace
from service.settings import Settings
from tests.conftest import ROOT
from tests.pages import BASE, Client, Page, serving


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    data: Path = tmp_path_factory.mktemp("samples")
    with workspace(Settings(data=data)) as opened:
        report = opened.loader.load([ROOT / "loaders" / "samples"])
        assert (report.loaded, report.quarantined) == (5, [])
    with serving(data) as client:
        yield client


def read(client: Client, path: str) -> Page:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    shown = Page(answer.text)
    assert not shown.faults, path
    return shown


def test_the_front_page_gives_the_burnout_answer(samples: Client) -> None:
    assert "Which studies report burnout? Two of 5." in read(samples, "/").said


def test_the_co_authors_of_gillard_are_eleven_over_both_spellings(samples: Client) -> None:
    path = next(link for link in read(samples, "/people?q=gillard").links if link.startswith("/person/"))
    shown = read(samples, path)
    assert "Eleven co-authors" in shown.said and "Why these are one person" in shown.said


def test_a_registered_study_tells_its_sponsor_committee_and_opinion(samples: Client) -> None:
    said = read(samples, "/study/iras/146257").said
    for part in ("Norfolk and Suffolk NHS Foundation Trust", "11 months, 30 days", "Ethics opinions", "146257"):
        assert part in said


def test_a_repaired_identifier_says_so_and_shows_what_the_source_had(samples: Client) -> None:
    said = read(samples, "/publication/doi/10.1186/1472-6963-13-188").said
    assert "10.1186/1472-6963-13-188 Repaired from “" in said


def test_every_record_shows_the_source_as_it_came(samples: Client) -> None:
    records = [link for link in read(samples, "/records").links if link.startswith("/record/")]
    assert len(records) == 5
    for path in records:
        source, _, key = path.removeprefix("/record/").partition("/")
        archive = samples.app.state.knowledge.archive
        held = archive.get(source, key)
        text = archive.raw(held.hash).decode()
        shown = read(samples, path)
        assert " ".join(starred(text).split()) in shown.said
        assert held.hash in shown.said


def test_no_page_of_a_record_or_a_study_shows_a_bare_iri(samples: Client) -> None:
    for noun in ("/studies", "/records"):
        for path in {link for link in read(samples, noun).links if link.startswith(("/study/", "/record/"))}:
            shown = read(samples, path)
            assert BASE not in shown.said, path


def test_a_trust_shows_the_code_of_the_register_that_it_was_found_in(samples: Client) -> None:
    path = next(link for link in read(samples, "/organisations?q=norfolk").links if link.startswith("/organisation/"))
    assert "NHS ODS code RMY Inferred" in read(samples, path).said
    identifiers = samples.get(f"/api/organisations/{path.rpartition('/')[2]}").json()["identifiers"]
    assert [(i["scheme"], i["value"], i["status"], i["url"]) for i in identifiers] == [("ods", "RMY", "inferred", None)]


def test_keywords_are_not_said_to_be_all_that_names_a_theme(samples: Client) -> None:
    said = read(samples, "/study/of/doi/10.1186/s12888-022-03999-9").said
    assert "Named in the keywords of the source: “" in said
    assert "only the keywords" not in said
