"""`evidence-graph link …`: what linking was not sure of, and what people decide."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.cli.common import Data, Json, Stopped, of_graph, out, settings

if TYPE_CHECKING:
    from loaders.archive import Archive
    from loaders.linking import Decision
    from loaders.linking.links import Link, Links, Wanted
    from loaders.linking.review import Review
    from loaders.linking.sides import Value
    from ontology.iris import Iris

By = Annotated[str, typer.Option("--by", help="Who says so.")]
Kind = Annotated[str, typer.Option(help="person, organisation, work, project or affiliation; default: all.")]
Least = Annotated[float, typer.Option("--min-confidence", min=0, max=1, help="The least confidence of the machine.")]
Part = Annotated[str, typer.Option("--name", help="A part of either name.")]
KEYS = "a accept · r reject · s split off the left · d split off the right · u undo the last · k skip · q quit"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Who is who and what is the same: look, decide, undo, hand on.", no_args_is_help=True)
    group.command("review")(review)
    group.command("list")(listed)
    group.command("decide")(decide)
    group.command("undo")(undo)
    group.command("log")(log)
    group.command("replay")(replay)
    app.add_typer(group, name="link")


@dataclass(frozen=True, slots=True)
class Desk:
    """What reviewing works with."""

    iris: "Iris"
    archive: "Archive"
    links: "Links"
    review: "Review"


@contextmanager
def _desk(data: Path | None, new: bool = False) -> Iterator[Desk]:
    """The data folder, which may be `new`, opened for deciding. What cannot be decided stops the command."""
    from loaders.linking.links import Links
    from loaders.linking.review import NoSuchLink, Review
    from service.admin import LINKS, linked
    from service.cli.workspace import workspace

    chosen = settings(data=data) if new else of_graph(data)
    with workspace(chosen) as w:
        links, linker = Links(chosen.data / LINKS, w.graph.iris), linked(chosen, w.graph, w.archive)
        try:
            yield Desk(w.graph.iris, w.archive, links, Review(w.graph, w.archive, linker))
        except (NoSuchLink, ValueError) as wrong:
            raise Stopped(str(wrong)) from None
        finally:
            links.close()
            linker.close()


def review(
    by: By,
    kind: Kind = "",
    confidence: Least = 0.0,
    name: Part = "",
    data: Data = None,
) -> None:
    """Go through the candidates, those with the most at stake first: two sides, the reasons, one key for each."""
    from loaders.linking.decisions import Verdict

    with _desk(data) as desk:
        wanted, passed = replace(_wanted(kind, "candidate", confidence, name), once=True), set[str]()
        made: list[tuple[Decision, str]] = []
        while True:
            link = _next(desk.links, wanted, passed)
            if link:
                _show(desk, link, len(passed) + len(made) + 1)
            elif made:
                out.print("no more candidates: u undo the last · q quit", style="dim")
            else:
                break
            key = _key()
            if key == "u" and made:
                last, iri = made.pop()
                desk.review.decide(last.left, last.right, Verdict.UNDO, by)
                passed.discard(iri)
                out.print("undone")
            elif key == "q" or not link:
                break
            elif key in ("a", "r"):
                verdict = Verdict.ACCEPT if key == "a" else Verdict.REJECT
                made.append((_decided(desk, link.mapping.left, link.mapping.right, verdict, by), link.iri))
                passed.add(link.iri)  # what could not be joined all the same stays a candidate
            elif key in ("s", "d"):
                off = link.mapping.left if key == "s" else link.mapping.right
                made.append((_decided(desk, off, "", Verdict.SPLIT, by), link.iri))
            elif key == "k":
                passed.add(link.iri)
        out.print(f"{len(made):,} decided, {desk.links.find(wanted, 0)[1]:,} candidates left")


def listed(
    kind: Kind = "",
    status: Annotated[str, typer.Option("--decision", help="candidate, accepted, rejected, or all.")] = "candidate",
    confidence: Least = 0.0,
    name: Part = "",
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List links: candidates with the most at stake first, accepted ones with the least sure first."""
    from loaders.linking.review import short

    with _desk(data) as desk:
        found, total = desk.links.find(_wanted(kind, "" if status == "all" else status, confidence, name), limit)
        rows = [
            {
                "kind": link.kind,
                "decision": link.mapping.status,
                "confidence": round(link.mapping.score, 3),
                "left": short(link.mapping.left, desk.iris),
                "right": short(link.mapping.right, desk.iris),
                "names": " / ".join(link.labels),
                "reasons": link.mapping.comment,
                "by": link.mapping.by,
            }
            for link in found
        ]
        if as_json:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            out.print(f"{row['confidence']:.2f} {row['kind']} {row['decision']}: {row['names']}", markup=False)
            out.print(f"     {row['left']}  {row['right']}", markup=False, soft_wrap=True)
            out.print(f"     {row['reasons']}", markup=False, style="dim")
        out.print(f"{len(rows):,} of {total:,}")


