"""References that other programs read, through the front door: loaded, exported, read back."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
import pytest

from loaders.record import Record
from loaders.sources import bibtex, ris
from service.answers import Knowledge
from service.answers.studies import StudyQuestion, each
from service.api import exports
from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

AUTHORS = [
    {"given": "Yann", "family": "Le Gorrec", "sequence": "first"},
    {"given": "Ludwig", "family": "van der Berg", "sequence": "additional"},
    {"name": "Rota & Wards Collaboration", "sequence": "additional"},
    {"given": "Jane M", "family": "O'Neill-Roe", "sequence": "additional"},
]
NAMES = [("Le Gorrec", "Yann"), ("van der Berg", "Ludwig"), (None, None), ("O'Neill-Roe", "Jane M")]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("exports")
    written(folder / "in" / "works.jsonl", work(author=AUTHORS))
    (folder / "in" / "cut.csv").write_text('title,authors,year\nA cut list,"Roe, J.; Doe, K.; et al.",2020\n')
    assert command("load", folder / "in", "--data", folder / "data").status == 0
    with served(create_app(Settings(data=folder / "data"))) as client:
        yield client


def read_back(client: httpx.Client, form: str) -> dict[str, Record]:
    content = client.get(f"/api/studies?format={form}").content
    reader = {"ris": ris, "bibtex": bibtex}[form]
    found = [reader.read(entry.raw) for entry in reader.entries(io.BytesIO(content))]
    return {record.title: record for record in found}


@pytest.mark.parametrize("form", ["ris", "bibtex"])
def test_authors_are_read_back_as_they_were(client: httpx.Client, form: str) -> None:
    people = read_back(client, form)["Night rotas and burnout of nurses"].people
    assert [(p.family, p.given) for p in people] == NAMES
    assert (people[2].name, people[2].collective) == ("Rota & Wards Collaboration", True)


def test_a_list_of_authors_that_is_cut_short_says_so(client: httpx.Client) -> None:
    cut = read_back(client, "bibtex")
    assert {title: record.authors_truncated for title, record in cut.items()} == {
        "A cut list": True,
        "Night rotas and burnout of nurses": False,
    }
    text = client.get("/api/studies?format=ris").text
    assert (
        re.findall(r"^(?:TI|N1)  - .*", text, re.M).count(
            "N1  - The list of authors is cut short, as in its source: there are others.\r"
        )
        == 1
    )


def test_the_answer_tells_family_and_given_names_apart(client: httpx.Client) -> None:
    items = client.get("/api/studies?author=gorrec").json()["items"]
    assert [(a["family"], a["given"]) for a in items[0]["authors"]] == NAMES


PAPER: dict[str, Any] = {
    "volume": "12",
    "issue": "3",
    "page": "101-9",
    "ISSN": ["1234-5679"],
    "publisher": "House & Sons",
    "abstract": "<p>Methods: 40 nurses on night rotas were asked. Results: After four months there was an increase in "
    "burnout, which for the most part was not maintained at 12 months.</p>",
    "updated-by": [{"DOI": "10.1234/rota.2", "type": "retraction", "label": "Retraction"}],
    "container-title": ["Journal of Rotas"],
    "subject": ["Nursing"],
}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One work as Crossref has it and as a reference file has it with less; a retracted one; a registration."""
    folder = tmp_path_factory.mktemp("papers")
    written(folder / "in" / "works.jsonl", work(author=AUTHORS, **PAPER))
    doi = work()["DOI"]
    (folder / "in" / "less.ris").write_text(
        f"TY  - JOUR\nTI  - Night rotas and burnout of nurses\nDO  - {doi}\nKW  - rotas\nER  - \n"
    )
    (folder / "in" / "book.ris").write_text(
        "TY  - CHAP\nTI  - On wards\nT2  - Book of wards\nAU  - Roe, Jo\nA2  - Doe, Kim\nSP  - e12\nER  - \n"
    )
    registration = Path("loaders/samples/peer-support-workers-journey-hra.txt").read_bytes()
    (folder / "in" / "hra.txt").write_bytes(registration)
    assert command("load", folder / "in", "--data", folder / "data").status == 0
    with served(create_app(Settings(data=folder / "data"))) as client:
        yield client


