"""References that other programs read, through the front door: loaded, exported, read back."""

import io
import re
from collections.abc import Iterator

import httpx
import pytest

from loaders.record import Record
from loaders.sources import bibtex, ris
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
