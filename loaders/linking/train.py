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
ARTICLES is the folder of their records. To these all weights are fitted in the end, each kept near to what it was; a
family name counts as the square root of its pairs, so that one with thousands does not outweigh all others. What the
fits say of names that they did not see is printed as well. The shipped ones saw two sets of authors of MEDLINE:

- 1,487 pairs (Vishnyakova, Rodriguez-Esteban and Rinaldi 2019, doi:10.1093/jamia/ocz028; MIT licence);
- all 165,943 pairs of 2,875 first authors within names that many share (Song, Kim and Kim 2015,
  doi:10.1016/j.joi.2015.08.004); six persons whom it counts as thirteen are taken for six.

Needs numpy, which only this script does.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from loaders import inputs
from loaders.linking import frequencies, person_model
from loaders.linking.counting import count
from loaders.linking.people import People
from loaders.linking.things import Node, document, read_document
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
    "short family name": 0.0,
    "rare family name": 1.0,
    "common family name": -2.5,
    "common given name": -0.5,
    "common full name": -1.0,
    "common name and initial": -0.5,
    "common name, middle agree": 0.0,
    "company": 2.3,
    "no company": -1.1,
    "long list": 0.0,
    "places known": -2.0,
    "places": 9.0,
    "institution": 0.5,
    "other institution": -0.5,
    "mail": 5.0,
    "domain": 1.0,
    "journal": 1.1,
    "topic": 7.0,
    "years": -0.4,
    "years apart": 0.0,
    "nothing in common": -1.6,
    "whole name alone": -1.0,
}
"""Weights before any pair was seen."""
FITTED = ("places known", "places", "mail", "domain", "journal", "topic")
SPREAD = 0.5
"""Standard deviation of the prior around PRIOR."""
CLOSE = 1.0
"""How near the weights stay to what they were when all are fitted: the standard deviation of a weight up to 4, more in
proportion for a greater one. From .5 to 2 is the same for names held out, .15 is worse by .01 of F1."""
MADE = {"namesake": 20.0, "anchor": 10.0}
"""How many labelled pairs the made ones count as in that fit. Without them three times as many namesakes of one field
are accepted; with ten times as much weight, fewer of those who are one person, by .02 of F1."""
ACCEPT = 0.95
"""Names held out, as many pairs of two persons as of one: from here on 98% are right and 71% found; .92: 97.5%, 76%."""
HELD_OUT = 4
"""One of so many family names is held out."""
FOLDS = 8
"""Parts of the family names that people labelled, each tested by a fit to the others."""
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


def mentions(found: Iterable[Record]) -> list[Node]:
    """The single persons among the mentions, as the resolver sees them."""
    resolver = People()
    nodes: list[Node] = []
    for record in found:
        about = document(read_document(record, _IRIS, frozenset()).dump())
        for item in resolver.items(record, about, _IRIS):
            node = Node(len(nodes), 0, item.iri, item.label, resolver.read(item.traits), about)
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


def by_people(told: list[tuple[str, str, bool]], articles: list[Record]) -> list[Labelled]:
    """The pairs that people labelled, but for mentions that no article holds with a given name."""
    nodes = {node.iri: node for node in mentions(articles)}
    found: list[Labelled] = []
    for left, right, same in told:
        one, other = nodes.get(left), nodes.get(right)
        if one and other:
            found.append(Labelled(one, other, same, one.traits.name.family[0], "people"))
    return found


def read_pairs(table: Path) -> list[tuple[str, str, bool]]:
    """The lines of PAIRS: the IRIs of two mentions, and whether they are one person's."""
    rows = (line.split("\t") for line in table.read_text("utf-8").splitlines())
    return [(_mention(left), _mention(right), same == "yes") for left, right, same in rows]


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


def fit_all(told: list[Labelled], made: list[Labelled], coefficients: dict[str, float]) -> dict[str, float]:
    """All weights, each near to what it was. Pairs whose names exclude each other teach nothing."""
    asked = [(pair, person_model.features(pair.left, pair.right)) for pair in told]
    said = [(pair, features) for pair, features in asked if features is not None]
    said += [(pair, _features(pair)) for pair in made if pair.how in MADE]
    often = Counter(pair.family if pair.how == "people" else pair.how for pair, _ in said)
    share = {how: total / max(1, often[how]) for how, total in MADE.items()}
    weight = np.array([share.get(pair.how) or 1 / sqrt(often[pair.family]) for pair, _ in said])
    rows = np.array([[1.0 if name == "bias" else found.get(name, 0.0) for name in coefficients] for _, found in said])
    wanted = np.array([pair.same for pair, _ in said], dtype=float)
    prior = np.array(list(coefficients.values()))
    spread = CLOSE * np.maximum(1.0, np.abs(prior) / 4)
    at = _near(rows, wanted, weight, prior, spread)
    return {name: round(float(value), 3) for name, value in zip(coefficients, at, strict=True)}


