"""The pages of a record of more statements than a page has room for."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import httpx
import pyoxigraph as ox
import pytest

from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

AUTHORS = 300
PATH = "/record/crossref/10.1234/rota.1"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("large")
    authors = [{"given": f"Jane {n}", "family": f"Roe{n}"} for n in range(AUTHORS)]
    made = work(author=authors, title=["On the measurement of length"], abstract=None)
    written(folder / "in" / "large.jsonl", made, work("10.1234/rota.2"))
    assert command("load", folder / "in", "--data", folder / "data").status == 0
    with served(create_app(Settings(data=folder / "data"))) as client:
        yield client


def test_every_link_within_the_page_leads_somewhere(client: httpx.Client) -> None:
    text = client.get(PATH, headers=HTML).text
    ids = [unescape(found) for found in re.findall(r' id="([^"]+)"', text)]
    linked = {unquote(unescape(part)) for part in re.findall(rf'href="(?:{re.escape(PATH)})?#([^"]+)"', text)}
    assert {f"author-{n}" for n in range(1, AUTHORS + 1)} <= linked <= set(ids)
    assert len(ids) == len(set(ids))
    assert text == client.get(PATH, headers=HTML).text


def test_a_page_shows_whole_nodes_and_the_data_have_all(client: httpx.Client) -> None:
    text = client.get(PATH, headers=HTML).text
    data = client.get(f"{PATH}.ttl").content
    statements = {quad.triple for quad in ox.parse(data, format=ox.RdfFormat.TURTLE)}
    assert len(statements) > 2000
    assert f'<a href="{PATH}.ttl">all of them in Turtle</a>' in text
    sections = re.findall(r'<details id="(author-\d+)">.*?</details>', text, re.S)
    assert sections[:3] == ["author-1", "author-2", "author-3"]
    assert len(sections) < AUTHORS
    shown = re.findall(r'<details id="author-\d+">(.*?)</details>', text, re.S)
    assert all("family" in part.lower() for part in shown)


def test_a_text_in_which_nothing_was_found_has_no_evidence_graph(client: httpx.Client) -> None:
    [none, some] = [client.get(f"/api/records/crossref/10.1234/rota.{n}").json() for n in (1, 2)]
    assert none["evidence_graph"] is None
    assert client.get(some["evidence_graph"].replace("http://127.0.0.1:8000", "") + ".ttl").status_code == 200
    of_study = [client.get(f"/api/studies/of/doi/10.1234/rota.{n}").json()["records"][0] for n in (1, 2)]
    assert [r["evidence_graph"] for r in of_study] == [None, some["evidence_graph"]]
