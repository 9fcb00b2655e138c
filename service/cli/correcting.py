"""`evidence-graph correct`: a person's verdict on a piece of evidence."""

from typing import Annotated

import typer

from service.cli.common import Data, Stopped, of_graph, out


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (correct,):
        app.command()(command)


def correct(
    evidence: Annotated[str, typer.Argument(help="The evidence: its IRI, or source/key#evidence-THEME-FIELD-START.")],
    verdict: Annotated[str, typer.Argument(help="yes, no, the role that it has (measured, finding, aim, …), or undo.")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    direction: Annotated[str | None, typer.Option(help="The direction of a finding.")] = None,
    data: Data = None,
) -> None:
    """Say of a piece of evidence that it holds, that it does not, or that its role is another; or take that back."""
    from loaders.evidence.corrections import NO, UNDO, NoSuchEvidence
    from service.admin.corrections import evidence_key
    from service.cli.workspace import workspace
    from service.problem import Problem

    chosen = of_graph(data)
    try:
        key, name = evidence_key(evidence, chosen.base)
        with workspace(chosen) as w:
            said = w.loader.correct(key, name, verdict, direction, by)
    except (Problem, NoSuchEvidence, LookupError, ValueError) as error:
        raise Stopped(str(error)) from None
    holds = {NO: "no evidence", UNDO: "what the machine finds"}.get(said.verdict, said.role)
    out.print(f"{said.was} → {holds}: {said.quote}", markup=False)
