"""What of the running service reaches the loaders: the archive behind the records, and what people decide."""

from collections.abc import Callable

from loaders.archive import Archive
from loaders.linking import Linker, review
from loaders.linking.organisations import use_register
from loaders.linking.registry import FILE
from loaders.pipeline import Loader
from loaders.prepare import annotator
from loaders.report import Progress
from service.settings import NO_FILE, BadSetting, Settings
from service.store.graph import Graph

LINKS = "links.sqlite"
"""The working tables of linking, in the data folder."""


def archive(settings: Settings) -> Archive:
    """The archive of the data folder. Its reader closes it."""
    return Archive(settings.data / "archive.sqlite")


def loader(
    settings: Settings,
    graph: Graph,
    kept: Archive,
    on_progress: Callable[[Progress], None] = lambda _: None,
    evidence: bool = True,
) -> Loader:
    """What loads records into the graph of a data folder. What people decided on links is in force.

    Raises BadSetting for themes of one's own that cannot be read.
    """
    themes = settings.themes if settings.themes != NO_FILE else None
    if themes is not None and evidence:
        try:
            annotator(themes)
        except (OSError, ValueError, SyntaxError) as error:
            raise BadSetting(f"EVIDENCE_GRAPH_THEMES: {error}") from None
    linker = linked(settings, graph, kept)
    return Loader(
        *(graph, kept, linker),
        keep_emails=settings.keep_emails,
        themes=themes,
        evidence=evidence,
        on_progress=on_progress,
    )


def linked(settings: Settings, graph: Graph, kept: Archive) -> Linker:
    """What links the records of a data folder, by all that people decided. Its caller closes it.

    A decision that was kept and not applied, because the program ended in between, is applied.
    """
    use_register(settings.data / FILE)
    linker = Linker(settings.data / LINKS, graph.iris, lambda: review.decisions(kept, graph.iris))
    if linker.behind:
        review.apply(graph, kept, linker)
    return linker


def take_up(settings: Settings, graph: Graph, kept: Archive) -> None:
    """Apply what people decided on links and a program that ended too soon did not."""
    linked(settings, graph, kept).close()
