"""The command line: `evidence-graph load | serve | query | check | stats | rebuild | …`.

Exit status: 0 all went well; 1 something was found wrong (an entry quarantined, a shape violated); 2 nothing
could run, and standard error says why.
"""

import sys
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

    of_folder = (FolderInUse, BaseMismatch, NoGraph, UnknownFormat, PermissionError)
    try:
        app()
    except (Stopped, BadSetting, EngineFailed, Unreachable, *of_folder) as stop:
        errors.print(f"evidence-graph: {stop}", markup=False, style="bold red")
        sys.exit(2)
