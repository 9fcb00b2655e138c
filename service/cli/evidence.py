"""`evidence-graph explain` and `annotate`: what the annotator reads out of a text. Neither needs a store."""

import io
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn, cast

import orjson
import typer

from service.cli import marking
from service.cli.common import Data, errors, safe, settings, shown
from service.settings import NO_FILE

if TYPE_CHECKING:
    from loaders.evidence import Annotator
    from loaders.evidence.corrections import Correction
    from loaders.record import Record


Scheme = Annotated[
    Path | None,
    typer.Option(
        "--scheme",
        help="Your own SKOS concept scheme (.ttl, .rdf, .nt, .jsonld) beside ours; default: EVIDENCE_GRAPH_THEMES.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the two commands to an application."""

    @app.command()
    def explain(
        target: Annotated[
            str,
            typer.Argument(
                help="A text, a file (text, JSON Lines or a source's record), or source/key; - reads standard input."
            ),
        ],
        scheme: Scheme = None,
        registration: Annotated[
            bool, typer.Option("--registration", help="The text is a register's: it can hold no finding.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs, no marked text.")] = False,
        data: Data = None,
    ) -> None:
        """Show a text sentence by sentence: its sections, its themes, what is said of them and which rule says so."""
        from loaders.evidence import lines
        from loaders.evidence.corrections import corrected

        annotator = _annotator(scheme)
        found = bad = 0
        stored, corrections = _stored(target, data)
        for record in [stored] if stored else _records(target, registration):
            if isinstance(record, str):
                bad += 1
                errors.print(safe(record.encode()), markup=False)
                continue
            found += 1
            evidence, _ = corrected(record, annotator, corrections)
            if as_json:
                _print_json(lines.described(annotator, record, sentences=True, evidence=evidence))
            else:
                marking.show(annotator, record, evidence)
        if not found:
            _fail(f"{target}: nothing in it that can be read")
        if bad:
            raise typer.Exit(1)

    @app.command()
    def annotate(
        file: Annotated[
            Path, typer.Argument(help="JSON Lines with id, title, abstract (keywords, kind); - is standard input.")
        ],
        sentences: Annotated[bool, typer.Option("--sentences", help="Every sentence with its section too.")] = False,
        scheme: Scheme = None,
    ) -> None:
        """Write the evidence of each line as JSON Lines on standard output; bad lines are named on standard error."""
        from loaders import inputs
        from loaders.record import Unreadable

        annotator = _annotator(scheme)
        bad = 0
        if str(file) == "-":
            bad = _annotate(sys.stdin.buffer, annotator, sentences)
        else:
            with inputs.opened(file) as within:
                for item in within:
                    if isinstance(item, inputs.Broken):
                        _fail(f"{item.name}: {item}")
                    try:
                        bad += _annotate(item.stream, annotator, sentences)
                    except Unreadable as error:
                        _fail(f"{item.name}: {error}")
        if bad:
            errors.print(f"{bad:,} line{'s' if bad > 1 else ''} left out", markup=False)
            raise typer.Exit(1)


def _fail(message: str) -> NoReturn:
    errors.print(f"evidence-graph: {message}", markup=False, style="bold red")
    raise typer.Exit(2)


def _annotator(scheme: Path | None) -> "Annotator":
    """An annotator with the themes of a scheme, by default those that loading goes by, beside ours."""
    from loaders.evidence import Annotator
    from loaders.evidence.themes import shipped

    themes = scheme or settings().themes
    if scheme and not scheme.is_file():
        _fail(f"{scheme}: there is no such file")
    if themes == NO_FILE:
        return Annotator()
    try:
        annotator = Annotator(themes)
    except (OSError, ValueError, SyntaxError) as error:
        _fail(f"themes of your own: {error}")
    if set(annotator.themes) <= set(shipped()):
        _fail(f"themes of your own: no skos:Concept with a skos:prefLabel in {themes}")
    return annotator


def _annotate(stream: BinaryIO, annotator: "Annotator", sentences: bool) -> int:
    """Lines in, lines out; how many could not be read."""
    from loaders.evidence import lines

    bad = 0
    with shown(sys.stdout.isatty(), 0, "lines read") as advance:
        for number, line in enumerate(stream, 1):
            advance(f"{number:,}", number)
            said = line.removeprefix(BOM_UTF8) if number == 1 else line
            if not said.strip():
                continue
            try:
                record = lines.read(said)
            except ValueError as error:
                bad += 1
                errors.print(f"line {number} {error}", markup=False)
                continue
            _print_json(lines.described(annotator, record, sentences=sentences))
    return bad


def _print_json(value: object) -> None:
    try:
        sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads it has enough
        raise
    except OSError as error:
        _fail(f"the answer cannot be written: {error.strerror}")


def _records(target: str, registration: bool) -> "Iterable[Record | str]":
    """What else a person may mean by a target: standard input, a file, or the text itself.

    Gives for each record of an input that cannot be read why that is so.
    """
    from loaders import inputs
    from loaders.record import Publication, Record, Registration

    as_record = partial(
        Record,
        "text",
        "text",
        "",
        publication=None if registration else Publication(),
        registration=Registration() if registration else None,
    )
    if target == "-":
        stdin = io.BufferedReader(cast(Any, sys.stdin.buffer), inputs.HEAD)
        return _in_stream("standard input", stdin, as_record)
    if _is_file(target):
        return _in_file(Path(target), as_record)
    if len(target.split()) < 2:
        _fail(f"{target!r}: there is no such file or record, and a text has more than one word")
    return [as_record(abstract=target)]


def _stored(name: str, data: Path | None) -> "tuple[Record | None, Iterable[Correction]]":
    """A record of the graph by source/key, and what people said of its evidence."""
    from loaders.archive import Archive
    from loaders.correcting import corrections
    from loaders.prepare import read

    source, _, key = name.partition("/")
    if not key or " " in name or _is_file(name):
        return None, ()
    with closing(Archive.reading(settings(data=data).data / "archive.sqlite")) as archive:
        held = archive.get(source, key)
        raw = archive.raw(held.hash) if held else None
        return (read(source, raw), corrections(archive).get((source, key), ())) if raw is not None else (None, ())


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # a text longer than any file's name
        return False


def _in_file(path: Path, as_record: "Callable[..., Record]") -> "Iterator[Record | str]":
    """The records of a file, packed or not."""
    from loaders import inputs

    with inputs.opened(path) as within:
        for item in within:
            if isinstance(item, inputs.Broken):
                yield f"{item.name}: {item}"
            else:
                yield from _in_stream(item.name, item.stream, as_record)


def _in_stream(name: str, stream: io.BufferedReader, as_record: "Callable[..., Record]") -> "Iterator[Record | str]":
    """The records of an input: what a reader knows, our JSON Lines, or else a plain text."""
    from loaders import inputs, prepare, sources
    from loaders.evidence import lines
    from loaders.record import Entry, Unreadable, Withdrawn

    head = stream.peek(inputs.HEAD)[: inputs.HEAD]
    source = sources.detect(head)
    read = partial(prepare.read, source.NAME) if source is not None else lines.read
    if source is not None:
        entries = source.entries(stream)
    elif head.removeprefix(BOM_UTF8).lstrip()[:1] == b"{":
        entries = (Entry(line.removeprefix(BOM_UTF8), f"line {n}") for n, line in enumerate(stream, 1) if line.strip())
    elif b"\0" in head:
        yield f"{name}: is neither a text in UTF-8 nor a record of a kind that is known"
        return
    else:
        text = stream.read().decode("utf-8-sig", errors="replace")
        if text.strip():
            yield as_record(abstract=text)
        return
    try:
        for entry in entries:
            try:
                yield read(entry.raw)
            except (Unreadable, ValueError, Withdrawn) as error:
                yield " ".join(filter(None, (name, entry.place, str(error))))
    except Unreadable as error:
        yield f"{name}: {error}"
