"""`evidence-graph harvest`: records from services on the web into the graph."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import progress as bars

from service.cli import loading
from service.cli.common import Data, Json, Stopped, errors, settings, show_rows
from service.settings import Settings

if TYPE_CHECKING:
    from loaders.harvest.harvest import Harvested
    from loaders.harvest.saved import State
    from loaders.harvest.service import Ask, Caller, Service

KEYS = {"openalex": "openalex_key", "semantic-scholar": "semantic_scholar_key", "pubmed": "ncbi_key"}
"""The settings that hold a service's key."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(harvest)


def harvest(
    service: Annotated[
        str,
        typer.Argument(
            help="crossref, openalex, semantic-scholar, europepmc, pubmed, datacite, biorxiv, medrxiv, oai-pmh or hra; "
            "without one, the harvests so far are listed.",
            show_default=False,
        ),
    ] = "",
    addresses: Annotated[list[str] | None, typer.Argument(help="hra: the addresses of the pages.")] = None,
    query: Annotated[str, typer.Option(help="What to look for, in the words and fields of the service.")] = "",
    since: Annotated[str, typer.Option(help="First day of publication, YYYY, YYYY-MM or YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option(help="Last day of publication.")] = "",
    changed: Annotated[
        bool, typer.Option("--changed", help="The dates are of the last change at the service.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Only what changed since this same command last came to its end.")
    ] = False,
    filter_: Annotated[
        str,
        typer.Option(
            "--filter",
            help="crossref, openalex: filters in their own words (type:journal-article); semantic-scholar: further "
            "parameters (fieldsOfStudy=Medicine); biorxiv, medrxiv: the category.",
        ),
    ] = "",
    set_: Annotated[str, typer.Option("--set", help="oai-pmh: one set of the repository.")] = "",
    prefix: Annotated[str, typer.Option(help="oai-pmh: another format than oai_dc.")] = "",
    url: Annotated[
        str, typer.Option(help="oai-pmh: the repository; else a mirror to ask in place of the service.")
    ] = "",
    from_: Annotated[Path | None, typer.Option("--from", help="hra: a file of addresses, one a line.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Stop after so many records; 0 takes all.")] = 0,
    contact: Annotated[str, typer.Option(help="Your e-mail address, for the service to write to.")] = "",
    pace: Annotated[
        float | None, typer.Option(min=0, help="Seconds between requests, if more than the rules ask.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget where this harvest stopped.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch records from a service and load them; politely, and on from where it stopped."""
    from loaders.harvest import SERVICES, named
    from loaders.harvest.dates import first, last
    from loaders.harvest.service import Ask, Caller

    own = settings(data=data, contact=contact or None)
    if not service:
        _list(own, as_json)
        return
    if service not in {known.name for known in SERVICES}:
        raise Stopped(f"{service!r} is no service: there are {', '.join(known.name for known in SERVICES)}")
    try:
        since, until = first(since) if since else "", last(until) if until else ""
    except ValueError:
        raise Stopped("--since and --until are dates: YYYY, YYYY-MM or YYYY-MM-DD") from None
    ask = Ask(
        service=service,
        query=query.strip(),
        since=since,
        until=until,
        changed=changed,
        filter=filter_.strip(),
        set=set_,
        prefix=prefix,
        url=url.rstrip("/") if service != "oai-pmh" else url,
        addresses=(*(addresses or ()), *(_addresses(from_) if from_ else ())),
        limit=limit,
        update=update,
    )
    caller = Caller(own.contact, getattr(own, KEYS[service]) if service in KEYS else "")
    done = _run(named(service), ask, caller, own, pace, restart, as_json)
    _say(done, as_json)
    if done.halted:
        raise Stopped(done.halted)
    raise typer.Exit(done.report.exit_status)


def _run(
    service: "Service", ask: "Ask", caller: "Caller", own: Settings, pace: float | None, restart: bool, quiet: bool
) -> "Harvested":
    from loaders.harvest.harvest import Harvest
    from loaders.harvest.service import Halted
    from service.cli.workspace import workspace

    try:
        with _shown(quiet, service.name) as (fetched, wait):
            work = Harvest(service, ask, caller, own.data, pace=pace, on_fetched=fetched, on_wait=wait)
            with workspace(own, take_up=False) as w:
                return work.run(w.loader, restart=restart)
    except Halted as no:
        raise Stopped(str(no)) from None


@contextmanager
def _shown(quiet: bool, name: str) -> "Iterator[tuple[Callable[[State], None], Callable[[float, str], None]]]":
    """Progress on standard error, for people only: records of how many, how fast, how long still, waiting for what."""
    if quiet or not errors.is_terminal:
        yield lambda _state: None, lambda _seconds, _why: None
        return
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    begun = monotonic()
    with bars.Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(name, total=None, rate="")
        before: list[int] = []

        def fetched(state: "State") -> None:
            before.append(state.records) if not before else None
            rate = (state.records - before[0]) / max(monotonic() - begun, 0.001)
            bar.update(
                task,
                description=f"{name}: {state.pages:,} pages",
                total=state.ask.limit or state.total or None,
                completed=state.records,
                rate=f"{rate:,.0f}/s",
            )

        def wait(seconds: float, why: str) -> None:
            bar.update(task, description=f"{name}: waiting {seconds:.0f} s ({why[:80]})")

        yield fetched, wait


def _addresses(path: Path) -> list[str]:
    """The addresses in a file, one a line; empty lines and those that begin with # are passed over."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Stopped(f"{path} cannot be read as a list of addresses: {error}") from None
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _say(done: "Harvested", as_json: bool) -> None:
    """The table of a load, and what a person should know of the harvest."""
    if as_json:
        state = done.state
        about: dict[str, Any] = {"pages": state.pages, "records": state.records, "stated": state.total or None}
        report = loading.report_as_json(done.report)
        warnings = [*report.get("warnings", ()), *done.warnings]
        about |= {"finished": state.finished or None, "halted": done.halted or None, "warnings": warnings}
        print(json.dumps(report | about, ensure_ascii=False, indent=1))
        return
    loading.show_report(done.report)
    for warning in done.warnings:
        errors.print(f"Warning: {warning}", markup=False, style="yellow")


def _list(own: Settings, as_json: bool) -> None:
    """The harvests of a data folder: what was asked, how far it is, when it was finished."""
    from loaders.harvest.asking import shown
    from loaders.harvest.saved import every

    rows = [
        {
            "service": state.ask.service,
            "asked": shown(state.ask),
            "records": state.records,
            "stated": state.total or None,
            "started": state.started,
            "finished": state.finished or (None if as_json else "not yet: the same command goes on"),
        }
        for state in every(own.data)
    ]
    show_rows(rows, as_json)
