"""People's e-mail addresses stay out of the graph, and out of sight."""

from pathlib import Path

import pytest

from loaders.addresses import without_addresses
from loaders.record import Organisation, Person, Record
from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

NBIB = """PMID- 12345678
TI  - Night rotas and burnout of nurses.
FAU - Doe, Jane
AU  - Doe J
AD  - Department of Rotas, University of Leeds, Leeds, UK. Electronic address:
      jane.doe@leeds.example.
FAU - Khan, Ali
AU  - Khan A
AD  - ali@khan.example
"""


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Antwerp, Belgium. Electronic address: j.v@uza.example.", "Antwerp, Belgium."),
        ("University of X, UK, a@b.example; c@d.example", "University of X, UK"),
        ("University of X (E-mail: a@b.example), Dept. of Y", "University of X, Dept. of Y"),
        ("University of X, a@b.example, Germany", "University of X, Germany"),
        ("University of X. mailto:a@b.example", "University of X."),
        ("Creative @ Paris", "Creative @ Paris"),
    ],
)
def test_what_is_left_of_a_name(name: str, kept: str) -> None:
    record = Record("x", "1", "A title", organisations=(Organisation(name),))
    assert [o.name for o in without_addresses(record).organisations] == [kept]


def test_an_affiliation_that_is_an_address_is_none() -> None:
    people = (Person("Khan A", affiliations=(Organisation("ali@khan.example"), Organisation("Leeds"))),)
    [person] = without_addresses(Record("x", "1", "A title", people=people)).people
    assert [o.name for o in person.affiliations] == ["Leeds"]


def test_no_address_is_in_the_graph_nor_in_a_name_of_who_is_who(tmp_path: Path) -> None:
    (tmp_path / "a.nbib").write_text(NBIB)
    assert command("load", tmp_path / "a.nbib", "--data", tmp_path / "data").status == 0
    asked = command("query", "SELECT * { GRAPH ?g { ?s ?p ?o } }", "--format", "csv", "--data", tmp_path / "data").text
    assert "University of Leeds" in asked
    assert "@" not in asked
    assert "khan-example" not in asked


def test_in_a_text_and_in_what_is_shown_of_the_source_asterisks_stand_for_an_address(tmp_path: Path) -> None:
    given = work(abstract="<jats:p>Results: Burnout rose; write to j.doe@x.example. Burnout fell again.</jats:p>")
    assert command("load", written(tmp_path / "a.jsonl", given), "--data", tmp_path / "data").status == 0
    for keeps in (False, True):
        with served(create_app(Settings(data=tmp_path / "data", keep_emails=keeps))) as client:
            shown = client.get("/api/records/crossref/10.1234/rota.1").json()
            assert ("j.doe@x.example" in shown["raw"]) is keeps
            assert "*****@x.example" in "".join(quote["quote"] for quote in shown["evidence"])
            assert (
                "j.doe@" in client.get("/record/crossref/10.1234/rota.1", headers={"Accept": "text/html"}).text
            ) is keeps
