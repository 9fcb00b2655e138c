"""`evidence-graph export-quads`: records as N-Quads for the bulk loader of whatever store."""

import json
import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.common import Data, Json, Stopped, out, settings, shown
from service.settings import NO_FILE, Settings

if TYPE_CHECKING:
    from loaders.export import Exported
    from loaders.prepare import Recipe

MOST_PARTS = 500
"""Parts: each is a file that is open while the others are written."""


class Engine(StrEnum):
    LOCAL = "local"
    SPARK = "spark"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("export-quads")(export_quads)


def export_quads(
    files: Annotated[list[Path], typer.Argument(help="Files and folders of anything known, packed or not.")],
    output: Annotated[Path, typer.Option("--output", help="A folder that is empty or not there yet.")],
    engine: Annotated[Engine, typer.Option(help="This machine's processors, or a Spark cluster.")] = Engine.LOCAL,
    parts: Annotated[int, typer.Option(help="Files to write; bulk loaders read several at a time.", min=1)] = 1,
    packed: Annotated[bool, typer.Option("--gzip", help="Pack the parts with gzip.")] = False,
    master: Annotated[str | None, typer.Option(help="Where Spark runs: spark://HOST:PORT, yarn, local[4], …")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write records as N-Quads, in parts, without a store; what cannot be read goes to quarantine.jsonl.

    The same lines come of every engine, in some order. People's corrections in the data folder are applied.
    """
    from loaders import export, inputs

    for path in files:
        if not path.exists():
            raise Stopped(f"{path}: there is no such file or folder")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise Stopped(f"{output}: holds something already; name a folder that is empty or not there yet")
    if parts > MOST_PARTS:
        raise Stopped(f"--parts is at most {MOST_PARTS}")
    chosen = settings(data=data)
    recipe = _recipe(chosen)
    output.mkdir(parents=True, exist_ok=True)
    if engine is Engine.SPARK:
        done = _spark(files, output, recipe, parts, packed, master)
    else:
        total = inputs.size(inputs.files(files))
        with shown(as_json, total, "of bytes") as advance:
            done = export.export(
                files,
                output,
                recipe,
                parts=parts,
                packed=packed,
                processes=os.cpu_count() or 1,
                on_progress=lambda at: advance(f"{at.entries:,} records", at.bytes_done),
                total=total,
            )
    export.write_graphs(output, chosen.language(), packed)
    done.write_manifest(output, chosen.base)
    if as_json:
        print(json.dumps(asdict(done), indent=1))
    else:
        out.print(
            f"{done.records:,} records, {done.quads:,} quads in {len(done.parts)} parts; "
            f"{done.quarantined:,} entries in {export.QUARANTINE}",
            markup=False,
            soft_wrap=True,
        )
    raise typer.Exit(1 if done.quarantined else 0)


def _recipe(chosen: Settings) -> "Recipe":
    from loaders.archive import Archive
    from loaders.correcting import corrections
    from loaders.prepare import Recipe

    archive = Archive.reading(chosen.data / "archive.sqlite")
    try:
        themes = chosen.themes if chosen.themes != NO_FILE else None
        return Recipe(chosen.base, chosen.keep_emails, themes, corrections(archive))
    finally:
        archive.close()


def _spark(
    files: list[Path], output: Path, recipe: "Recipe", parts: int, packed: bool, master: str | None
) -> "Exported":
    from loaders import spark

    try:
        session = spark.session(master)
    except spark.NoSpark as missing:
        raise Stopped(str(missing)) from None
    try:
        return spark.export(files, output, recipe, session, parts=parts, packed=packed)
    except Exception as error:  # of a worker, of the cluster, of the disk: Spark has a class for each
        raise Stopped(f"Spark gave up: {str(error).strip().splitlines()[0]}") from error
    finally:
        session.stop()
