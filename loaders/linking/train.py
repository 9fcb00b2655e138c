"""Makes the model of persons: `data/frequencies.tsv` and `data/person_model.json`.

    python -m loaders.linking.train FOLDER [PAIRS ARTICLES]

FOLDER holds records of any kind that the readers know. Labelled pairs come out of them by themselves:

- the same person: one ORCID iD in two documents; or names that fit in two documents that share two or more further
  names (an "anchor": company itself is then left out of the fit, as it chose the pair);
- two persons: different ORCID iDs under one block; or two mentions with different family names in documents that
  share no name ("namesakes": what two people who happened to bear one name would look like).

What such pairs can teach (places, topic, journal, years, e-mail) is fitted by logistic regression with a Gaussian
prior around PRIOR; what they cannot (names, company) stays as PRIOR has it. Whole family names are held out for the
figures that are printed.

PAIRS are mentions that people labelled: a line has two of them as `source/key#author-2`, and yes or no, parted by tabs;
ARTICLES is the folder of their records. To these all weights are fitted in the end, each kept near to what it was. The
shipped ones saw 1,487 pairs of authors of MEDLINE (Vishnyakova, Rodriguez-Esteban and Rinaldi 2019,
doi:10.1093/jamia/ocz028; the labels are published under the MIT licence).

Needs numpy, which only this script does.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log, log1p
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from loaders import inputs
from loaders.linking import frequencies, person_model
from loaders.linking.people import People
from loaders.linking.personal_names import family_key, parse
from loaders.linking.things import Node, content_words, document, read_document
from loaders.record import Record, Unreadable, Withdrawn
from loaders.sources import detect
from ontology.iris import Iris, digest

HERE = Path(__file__).parent
PRIOR = {
    "bias": 1.5,
    "given same": 3.6,
    "given nickname": 2.0,
    "given close": -1.0,
    "given middle": -0.5,
    "given initial": -0.9,
    "given initials": -1.0,
    "given missing": -4.0,
    "middle agree": 0.8,
    "middle one": 0.2,
    "middle none": -0.1,
    "swapped": -1.5,
    "part of family name": -1.5,
    "rare family name": 1.0,
    "common family name": -2.5,
    "common given name": -0.5,
    "common full name": -1.0,
    "common name and initial": -0.5,
    "company": 2.3,
    "no company": -1.1,
    "places known": -2.0,
    "places": 9.0,
    "institution": 0.5,
    "other institution": -0.5,
    "mail": 5.0,
    "domain": 1.0,
    "journal": 1.1,
    "topic": 7.0,
    "years": -0.4,
    "nothing in common": -1.6,
    "whole name alone": -1.0,
}
"""Weights before any pair was seen."""
FITTED = ("places known", "places", "mail", "domain", "journal", "topic")
SPREAD = 0.5
"""Standard deviation of the prior around PRIOR."""
CLOSE, SIZE = 0.15, 1200
"""How near the weights stay to what they were when all are fitted: the standard deviation of a weight up to 4, more in
proportion for a greater one, and how many pairs all pairs count as."""
ACCEPT = 0.92
HELD_OUT = 4
"""One of so many family names is held out."""
_IRIS = Iris("https://example.org/")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two mentions, whether they are one person, and the family name by which they are split."""

    left: Node
    right: Node
    same: bool
    family: str
    how: str


def records(folder: Path) -> Iterator[Record]:
    """Every record in a folder that a reader knows."""
    for path in inputs.files([folder]):
        with inputs.opened(path) as within:
            for item in within:
                source = None if isinstance(item, inputs.Broken) else detect(item.stream.peek(inputs.HEAD))
                if source is None or isinstance(item, inputs.Broken):
                    continue
                try:
                    for entry in source.entries(item.stream):
                        try:
                            yield source.read(entry.raw)
                        except (Unreadable, Withdrawn):
                            continue
                except Unreadable:
                    continue


