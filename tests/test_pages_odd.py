"""The pages over texts that are odd and legal: other scripts, long words, many spellings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from service.cli.workspace import workspace
from service.settings import Settings
from tests.pages import Client, serving
from tests.test_pages_samples import read

ARABIC, JOURNAL = "الإرهاق burnout لدى الممرضين", "مجلة التمريض"


def work(number: int, title: str, affiliation: str, **more: Any) -> dict[str, Any]:
    author = {"family": "Aristova", "given": "Ludmila Q.", "affiliation": [{"name": affiliation}]}
    held = {"DOI": f"10.5555/odd.{number}", "title": [title], "author": [author], "type": "journal-article"}
    abstract = f"<jats:p>Results: Rotas of sort {number} were worse.</jats:p>"
    return held | {"abstract": abstract, "publisher": "P", "issued": {"date-parts": [[2020]]}} | more


WORKS = (
    work(1, ARABIC, "University of Oxford", **{"container-title": [JOURNAL]}),
    work(
        *(8, "Night rotas, a first draft", "University of Oxford, Oxford, UK"),
        type="posted-content",
        subtype="preprint",
        relation={"is-preprint-of": [{"id-type": "doi", "id": "10.5555/odd.2", "asserted-by": "subject"}]},
    ),
    *(work(n, f"Night rotas of ward {n}", "University of Oxford, Oxford, UK") for n in range(2, 8)),
)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    data: Path = tmp_path_factory.mktemp("odd")
    file = data / "works.jsonl"
    file.write_text("\n".join(map(json.dumps, WORKS)))
    with workspace(Settings(data=data / "data")) as opened:
        assert opened.loader.load([file]).loaded == len(WORKS)
    with serving(data / "data") as client:
        yield client


def test_spellings_are_names_with_the_first_of_their_records(odd: Client) -> None:
    path = next(link for link in read(odd, "/organisations?q=oxford").links if link.startswith("/organisation/"))
    shown = read(odd, path).said
    assert "University of Oxford, Oxford, UK Crossref record, Crossref record, Crossref record and 4 more" in shown
    assert "{'" not in shown
    path = next(link for link in read(odd, "/people?q=aristova").links if link.startswith("/person/"))
    assert "Crossref record, Crossref record, Crossref record and 5 more" in read(odd, path).said


def test_a_title_from_right_to_left_is_kept_together_in_a_line(odd: Client) -> None:
    for path in ("/study/of/doi/10.5555/odd.1", "/studies?q=burnout"):
        tree = LexborHTMLParser(odd.get(path).text)
        held = [node for node in tree.css("a, cite") if (node.text() or "").strip() in (ARABIC, JOURNAL)]
        assert len(held) >= 2
        for node in held:
            assert "auto" in (node.attributes.get("dir"), (node.parent and node.parent.attributes.get("dir"))), path


def test_another_name_of_a_study_is_its_title_and_no_address(odd: Client) -> None:
    said = read(odd, "/study/of/doi/10.5555/odd.2").said
    assert "Held to be the same studyNight rotas, a first draft" in said
    assert "/study/of/doi" not in said


def test_two_abstracts_are_told_apart(odd: Client) -> None:
    said = read(odd, "/study/of/doi/10.5555/odd.2").said
    for record in ("10.5555/odd.2", "10.5555/odd.8"):
        assert f"Abstract, as Crossref {record} has it" in said
