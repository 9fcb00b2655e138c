"""Full text in scripts that put no space between words."""

from collections.abc import Iterator

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.commands import command, work, written
from tests.serving import served

TITLES = {
    "th": "สุขภาพจิตของพยาบาล และการนอน",
    "zh": "心理健康与护士 值班表",
    "ja": "看護師の心理 夜勤",
    "en": "Nurses at night",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("scripts")
    works = [work(f"10.1234/{name}", title=[title], abstract=None) for name, title in TITLES.items()]
    written(folder / "in" / "works.jsonl", *works)
    assert command("load", folder / "in", "--data", folder / "data").status == 0
    with served(create_app(Settings(data=folder / "data"))) as client:
        yield client


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("สุขภาพ", "th"),
        ("สุขภาพจิต และ", "th"),
        ("心理", "zh"),
        ("心理健康 -夜勤", "zh"),
        ("值班", "zh"),
        ("看護", "ja"),
        ("夜", "ja"),
        ('"Nurses at"', "en"),
    ],
)
def test_a_word_is_found_where_a_run_of_letters_begins_with_it(client: httpx.Client, q: str, found: str) -> None:
    for path in ("studies", "records"):
        answer = client.get(f"/api/{path}", params={"q": q}).json()
        assert [item["title"] for item in answer["items"]] == [TITLES[found]]


def test_a_word_of_a_script_with_spaces_is_still_a_whole_one(client: httpx.Client) -> None:
    assert client.get("/api/studies", params={"q": "nig"}).json()["total"] == 0
