"""How well evidence is read, and how fast: `python -m tests.benchmarks.evidence`.

Labels are in data/evidence.jsonl: a record's id, a sentence's offsets and, for each theme in it, what a reader
says of it; `unsure` where the reader could have said otherwise. The texts lie in ../shared/records (`corpus`).
Sets: `field` (sentences of records on mental health, gambling, work and care), `random` (sentences of other
records) and `findings` (results and conclusions with words of direction or negation). Each draw took documents of
no earlier one, and a reader labelled it before seeing what the annotator says. No document is in two splits: `dev`
was looked at while the first rules were made, `seen` after a first measurement on it (`draw` numbers these),
`held-out` was labelled when the rules were done, and led to one change, of what counts as a plan. Since then all of
them have been used to fit `loaders/evidence/judge.txt`: how well "reported" does on new documents is therefore measured
by fitting it anew without each tenth of the documents (`judging`), and what the shipped one says of the labels is
printed as seen. The figures of each draw at first sight are in docs/evidence.md.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from loaders.evidence import REPORTING, Annotator, field, judge, model, train
from loaders.evidence.finder import Finder
from loaders.record import Evidence
from tests.benchmarks import judging
from tests.benchmarks.corpus import Text, texts

LABELS = Path(__file__).parent / "data" / "evidence.jsonl"
SHARED = Path(__file__).resolve().parents[3] / "shared"
SETS = ("field", "random", "findings")
SPLITS = ("dev", "seen", "held-out")

BANDS = ((0.95, ".95–1"), (0.9, ".90–.95"), (0.8, ".80–.90"), (0.6, ".60–.80"), (0.0, "< .60"))

Judged = tuple[dict[str, Any], Evidence | None]
"""A label and the evidence on the same theme in the same sentence."""


class Bench:
    """The annotator's answers to the labelled sentences."""

    def __init__(self, shared: Path = SHARED) -> None:
        self.annotator = Annotator()
        self.texts = {text.id: text for text in texts(shared)}
        self.labelled = [orjson.loads(line) for line in LABELS.read_bytes().splitlines()]
        self._answers: dict[str, list[Evidence]] = {}

    def answers(self, key: str) -> list[Evidence]:
        if key not in self._answers:
            found = self.annotator.annotate(self.texts[key].record)
            self._answers[key] = [piece for piece in found if field(piece) == "abstract"]
        return self._answers[key]

    def judged(self, sets: Iterable[str], splits: Iterable[str]) -> Iterator[Judged]:
        for sentence in self.labelled:
            if sentence["set"] not in sets or sentence["split"] not in splits:
                continue
            for label in sentence["labels"]:
                yield (
                    label,
                    next(
                        (
                            piece
                            for piece in self.answers(sentence["id"])
                            if piece.theme.endswith("/" + label["theme"])
                            and piece.start <= label["start"]
                            and label["end"] <= piece.end
                        ),
                        None,
                    ),
                )


def reported(rows: list[Judged]) -> dict[str, float]:
    """Precision and recall of "reported", and the best precision where recall is .85 or more, by confidence."""
    said = [piece.confidence if piece is not None and piece.role in REPORTING else 0.0 for _, piece in rows]
    pairs = [(sure, label["role"] in REPORTING) for sure, (label, _) in zip(said, rows, strict=True)]
    precision, recall = judging.figures((sure > 0, right) for sure, right in pairs)
    return {
        "n": len(rows),
        "reported": sum(right for _, right in pairs),
        "P": precision,
        "R": recall,
        "P@R.85": judging.best(pairs),
    }


def directions(rows: list[Judged]) -> dict[str, float]:
    """Of findings whose label has a direction: how often one is given, and how often it is the right one."""
    wanted = [(label, piece) for label, piece in rows if label.get("direction")]
    given = [(label, piece) for label, piece in wanted if piece is not None and piece.direction]
    right = sum(label["direction"] == piece.direction for label, piece in given)
    return {"n": len(wanted), "right": right / max(1, len(given)), "given": len(given) / max(1, len(wanted))}


def flags(rows: list[Judged], name: str) -> dict[str, float]:
    """Precision and recall of `negated` or `hedged`, over reported labels."""
    pairs = [
        (getattr(piece, name), bool(label.get(name)))
        for label, piece in rows
        if piece is not None and label["role"] in REPORTING
    ]
    right = sum(a and b for a, b in pairs)
    return {
        "n": sum(b for _, b in pairs),
        "P": right / max(1, sum(a for a, _ in pairs)),
        "R": right / max(1, sum(b for _, b in pairs)),
    }


def calibration(rows: list[Judged]) -> list[tuple[str, int, float, float]]:
    """Evidence by confidence: how many, what they claim on average, how often the role was right."""
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for label, piece in rows:
        if piece is not None:
            band = next(name for low, name in BANDS if piece.confidence >= low)
            groups[band].append(
                (piece.confidence, piece.role == label["role"] or {piece.role, label["role"]} <= REPORTING)
            )
    return [
        (band, len(pairs), sum(s for s, _ in pairs) / len(pairs), sum(r for _, r in pairs) / len(pairs))
        for band, pairs in sorted(groups.items())
    ]


