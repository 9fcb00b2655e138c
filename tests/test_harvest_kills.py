"""Kill -9 in the middle of a harvest, again and again: what comes out is what an undisturbed one gives.

TEST_KILLS in the environment says how many kills there are; `all` is a hundred.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from loaders.harvest import named
from loaders.harvest.harvest import Harvest
from loaders.harvest.service import Ask, Caller
from service.cli.workspace import workspace
from service.settings import Settings
from tests import replaying
from tests.harvesting import item, pages
from tests.killing import killed_at, whole
from tests.replaying import Quick, Replaying

KILLS = int(os.environ.get("TEST_KILLS", "3").replace("all", "100"))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EVIDENCE_GRAPH_")]:
        monkeypatch.delenv(name)


def into_graph(data: Path, url: str) -> None:
    """A harvest into a graph, as the command does it; each page is a step at which it may be killed."""
    with workspace(Settings(data=data)) as w:
        work = Harvest(
            named("oai-pmh"),
            Ask("oai-pmh", url=url),
            Caller(),
            data,
            clock=Quick(),
            on_fetched=lambda state: sys.audit("open", f"page {state.pages}"),
        )
        done = work.run(w.loader)
    assert not done.halted
    assert not done.report.quarantined


def contents(out: Path, *folders: Path) -> None:
    """Write down what data folders hold: every graph, every record and what is still to be done."""
    held = []
    for data in folders:
        with workspace(Settings(data=data)) as w:
            store = w.graph.store
            graphs = {name: sorted(store.graph(name)) for name in ["", *store.graphs()]}
            records = [(r.source, r.key, r.hash) for r in w.archive.records()]
            held.append([graphs, records, len(list(w.archive.pending()))])
    out.write_text(json.dumps(held))


def test_killed_again_and_again_a_harvest_gives_the_same_graph(tmp_path: Path) -> None:
    records = [item(n, f"2024-01-{n:02}") for n in range(1, 7)]
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    with Replaying(replaying.oai(records, size=2)) as server:
        whole(into_graph, straight, server.url)
        shutil.copytree(straight, killed)
        gone = [item(2, "2024-02-01", deleted=True), item(4, "2024-02-02", deleted=True)]
        fresh = [item(n, "2024-02-03") for n in range(7, 13)]
        server.serve = replaying.oai([*(r for r in records if r[0][-1] not in "24"), *gone, *fresh], size=1)
        whole(into_graph, straight, server.url)
        for number in range(KILLS):
            killed_at(24 + number * 5, into_graph, killed, server.url)
        whole(into_graph, killed, server.url)
    whole(contents, tmp_path / "contents.json", straight, killed)
    expected, found = json.loads((tmp_path / "contents.json").read_text())
    assert len(expected[1]) == 10
    assert found == expected
    assert not pages(killed)
