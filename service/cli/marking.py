"""A record in the terminal, marked up sentence by sentence."""

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.common import out, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

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

_out = Console(highlight=False, soft_wrap=True, width=None if out.is_terminal else out.width)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Line breaks, and what would do something to a terminal."""


def _flags(piece: "Evidence") -> list[str]:
    lasting = {True: ["maintained"], False: ["not maintained"], None: []}[piece.maintained]
    return ["negated"] * piece.negated + ["hedged"] * piece.hedged + lasting


def show(annotator: "Annotator", record: "Record", evidence: "Sequence[Evidence]") -> None:
    """Print one record, marked up."""
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