@pytest.mark.parametrize("form", ["ris", "bibtex"])
def test_a_reference_has_what_screening_and_citing_need(papers: httpx.Client, form: str) -> None:
    read = read_back(papers, form)
    assert len(read) == 3, "one reference for each work, and one for a study without any"
    paper = read["Night rotas and burnout of nurses"]
    said = paper.publication
    assert said is not None
    assert (said.type, said.journal, said.volume, said.issue, said.pages) == (
        *("journal-article", "Journal of Rotas", "12", "3"),
        "101-9",
    )
    assert (said.issns, said.publisher, (said.issued or "")[:7]) == (("1234-5679",), "House & Sons", "2019-05")
    assert (paper.abstract or "").startswith("Methods: 40 nurses on night rotas were asked. Results: After")
    assert {"rotas", "Burnout"} <= set(paper.keywords)
    chapter = read["On wards"]
    assert chapter.publication is not None
    assert (chapter.publication.type, chapter.publication.journal) == ("book-chapter", "Book of wards")
    assert [(p.name, p.role) for p in chapter.people] == [("Roe, Jo", "author"), ("Doe, Kim", "editor")]
    assert chapter.publication.article_number == "e12"


def test_quotes_stand_with_the_publication_that_they_are_from(papers: httpx.Client) -> None:
    text = papers.get("/api/studies?theme=burnout&format=ris").text
    assert text.count("TY  - ") == 1
    assert re.findall(r"^N1  - (.*)\r$", text, re.M) == [
        "Retracted: a source says so.",
        "After four months there was an increase in burnout, which for the most part was not maintained at 12 months.",
    ]


def test_a_registration_is_referred_to_by_its_sponsor_committee_and_opinion(papers: httpx.Client) -> None:
    text = papers.get("/api/studies?format=ris&kind=registered").text
    assert text.count("TY  - ") == 1
    assert "PB  - " in text and "N1  - IRAS ID 146257" in text
    assert re.search(r"^N1  - Reviewed by .*(?:REC|Committee)", text, re.M)
    assert re.search(r"^N1  - Ethics opinion \S+, favourable, \d{4}-", text, re.M)
    tex = papers.get("/api/studies?format=bibtex&kind=registered").text
    assert re.search(r"note = \{IRAS ID 146257; Reviewed by ", tex)


def test_the_table_says_what_did_not_last_and_what_was_retracted(papers: httpx.Client) -> None:
    lines = list(csv.DictReader(io.StringIO(papers.get("/api/studies?theme=burnout&format=csv").text)))
    assert [(line["retracted"], line["direction"], line["maintained"]) for line in lines] == [
        ("true", "increase", "false")
    ]


def test_studies_with_retracted_publications_are_left_out_or_alone_where_that_is_asked(papers: httpx.Client) -> None:
    every = {item["title"] for item in papers.get("/api/studies").json()["items"]}
    for value, expected in (
        ("true", {"Night rotas and burnout of nurses"}),
        ("false", every - {"Night rotas and burnout of nurses"}),
    ):
        items = papers.get(f"/api/studies?retracted={value}").json()["items"]
        assert {item["title"] for item in items} == expected
        text = papers.get(f"/api/studies?retracted={value}&format=sparql").text
        rows = papers.get("/sparql", params={"query": text, "format": "json"}).json()["results"]["bindings"]
        assert {row["study"]["value"] for row in rows} == {item["iri"] for item in items}
        page = papers.get(f"/studies?retracted={value}").text
        assert f"Retracted: {'yes' if value == 'true' else 'no'}" in page