def decide(
    words: Annotated[list[str], typer.Argument(metavar="A B accept|reject, A split", help="IRIs or source/key#part.")],
    by: By,
    data: Data = None,
) -> None:
    """Say that two are one, that they are two, or that one stands alone. It outranks the machine."""
    from loaders.linking.decisions import Verdict

    *nodes, verdict = words
    if (len(nodes), verdict) not in ((2, "accept"), (2, "reject"), (1, "split")):
        raise Stopped("write two things and accept or reject, or one thing and split")
    with _desk(data) as desk:
        _decided(desk, nodes[0], nodes[1] if len(nodes) > 1 else "", Verdict(verdict), by)


def undo(
    nodes: Annotated[list[str], typer.Argument(metavar="A [B]", help="The two that were decided on, or the one.")],
    by: By,
    data: Data = None,
) -> None:
    """Take back what was decided of two, or that one was split off: the graph is as if nobody had."""
    from loaders.linking.decisions import Verdict
    from loaders.linking.review import NoSuchLink

    if len(nodes) > 2:
        raise Stopped("write the two that were decided on, or the one that was split off")
    with _desk(data) as desk:
        try:
            desk.review.decide(nodes[0], nodes[1] if len(nodes) > 1 else "", Verdict.UNDO, by)
        except NoSuchLink as wrong:
            more = "; what was decided on two is taken back by naming both" if len(nodes) == 1 else ""
            raise Stopped(f"{wrong}{more}") from None
        out.print("undone")


