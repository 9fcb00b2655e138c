"""`evidence-graph load` and `rebuild`: records into the graph."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from service.cli.common import ColumnNames, Data, Json, Stopped, named_columns, out, safe, settings, shown


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (load, rebuild):
        app.command()(command)


def load(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of anything known, packed or not.")],
    data: Data = None,
    as_json: Json = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be loaded, replaced, put aside, and why.")
    ] = False,
    columns: ColumnNames = None,
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="Do not look for evidence in texts; `rebuild` does it later.")
    ] = False,
) -> None:
    """Load records. Formats are told by content; what cannot be read is put aside with the reason."""
    from loaders import inputs
    from loaders.report import Progress
    from service.cli import inspecting

    said = named_columns(columns)
    if dry_run:
        inspecting.dry_run(paths, data, as_json, not no_evidence, said)
    from service.cli.workspace import workspace

    for path in paths:
        if not path.exists():
            raise Stopped(f"{path}: there is no such file or folder")
    files = inputs.files(paths)
    if not files:
        raise Stopped(f"{', '.join(map(str, paths))}: there is no file in it")
    total = inputs.size(files)
    with shown(as_json, total, "of bytes") as advance:

        def progress(at: Progress) -> None:
            if at.bytes_total is None:  # the files are done
                advance(at.file, total)
            else:
                advance(f"{at.entries:,} records, {at.rate:,.0f} a second", at.bytes_done)

        with workspace(settings(data=data), progress, evidence=not no_evidence, take_up=False) as w:
            report = w.loader.load(paths, said)
    if as_json:
        print(json.dumps(report_as_json(report), ensure_ascii=False, indent=1))
    else:
        show_report(report)
    raise typer.Exit(report.exit_status)


def report_as_json(report: Any) -> dict[str, Any]:
    """What a load did, for programs."""
    keep = ("file", "place", "reason", "source", "hash")
    return {
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
        "quarantined": [{name: getattr(q, name) for name in keep} for q in report.quarantined],
        "warnings": report.warnings,
        "by_source": report.by_source,
        "leftovers": report.leftovers,
    }


def show_report(report: Any) -> None:
    """What a load did, as a table."""
    table = Table(title="Load", title_justify="left")
    table.add_column("outcome")
    table.add_column("records", justify="right")
    table.add_row("loaded", f"{report.loaded:,}")
    for source, count in sorted(report.by_source.items()):
        table.add_row(f"  {source}", f"{count:,}", style="dim")
    table.add_row("unchanged", f"{report.unchanged:,}")
    if report.withdrawn:
        table.add_row("withdrawn by their source", f"{report.withdrawn:,}")
    table.add_row("quarantined", f"{len(report.quarantined):,}", style="bold red" if report.quarantined else "")
    out.print(table)
    for item in report.quarantined[:50]:
        place = f", {item.place}" if item.place else ""
        out.print(safe(f"{item.file}{place}: {item.reason}".encode()), markup=False, soft_wrap=True)
    if len(report.quarantined) > 50:
        out.print(f"… and {len(report.quarantined) - 50:,} more: `evidence-graph quarantine` lists them all")
    for warning in report.warnings:
        out.print(safe(warning.encode()), markup=False, style="yellow", soft_wrap=True)
    if report.leftovers:
        most = sorted(report.leftovers.items(), key=lambda item: (-item[1], item[0]))[:8]
        listed = ", ".join(f"{name} ({count:,})" for name, count in most)
        out.print(f"Fields seen that have no place in the graph: {listed}", markup=False, style="dim", soft_wrap=True)


def rebuild(data: Data = None, as_json: Json = False) -> None:
    """Make the graph again from the archived bytes, with the readers and the ontology of this version.

    It is made where the settings say, wherever it was before: in the data folder or in another engine.
    """
    from service.cli.workspace import workspace

    chosen = settings(data=data)
    if not (chosen.data / "archive.sqlite").exists():
        raise Stopped(f"there is nothing in {chosen.data} to make a graph from: load something first")
    with (
        shown(as_json, 0, "records") as advance,
        workspace(chosen, lambda at: advance(f"{at.entries:,} records", at.entries), take_up=False, moving=True) as w,
    ):
        report = w.loader.rebuild()
        w.graph.rebuild_index()
    if as_json:
        print(json.dumps(report_as_json(report), ensure_ascii=False, indent=1))
    else:
        show_report(report)
    raise typer.Exit(report.exit_status)
