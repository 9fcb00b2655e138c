"""The command line: `evidence-graph load | serve | query | check | stats | rebuild | …`.

Exit status: 0 all went well; 1 something was found wrong (an entry quarantined, a shape violated); 2 nothing
could run, and standard error says why.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import progress as bars
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from service.settings import BadSetting, Settings

app = typer.Typer(
    name="evidence-graph",
    help="A knowledge graph of health and social research: what studies report, with the sentence that says so.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the graph; default: your own data folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs, no table.")]


class Stopped(Exception):
    """A command that cannot run. The message says why and what to do."""


def settings(**overrides: Any) -> Settings:
    try:
        return Settings.from_environment(**overrides)
    except BadSetting as bad:
        raise Stopped(str(bad)) from None


@contextmanager
def shown(quiet: bool, total: int, unit: str) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error, for people only; gives `advance(label, done)`."""
    if quiet or not errors.is_terminal:
        yield lambda _label, _done: None
        return
    described = TextColumn("{task.description}")
    columns = (described, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn(unit))
    with bars.Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total or None)

        def advance(label: str, done: int) -> None:
            bar.update(task, description=label, completed=done)

        yield advance


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of anything known, packed or not.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Load records. Formats are told by content; what cannot be read is put aside with the reason."""
    from loaders import inputs
    from loaders.report import Progress
    from service.cli_workspace import workspace

    for path in paths:
        if not path.exists():
            raise Stopped(f"{path}: there is no such file or folder")
    files = inputs.files(paths)
    total = sum(f.stat().st_size for f in files if f.is_file())
    with shown(as_json, total, "of bytes") as advance:

        def progress(at: Progress) -> None:
            advance(f"{at.entries:,} records", at.bytes_done)

        with workspace(settings(data=data), progress) as w:
            report = w.loader.load(paths)
    if as_json:
        print(json.dumps(_as_json(report), ensure_ascii=False, indent=1))
    else:
        _table(report)
    raise typer.Exit(report.exit_status)


def _as_json(report: Any) -> dict[str, Any]:
    keep = ("file", "place", "reason", "source", "hash")
    return {
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "withdrawn": report.withdrawn,
        "quarantined": [{name: getattr(q, name) for name in keep} for q in report.quarantined],
        "by_source": report.by_source,
        "leftovers": report.leftovers,
    }


def _table(report: Any) -> None:
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
        out.print(f"{item.file}{place}: {item.reason}", markup=False, soft_wrap=True)
    if len(report.quarantined) > 50:
        out.print(f"… and {len(report.quarantined) - 50:,} more: `evidence-graph quarantine` lists them all")
    if report.leftovers:
        most = sorted(report.leftovers.items(), key=lambda item: (-item[1], item[0]))[:8]
        listed = ", ".join(f"{name} ({count:,})" for name, count in most)
        out.print(f"Fields seen that have no place in the graph: {listed}", markup=False, style="dim", soft_wrap=True)


@app.command()
def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at.")] = None,
) -> None:
    """Serve the graph over HTTP: pages, JSON, SPARQL."""
    from service.cli_serve import run

    run(settings(data=data, host=host, port=port))


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="SPARQL text, a file that holds it, or - for standard input.")],
    data: Data = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, tsv, json, xml, ttl, nt, rdf, jsonld.")] = "table",
) -> None:
    """Ask a SPARQL query. Works while the graph is being served."""
    from service.cli_query import Failed, run

    try:
        run(settings(data=data), _text(text), form, out)
    except Failed as failed:
        raise Stopped(str(failed)) from None


def _text(argument: str) -> str:
    if argument == "-":
        return sys.stdin.read()
    try:
        is_file = Path(argument).is_file()
    except OSError:  # too long for a name: a query
        is_file = False
    if is_file:
        return Path(argument).read_text(encoding="utf-8")
    if argument.endswith((".rq", ".sparql")):
        raise Stopped(f"{argument}: there is no such file")
    return argument


@app.command()
def check(data: Data = None, as_json: Json = False) -> None:
    """Hold every record against the shapes of the ontology (SHACL)."""
    from service.cli_check import checked

    chosen = settings(data=data)
    with shown(as_json, 0, "records") as advance:
        found, records = checked(chosen, lambda done: advance(f"{done:,} records", done))
    if as_json:
        print(json.dumps({"records": records, "violations": [asdict(v) for v in found]}, ensure_ascii=False, indent=1))
    else:
        for v in found:
            out.print(f"{v.focus} {v.path}: {v.message} {v.value}".strip(), markup=False, soft_wrap=True)
        out.print(f"{records:,} records checked, {len(found):,} violations")
    raise typer.Exit(1 if found else 0)


@app.command()
def stats(data: Data = None, as_json: Json = False) -> None:
    """What is in the graph: counts of things by kind."""
    from service.cli_query import counts

    found = counts(settings(data=data))
    if as_json:
        print(json.dumps(found, indent=1))
        return
    table = Table(title="In the graph", title_justify="left")
    table.add_column("what")
    table.add_column("number", justify="right")
    for name, number in found.items():
        table.add_row(name.replace("_", " "), f"{number:,}")
    out.print(table)


@app.command()
def rebuild(data: Data = None, as_json: Json = False) -> None:
    """Make the graph again from the archived bytes, with the readers and the ontology of this version."""
    from service.cli_workspace import workspace

    with (
        shown(as_json, 0, "records") as advance,
        workspace(settings(data=data), lambda at: advance(f"{at.entries:,} records", at.entries)) as w,
    ):
        report = w.loader.rebuild()
        w.graph.rebuild_index()
    if as_json:
        print(json.dumps(_as_json(report), ensure_ascii=False, indent=1))
    else:
        _table(report)
    raise typer.Exit(report.exit_status)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    data: Data = None,
) -> None:
    """Copy the graph, the archive and the index into a folder of their own, also while the graph is being served."""
    from service import backups

    if folder.exists():
        raise Stopped(f"{folder}: is there already; name a new folder")
    backups.backup(settings(data=data).data, folder)
    out.print(f"backed up to {folder}; `evidence-graph serve --data {folder}` serves it", markup=False)


@app.command()
def delete(
    records: Annotated[list[str], typer.Argument(help="Records as source/key, for example hra/146257.")],
    data: Data = None,
) -> None:
    """Take records out: their graphs, what was resolved from them, their bytes."""
    from service.cli_workspace import workspace

    keys = [_record_key(r) for r in records]
    with workspace(settings(data=data)) as w:
        unknown = [f"{s}/{k}" for s, k in keys if w.archive.get(s, k) is None]
        if unknown:
            raise Stopped(f"no such record: {', '.join(unknown)}; `evidence-graph records` lists them")
        count = w.loader.delete(keys)
    out.print(f"{count} deleted")


@app.command()
def correct(
    evidence: Annotated[str, typer.Argument(help="The evidence: its IRI, or source/key#evidence-THEME-FIELD-START.")],
    verdict: Annotated[str, typer.Argument(help="yes, no, or the role that it has: measured, finding, aim, …")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    direction: Annotated[str | None, typer.Option(help="The direction of a finding.")] = None,
    data: Data = None,
) -> None:
    """Say of a piece of evidence that it holds, that it does not, or that its role is another."""
    from loaders.evidence.corrections import NoSuchEvidence
    from service.admin import evidence_key
    from service.cli_workspace import workspace
    from service.problems import Problem

    chosen = settings(data=data)
    try:
        key, name = evidence_key(evidence, chosen.base)
        with workspace(chosen) as w:
            said = w.loader.correct(key, name, verdict, direction, by)
    except (Problem, NoSuchEvidence, LookupError, ValueError) as error:
        raise Stopped(str(error)) from None
    out.print(f"{said.was} → {said.role if said.verdict != 'no' else 'no evidence'}: {said.quote}", markup=False)


def _record_key(text: str) -> tuple[str, str]:
    source, slash, key = text.partition("/")
    if not slash or not key:
        raise Stopped(f"{text!r} names no record: write source/key, for example hra/146257")
    return source, key


@app.command()
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
        rows = [asdict(c) for c in archive.history(*_record_key(history))]
        if not rows:
            raise Stopped(f"no such record: {history}")
    elif archive:
        rows = [asdict(r) for r in archive.records(source)]
    _rows(rows, as_json)


@app.command()
def quarantine(data: Data = None, as_json: Json = False) -> None:
    """List what could not be loaded, and why."""
    from loaders.archive import Archive

    path = settings(data=data).data / "archive.sqlite"
    _rows([asdict(q) for q in Archive(path).quarantined()] if path.exists() else [], as_json)


def _rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table()
    hidden = {"hash", "versions"}
    names = [name for name in (rows[0] if rows else {}) if name not in hidden]
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name] if row[name] is not None else "") for name in names))
    if rows:
        out.print(table)
    out.print(f"{len(rows):,} in all")


def _archived_record(name: str) -> Any:
    """A stored record by source/key; None where there is none. For `explain`."""
    from loaders.archive import Archive
    from loaders.prepare import read

    path = settings().data / "archive.sqlite"
    source, _, key = name.partition("/")
    if not key or not path.exists():
        return None
    archive = Archive(path)
    held = archive.get(source, key)
    raw = archive.raw(held.hash) if held else None
    return read(source, raw) if raw is not None else None


def main() -> None:
    """The entry point: every expected failure is one clear line and exit status 2."""
    from service.cli_evidence import register
    from service.store.folder import BaseMismatch, FolderInUse, NoGraph, UnknownFormat

    register(app, _archived_record)
    try:
        app()
    except (Stopped, FolderInUse, BaseMismatch, NoGraph, UnknownFormat, PermissionError) as stop:
        errors.print(f"evidence-graph: {stop}", markup=False, style="bold red")
        sys.exit(2)


if __name__ == "__main__":
    main()
