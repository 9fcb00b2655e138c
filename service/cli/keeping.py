"""`evidence-graph records` and `delete`: what is kept of what was loaded."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.common import Data, Json, Stopped, of_graph, out, record_key, show_rows
from service.settings import NO_FILE, Settings

if TYPE_CHECKING:
    from loaders.archive import Archive

STATES = ("current", "outdated", "gone", "all")
LISTED = 200
"""Records that a table shows where nothing says how many."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (records, delete):
        app.command()(command)


def records(
    source: Annotated[str | None, typer.Option(help="Only those of one source.")] = None,
    text: Annotated[str | None, typer.Option(help="Only those in whose text these words are found.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only those loaded or gone since then: 2026-05-19[T12:00:00Z].")
    ] = None,
    state: Annotated[
        str, typer.Option(help="current; outdated, read by another version; gone, deleted or withdrawn; all.")
    ] = "current",
    limit: Annotated[int | None, typer.Option(help="The first so many; 0 is all.", min=0)] = None,
    history: Annotated[str | None, typer.Option(help="What happened to one record (source/key).")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the records, or tell the history of one."""
    from loaders.archive import Archive
    from service.answers.changes import is_moment

    chosen = of_graph(data)
    if state not in STATES:
        raise Stopped(f"--state is one of {', '.join(STATES)}; not {state!r}")
    if since is not None and not is_moment(since):
        raise Stopped(f"--since is a date such as 2026-05-19, or a moment such as 2026-05-19T12:00:00Z; not {since!r}")
    archive = Archive.reading(chosen.data / "archive.sqlite")
    try:
        if history:
            rows = [asdict(c) for c in archive.history(*record_key(history))]
            if not rows:
                raise Stopped(f"no such record: {history}")
            show_rows(rows, as_json)
            return
        found = _records(archive, chosen, source, state)
        wanted = _matching(chosen, text) if text else None
        kept = (
            row
            for row in found
            if (wanted is None or (row["source"], row["key"]) in wanted) and (since is None or row["at"] >= since)
        )
        most = limit if limit is not None else None if as_json else LISTED
        rows = list(islice(kept, (most + 1) if most else None))
    finally:
        archive.close()
    more = bool(most) and len(rows) > most  # type: ignore[operator]
    show_rows(rows[: most or None], as_json)
    if more and not as_json:
        out.print(f"and more: --limit 0 lists all, --source, --text, --since and --state fewer than the first {most}")


def _records(archive: "Archive", chosen: Settings, source: str | None, state: str) -> Iterator[dict[str, Any]]:
    """Records by source and key, each with its state; those that are gone after those that are there."""
    from loaders.correcting import corrections
    from loaders.prepare import Recipe

    if state != "gone":
        themes = chosen.themes if chosen.themes != NO_FILE else None
        versions = Recipe(chosen.base, chosen.keep_emails, themes, corrections(archive)).versions()
        for held in archive.records(source):
            current = held.versions == versions.get(held.source)
            if state != "outdated" or not current:
                row = asdict(held)
                at = row.pop("loaded_at")
                yield row | {"state": "current" if current else "outdated", "at": at}
    if state in ("gone", "all"):
        for change in archive.gone():
            if source in (None, change.source):
                row = {"source": change.source, "key": change.key, "hash": None, "versions": None}
                yield row | {"file": None, "place": None, "state": change.action, "at": change.at}


def _matching(chosen: Settings, text: str) -> set[tuple[str, str]]:
    """The records in whose title, abstract or keywords words are found. Raises Stopped."""
    from service.answers import BadQuestion
    from service.answers.names import search_text

    path = chosen.data / "index.sqlite"
    if not path.exists():
        return set()
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        asked = search_text(text)
        sql = (
            "SELECT r.source, r.key FROM document_text AS f JOIN record AS r ON r.id = f.rowid "
            "WHERE document_text MATCH ?"
        )
        return set(db.execute(sql, (asked,))) if asked else set()
    except (BadQuestion, sqlite3.OperationalError) as error:
        raise Stopped(f"--text: {error}") from None
    finally:
        db.close()


def delete(
    records: Annotated[list[str], typer.Argument(help="Records as source/key, for example hra/146257.")],
    data: Data = None,
) -> None:
    """Take records out: their graphs, what was resolved from them, their bytes."""
    from service.cli.workspace import workspace

    keys = [record_key(r) for r in records]
    with workspace(of_graph(data)) as w:
        unknown = [f"{s}/{k}" for s, k in keys if w.archive.get(s, k) is None]
        if unknown:
            raise Stopped(f"no such record: {', '.join(unknown)}; `evidence-graph records` lists them")
        count = w.loader.delete(keys)
    out.print(f"{count} deleted")
