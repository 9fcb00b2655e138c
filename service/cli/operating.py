"""`evidence-graph serve`, `backup` and `restore`: what an operator does."""

import errno
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from service.cli.common import Data, Stopped, out, settings

UNUSABLE = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
"""What a system answers where an address cannot be listened at."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (serve, backup, restore):
        app.command()(command)


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at.")] = None,
) -> None:
    """Serve the graph over HTTP: pages, JSON, SPARQL."""
    from service import server
    from service.app import create_app
    from service.store.folder import Folder

    chosen = settings(data=data, host=host, port=port)
    chosen.language()
    if not chosen.remote_query:  # what keeps it from being opened is told here, in a line, not by the server's log
        Folder(chosen.data, chosen.base, chosen.default_graph).release()
    named = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    print(f"Evidence Graph at http://{named}:{chosen.port}/ (Ctrl+C ends it)", file=sys.stderr)
    try:
        server.serve(create_app(chosen), chosen)
    except OSError as error:
        if error.errno not in UNUSABLE and not isinstance(error, socket.gaierror):
            raise
        raise Stopped(f"{named}:{chosen.port} cannot be listened at ({error}): try another --port or --host") from None


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    data: Data = None,
) -> None:
    """Copy the graph, the archive and the index into a folder of their own, also while the graph is being served."""
    from service import backups
    from service.index.index import Index
    from service.store.folder import FolderInUse, newest
    from service.store.graph import Graph
    from service.store.opening import open_store

    chosen = settings(data=data)
    if folder.exists():
        raise Stopped(f"{folder}: is there already; name a new folder")
    newest(chosen.data)
    try:
        with ExitStack() as held:
            try:  # nobody is there: what a kill left is mended first
                store = open_store(chosen)
                held.callback(store.close)
                index = Index(chosen.data / backups.INDEX)
                held.callback(index.close)
                Graph(store, index).publish()
            except FolderInUse:
                pass
            backups.backup(chosen.data, folder)
    except (backups.Elsewhere, backups.Restless) as stop:
        raise Stopped(str(stop)) from None
    out.print(f"backed up to {folder}; `evidence-graph serve --data {folder}` serves it", markup=False)


def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    data: Data = None,
) -> None:
    """Make the data folder what a backup holds: all of it, or nothing.

    Not while it is being served; for that there is POST /admin/backups/NAME/restore.
    """
    from service import backups

    chosen = settings(data=data)
    try:
        if chosen.remote_query:
            raise backups.Elsewhere
        backups.restore(chosen.data, folder)
    except (backups.NoBackup, backups.Elsewhere) as stop:
        raise Stopped(str(stop)) from None
    out.print(f"{chosen.data} is what {folder} holds", markup=False)
