"""How well evidence is read, and how fast: `python -m tests.benchmarks.evidence`.

Labels are in data/evidence.jsonl: a record's id, a sentence's offsets and, for each theme in it, what a reader
says of it. The texts lie in ../shared/records (`corpus`). Three draws: `field` (sentences of records on mental
health, work and care), `random` (sentences of other medical abstracts) and `findings` (results and conclusions
with words of direction or negation). No document is in two splits. `dev` was looked at while the rules were
made and `seen` after a first measurement on it; `held-out` was drawn and labelled when the rules were done.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox
from rich.console import Console
from rich.table import Table

from loaders.evidence import REPORTING, Annotator, field, lines, model, train
from loaders.evidence.finder import Finder
from loaders.evidence.themes import SHIPPED
from loaders.record import Evidence
from ontology.terms import SKOS
from tests.benchmarks.corpus import Text, texts

LABELS = Path(__file__).parent / "data" / "evidence.jsonl"
SHARED = Path(__file__).resolve().parents[3] / "shared"
MESH = "http://id.nlm.nih.gov/mesh/"

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
    said = [(piece is not None and piece.role in REPORTING, label["role"] in REPORTING) for label, piece in rows]
    right = sum(a and b for a, b in said)
    wanted = sum(b for _, b in said)
    ranked = sorted(
        ((piece.confidence, label["role"] in REPORTING) for label, piece in rows if piece and piece.role in REPORTING),
        reverse=True,
    )
    best, found = 0.0, 0
    for place, (sure, true) in enumerate(ranked, 1):
        found += true
        last_of_its_kind = place == len(ranked) or ranked[place][0] != sure
        if last_of_its_kind and found >= 0.85 * wanted:
            best = max(best, found / place)
    return {
        "n": len(rows),
        "reported": wanted,
        "P": right / max(1, sum(a for a, _ in said)),
        "R": right / max(1, wanted),
        "P@R.85": best,
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
            band = next(
                name for low, name in ((0.95, ".95–1"), (0.85, ".85–.95"), (0, "< .85")) if piece.confidence >= low
            )
            groups[band].append((piece.confidence, piece.role == label["role"]))
    return [
        (band, len(pairs), sum(s for s, _ in pairs) / len(pairs), sum(r for _, r in pairs) / len(pairs))
        for band, pairs in sorted(groups.items())
    ]


def headings_of_themes() -> dict[str, set[str]]:
    """MeSH unique id to the names of the themes that are it, nearly it or wider than it."""
    wanted = {SKOS.exactMatch, SKOS.closeMatch, SKOS.narrowMatch}
    found: dict[str, set[str]] = defaultdict(set)
    for quad in ox.parse(path=SHIPPED, format=ox.RdfFormat.TURTLE):
        heading, theme = quad.object, quad.subject
        if quad.predicate.value not in wanted or not isinstance(heading, ox.NamedNode):
            continue
        if isinstance(theme, ox.NamedNode) and heading.value.startswith(MESH):
            found[heading.value.removeprefix(MESH)].add(theme.value.rsplit("/", 1)[-1])
    return found


def mesh(annotator: Annotator, records: Iterable[Text], subjects: bool) -> dict[str, float]:
    """Themes against the indexers' headings, micro-averaged. `subjects`: only those of `lines.themes`."""
    known = headings_of_themes()
    mapped = set().union(*known.values())
    right = said = wanted = count = 0
    for text in records:
        count += 1
        gold = set().union(*(known.get(heading, set()) for heading in text.mesh))
        found = lines.themes(annotator.annotate(text.record))
        names = {iri.rsplit("/", 1)[-1] for iri, flag in found.items() if flag["subject"] or not subjects} & mapped
        right, said, wanted = right + len(gold & names), said + len(names), wanted + len(gold)
    precision, recall = right / max(1, said), right / max(1, wanted)
    return {"n": count, "P": precision, "R": recall, "F1": 2 * precision * recall / max(1e-9, precision + recall)}


def per_second(work: Callable[[Text], object], records: list[Text]) -> float:
    """How many records a second, best of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for text in records:
            work(text)
        times.append(time.perf_counter() - start)
    return len(records) / min(times)


def main() -> None:
    """Print the table."""
    out = Console()
    if not SHARED.is_dir():
        out.print("no ../shared folder with real records: nothing to measure on")
        return
    bench = Bench()
    sizes = Counter((s["set"], s["split"]) for s in bench.labelled)
    labels = sum(len(s["labels"]) for s in bench.labelled)
    out.print(f"{len(bench.labelled)} labelled sentences, {labels} labels, split by document:")
    out.print(", ".join(f"{name} {split} {count}" for (name, split), count in sorted(sizes.items())))
    splits = sorted({split for _, split in sizes})
    table = Table("what", "set", "split", "figures")

    def row(what: str, which: str, split: str, figures: dict[str, float]) -> None:
        shown = (f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
        table.add_row(what, which, split, "  ".join(shown))

    for split in splits:
        for which in ("field", "random", "findings"):
            row("reported", which, split, reported(list(bench.judged((which,), (split,)))))
        every = list(bench.judged(("field", "random", "findings"), (split,)))
        row("direction", "all", split, directions(every))
        row("negation", "all", split, flags(every, "negated"))
        row("hedging", "all", split, flags(every, "hedged"))
        for band, count, claimed, true in calibration(every):
            row(f"confidence {band}", "all", split, {"n": count, "claimed": claimed, "right": true})
    documents = list(train.abstracts(SHARED / "records" / "jats.tar.gz"))
    for name, held in (("trained on", False), ("held-out", True)):
        part = [abstract for key, abstract in documents if train.held_out(key) is held]
        count, five, merged = train.accuracy(model.shipped(), part)
        row("sections without headings", "JATS", name, {"n": count, "five": five, "merged": merged})
    indexed = [text for text in bench.texts.values() if text.mesh]
    row("themes against MeSH", "PubMed", "all evidence", mesh(bench.annotator, indexed, subjects=False))
    row("themes against MeSH", "PubMed", "subjects", mesh(bench.annotator, indexed, subjects=True))
    long = [text for text in bench.texts.values() if 1300 <= len(text.abstract) <= 1700][:600]
    finder = Finder(bench.annotator.themes)
    matching = per_second(lambda text: finder.find({"title": text.title, "abstract": text.abstract}), long)
    row("speed, abstracts of about 1,500 characters", "", "matching", {"per second": round(matching)})
    whole = per_second(lambda text: bench.annotator.annotate(text.record), long)
    row("speed, abstracts of about 1,500 characters", "", "annotation", {"per second": round(whole)})
    out.print(table)


if __name__ == "__main__":
    main()
