"""`evidence-graph diff` and `load --dry-run`: what a load would do, touching nothing."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from service.cli.common import ColumnNames, Data, Json, Stopped, errors, named_columns, out, safe, settings, shown
from service.settings import NO_FILE, Settings

if TYPE_CHECKING:
    from loaders.columns import Columns
    from loaders.comparison import Step
    from loaders.prepare import Recipe
    from loaders.report import Progress

LISTED = 50
"""Records that a dry run names; it counts the others."""
SAID = {
    "new": "new",
    "changed": "changed",
    "reread": "read anew by this version",
    "unchanged": "unchanged",
    "withdrawn": "withdrawn by their source",
    "gone": "withdrawn by their source, not here anyway",
    "quarantined": "would be quarantined",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(diff)


@dataclass(frozen=True, slots=True)
class Looking:
    """A data folder looked at and not touched: nothing is locked, and it may be served meanwhile."""

    settings: Settings
    recipe: "Recipe"
    steps: "Callable[[list[Path], Columns | None], Iterator[Step]]"
    graph: Callable[[str], list[str]]


@contextmanager
def looking(
    chosen: Settings, on_progress: "Callable[[Progress], None]", total: int, evidence: bool = True
) -> Iterator[Looking]:
    """Open what a load would be compared with; an empty graph where nothing was loaded yet."""
    import pyoxigraph as ox

    from loaders.archive import Archive
    from loaders.comparison import outlook
    from loaders.correcting import corrections
    from loaders.prepare import Recipe
    from service.store.folder import NoGraph, borrowed

    _hold_base(chosen)
    themes = chosen.themes if chosen.themes != NO_FILE else None
    with ExitStack() as stack:
        archive = Archive.reading(chosen.data / "archive.sqlite")
        stack.callback(archive.close)
        recipe = Recipe(chosen.base, chosen.keep_emails, themes, corrections(archive), evidence)
        try:
            store = ox.Store.read_only(str(stack.enter_context(borrowed(chosen.data))))
        except NoGraph:
            store = ox.Store()

        def graph(name: str) -> list[str]:
            dumped = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(name)) or b""
            return [line[:-2] for line in dumped.decode().split("\n") if line]

        def steps(paths: list[Path], columns: "Columns | None") -> "Iterator[Step]":
            processes = os.cpu_count() or 1
            return outlook(
                paths, archive, recipe, processes=processes, on_progress=on_progress, total=total, columns=columns
            )

        yield Looking(chosen, recipe, steps, graph)


def _hold_base(chosen: Settings) -> None:
    """A folder holds the graph of one base IRI: with another one everything would seem new."""
    meta = chosen.data / "meta.json"
    held = json.loads(meta.read_text())["base"] if meta.exists() else chosen.base
    if held != chosen.base:
        raise Stopped(f"{chosen.data} was made with base {held}: set EVIDENCE_GRAPH_BASE={held}")


@contextmanager
def _looked(paths: list[Path], data: Path | None, quiet: bool, evidence: bool = True) -> Iterator[Looking]:
    from loaders import inputs

    for path in paths:
        if not path.exists():
            raise Stopped(f"{path}: there is no such file or folder")
    total = inputs.size(inputs.files(paths))
    with (
        shown(quiet, total, "of bytes") as advance,
        looking(
            settings(data=data), lambda at: advance(f"{at.entries:,} records", at.bytes_done), total, evidence
        ) as looked,
    ):
        yield looked


# ---- load --dry-run


def _counted(step: "Step") -> dict[str, int]:
    """What a step adds to the counts of records; a later state of a record that is new with these files adds none."""
    if step.before is None:
        return {step.outlook: 1}
    if step.outlook == "changed":
        return {"unchanged": 1}
    return {step.outlook: 1, "new": -1, "unchanged": 1}


def dry_run(
    paths: list[Path], data: Path | None, as_json: bool, evidence: bool = True, columns: "Columns | None" = None
) -> None:
    """Say what a load would do. Exit status as of the load: 1 where something would be quarantined."""
    counts: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = {}
    named: list[dict[str, Any]] = []
    told: Counter[str] = Counter()
    with _looked(paths, data, as_json, evidence) as looked:
        for step in looked.steps(paths, columns):
            for outlook, number in _counted(step).items():
                counts[outlook] += number
                if step.source and step.key is not None:
                    sources.setdefault(step.source, Counter())[outlook] += number
            if step.outlook not in ("unchanged", "gone"):
                told[step.outlook] += 1
                if as_json or told[step.outlook] <= LISTED:
                    named.append(_step(step))
    if as_json:
        body = {name: counts[name] for name in SAID} | {"by_source": sources, "entries": named}
        print(json.dumps(body, ensure_ascii=False, indent=1))
    else:
        _table(counts, sources)
        for one in named:
            where = f"{one['file']}{', ' + one['place'] if one['place'] else ''}"
            if one["outlook"] == "quarantined":
                line = f"quarantined: {where}: {one['reason']}"
            else:
                title = f": {one['title']}" if one["title"] else ""
                line = f"{one['outlook']}: {one['record']}{title} ({where})"
            out.print(safe(line.encode()), markup=False, soft_wrap=True)
        hidden = sum(max(0, number - LISTED) for number in told.values())
        if hidden:
            out.print(f"… and {hidden:,} more: --json lists them all")
        out.print("Nothing was written: this was a dry run.")
    raise typer.Exit(1 if counts["quarantined"] else 0)


def _step(step: "Step") -> dict[str, Any]:
    return {
        "outlook": step.outlook,
        "record": f"{step.source}/{step.key}" if step.key is not None else None,
        "title": step.prepared.record.title if step.prepared else None,
        "file": step.file,
        "place": step.place,
        "reason": step.reason or None,
    }


def _table(counts: Counter[str], sources: dict[str, Counter[str]]) -> None:
    table = Table(title="What a load would do", title_justify="left")
    table.add_column("outcome")
    table.add_column("records", justify="right")
    for name, said in SAID.items():
        if counts[name] or name in ("new", "changed", "unchanged", "quarantined"):
            table.add_row(said, f"{counts[name]:,}", style="bold red" if name == "quarantined" and counts[name] else "")
            for source, of in sorted(sources.items()):
                if of[name] and name != "unchanged":
                    table.add_row(f"  {source}", f"{of[name]:,}", style="dim")
    out.print(table)


# ---- diff


def diff(
    files: Annotated[list[Path], typer.Argument(help="Files and folders of anything known, packed or not.")],
    data: Data = None,
    as_json: Json = False,
    as_rdf: Annotated[
        bool, typer.Option("--rdf", help="Print an RDF Patch: N-Quads, with D what goes, with A what comes.")
    ] = False,
    columns: ColumnNames = None,
    triples: Annotated[bool, typer.Option("--triples", help="Show the triples under the words.")] = False,
) -> None:
    """Say what loading files would change, record by record. Exit status: 0 nothing, 1 something, 2 unreadable."""
    from loaders.difference import difference

    if as_json and as_rdf:
        raise Stopped("--json and --rdf are two forms of the same answer: choose one")
    counts: Counter[str] = Counter()
    write = _json_writer() if as_json else _rdf if as_rdf else _text(triples)
    with _looked(files, data, as_json or as_rdf) as looked:
        iris = _iris(looked.settings)
        for step in looked.steps(files, named_columns(columns)):
            if step.outlook == "quarantined":
                where = f"{step.file}{', ' + step.place if step.place else ''}"
                errors.print(f"cannot be read: {where}: {step.reason}", markup=False, style="bold red")
            if step.outlook in ("unchanged", "gone", "quarantined") or step.source is None or step.key is None:
                counts[step.outlook] += 1
                continue
            names = (iris.record_graph(step.source, step.key), iris.evidence_graph(step.source, step.key))
            before = step.before.graphs if step.before else {name: looked.graph(name) for name in names}
            after = step.prepared.graphs if step.prepared else {}
            found = difference(before, after, iris.record(step.source, step.key))
            counts[step.outlook if found else "unchanged"] += 1
            if found:
                write(step, found)
    changed = sum(counts[name] for name in ("new", "changed", "reread", "withdrawn"))
    if as_json:
        print(("\n " if changed else '{"records": [') + f'], "counts": {json.dumps(counts)}}}')
    elif not as_rdf:
        told = [f"{counts[name]:,} {SAID[name]}" for name in SAID if counts[name]]
        out.print(", ".join(told) or "nothing to compare", markup=False)
    raise typer.Exit(2 if counts["quarantined"] else 1 if changed else 0)


def _iris(chosen: Settings) -> Any:
    from ontology.iris import Iris

    return Iris(chosen.base)


Write = Callable[["Step", Any], None]


def _text(triples: bool) -> Write:
    def write(step: "Step", found: Any) -> None:
        title = f": {step.prepared.record.title}" if step.prepared else ""
        out.print(f"{step.source}/{step.key} {SAID[step.outlook]}{title}", markup=False, style="bold", soft_wrap=True)
        for line in found.words:
            out.print(f"  {line}", markup=False, soft_wrap=True)
        out.print(f"  ({len(found.removed):,} triples go, {len(found.added):,} come)", markup=False, style="dim")
        if triples:
            for mark, lines, style in (("-", found.removed, "red"), ("+", found.added, "green")):
                for _, statement in lines:
                    out.print(f"  {mark} {statement} .", markup=False, style=style, soft_wrap=True)

    return write


def _rdf(_: "Step", found: Any) -> None:
    sys.stdout.write(found.patch())


def _json_writer() -> Write:
    first = True

    def write(step: "Step", found: Any) -> None:
        nonlocal first
        quads = {
            name: [f"{statement} <{graph}> ." for graph, statement in lines]
            for name, lines in (("removed", found.removed), ("added", found.added))
        }
        body = json.dumps(_step(step) | {"words": found.words} | quads, ensure_ascii=False)
        print(('{"records": [\n ' if first else ",\n ") + body, end="")
        first = False

    return write
