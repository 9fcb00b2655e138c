"""A data folder opened for writing, with everything that loading needs put together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ontology
from loaders.archive import Archive
from loaders.linking import Linker
from loaders.pipeline import Loader, Progress
from service.graph import Graph
from service.index import Index
from service.settings import Settings
from service.store import EmbeddedStore


@dataclass(frozen=True, slots=True)
class Workspace:
    """What commands that write work with."""

    settings: Settings
    graph: Graph
    archive: Archive
    loader: Loader


@contextmanager
def workspace(settings: Settings, on_progress: Callable[[Progress], None] = lambda _: None) -> Iterator[Workspace]:
    """Open the data folder for writing and close it again.

    Raises FolderInUse, BaseMismatch or UnknownFormat where it cannot be had.
    """
    store = EmbeddedStore(settings.data, settings.base, settings.default_graph)
    try:
        archive = Archive(settings.data / "archive.sqlite")
        graph = Graph(store, Index(settings.data / "index.sqlite"))
        graph.write(ontology.graphs(), [])
        linker = Linker(settings.data / "links.sqlite", graph.iris)
        loader = Loader(graph, archive, linker, keep_emails=settings.keep_emails, on_progress=on_progress)
        yield Workspace(settings, graph, archive, loader)
        graph.publish()
        archive.close()
    finally:
        store.close()