def count(found: list[Record]) -> str:
    """The table of frequencies: kind, name, weight (`frequencies.py`)."""
    families: dict[str, set[str]] = defaultdict(set)
    given: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, int] = defaultdict(int)
    places: dict[str, int] = defaultdict(int)
    affiliations = 0
    for record in found:
        for word in content_words(" ".join((record.title, *record.keywords))):
            titles[word] += 1
        for person in record.people:
            name = parse(person)
            if person.collective or not name.given:
                continue
            families[family_key(name.family)].add(name.given[0])
            if len(name.given[0]) > 1:
                given[name.given[0]].add(family_key(name.family))
            for word in content_words(" ".join(a.name for a in person.affiliations)):
                places[word] += 1
            affiliations += bool(person.affiliations)
    rows = [("family", name, _common(len(of))) for name, of in families.items() if len(of) > 3]
    rows += [("given", name, _common(len(of))) for name, of in given.items() if len(of) > 3]
    rows += [("word", word, log(len(found) / n)) for word, n in titles.items() if n >= 15]
    rows += [("place", word, log(affiliations / n)) for word, n in places.items() if n >= 15]
    return "".join(f"{kind}\t{name}\t{value:.2f}\n" for kind, name, value in sorted(rows) if value >= 0.01)


def _common(different: int) -> float:
    """0 for a name seen with three others, 1 for one seen with 150 or more."""
    return min(1.0, log1p(different - 3) / log1p(147))


def mentions(found: Iterable[Record]) -> list[Node]:
    """The single persons among the mentions, as the resolver sees them."""
    people = People()
    nodes: list[Node] = []
    for record in found:
        about = document(read_document(record, _IRIS, frozenset()).dump())
        for item in people.items(record, about, _IRIS):
            node = Node(len(nodes), 0, item.iri, item.label, people.read(item.traits), about)
            if node.traits.name.family and node.traits.name.given and not node.traits.collective:
                nodes.append(node)
    return nodes


def pairs(nodes: list[Node]) -> Iterator[Labelled]:
    """Labelled pairs. Two mentions of one document, or of two with the same title, are never among them."""
    blocks: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        blocks[node.traits.key].append(node)
    for key, block in sorted(blocks.items()):
        family = key.partition("|")[0]
        for left, right in combinations(block[:200], 2):
            if left.document.ids & right.document.ids or left.document.title == right.document.title:
                continue
            one, other = left.traits.orcid, right.traits.orcid
            if one and other:
                yield Labelled(left, right, one == other, family, "orcid")
            elif person_model.names(left.traits.name, right.traits.name):
                shared = (left.document.company & right.document.company) - {key}
                if len(shared) > 1:
                    yield Labelled(left, right, True, family, "anchor")
    # any two in an order that means nothing are two persons
    shuffled = sorted(nodes, key=lambda node: digest(node.iri))
    for left, right in pairwise(shuffled):
        apart = not left.document.company & right.document.company
        if apart and left.traits.name.family != right.traits.name.family:
            yield Labelled(left, right, False, left.traits.name.family[0], "namesake")


def by_people(table: Path, folder: Path) -> list[Labelled]:
    """The pairs that people labelled, but for mentions that no record in the folder holds with a given name."""
    nodes = {node.iri: node for node in mentions(records(folder))}
    found: list[Labelled] = []
    for line in table.read_text("utf-8").splitlines():
        left, right, same = line.split("\t")
        one, other = nodes.get(_mention(left)), nodes.get(_mention(right))
        if one and other:
            found.append(Labelled(one, other, same == "yes", one.traits.name.family[0], "people"))
    return found


def _mention(said: str) -> str:
    record, _, part = said.rpartition("#")
    source, _, key = record.partition("/")
    return _IRIS.part(source, key, part)


def fit(labelled: list[Labelled]) -> dict[str, float]:
    """Weights of FITTED around PRIOR; each label weighs the same in all."""
    rows = np.array([_row(pair) for pair in labelled])
    wanted = np.array([pair.same for pair in labelled], dtype=float)
    weight = np.where(wanted == 1, 0.5 / wanted.sum(), 0.5 / (1 - wanted).sum()) * min(len(wanted), 2000)
    prior = np.array([0.0, *(PRIOR[name] for name in FITTED)])
    spread = np.array([100.0, *(SPREAD for _ in FITTED)])  # the intercept is free: names are not in these
    found = _near(rows, wanted, weight, prior, spread)
    return {name: round(float(value), 3) for name, value in zip(FITTED, found[1:], strict=True)}


