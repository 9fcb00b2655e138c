"""`evidence-graph query` and `stats`: ask the graph from a terminal."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.cli.common import Data, Json, Stopped, out, settings


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (query, stats):
        app.command()(command)


def query(
    text: Annotated[str, typer.Argument(help="SPARQL text, a file that holds it, or - for standard input.")],
    data: Data = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, tsv, json, xml, ttl, nt, rdf, jsonld.")] = "table",
) -> None:
    """Ask a SPARQL query. Works while the graph is being served."""
    from service.cli.asking import Failed, run

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
        try:
            return Path(argument).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Stopped(f"{argument}: this is no text in UTF-8 that can be read ({error})") from None
    if argument.endswith((".rq", ".sparql")):
        raise Stopped(f"{argument}: there is no such file")
    return argument


def stats(data: Data = None, as_json: Json = False) -> None:
    """What is in the graph: counts of things by kind."""
    from service.cli.asking import Failed, counts

    try:
        found = counts(settings(data=data))
    except Failed as failed:
        raise Stopped(str(failed)) from None
    if as_json:
        print(json.dumps(found, indent=1))
        return
    table = Table(title="In the graph", title_justify="left")
    table.add_column("what")
    table.add_column("number", justify="right")
    for name, number in found.items():
        table.add_row(name.replace("_", " "), f"{number:,}")
    out.print(table)