def unseen(told: list[Labelled], made: list[Labelled], coefficients: dict[str, float]) -> Iterator[tuple[bool, float]]:
    """Whether the pairs that people labelled are one person, and their scores by a fit to other family names."""
    part = {family: int(digest(family, 8), 16) % FOLDS for family in {pair.family for pair in told}}
    for held in range(FOLDS):
        fitted = fit_all([pair for pair in told if part[pair.family] != held], made, coefficients)
        for pair in told:
            if part[pair.family] == held:
                features = person_model.features(pair.left, pair.right)
                yield pair.same, 0.0 if features is None else person_model.probability(features, fitted)


def _near(rows: Any, wanted: Any, weight: Any, prior: Any, spread: Any) -> Any:
    """The weights of the greatest penalised likelihood, by Newton's method (arrays of numpy)."""
    at = prior.copy()
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ at))
        slope = rows.T @ (weight * (wanted - chance)) - (at - prior) / spread**2
        curve = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + np.diag(1 / spread**2)
        step = np.linalg.solve(curve, slope)
        step *= min(1.0, 2.0 / np.abs(step).max())  # a full step can lead away where the chances are near 0 and 1
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
        scores = [person_model.probability(_features(pair), coefficients) for pair in chosen]
        yield f"{how}: " + figures([(pair.same, score) for pair, score in zip(chosen, scores, strict=True)])


def figures(scores: list[tuple[bool, float]]) -> str:
    """Precision and recall at .5 and of what is accepted."""
    same = sum(wanted for wanted, _ in scores)
    words = [f"{len(scores):,} pairs, {same:,} the same"]
    for name, least in (("at .5", 0.5), ("accepted", ACCEPT)):
        right = sum(wanted for wanted, score in scores if score >= least)
        given = sum(score >= least for _, score in scores)
        words.append(f"{name} {given:,}, right {right:,}, F1 {2 * right / max(1, given + same):.3f}")
    return "; ".join(words)


def _features(pair: Labelled) -> dict[str, float]:
    """Namesakes are taken to bear one name, in full and neither rare nor common; anchors to share no company."""
    if pair.how == "namesake":
        named = {"given same": 1.0, "middle none": 1.0, "common family name": 0.5, "common given name": 0.5}
        return person_model.together(named, person_model.context(pair.left, pair.right))
    found = person_model.features(pair.left, pair.right) or {"given missing": 5.0}
    if pair.how == "anchor":
        found.pop("company", None)
    return found


def main(folder: Path, table: Path | None = None, folder_of_articles: Path | None = None) -> None:
    """Counts, fits, prints the figures and writes both files."""
    found = list(records(folder))
    told = read_pairs(table) if table else []
    articles = list(records(folder_of_articles)) if folder_of_articles else []
    named = {mention for left, right, _ in told for mention in (left, right)}
    (HERE / frequencies.FILE).write_text(count(found, articles, lambda *part: _IRIS.part(*part) in named), "utf-8")
    frequencies.table.cache_clear()
    labelled = list(pairs(mentions(found)))
    held = [pair for pair in labelled if int(digest(pair.family, 8), 16) % HELD_OUT == 0]
    seen = [pair for pair in labelled if int(digest(pair.family, 8), 16) % HELD_OUT != 0]
    coefficients = PRIOR | fit(seen)
    if told:
        by_hand = by_people(told, articles)
        print("names not seen: " + figures(list(unseen(by_hand, seen, coefficients))))
        coefficients = fit_all(by_hand, seen, coefficients)
        seen += by_hand
    print(f"{len(found):,} records, {len(labelled):,} labelled pairs; held out by family name:")
    for line in report(held, coefficients):
        print(line)
    said: dict[str, Any] = {"accept": ACCEPT, "pairs": len(seen), "coefficients": coefficients}
    (HERE / "data/person_model.json").write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
