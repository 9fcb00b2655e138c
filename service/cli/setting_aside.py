"""`evidence-graph quarantine`: what could not be loaded, and why; show it, try it again, let it go."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.common import Data, Json, Stopped, of_graph, out, safe, show_rows
from service.settings import Settings

if TYPE_CHECKING:
    from loaders.archive import Archive, Quarantined

SHOWN = 2000
"""Bytes of an entry that `show` prints."""

app = typer.Typer(help="What could not be loaded, and why: list it, show it, try it again, let it go.")

Numbers = Annotated[list[int], typer.Argument(help="Numbers of entries, as `quarantine list` gives them.")]


def register(to: typer.Typer) -> None:
    """Add the commands of this module."""
    to.add_typer(app, name="quarantine")


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What could not be loaded, and why: list it, show it, try it again, let it go."""
    if context.invoked_subcommand is None:
        listed(None, None, data, as_json)


@app.command("list")
def listed(
    source: Annotated[str | None, typer.Option(help="Only those of one source.")] = None,
    file: Annotated[str | None, typer.Option(help="Only those of files whose name has this in it.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the entries, each with its number, where it stands and why it could not be loaded."""
    archive = _archive(of_graph(data))
    rows = []
    for item in archive.quarantined():
        if (source is None or item.source == source) and (file is None or file in item.file):
            row = asdict(item)
            rows.append({"id": row.pop("id")} | row)
    archive.close()
    if as_json:
        show_rows(rows, as_json)
        return
    for row in rows:
        out.print(_line(row, row["reason"]), markup=False, soft_wrap=True)
    out.print(f"{len(rows):,} in all")


def _line(row: dict[str, Any], told: str) -> str:
    """One entry on one line: its number, where it stands, what is told of it."""
    where = f"{row['file']}{', ' + row['place'] if row['place'] else ''}"
    return f"{row['id']} {safe(where.encode())}: {safe(told.encode())}"


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="Number of an entry, as `quarantine list` gives it.")],
    raw: Annotated[
        Path | None, typer.Option("--raw", help="Write the bytes as they are to this file; - is standard output.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show an entry: why it could not be loaded, and its bytes, made safe for a terminal."""
    archive = _archive(of_graph(data))
    [item] = _chosen(archive, [number])
    held = archive.raw(item.hash)
    archive.close()
    if raw is not None:
        if held is None:
            raise Stopped(f"no bytes were kept of entry {number}: {item.file} is {item.reason}")
        if str(raw) == "-":
            sys.stdout.buffer.write(held)
            sys.stdout.buffer.flush()
        else:
            raw.write_bytes(held)
        return
    size = len(held) if held is not None else None
    text = safe(held[:SHOWN]) if held else None
    if as_json:
        print(json.dumps(asdict(item) | {"bytes": size, "text": text}, ensure_ascii=False, indent=1))
        return
    where = f"{item.file}{', ' + item.place if item.place else ''}"
    out.print(
        f"{safe(where.encode())}\n{item.source or 'no reader knows it'} · {item.at}", markup=False, soft_wrap=True
    )
    out.print(safe(item.reason.encode()), markup=False, style="bold red", soft_wrap=True)
    if not text:
        told = "It has no bytes." if held == b"" else "No bytes were kept: it could not be opened, unpacked or split."
        out.print(told)
        return
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    if size is not None and size > SHOWN:
        out.print(f"… {size - SHOWN:,} more bytes: --raw FILE writes them all", style="dim")


@app.command()
def retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of entries; none given: all of them.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Try entries again with the readers of today. What loads leaves the quarantine; 1 is the status if some stay."""
    from loaders.quarantine import retry as tried_again
    from service.cli.workspace import workspace

    chosen = of_graph(data)
    _archive(chosen).close()
    with workspace(chosen) as w:
        tried = tried_again(w.loader, w.archive, _chosen(w.archive, numbers))
    rows = [asdict(t.item) | {"loaded": t.reason is None, "reason": t.reason or t.item.reason} for t in tried]
    left = sum(not row["loaded"] for row in rows)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            out.print(_line(row, "loaded" if row["loaded"] else row["reason"]), markup=False, soft_wrap=True)
        out.print(f"{len(rows) - left:,} left the quarantine, {left:,} stay")
    raise typer.Exit(1 if left else 0)


@app.command()
def discard(
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of entries.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every entry.")] = False,
    data: Data = None,
) -> None:
    """Let entries go, with their bytes where nothing else needs them. There is no way back."""
    from service.cli.workspace import workspace

    if bool(numbers) == everything:
        raise Stopped("name the entries by their numbers, or say --all")
    chosen = of_graph(data)
    _archive(chosen).close()
    with workspace(chosen) as w:
        items = _chosen(w.archive, numbers)
        with w.archive.transaction():
            w.archive.release(items)
    out.print(f"{len(items):,} discarded")


def _archive(chosen: Settings) -> "Archive":
    from loaders.archive import Archive

    return Archive.reading(chosen.data / "archive.sqlite")


def _chosen(archive: "Archive", numbers: list[int] | None) -> "list[Quarantined]":
    """The entries of some numbers, all where none are given. Raises Stopped for one that is not there."""
    held = {item.id: item for item in archive.quarantined()}
    if not numbers:
        return list(held.values())
    missing = [n for n in numbers if n not in held]
    if missing:
        named = ", ".join(map(str, missing))
        raise Stopped(f"no entry {named} in the quarantine; `evidence-graph quarantine list` has the numbers")
    return [held[n] for n in dict.fromkeys(numbers)]