def test_the_article_stands_for_a_study_before_its_preprint(tmp_path: Path) -> None:
    early = work("10.1101/2018.11.05.1", type="posted-content", subtype="preprint", issued={"date-parts": [[2018, 11]]})
    early["relation"] = {"is-preprint-of": [{"id-type": "doi", "id": "10.1234/rota.1", "asserted-by": "subject"}]}
    early["container-title"] = []
    written(tmp_path / "in" / "works.jsonl", early, work())
    assert command("load", tmp_path / "in", "--data", tmp_path / "data").status == 0
    with served(create_app(Settings(data=tmp_path / "data"))) as client:
        [item] = client.get("/api/studies").json()["items"]
    assert (item["doi"], item["journal"], item["year"]) == ("10.1234/rota.1", "Rota Studies", 2018)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Works whose titles, names and abstracts have what the forms themselves are written with."""
    folder = tmp_path_factory.mktemp("odd")
    groups = [
        {"name": "Rota Group of Leeds, York and Hull", "sequence": "first"},
        {"given": "Kim", "family": "Roe", "sequence": "additional"},
    ]
    written(
        folder / "in" / "works.jsonl",
        work("10.1234/odd.1", title=["=1+1 } of {{ nurses"], author=groups, abstract="<p>Rest }; and more.</p>"),
        work("10.1234/odd.2", title=["After the odd one"], issued={"date-parts": [[2018]]}, subject=["Rest"]),
        work("10.1234/odd.3", title=["And after that"], issued={"date-parts": [[2017]]}),
    )
    assert command("load", folder / "in", "--data", folder / "data").status == 0
    with served(create_app(Settings(data=folder / "data"))) as client:
        yield client


def test_braces_in_a_text_never_end_a_bibtex_field(odd: httpx.Client) -> None:
    fields = re.findall("^  \\w+ = (.*),$", odd.get("/api/studies?format=bibtex").text, re.M)
    assert sum("=1+1" in field for field in fields) == 1
    for field in fields:  # BibTeX counts braces, and a backslash before one changes nothing
        depths = list(accumulate(1 if mark == "{" else -1 for mark in re.findall("[{}]", field)))
        assert (depths.count(0), depths[-1]) == (1, 0)


def test_names_with_commas_and_the_word_and_stay_one_name_each(odd: httpx.Client) -> None:
    [authors] = [r.people for r in read_back(odd, "bibtex").values() if "Doe" not in r.people[0].name]
    assert [a.name for a in authors] == ["Rota Group of Leeds, York and Hull", "Roe, Kim"]


@pytest.mark.parametrize("form", ["csv", "ris", "bibtex"])
def test_an_export_of_a_part_is_that_part(odd: httpx.Client, form: str) -> None:
    titles = [item["title"] for item in odd.get("/api/studies").json()["items"]]
    for part, expected in (
        ("limit=1&offset=1", titles[1:2]),
        ("offset=1", titles[1:]),
        ("limit=2", titles[:2]),
        ("offset=3", []),
    ):
        answer = odd.get(f"/api/studies?format={form}&{part}")
        found = re.findall("After the odd one|And after that|1[+]1", answer.text)
        assert [title in answer.text for title in titles[1:]] == [title in expected for title in titles[1:]]
        assert len(found) == len(expected)
        assert answer.headers["X-Total-Count"] == "3"


def test_a_journal_is_where_reference_managers_look_for_it(odd: httpx.Client) -> None:
    assert odd.get("/api/studies?format=ris").text.count("\r\nT2  - Rota Studies\r\n") == 3


def test_the_same_keyword_in_two_spellings_is_one_in_sparql_too(papers: httpx.Client) -> None:
    query = "keyword=rotas&keyword=ROTAS"
    assert papers.get(f"/api/studies?{query}").json()["total"] == 1
    text = papers.get(f"/api/studies?{query}&format=sparql").text
    rows = papers.get("/sparql", params={"query": text, "format": "json"}).json()["results"]["bindings"]
    assert len(rows) == 1


@pytest.mark.parametrize("form", ["csv", "ris", "bibtex"])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_export_that_lost_a_study_meanwhile_never_looks_whole(
    odd: httpx.Client, form: str, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(known: Knowledge, question: StudyQuestion, most: int) -> tuple[int, list[list[int]]]:
        total, parts = await each(known, question, most)
        gone = [max(parts[0]) + 1]
        return total + 1, [gone, *parts] if at_once else [*parts, gone]

    monkeypatch.setattr(exports, "each", lost)
    if at_once:
        assert odd.get(f"/api/studies?format={form}").status_code == 503
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            odd.get(f"/api/studies?format={form}")
