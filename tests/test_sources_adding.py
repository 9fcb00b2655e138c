"""A source is added by one module and one line: the one that the documentation shows, from outside."""

import io
import re
import types

import pytest

from loaders import sources
from loaders.record import Source, Unreadable
from loaders.sources import detect, stated_total
from tests.conftest import ROOT

RAW = b'{"widgetId": "w1", "heading": "Peers", "year": 2020, "colour": "red"}\n{"widgetId": "w2"}\n'


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Source:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) <= 30
    module = types.ModuleType("example")
    exec(code, module.__dict__)
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, module))
    return module


def test_the_source_of_the_documentation_works(example: Source) -> None:
    assert detect(RAW) is example
    first, second = example.entries(io.BytesIO(RAW))
    record = example.read(first.raw)
    assert (record.key, record.title, record.leftovers) == ("w1", "Peers", ("colour",))
    with pytest.raises(Unreadable, match="heading"):
        example.read(second.raw)
    assert stated_total(example, RAW) is None


@pytest.mark.parametrize(
    ("reader", "raw", "total"),
    [
        ("crossref", '{"message":{"total-results":2,"items-per-page":20,"items":[]}}', 2),
        ("crossref", '{"message":{"total-results":200,"items-per-page":20,"items":[]}}', None),
        ("openalex", '{"meta":{"count":3,"page":1,"per_page":25},"results":[]}', 3),
        ("openalex", '{"meta":{"count":30,"page":1,"per_page":25},"results":[]}', None),
        ("europepmc", '{"hitCount":3,"request":{"pageSize":25},"resultList":{"result":[]}}', 3),
        ("europepmc", "<responseWrapper><hitCount>3</hitCount><request><pageSize>25</pageSize></request>", 3),
        ("biorxiv", '{"messages":[{"status":"ok","count":30,"total":"300"}],"collection":[]}', 30),
        ("datacite", '{"data":[],"meta":{"total":2,"totalPages":1}}', 2),
        ("oai-pmh", '<OAI-PMH><resumptionToken completeListSize="7" cursor="0"/></OAI-PMH>', 7),
        ("oai-pmh", '<OAI-PMH><resumptionToken completeListSize="7">next</resumptionToken></OAI-PMH>', None),
        ("semantic-scholar", '{"total": 5, "offset": 0, "data": []}', None),  # the service says that it only guesses
        ("ris", "TY  - JOUR", None),
    ],
)
def test_what_an_input_says_of_its_own_number(reader: str, raw: str, total: int | None) -> None:
    assert stated_total(sources.named(reader), raw.encode()) == total
