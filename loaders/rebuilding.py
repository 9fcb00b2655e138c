"""Every record's graphs again, from the archived bytes."""

from collections.abc import Callable, Iterator

from loaders.archive import Archive, Archived, Quarantined, Work
from loaders.contracts import Graph
from loaders.prepare import Ready
from loaders.report import Progress, Report
from loaders.writing import Batch, Writing, batches


def rebuild(
    graph: Graph, archive: Archive, writing: Writing, report: Report, on_progress: Callable[[Progress], None]
) -> None:
    """Make the graphs of all records with the readers and the ontology of today. Linking is to follow."""
    done = 0
    for batch, results in writing.read(map(Batch, batches(_works(archive)))):
        again: dict[tuple[str, str], Ready] = {}
        for work, result in zip(batch.works, results, strict=True):
            held = [r for r in archive.of_bytes(work.hash) if r.source == work.source]
            if isinstance(result, Ready) and (key := (result.packed.source, result.packed.key)) in {
                (r.source, r.key) for r in held
            }:
                again[key] = result
            else:
                report.quarantined += map(_lost, held)
        graph.add([ready.packed for ready in again.values()], settled=False)
        versions = writing.recipe.versions()
        with archive.transaction():
            archive.note_versions((source, key, versions[source]) for source, key in again)
            archive.unlink(again)
        report.loaded += len(again)
        done += len(batch.works)
        on_progress(Progress("archive", done, 0))


def _works(archive: Archive) -> Iterator[Work]:
    for held in list(archive.records()):
        raw = archive.raw(held.hash)
        if raw is not None:
            yield Work(held.source, raw, held.hash, held.file, held.place)


def _lost(held: Archived) -> Quarantined:
    """A record whose bytes are now read as another record, or not at all: say so, keep what is there."""
    reason = "its archived bytes no longer give this record; load its file again"
    return Quarantined(held.hash, held.file, held.place, held.source, reason)
