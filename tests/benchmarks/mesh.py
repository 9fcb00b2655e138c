"""Themes against the MeSH headings that indexers gave: `python -m tests.benchmarks.mesh [ORI_PQAL.json]`.

What is compared: the themes named by the title and the abstract of a record (never its keywords, which may
hold the headings), and the themes that its headings are mapped to by exactMatch, closeMatch and narrowMatch in
ontology/themes.ttl. Themes without such a mapping are left out on both sides. Micro-averaged over pairs of
record and theme.

Two draws lie in ../shared/records: PubMed records of all fields, and PubMed's export on harms of gambling. A
third, 1,000 records whose title asks a question, is read from the file of PubMedQA's labelled part, if it is
given. Each is split in two by a hash of the record's id: one half was looked at while themes were made.
"""

import csv
import gzip
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import orjson
import pyoxigraph as ox
from rich.console import Console
from rich.table import Table

from loaders.evidence import REPORTING, Annotator
from loaders.evidence.lines import themes
from loaders.evidence.themes import SHIPPED
from loaders.record import Evidence
from ontology.terms import SKOS
from tests.benchmarks.corpus import Text, texts

SHARED = Path(__file__).resolve().parents[3] / "shared"
MESH = "http://id.nlm.nih.gov/mesh/"

_EXPORT = "ris:20221207_gambling-harms_pubmed_176"


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


def unique_ids(shared: Path) -> dict[str, str]:
    """Every name of a MeSH descriptor, former ones too, in lower case, to its unique id."""
    ids: dict[str, str] = {}
    preferred: dict[str, str] = {}
    with gzip.open(shared / "registries" / "mesh_entry_terms_all.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            ids.setdefault(row["TermName"].lower(), row["DescriptorUI"])
            preferred[row["DescriptorName"].lower()] = row["DescriptorUI"]
    return ids | preferred


def indexed(shared: Path, asked: Path | None = None) -> dict[str, list[Text]]:
    """The records that have MeSH headings, by draw, without their keywords."""
    ids = unique_ids(shared)
    draws: dict[str, list[Text]] = {"PubMed": [], "gambling": []}
    for text in texts(shared):
        if text.mesh:
            draws["PubMed"].append(replace(text, keywords=()))
        elif text.id.startswith(_EXPORT) and any(re.match(r"\*?Humans\b", word) for word in text.keywords):
            # "*Gambling/psychology": a heading of weight, with a qualifier. Authors' words are in lower case.
            names = (word.lstrip("*").split("/")[0] for word in text.keywords if word.lstrip("*")[:1].isupper())
            draws["gambling"].append(replace(text, keywords=(), mesh=tuple(_known(names, ids))))
    if asked:
        draws["questions"] = list(_questions(asked, ids))
    return draws


def _known(names: Iterable[str], ids: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        if heading := ids.get(name.strip().lower()):
            yield heading


def _questions(file: Path, ids: Mapping[str, str]) -> Iterator[Text]:
    for key, entry in orjson.loads(file.read_bytes()).items():
        parts = [f"{label}: {part}" for label, part in zip(entry["LABELS"], entry["CONTEXTS"], strict=True)]
        abstract = " ".join([*parts, f"CONCLUSIONS: {entry['LONG_ANSWER']}"])
        yield Text(f"qa:{key}", entry["QUESTION"], abstract, mesh=tuple(_known(entry["MESHES"], ids)))


def looked_at(key: str) -> bool:
    """Whether a record is in the half that was looked at."""
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), 16) % 2 == 1


def named(evidence: Iterable[Evidence], which: str) -> set[str]:
    """Names of a record's themes: `all`, its `subjects`, or those it has `reported`."""
    pieces = list(evidence)
    if which == "subjects":
        return {_name(iri) for iri, flags in themes(pieces).items() if flags["subject"]}
    return {_name(piece.theme) for piece in pieces if which == "all" or piece.role in REPORTING}


def _name(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]


Counts = dict[str, list[int]]
"""For each theme: said and right, said and wrong, not said."""


def compare(pairs: Iterable[tuple[set[str], Text]], known: Mapping[str, set[str]]) -> Counts:
    """Themes said of records, counted against those of the records' headings."""
    mapped = set().union(*known.values())
    counts: Counts = defaultdict(lambda: [0, 0, 0])
    for said, text in pairs:
        wanted = set().union(*(known.get(heading, set()) for heading in text.mesh))
        for theme in (said | wanted) & mapped:
            counts[theme][0 if theme in said & wanted else 1 if theme in said else 2] += 1
    return counts


def figures(counts: Counts) -> tuple[float, float, float]:
    """Micro-averaged precision, recall and F1."""
    right, wrong, missed = (sum(row[at] for row in counts.values()) for at in range(3))
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def main() -> None:
    """Print the table; with --themes one row a theme too."""
    out = Console()
    if not SHARED.is_dir():
        out.print("no ../shared folder with real records: nothing to measure on")
        return
    annotator, known = Annotator(), headings_of_themes()
    files = [argument for argument in sys.argv[1:] if argument.endswith(".json")]
    draws = indexed(SHARED, Path(files[0]) if files else None)
    evidence = {text.id: annotator.annotate(text.record) for part in draws.values() for text in part}
    draws["together"] = [text for part in draws.values() for text in part]
    table = Table("draw", "half", "records", "themes", "precision", "recall", "F1")
    for draw, part in draws.items():
        for half, seen in (("looked at", True), ("not looked at", False)):
            chosen = [text for text in part if looked_at(text.id) is seen]
            for which in ("all", "subjects", "reported"):
                counts = compare(((named(evidence[text.id], which), text) for text in chosen), known)
                shown = (f"{value:.3f}" for value in figures(counts))
                table.add_row(draw, half, str(len(chosen)), which, *shown)
    out.print(table)
    if "--themes" in sys.argv:
        single = Table("theme, half looked at", "right", "wrong", "missed")
        chosen = [text for text in draws["together"] if looked_at(text.id)]
        counts = compare(((named(evidence[text.id], "all"), text) for text in chosen), known)
        for theme, row in sorted(counts.items(), key=lambda item: -item[1][1]):
            single.add_row(theme, *map(str, row))
        out.print(single)


if __name__ == "__main__":
    main()
