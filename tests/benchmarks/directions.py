"""Fit the weights of `loaders/evidence/direction.py`, and say how good they are on documents they were not fitted to.

`python -m tests.benchmarks.directions` takes the labels of `data/evidence.jsonl` but `held-out`, and those of public
texts that are not in ../shared: `data/web-directions.jsonl.gz`, where their signs are kept and not the text. It writes
`loaders/evidence/direction.txt`; the same labels give the same weights. Cross-validation is by document, in ten parts.

With files as arguments, their labels take the place of those kept: JSON Lines with `id` (the document), `text` (a
sentence), `start`, `end` (of the theme in it), `improvement` (as the theme says it), `direction` (null for none).
"""

import gzip
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from loaders.evidence.direction import ASSOCIATION, DECREASE, FILE, GIVEN, INCREASE, NO_CHANGE, options
from loaders.evidence.reading import Reading
from tests.benchmarks.evidence import Bench

WAYS = (None, INCREASE, DECREASE, NO_CHANGE, ASSOCIATION)
PARTS = 10
RIDGE = 2.0  # what a squared weight costs
RARE = 8  # a sign of fewer findings has no weight
SLIGHT = 0.05  # a weight below this is left out
ROUNDS = 300
KEPT = Path(__file__).parent / "data" / "web-directions.jsonl.gz"

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A theme in a finding: its document, whose label it is, its way, and the ways and signs of its options."""

    document: str
    origin: str
    way: int
    options: tuple[tuple[int, frozenset[str]], ...]


def labelled(
    document: str, origin: str, text: str, start: int, end: int, better: str | None, way: str | None
) -> Labelled:
    found = tuple(
        (WAYS.index(said), frozenset(f"{group}\t{sign}" for sign in signs))
        for said, group, signs in options(Reading(text), start, end, better)
    )
    return Labelled(document, origin, WAYS.index(way), found)


def collection() -> Iterator[Labelled]:
    """The findings among the labels of the collection, those of split `held-out` left out."""
    bench = Bench()
    better = {theme.iri.rpartition("/")[2]: theme.improvement for theme in bench.annotator.themes}
    for sentence in bench.labelled:
        if sentence["split"] == "held-out":
            continue
        low, high = sentence["start"], sentence["end"]
        text = bench.texts[sentence["id"]].abstract[low:high]
        for label in sentence["labels"]:
            if label["role"] == "finding":
                start, end, way = label["start"] - low, label["end"] - low, label.get("direction")
                yield labelled(sentence["id"], "collection", text, start, end, better[label["theme"]], way)


def read(path: Path) -> Iterator[Labelled]:
    """The labels of a file of sentences."""
    for line in path.read_bytes().splitlines():
        row = orjson.loads(line)
        where = row["start"], row["end"]
        yield labelled(row["id"], path.stem, row["text"], *where, row["improvement"], row["direction"])


def keep(rows: Iterable[Labelled]) -> None:
    """Write labels with their signs, without the text."""
    lines = [
        orjson.dumps([row.document, row.origin, row.way, [[way, sorted(signs)] for way, signs in row.options]])
        for row in rows
    ]
    KEPT.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))


def kept() -> Iterator[Labelled]:
    """The labels whose signs were kept."""
    for line in gzip.decompress(KEPT.read_bytes()).splitlines():
        document, origin, way, found = orjson.loads(line)
        yield Labelled(document, origin, way, tuple((said, frozenset(signs)) for said, signs in found))


class _Laid:
    """Rows as arrays: of every option its row and way, and of every known sign of an option both their places."""

    def __init__(self, rows: Sequence[Labelled], places: dict[str, int]) -> None:
        owner: list[int] = []
        ways: list[int] = []
        at: list[int] = []
        which: list[int] = []
        for row, entry in enumerate(rows):
            for way, signs in entry.options:
                for sign in sorted(signs & places.keys()):
                    at.append(len(owner))
                    which.append(places[sign])
                owner.append(row)
                ways.append(way)
        self.rows = len(rows)
        self.owner, self.ways, self.at, self.which = (np.array(c, dtype=np.int64) for c in (owner, ways, at, which))

    def sums(self, values: Floats) -> Floats:
        """Of each row, over its options."""
        summed: Floats = np.bincount(self.owner, weights=values, minlength=self.rows).astype(np.float64)
        return summed

    def likely(self, weights: Floats) -> Floats:
        """How likely each option is among those of its row."""
        scores: Floats = np.exp(np.bincount(self.at, weights=weights[self.which], minlength=len(self.owner)))
        return scores / self.sums(scores)[self.owner]


class Fit:
    """Weights by which the labelled ways are likeliest, less what large weights cost.

    Found by resilient backpropagation (Riedmiller and Braun, 1993): each weight's step grows while its slope keeps its
    sign, and shrinks where it turns.
    """

    def __init__(self, rows: Sequence[Labelled]) -> None:
        often = Counter(sign for row in rows for sign in {s for _, signs in row.options for s in signs})
        self.places = {sign: at for at, sign in enumerate(sorted(s for s in often if often[s] >= RARE))}
        self.weights: Floats = np.zeros(len(self.places))
        laid = _Laid(rows, self.places)
        right = (laid.ways == np.array([row.way for row in rows])[laid.owner]).astype(np.float64)
        reachable = laid.sums(right)[laid.owner] > 0
        steps: Floats = np.full(len(self.places), 0.05)
        last: Floats = np.zeros(len(self.places))
        for _ in range(ROUNDS):
            likely = laid.likely(self.weights)
            of_right = np.maximum(laid.sums(likely * right), 1e-12)[laid.owner]
            wanted = np.where(reachable, likely * right / of_right, likely)
            slope = RIDGE * self.weights
            slope += np.bincount(laid.which, weights=(likely - wanted)[laid.at], minlength=len(self.places))
            kept = slope * last
            steps = np.clip(np.where(kept > 0, steps * 1.2, np.where(kept < 0, steps * 0.5, steps)), 1e-6, 0.5)
            last = np.where(kept < 0, 0.0, slope)
            self.weights = self.weights - np.sign(last) * steps

    def chosen(self, rows: Sequence[Labelled]) -> list[int]:
        """The way of each row, as `direction` chooses it."""
        laid = _Laid(rows, self.places)
        table: Floats = np.zeros((len(rows), len(WAYS)))
        np.add.at(table, (laid.owner, laid.ways), laid.likely(self.weights))
        ways = 1 + table[:, 1:].argmax(axis=1)
        sure = table[np.arange(len(rows)), ways] >= GIVEN
        return [int(way) for way in np.where(sure, ways, 0)]

    def lines(self) -> Iterator[str]:
        """Of the weights' file."""
        for sign, at in self.places.items():
            if abs(self.weights[at]) >= SLIGHT:
                yield f"{self.weights[at]:.2f}\t{sign}\n"


