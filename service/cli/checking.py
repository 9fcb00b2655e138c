"""`evidence-graph check`: is what is in the graph right, and what does it lack?"""

import json
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from service.cli.common import Data, Json, errors, out, settings, shown
from service.settings import Settings

if TYPE_CHECKING:
    from service.cli.shapes import Checked

LISTED = 100
"""Violations that are listed one by one; all of them are counted, and `--json` has them all."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (check,):
        app.command()(command)


def check(
    data: Data = None,
    as_json: Json = False,
    processes: Annotated[int | None, typer.Option(help="Processes; by default one for each processor.", min=1)] = None,
) -> None:
    """Hold every record against the shapes of the ontology (SHACL), and say what the data lacks and contradicts."""
    from service.cli.shapes import checked, keep

    chosen = settings(data=data)
    with shown(as_json, 0, "records") as advance:
        result = checked(chosen, lambda done: advance(f"{done:,} records", done), processes)
    try:
        keep(chosen.data, result)
    except OSError as error:  # a folder that may only be read is checked all the same
        errors.print(f"the result is not kept for the page of data quality: {error}", markup=False)
    quality = _quality(chosen)
    if as_json:
        print(json.dumps(result.body() | {"quality": quality}, ensure_ascii=False, indent=1))
    else:
        _show(result, quality)
    raise typer.Exit(1 if result.found else 0)


def _quality(chosen: Settings) -> dict[str, Any] | None:
    """What the page of data quality says, from the index; None where there is no index."""
    from service.answers import quality

    path = chosen.data / "index.sqlite"
    if not path.exists():
        return None
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    try:
        return quality.summary(db)
    except sqlite3.OperationalError:  # made by another version; whoever writes next makes it anew
        return None
    finally:
        db.close()


def _show(result: "Checked", quality: dict[str, Any] | None) -> None:
    for found in result.found[:LISTED]:
        v = found.violation
        where = found.record or "who is who"
        out.print(f"{where}: {v.focus} {v.path}: {v.message} {v.value}".strip(), markup=False, soft_wrap=True)
    if len(result.found) > LISTED:
        kinds = Counter((f.violation.shape, f.violation.path, f.violation.message) for f in result.found)
        out.print(f"… and {len(result.found) - LISTED:,} more. In all:")
        for (shape, path, message), n in kinds.most_common():
            out.print(f"  {n:,} × {shape.rpartition('#')[2]} {path}: {message}", markup=False, soft_wrap=True)
    if quality and quality["total"]["records"]:
        _lacking(quality)
    out.print(
        f"{result.records:,} records checked, {len(result.found):,} violations "
        f"({result.mappings:,} decisions on who is who were checked with them)",
        soft_wrap=True,
    )


def _lacking(quality: dict[str, Any]) -> None:
    names = list(quality["total"]["missing"])
    table = Table(title="Missing, by source", title_justify="left")
    table.add_column("source", no_wrap=True)
    for name in ("records", *names):
        table.add_column({"doi": "DOI", "orcid": "ORCID", "ror": "ROR"}.get(name, name), justify="right")
    for of in (*quality["sources"], quality["total"]):
        lacks = (of["missing"][name] for name in names)
        cells = (f"{share['missing']:,}" if share["of"] else "–" for share in lacks)
        table.add_row(of.get("source", "all"), f"{of['records']:,}", *cells)
    out.print(table)
    differ = ", ".join(f"{n:,} on the {name}" for name, n in quality["conflicts"].items() if n) or "nowhere"
    out.print(f"Sources differ: {differ}. Retracted: {quality['retracted_works']:,}.")