def fit_all(labelled: list[Labelled], coefficients: dict[str, float]) -> dict[str, float]:
    """All weights, each near to what it was. Pairs whose names exclude each other teach nothing."""
    found = [(person_model.features(pair.left, pair.right), pair.same) for pair in labelled]
    said = [(features | {"bias": 1.0}, same) for features, same in found if features is not None]
    rows = np.array([[features.get(name, 0.0) for name in coefficients] for features, _ in said])
    wanted = np.array([same for _, same in said], dtype=float)
    prior = np.array(list(coefficients.values()))
    spread = CLOSE * np.maximum(1.0, np.abs(prior) / 4)
    at = _near(rows, wanted, np.full(len(said), SIZE / len(said)), prior, spread)
    return {name: round(float(value), 3) for name, value in zip(coefficients, at, strict=True)}


def _near(rows: Any, wanted: Any, weight: Any, prior: Any, spread: Any) -> Any:
    """The weights of the greatest penalised likelihood, by Newton's method (arrays of numpy)."""
    at = prior.copy()
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ at))
        slope = rows.T @ (weight * (wanted - chance)) - (at - prior) / spread**2
        curve = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + np.diag(1 / spread**2)
        step = np.linalg.solve(curve, slope)
        at = at + step
        if np.abs(step).max() < 1e-6:
            break
    return at


def _row(pair: Labelled) -> list[float]:
    found = person_model.context(pair.left, pair.right)
    return [1.0, *(found.get(name, 0.0) for name in FITTED)]


def report(labelled: list[Labelled], coefficients: dict[str, float]) -> Iterator[str]:
    """How the model does on held-out pairs, by how they were labelled."""
    for how in ("orcid", "anchor", "namesake"):
        chosen = [pair for pair in labelled if pair.how == how]
        scores = [(person_model.probability(_features(pair), coefficients), pair.same) for pair in chosen]
        right = sum((score >= 0.5) == same for score, same in scores)
        firm = sum(score >= ACCEPT for score, same in scores if same)
        wrong = sum(score >= ACCEPT for score, same in scores if not same)
        same = sum(same for _, same in scores)
        yield f"{how}: {len(scores)} pairs ({same} the same), right at .5 {right}, accepted {firm}, wrongly {wrong}"


def _features(pair: Labelled) -> dict[str, float]:
    """Namesakes are taken to bear one name, in full and neither rare nor common; anchors to share no company."""
    if pair.how == "namesake":
        named = {"given same": 1.0, "middle none": 1.0, "common family name": 0.5, "common given name": 0.5}
        return person_model.together(named, person_model.context(pair.left, pair.right))
    found = person_model.features(pair.left, pair.right) or {"given missing": 5.0}
    if pair.how == "anchor":
        found.pop("company", None)
    return found


def main(folder: Path, table: Path | None = None, articles: Path | None = None) -> None:
    """Counts, fits, prints the figures and writes both files."""
    found = list(records(folder))
    (HERE / frequencies.FILE).write_text(count(found), "utf-8")
    frequencies.table.cache_clear()
    labelled = list(pairs(mentions(found)))
    held = [pair for pair in labelled if int(digest(pair.family, 8), 16) % HELD_OUT == 0]
    seen = [pair for pair in labelled if int(digest(pair.family, 8), 16) % HELD_OUT != 0]
    coefficients = PRIOR | fit(seen)
    if table and articles:
        told = by_people(table, articles)
        coefficients = fit_all(told, coefficients)
        seen += told
    print(f"{len(found):,} records, {len(labelled):,} labelled pairs; held out by family name:")
    for line in report(held, coefficients):
        print(line)
    said: dict[str, Any] = {"accept": ACCEPT, "pairs": len(seen), "coefficients": coefficients}
    (HERE / "data/person_model.json").write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
