"""`evidence-graph serve` and `backup`: what an operator does."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.cli.common import Data, Stopped, out, settings


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (serve, backup):
        app.command()(command)


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at.")] = None,
) -> None:
    """Serve the graph over HTTP: pages, JSON, SPARQL."""
    from service import server
    from service.app import create_app

    chosen = settings(data=data, host=host, port=port)
    named = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    print(f"Evidence Graph at http://{named}:{chosen.port}/ (Ctrl+C ends it)", file=sys.stderr)
    server.serve(create_app(chosen), chosen)


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