def log(
    every: Annotated[bool, typer.Option("--all", help="The machine's links too.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="What people did, one JSON object a line, undone too.")
    ] = False,
    to: Annotated[Path | None, typer.Option("--output", "-o", help="File; default: standard output.")] = None,
    data: Data = None,
) -> None:
    """Hand on what people decided and what stands of it, as SSSOM TSV. `link replay` takes it elsewhere."""
    from loaders.linking import sssom
    from loaders.linking.decisions import standing
    from loaders.linking.review import decisions, dumped

    with _desk(data) as desk:
        said = decisions(desk.archive, desk.iris)
        if as_json:
            lines: Iterable[str] = (json.dumps(dumped(d, desk.iris), ensure_ascii=False) + "\n" for d in said)
            _put(lines, to)
            return
        stands = standing(said).all
        labels = desk.links.labels({end for d in stands for end in (d.left, d.right)})
        people = sssom.of_decisions(stands, labels, desk.iris)
        machine = sssom.of_links(desk.links.every(by_people=False), desk.iris) if every else ()
        title = "Links, by people and by machine" if every else "Links decided by people"
        _put(chain([sssom.head(desk.iris, title)], people, machine), to)


def replay(
    file: Annotated[Path, typer.Argument(help="SSSOM TSV, or lines of JSON.", exists=True, dir_okay=False)],
    data: Data = None,
) -> None:
    """Take over what people decided elsewhere. The same file again changes nothing."""
    from loaders.linking import sssom
    from loaders.linking.review import loaded

    text = file.read_text("utf-8-sig")
    with _desk(data, new=True) as desk:
        if text.lstrip().startswith("{"):
            try:
                said = [loaded(json.loads(line), desk.iris) for line in text.splitlines() if line.strip()]
            except (KeyError, ValueError) as wrong:
                raise Stopped(f"{file}: no decisions of links: {wrong}") from None
        else:
            said = sssom.read(text, desk.iris)
        kept, refused = desk.review.replay(said)
        for why in refused:
            out.print(why, markup=False)
        out.print(f"{len(kept):,} taken over, {len(said) - len(kept) - len(refused):,} known, {len(refused):,} refused")
        if refused:
            raise typer.Exit(1)


def _wanted(kind: str, status: str, confidence: float, name: str) -> "Wanted":
    from loaders.linking.links import REVIEWED, STATUSES, Wanted

    for value, known in ((kind, REVIEWED), (status, STATUSES)):
        if value and value not in known:
            raise Stopped(f"{value!r} is none of {', '.join(known)}")
    return Wanted(kind, status, confidence, name)


def _next(links: "Links", wanted: "Wanted", passed: set[str]) -> "Link | None":
    found, _ = links.find(wanted, len(passed) + 1)
    return next((link for link in found if link.iri not in passed), None)


def _key() -> str:
    """The key that a person presses, or the next character of what is piped in; at the end of that, q."""
    try:
        return typer.getchar().lower() if sys.stdin.isatty() else sys.stdin.read(1).lower() or "q"
    except (EOFError, KeyboardInterrupt):
        return "q"


def _decided(desk: Desk, left: str, right: str, verdict: Any, by: str) -> "Decision":
    made = desk.review.decide(left, right, verdict, by)
    comment = made.mapping.comment if made.mapping else ""
    out.print(f"{verdict} ({by})" + (f": {comment}" if "; but " in comment else ""), markup=False)
    return made.decision


def _show(desk: Desk, link: "Link", number: int) -> None:
    """Two sides, side by side."""
    from loaders.linking.sides import reader, side_by_side

    left, right, rows = side_by_side(link, desk.links, reader(desk.archive), desk.iris)
    numbers = {record: place for place, record in enumerate(dict.fromkeys((*left.records, *right.records)), 1)}
    table = Table(title=f"{number}. {link.kind}: the same?", show_lines=True, expand=True)
    table.add_column("")
    for side in (left, right):
        size = f" ({side.size} in its cluster)" if side.size > 1 else ""
        table.add_column(Text(side.label + size), ratio=1, overflow="fold")
    for row in rows:
        table.add_row(row.name, _values(row.left, row.more[0], numbers), _values(row.right, row.more[1], numbers))
    out.print(table)
    for record, place in numbers.items():
        out.print(f"[{place}] {record}", markup=False, style="dim")
    out.print(f"{link.mapping.score:.2f}: {link.mapping.comment}", markup=False)
    out.print(KEYS, style="dim")


def _values(values: "list[Value]", more: int, numbers: dict[str, int]) -> Text:
    """Values, each with the numbers of the records that say it; those that both sides have stand out."""
    text = Text()
    for value in values:
        text.append(value.text, "bold green" if value.shared else "")
        text.append(
            f" [{', '.join(str(numbers[record]) for record in value.records)}]\n" if value.records else "\n", "dim"
        )
    if more:
        text.append(f"and {more} more\n", "dim")
    text.rstrip()
    return text


def _put(lines: Iterable[str], to: Path | None) -> None:
    if to is None:
        for line in lines:
            typer.echo(line, nl=False)
        return
    with to.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    out.print(f"written: {to}", markup=False)
