"""`registries update` from a URL: through redirects, and nothing lost by whatever else comes."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from loaders.linking import registry
from loaders.linking.organisations import use_register
from loaders.linking.registry import FILE
from tests.commands import command
from tests.replaying import Asked, Replaying, Reply

LIST = b"XQZ1,QUITE NEW EXAMPLE NHS FOUNDATION TRUST,,,,,,LEEDS,,LS1 1AA,20260401,\n"
ONE = {
    "id": "https://ror.org/02jx3x895",
    "status": "active",
    "types": ["Education"],
    "name": "Example University",
    "aliases": [],
    "acronyms": [],
    "labels": [],
    "links": [],
    "addresses": [],
    "country": {"country_code": "GB"},
    "relationships": [],
}
PACKED = gzip.compress(orjson.dumps(ONE) + b"\n")
ANSWERS = {
    "/etr.csv": Reply(LIST),
    "/moved": Reply(status=302, headers={"Location": "/once-more"}),
    "/once-more": Reply(status=301, headers={"Location": "/etr.csv"}),
    "/round": Reply(status=302, headers={"Location": "/round"}),
    "/gone": Reply(b"not here", 404),
    "/broken": Reply(b"", 503),
    "/cut": Reply(LIST * 1000, fault="cut"),
    "/silent": Reply(fault="silent"),
    "/half.gz": Reply(PACKED).half,
    "/page": Reply(b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"}),
    "/few": Reply(PACKED),
}


def serve(asked: Asked) -> Reply:
    return ANSWERS[asked.path]


@pytest.fixture(autouse=True)
def shipped_again() -> Iterator[None]:
    yield
    use_register(Path())
    registry.CHOSEN = Path()


def test_a_list_is_fetched_through_redirects_and_kept_whatever_comes_after(tmp_path: Path) -> None:
    with Replaying(serve) as server:
        done = command("registries", "update", "--ods", f"{server.url}/moved", "--data", tmp_path)
        assert done.status == 0, done.errors
        assert "1 identifiers new, 0 gone" in done.text
        made = (tmp_path / FILE).read_bytes()
        assert registry.read(made).entry("XQZ1").names[0] == "Quite New Example NHS Foundation Trust"
        told = command("registries", "show", "--data", tmp_path).json
        assert [source["source"] for source in told["from"]] == [f"{server.url}/moved"]
        about = (tmp_path / "organisations.json").read_bytes()
        for option, path in (
            ("--ods", "round"),
            ("--ods", "gone"),
            ("--ods", "broken"),
            ("--ods", "cut"),
            ("--ods", "silent"),
            ("--ods", "page"),
            ("--ror", "half.gz"),
            ("--ror", "page"),
            ("--ror", "few"),
        ):
            failed = command("registries", "update", option, f"{server.url}/{path}", "--data", tmp_path)
            assert failed.status != 0, path
            assert "Traceback" not in failed.errors
            assert failed.errors.strip(), path
            assert (tmp_path / FILE).read_bytes() == made, path
            assert (tmp_path / "organisations.json").read_bytes() == about, path
    unreached = command("registries", "update", "--ods", server.url, "--data", tmp_path)
    assert unreached.status != 0
    assert command("registries", "update", "--ods", "http://[bad", "--data", tmp_path).status != 0
    assert (tmp_path / FILE).read_bytes() == made
