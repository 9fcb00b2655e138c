"""Records out of the graph."""

from collections.abc import Sequence

from loaders.archive import Archive, Work
from loaders.contracts import Graph, RecordKey


def delete(graph: Graph, archive: Archive, records: Sequence[RecordKey], action: str = "deleted") -> int:
    """Take records out of the graph and the archive. Returns how many there were; linking is to follow.

    `action` is what the change feed says of it: "deleted" or "withdrawn" (by the source).

    A kill before the archive has forgotten a record leaves it as one whose load was begun: it is put back whole. What
    its source withdrew goes all the same: the entry that says so is on its way still.
    """
    known = [held for key in dict.fromkeys(records) if (held := archive.get(*key))]
    if not known:
        return 0
    begun = []
    if action != "withdrawn":
        begun = [Work(r.source, archive.raw(r.hash) or b"", r.hash, r.file, r.place) for r in known]
    with archive.transaction():
        archive.begin(begun)
        archive.stale(known)
    graph.delete([(r.source, r.key) for r in known])
    graph.flush()
    with archive.transaction():
        archive.end(begun)
        for held in known:
            archive.forget(held.source, held.key, action)
    return len(known)
