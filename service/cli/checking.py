"""`evidence-graph check`: is what is in the graph right?"""

import json
from dataclasses import asdict

import typer

from service.cli.common import Data, Json, out, settings, shown


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (check,):
        app.command()(command)


def check(data: Data = None, as_json: Json = False) -> None:
    """Hold every record against the shapes of the ontology (SHACL)."""
    from service.cli.shapes import checked

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
