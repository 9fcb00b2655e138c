"""What of the running service reaches the loaders: the archive behind the records, and what people decide."""

from collections.abc import Callable

from loaders.archive import Archive
from loaders.linking import Linker
from loaders.pipeline import Loader
from loaders.report import Progress
from service.settings import NO_FILE, Settings
from service.store.graph import Graph


def archive(settings: Settings) -> Archive:
    """The archive of the data folder. Its reader closes it."""
    return Archive(settings.data / "archive.sqlite")


def loader(
    settings: Settings, graph: Graph, kept: Archive, on_progress: Callable[[Progress], None] = lambda _: None
) -> Loader:
    """What loads records into the graph of a data folder."""
    linker = Linker(settings.data / "links.sqlite", graph.iris)
    themes = settings.themes if settings.themes != NO_FILE else None
    return Loader(graph, kept, linker, keep_emails=settings.keep_emails, themes=themes, on_progress=on_progress)
