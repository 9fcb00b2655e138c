"""A data folder opened for writing, with everything that loading needs put together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from loaders.archive import Archive
from loaders.pipeline import Loader
from loaders.report import Progress, Report
from service import admin
from service.index.index import Index
from service.settings import Settings
from service.store.graph import Graph
from service.store.opening import open_store


@dataclass(frozen=True, slots=True)
class Workspace:
    """What commands that write work with."""

    settings: Settings
    graph: Graph
    archive: Archive
    loader: Loader


@contextmanager
def workspace(
    settings: Settings,
    on_progress: Callable[[Progress], None] = lambda _: None,
    evidence: bool = True,
    take_up: bool = True,
    moving: bool = False,
) -> Iterator[Workspace]:
    """Open the data folder for writing and close it again. What a killed command had begun is finished first.

    A load or a rebuild does so by itself: `take_up` is False there. A load does it with what it is given, so that of
    several states of a record the last one counts and no other gets in between. Without `evidence` what is loaded is
    not annotated. `moving` as of `open_store`, and so is what it raises.
    """
    store = open_store(settings, moving)
    try:
        archive = admin.archive(settings)
        index = Index(settings.data / "index.sqlite")
        graph = Graph(store, index)
        graph.write(settings.language(), [])
        loader = admin.loader(settings, graph, archive, on_progress, evidence)
        if take_up:
            loader.take_up(Report())
        yield Workspace(settings, graph, archive, loader)
        loader.close()
        graph.publish()
        index.close()
        archive.close()
    finally:
        store.close()
