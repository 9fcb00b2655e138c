"""`evidence-graph records`, `quarantine` and `delete`: what is kept of what was loaded."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from service.cli.common import Data, Json, Stopped, out, record_key, settings, show_rows


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (records, quarantine, delete):
        app.command()(command)


def records(
    source: Annotated[str | None, typer.Option(help="Only those of one source.")] = None,
    history: Annotated[str | None, typer.Option(help="What happened to one record (source/key).")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the records, or tell the history of one."""
    from loaders.archive import Archive

    folder = settings(data=data).data
    archive = Archive(folder / "archive.sqlite") if (folder / "archive.sqlite").exists() else None
    rows: list[dict[str, Any]] = []
    if archive and history:
        rows = [asdict(c) for c in archive.history(*record_key(history))]
        if not rows:
            raise Stopped(f"no such record: {history}")
    elif archive:
        rows = [asdict(r) for r in archive.records(source)]
    show_rows(rows, as_json)


def quarantine(data: Data = None, as_json: Json = False) -> None:
    """List what could not be loaded, and why."""
    from loaders.archive import Archive

    path = settings(data=data).data / "archive.sqlite"
    show_rows([asdict(q) for q in Archive(path).quarantined()] if path.exists() else [], as_json)


def delete(
    records: Annotated[list[str], typer.Argument(help="Records as source/key, for example hra/146257.")],
    data: Data = None,
) -> None:
    """Take records out: their graphs, what was resolved from them, their bytes."""
    from service.cli.workspace import workspace

    keys = [record_key(r) for r in records]
    with workspace(settings(data=data)) as w:
        unknown = [f"{s}/{k}" for s, k in keys if w.archive.get(s, k) is None]
        if unknown:
            raise Stopped(f"no such record: {', '.join(unknown)}; `evidence-graph records` lists them")
        count = w.loader.delete(keys)
    out.print(f"{count} deleted")