def per_second(work: Callable[[Text], object], records: list[Text]) -> float:
    """How many records a second, best of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for text in records:
            work(text)
        times.append(time.perf_counter() - start)
    return len(records) / min(times)


def _pair(first: float, second: float) -> str:
    return f"{first:.3f}, {second:.3f}"


def _bars(bench: Bench, rows: list[judging.Row], chances: list[float], out: Console) -> None:
    """Each thing that has a bar, what is asked of it, and the figures on documents that are new to it and on others."""
    table = Table("what", "least", "aim", "new documents", "seen", title="What is asked, and what is reached")

    def row(what: str, least: str, aim: str, figures: Callable[[str], str]) -> None:
        table.add_row(what, least, aim, figures("held-out"), figures("seen"))

    def on(which: tuple[str, ...], split: str) -> list[Judged]:
        return list(bench.judged(which, (split,)))

    def field_reported(split: str) -> str:
        if split == "held-out":
            new = [(c >= judge.BELIEVED, r.right) for r, c in zip(rows, chances, strict=True) if r.set == "web"]
            return f"{_pair(*judging.figures(new))} of {sum(right for _, right in new)}"
        found = reported(on(("field",), split))
        return f"{_pair(found['P'], found['R'])} of {found['reported']}"

    def random_reported(split: str) -> str:
        if split == "held-out":
            new = [(c, r.right) for r, c in zip(rows, chances, strict=True) if r.set == "random" and r.draw]
            return f"{judging.best(new):.3f} of {sum(right for _, right in new)}"
        found = reported(on(("random",), split))
        return f"{found['P@R.85']:.3f} of {found['reported']}"

    def direction(split: str) -> str:
        found = directions(on(SETS, split))
        return f"{found['right']:.3f} at {found['given']:.3f} of {found['n']}"

    def negation(split: str) -> str:
        found = flags(on(SETS, split), "negated")
        return f"{_pair(found['P'], found['R'])} of {found['n']}"

    documents = list(train.abstracts(SHARED / "records" / "jats.tar.gz"))

    def sections(split: str) -> str:
        part = [abstract for key, abstract in documents if train.held_out(key) is (split == "held-out")]
        count, five, merged = train.accuracy(model.shipped(), part)
        return f"{_pair(five, merged)} of {count}"

    row("reported, our field: precision, recall", ".93, .85", ".97, .92", field_reported)
    row("reported, random: precision at recall .85", ".55", ".75", random_reported)
    row("sections without headings: five, four classes", ".87, .92", ".92, .95", sections)
    row("direction: right, how often given", ".80 at .70", ".88 at .80", direction)
    row("negation: precision, recall", ".80, .85", ".90, .90", negation)
    long = [text for text in bench.texts.values() if 1300 <= len(text.abstract) <= 1700][:600]
    finder = Finder(bench.annotator.themes)
    matching = per_second(lambda text: finder.find({"title": text.title, "abstract": text.abstract}), long)
    whole = per_second(lambda text: bench.annotator.annotate(text.record), long)
    figures = f"{round(matching)}, {round(whole)}"
    table.add_row("abstracts of 1,500 characters a second: matched, annotated", "5000, 300", "12000, 1000", figures, "")
    out.print(table)


def _details(bench: Bench, out: Console) -> None:
    """Everything by set and split, and how often evidence of each confidence is right."""
    table = Table("what", "set", "split", "figures", title="By set and split")

    def row(what: str, which: str, split: str, figures: dict[str, float]) -> None:
        shown = (f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
        table.add_row(what, which, split, "  ".join(shown))

    for split in SPLITS:
        for which in SETS:
            rows = list(bench.judged((which,), (split,)))
            if rows:
                row("reported", which, split, reported(rows))
                sure = [pair for pair in rows if not pair[0].get("unsure")]
                row("reported, where the reader was sure", which, split, reported(sure))
        every = list(bench.judged(SETS, (split,)))
        row("direction", "all", split, directions(every))
        row("negation", "all", split, flags(every, "negated"))
        row("hedging", "all", split, flags(every, "hedged"))
        for band, count, claimed, true in calibration(every):
            row(f"confidence {band}", "all", split, {"n": count, "claimed": claimed, "right": true})
    out.print(table)


def main() -> None:
    """Print how large the labelled set is and how it was split, and the two tables."""
    out = Console()
    if not SHARED.is_dir():
        out.print("no ../shared folder with real records: nothing to measure on")
        return
    bench = Bench()
    sizes = Counter((s["set"], s["split"]) for s in bench.labelled)
    labels = sum(len(s["labels"]) for s in bench.labelled)
    documents = len({s["id"] for s in bench.labelled})
    out.print(f"{len(bench.labelled)} labelled sentences of {documents} documents, {labels} labels, split by document:")
    out.print(", ".join(f"{name} {split} {count}" for (name, split), count in sorted(sizes.items())))
    rows = list(judging.rows(bench))
    chances = judging.judged_by_others(rows)
    _bars(bench, rows, chances, out)
    judging.show(rows, chances, out)
    _details(bench, out)


if __name__ == "__main__":
    main()
