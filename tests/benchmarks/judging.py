"""How well `loaders/evidence/judge.py` does on documents that it was not fitted to, and the rows for fitting it.

Labels are those of `evidence`, whose texts lie in ../shared/records, and those of data/web-labels.jsonl.gz: of public
texts that are not there, so that the file holds the id and the hash of each text, where the sentences stand, and the
signs that they had; a sign that is named or made otherwise has to be changed there too. What is known of the rules is
what they said at first sight, before a label led to any change (`first` of a label; where not kept, nothing).
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from rich.console import Console
from rich.table import Table

from loaders.evidence import REPORTING, judge
from tests.benchmarks.trees import fitted

if TYPE_CHECKING:
    from tests.benchmarks.evidence import Bench

WEB = Path(__file__).parent / "data" / "web-labels.jsonl.gz"
PARTS = 10  # of the documents, each judged by what was fitted to the others
FIRST = 5  # the first draw of which the rules' answers at first sight are kept


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled theme in a sentence: of which document, set and draw, with which signs."""

    document: str
    set: str
    draw: int
    signs: frozenset[str]
    right: bool
    unsure: bool
    before: bool
    """Whether the rules alone said at first sight that it is reported."""


def rows(bench: "Bench") -> Iterator[Row]:
    """Every label with its signs, those of the rules as they were at first sight."""
    drafts = {key: list(bench.annotator.drafts(bench.texts[key].record)) for key in {s["id"] for s in bench.labelled}}
    for sentence in bench.labelled:
        for label in sentence["labels"]:
            for stands, draft, seen in drafts[sentence["id"]]:
                named = bench.annotator.themes[draft.mention.theme].name == label["theme"]
                if named and stands.start <= label["start"] and label["end"] <= stands.end:
                    yield _row(sentence["id"], sentence["set"], sentence.get("draw", 0), seen, label)
    for line in gzip.decompress(WEB.read_bytes()).splitlines():
        document = orjson.loads(line)
        for sentence in document["sentences"]:
            for label in sentence["labels"]:
                own = label.get("signs")
                seen = set() if own is None else {*document["signs"], *sentence["signs"], *own}
                yield _row(document["id"], document["set"], document["draw"], seen, label)


def _row(document: str, which: str, draw: int, seen: set[str], label: dict[str, object]) -> Row:
    own = {sign for sign in seen if not sign.startswith("rule:")}
    first = label.get("first")
    if own and isinstance(first, list):
        own.update(judge.of_rule(*first))
    return Row(
        document,
        which,
        draw,
        frozenset(own),
        label["role"] in REPORTING,
        bool(label.get("unsure")),
        isinstance(first, list) and first[0] in REPORTING,
    )


def fit(known: Iterable[Row]) -> tuple[float, list[judge.Tree]]:
    """Trees for the rows that are judged at all."""
    asked = [row for row in known if row.signs]
    return fitted([row.signs for row in asked], [row.right for row in asked])


def judged_by_others(every: Sequence[Row]) -> list[float]:
    """For each row, the chance that trees give it which were fitted to other documents, or what the rules say."""
    part = [int(sha256(row.document.encode()).hexdigest(), 16) % PARTS for row in every]
    chances = [float(row.before) for row in every]
    for now in range(PARTS):
        constant, trees = fit(row for row, at in zip(every, part, strict=True) if at != now)
        for at, row in enumerate(every):
            if part[at] == now and row.signs:
                chances[at] = judge.chance(row.signs, constant, trees)
    return chances


def figures(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """Precision and recall of what is said, given whether it is and whether it is right."""
    said = [*pairs]
    both = sum(a and b for a, b in said)
    return both / max(1, sum(a for a, _ in said)), both / max(1, sum(b for _, b in said))


def best(pairs: Iterable[tuple[float, bool]], recall: float = 0.85) -> float:
    """The best precision at a recall or more, given chances and whether each is right; equal chances stand together."""
    ranked = sorted(pairs, reverse=True)
    wanted = recall * sum(right for _, right in ranked)
    place, found, precision = 0, 0, 0.0
    for _, equal in groupby(ranked, key=itemgetter(0)):
        answers = [right for _, right in equal]
        place, found = place + len(answers), found + sum(answers)
        if found >= wanted:
            precision = max(precision, found / place)
    return precision


def show(every: Sequence[Row], chances: Sequence[float], out: Console) -> None:
    """Precision and recall by set, the rules' own at first sight beside them, and what chances are worth."""
    table = Table("draws from 5 on", "labels", "reported", "rules alone", "judged", "P at R .85", title="By document")
    fresh = [(row, chance) for row, chance in zip(every, chances, strict=True) if row.draw >= FIRST]
    sets = {"all": fresh, "all, reader sure": [pair for pair in fresh if not pair[0].unsure]}
    for name in sorted({row.set for row, _ in fresh}):
        sets[name] = [pair for pair in fresh if pair[0].set == name]
        sets[f"{name}, reader sure"] = [pair for pair in sets[name] if not pair[0].unsure]
    for name in ("guessed", "headed"):
        sets[f"section {name}"] = [pair for pair in fresh if name in pair[0].signs]
    for name, pairs in sets.items():
        alone = figures((row.before, row.right) for row, _ in pairs)
        ours = figures((chance >= judge.BELIEVED, row.right) for row, chance in pairs)
        table.add_row(
            name,
            str(len(pairs)),
            str(sum(row.right for row, _ in pairs)),
            f"{alone[0]:.3f}, {alone[1]:.3f}",
            f"{ours[0]:.3f}, {ours[1]:.3f}",
            f"{best((chance, row.right) for row, chance in pairs):.3f}",
        )
    out.print(table)
    bands = Table("chance from", "labels", "claimed", "right", title="What a chance is worth, by document")
    for high, low in pairwise((1.01, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1, 0.0)):
        of = [(row.right, chance) for row, chance in fresh if low <= chance < high]
        if of:
            claimed, right = sum(chance for _, chance in of) / len(of), sum(right for right, _ in of) / len(of)
            bands.add_row(f"{low:.2f}", str(len(of)), f"{claimed:.2f}", f"{right:.2f}")
    out.print(bands)
