"""What every command shares: the console, the options that recur, the settings, progress."""

import json
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import progress as bars
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from service.settings import BadSetting, Settings

if TYPE_CHECKING:
    from loaders.columns import Columns

errors = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False)
if not out.is_terminal and not os.environ.get("COLUMNS"):
    out.width = 10_000  # a pipe or a file has no edge at which a key would have to be broken

_SHOWN_AS_THEY_ARE = "\n\t"

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the graph; default: your own data folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs, no table.")]
ColumnNames = Annotated[
    str | None,
    typer.Option(
        "--columns", help="Columns of tables: `title=Article Title,authors=Author(s)`, or a TOML file that says it."
    ),
]


class Stopped(Exception):
    """A command that cannot run. The message says why and what to do."""


def settings(**overrides: Any) -> Settings:
    """The settings of the environment, but for what an option says. Raises Stopped for a bad one."""
    try:
        return Settings.from_environment(**overrides)
    except BadSetting as bad:
        raise Stopped(str(bad)) from None


def of_graph(data: Path | None) -> Settings:
    """The settings of a command that needs a graph: a folder without one is a misspelt name. Raises Stopped."""
    chosen = settings(data=data)
    if not (chosen.data / "meta.json").exists():
        raise Stopped(f"there is no graph in {chosen.data}: load something first")
    return chosen


def named_columns(text: str | None) -> "Columns | None":
    """What `--columns` says. Raises Stopped."""
    if text is None:
        return None
    from loaders.columns import BadColumns, parse

    try:
        return parse(text)
    except (BadColumns, OSError) as error:
        raise Stopped(f"--columns: {error}") from None


@contextmanager
def shown(quiet: bool, total: int, unit: str) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error, for people only; gives `advance(label, done)`."""
    if quiet or not errors.is_terminal:
        yield lambda _label, _done: None
        return
    described = TextColumn("{task.description}")
    columns = (described, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn(unit))
    with bars.Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total or None)

        def advance(label: str, done: int) -> None:
            bar.update(task, description=label, completed=done)

        yield advance


def record_key(text: str) -> tuple[str, str]:
    """Source and key of a record as people write it, source/key. Raises Stopped."""
    source, slash, key = text.partition("/")
    if not slash or not key:
        raise Stopped(f"{text!r} names no record: write source/key, for example hra/146257")
    return source, key


def show_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Rows as a table, or as JSON."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table()
    hidden = {"hash", "versions"}
    names = [name for name in (rows[0] if rows else {}) if name not in hidden]
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name] if row[name] is not None else "") for name in names))
    if rows:
        out.print(table)
    out.print(f"{len(rows):,} in all")


def safe(raw: bytes) -> str:
    """Bytes as text that does nothing to a terminal: what is no UTF-8, controls and marks of direction are escaped.

    >>> safe(b"caf\\xc3\\xa9 \\x1b[31m\\xff")
    'café \\\\x1b[31m\\\\xff'
    """
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c in _SHOWN_AS_THEY_ARE or _harmless(c) else c.encode("unicode_escape").decode() for c in text)


def _harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
