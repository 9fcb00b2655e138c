"""`evidence-graph explain` and `annotate`: what the annotator reads out of a text. Neither needs a store."""

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.common import Data, settings
from service.settings import NO_FILE

if TYPE_CHECKING:
    from loaders.evidence import Annotator
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

_out = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

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
        annotator = _annotator(scheme)
        found = 0
        for record in _records(target, registration, data):
            found += 1
            if as_json:
                from loaders.evidence import lines

                _print_json(lines.described(annotator, record, sentences=True))
            else:
                _show(annotator, record)
        if not found:
            _fail(f"{target}: no record in it that can be read")

    @app.command()
    def annotate(
        file: Annotated[
            Path, typer.Argument(help="JSON Lines with id, title, abstract (keywords, kind); - is standard input.")
        ],
        sentences: Annotated[bool, typer.Option("--sentences", help="Every sentence with its section too.")] = False,
        scheme: Scheme = None,
    ) -> None:
        """Write the evidence of each line as JSON Lines on standard output; bad lines are named on standard error."""
        annotator = _annotator(scheme)
        if str(file) == "-":
            bad = _annotate(sys.stdin.buffer, annotator, sentences)
        else:
            try:
                stream = file.open("rb")
            except OSError as error:
                _fail(f"{file}: {error.strerror}")
            with stream:
                bad = _annotate(stream, annotator, sentences)
        if bad:
            _errors.print(f"{bad:,} lines left out", markup=False)
            raise typer.Exit(1)


def _fail(message: str) -> Any:
    _errors.print(f"evidence-graph: {message}", markup=False, style="bold red")
    raise typer.Exit(2)


def _annotator(scheme: Path | None) -> "Annotator":
    """An annotator with the themes of a scheme, by default those that loading goes by, beside ours."""
    from loaders.evidence import Annotator

    themes = scheme or settings().themes
    if scheme and not scheme.is_file():
        _fail(f"{scheme}: there is no such file")
    try:
        return Annotator(themes if themes != NO_FILE else None)
    except (OSError, ValueError, SyntaxError) as error:
        _fail(f"themes of your own: {error}")
        raise


def _annotate(stream: BinaryIO, annotator: "Annotator", sentences: bool) -> int:
    """Lines in, lines out; how many could not be read."""
    from loaders.evidence import lines

    bad = 0
    for number, line in enumerate(stream, 1):
        said = line.removeprefix(BOM_UTF8) if number == 1 else line
        if not said.strip():
            continue
        try:
            record = lines.read(said)
        except ValueError as error:
            bad += 1
            _errors.print(f"line {number} {error}", markup=False)
            continue
        _print_json(lines.described(annotator, record, sentences=sentences))
    return bad


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def _records(target: str, registration: bool, data: Path | None) -> Iterable["Record"]:
    """What a person may mean by a target: standard input, a file, a stored record, or the text itself."""
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
        return [as_record(abstract=sys.stdin.read())]
    path = Path(target)
    try:
        is_file = path.is_file()
    except OSError:  # a text longer than any file's name
        is_file = False
    if is_file:
        return _in_file(path) or [as_record(abstract=path.read_text(encoding="utf-8", errors="replace"))]
    stored = _stored(target, data) if " " not in target and "/" in target else None
    if stored is None and " " not in target.strip():
        _fail(f"{target}: there is no such file or record, and a text has more than one word")
    return [stored] if stored is not None else [as_record(abstract=target)]


def _stored(name: str, data: Path | None) -> "Record | None":
    """A stored record by source/key; None where there is none."""
    from loaders.archive import Archive
    from loaders.prepare import read

    path = settings(data=data).data / "archive.sqlite"
    source, _, key = name.partition("/")
    if not key or not path.exists():
        return None
    archive = Archive(path)
    held = archive.get(source, key)
    raw = archive.raw(held.hash) if held else None
    return read(source, raw) if raw is not None else None


def _in_file(path: Path) -> list["Record"]:
    """The records of a file: our JSON Lines, or what a reader knows; none for a plain text."""
    from loaders import inputs, sources
    from loaders.evidence import lines
    from loaders.record import Unreadable

    records: list[Record] = []
    with inputs.opened(path) as within:
        for item in within:
            if isinstance(item, inputs.Broken):
                continue
            head = item.stream.peek(inputs.HEAD)[: inputs.HEAD]
            source = sources.detect(head)
            try:
                if source is not None:
                    records += [source.read(entry.raw) for entry in source.entries(item.stream)]
                elif head.lstrip()[:1] == b"{":
                    records += [lines.read(line) for line in item.stream if line.strip()]
            except (Unreadable, ValueError) as error:
                _errors.print(f"{item.name} {error}", markup=False)
    return records


def _flags(piece: "Evidence") -> list[str]:
    lasting = {True: ["maintained"], False: ["not maintained"], None: []}[piece.maintained]
    return ["negated"] * piece.negated + ["hedged"] * piece.hedged + lasting


def _show(annotator: "Annotator", record: "Record") -> None:
    """One record, marked up."""
    from loaders.evidence import keywords_text

    evidence = annotator.annotate(record)
    labels = {theme.iri: theme.label for theme in annotator.themes}
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
    marked = Text(text.replace("\n", " "))
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for piece in evidence:
        at = text.find(piece.matched, max(piece.start - start, 0) if piece.section == "keywords" else 0)
        if at >= 0:
            marked.stylize(STYLES[piece.role], at, at + len(piece.matched))
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
