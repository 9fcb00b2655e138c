"""`evidence-graph explain` and `annotate`: what the annotator reads out of a text. Neither needs a store."""

import io
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn, cast

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.common import Data, errors, out, safe, settings, shown
from service.settings import NO_FILE

if TYPE_CHECKING:
    from loaders.evidence import Annotator
    from loaders.evidence.corrections import Correction
    from loaders.record import Evidence, Record

STYLES = {
    "measured": "bold black on cyan",
    "finding": "bold black on green",
    "aim": "black on yellow",
    "background": "black on white",
    "recommendation": "black on magenta",
    "keyword": "black on blue",
}
"""How a theme is marked, by its role."""

_out = Console(highlight=False, soft_wrap=True, width=None if out.is_terminal else out.width)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Line breaks, and what would do something to a terminal."""

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
        stored, said = _stored(target, data)
        corrections = [one for one in said if one.theme in annotator.known]
        for record in [stored] if stored else _records(target, registration):
            if isinstance(record, str):
                bad += 1
                errors.print(safe(record.encode()), markup=False)
                continue
            found += 1
            evidence, _ = corrected(record, annotator.annotate(record), corrections)
            if as_json:
                _print_json(lines.described(annotator, record, sentences=True, evidence=evidence))
            else:
                _show(annotator, record, evidence)
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


def _flags(piece: "Evidence") -> list[str]:
    lasting = {True: ["maintained"], False: ["not maintained"], None: []}[piece.maintained]
    return ["negated"] * piece.negated + ["hedged"] * piece.hedged + lasting


def _show(annotator: "Annotator", record: "Record", evidence: "Sequence[Evidence]") -> None:
    """One record, marked up."""
    from loaders.evidence import keywords_text

    labels = {theme.iri: theme.label for theme in annotator.themes}
    if record.source != "text":
        name = record.key if record.source == "lines" else f"{record.source}/{record.key}"
        _out.print(Text("\nRECORD", "bold").append(f"  {safe(name.encode())}", "not bold"))
    if record.title:
        _block("title", "", record.title, 0, [e for e in evidence if e.section == "title"], labels)
    abstract = record.abstract or ""
    inside = [e for e in evidence if e.section not in ("title", "keywords")]
    last = None
    for sentence in annotator.sentences(record):
        if (sentence.section, sentence.section_by) != last:
            last = (sentence.section, sentence.section_by)
            _out.print(Text(f"\n{sentence.section.upper()}", "bold").append(f"  by {sentence.section_by}", "dim"))
        here = [e for e in inside if sentence.start <= e.start < sentence.end]
        _sentence(abstract[sentence.start : sentence.end], sentence.start, here, labels)
    if record.keywords:
        text = keywords_text(record)
        _block("keywords", "", text, 0, [e for e in evidence if e.section == "keywords"], labels)
    methods = annotator.methods(record)
    if methods:
        _out.print(Text("\nMETHODS", "bold").append("  " + ", ".join(methods), "not bold"))
    reported = sorted({labels[e.theme] for e in evidence if e.role in ("measured", "finding")})
    _out.print(Text("\nREPORTS", "bold").append("  " + (", ".join(reported) or "no theme"), "not bold"))


def _block(name: str, by: str, text: str, start: int, evidence: list["Evidence"], labels: dict[str, str]) -> None:
    _out.print(Text(f"\n{name.upper()}", "bold").append(by, "dim"))
    _sentence(text, start, evidence, labels)


def _sentence(text: str, start: int, evidence: list["Evidence"], labels: dict[str, str]) -> None:
    """A sentence with its themes marked, and under it a row for each."""
    marked = Text(_CONTROLS.sub(" ", text))
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for piece in evidence:
        words = re.compile(rf"(?<!\w){re.escape(piece.matched)}(?!\w)")
        if found := words.search(text, max(piece.start - start, 0)):
            marked.stylize(STYLES[piece.role], *found.span())
        table.add_row(
            Text(labels[piece.theme], STYLES[piece.role]),
            piece.role,
            piece.direction or "",
            " ".join(_flags(piece)),
            f"{piece.confidence:.2f}",
            Text(piece.role_by, "dim"),
        )
    _out.print(marked)
    if evidence:
        _out.print(table)
