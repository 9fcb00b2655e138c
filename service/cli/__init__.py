"""The command line: `evidence-graph load | serve | query | check | stats | rebuild | …`.

Exit status: 0 all went well; 1 something was found wrong (an entry quarantined, a shape violated); 2 nothing
could run, and standard error says why.
"""

import errno
import io
import sqlite3
import sys
from concurrent.futures import BrokenExecutor
from importlib.metadata import version
from typing import Annotated

import typer

from service.cli import (
    checking,
    correcting,
    evidence,
    exporting,
    harvesting,
    inspecting,
    keeping,
    linking,
    loading,
    operating,
    querying,
    registering,
    setting_aside,
)
from service.cli.common import Stopped, errors, out

MODULES = (
    loading,
    harvesting,
    inspecting,
    operating,
    querying,
    evidence,
    correcting,
    linking,
    registering,
    keeping,
    setting_aside,
    exporting,
    checking,
)
"""Every module of commands, in the order in which help lists them. What is slow to import, they import when run."""

app = typer.Typer(
    name="evidence-graph",
    help="A knowledge graph of health and social research: what studies report, with the sentence that says so.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in MODULES:
    module.register(app)


_OF_DISK = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY),
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
}
"""What SQLite answers (the lower eight bits of its codes) where the fault is the disk's or somebody else's."""


def _say_version(wanted: bool) -> None:
    if wanted:
        out.print(version("evidence-graph"))
        raise typer.Exit


@app.callback()
def common(
    _: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """What goes for every command."""


def main() -> None:
    """The entry point: every expected failure is one clear line and exit status 2."""
    from service.settings import BadSetting
    from service.store.failures import EngineFailed, Unreachable
    from service.store.folder import BaseMismatch, FolderInUse, NoGraph, UnknownFormat

    of_folder = (FolderInUse, BaseMismatch, NoGraph, UnknownFormat)
    if isinstance(sys.stdout, io.TextIOWrapper):  # what the terminal's encoding cannot say is escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
        return
    except (Stopped, BadSetting, EngineFailed, Unreachable, *of_folder) as stop:
        told = str(stop)
    except (OSError, BrokenExecutor, sqlite3.DatabaseError) as fault:
        told = _of_system(fault)
    errors.print(f"evidence-graph: {told}", markup=False, style="bold red")
    sys.exit(2)


def _of_system(fault: Exception) -> str:
    """What the system under a command did, in a line. Raises again what is no fault of the system's."""
    if isinstance(fault, BrokenExecutor):
        return "a process that was reading records was killed, for want of memory perhaps: the same command goes on"
    if isinstance(fault, sqlite3.DatabaseError):
        code = getattr(fault, "sqlite_errorcode", None)
        if code is None or code & 0xFF not in _OF_DISK:
            raise fault
        full, place = code & 0xFF == sqlite3.SQLITE_FULL, "a database of the data folder: "
    else:
        full, place = getattr(fault, "errno", None) == errno.ENOSPC or "No space left" in str(fault), ""
    return f"{place}{fault}" + (". Nothing is lost: with more room, the same command goes on" if full else "")