def part(row: Labelled) -> int:
    """The part that a document's labels are in."""
    return int.from_bytes(hashlib.sha256(row.document.encode()).digest()[:4]) % PARTS


def figures(pairs: Iterable[tuple[int, int]]) -> str:
    """Of labelled and chosen ways: right where both say one; given where the label says one, and where it says none."""
    pairs = list(pairs)
    said = [(way, chosen) for way, chosen in pairs if way]
    given = [way == chosen for way, chosen in said if chosen]
    unsaid = [chosen for way, chosen in pairs if not way]
    return (
        f"right {sum(given) / max(1, len(given)):.3f}, given {len(given) / max(1, len(said)):.3f} of {len(said)}; "
        f"given too where none is said {sum(map(bool, unsaid)) / max(1, len(unsaid)):.3f} of {len(unsaid)}"
    )


def main() -> None:
    if sys.argv[1:]:
        keep(row for name in sys.argv[1:] for row in read(Path(name)))
    rows = [*collection(), *kept()]
    unseen: list[tuple[Labelled, int]] = []
    for held in range(PARTS):
        others = [row for row in rows if part(row) == held]
        fit = Fit([row for row in rows if part(row) != held])
        unseen += zip(others, fit.chosen(others), strict=True)
    for origin in sorted({row.origin for row in rows}):
        print(f"{origin}: {figures((row.way, way) for row, way in unseen if row.origin == origin)}")
    print(f"all, by cross-validation: {figures((row.way, way) for row, way in unseen)}")
    fit = Fit(rows)
    print(f"all, once fitted to them: {figures(zip((row.way for row in rows), fit.chosen(rows), strict=True))}")
    lines = list(fit.lines())
    FILE.write_text("".join(lines), "utf-8")
    print(f"{len(lines)} weights in {FILE.name}")


if __name__ == "__main__":
    main()
