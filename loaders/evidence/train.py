"""Train the section model: `python -m loaders.evidence.train JATS.tar.gz`.

Input: a tar of JATS articles, all CC BY, so that the model may be given away. A conditional random field
(python-crfsuite, a development dependency) learns from abstracts whose authors wrote headings; its weights
are rounded and written to `model.FILE`. A tenth of the documents, by a hash of their name, is never trained
on; accuracy on both parts is printed. The same input gives the same file.
"""

import gzip
import random
import re
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path

import pycrfsuite  # type: ignore[import-untyped]
from lxml import etree

from loaders.evidence.headings import BACKGROUND, OBJECTIVE, SECTIONS, meaning
from loaders.evidence.match import fold
from loaders.evidence.model import FILE, SCALE, SectionModel, features, pack, shipped, unpack
from loaders.evidence.sentences import sentences
from ontology.iris import digest

Abstract = list[tuple[str, str | None]]
"""Sentences, each with the section of its heading, or None where the heading allows several."""

REGULARISATION = 16.0  # of 0.05 … 30, the best on structured abstracts of another source
FORGOTTEN = 0.3  # the share of words that each shape of an abstract goes without, so that kinds of words count
SMALLEST = 0.008  # a feature all of whose weights are nearer to their mean than this is left out: file size

_ASIDE = re.compile(r"regist|fund|supplement|abbrev|disclos", re.IGNORECASE)
_AIMS = re.compile(
    r"\b(?:aim(?:s|ed)?|objectives?|purpose|goal)\b|\b(?:we|study|trial|paper|article|review) (?:\w+ ){0,3}"
    r"(?:investigat|examin|evaluat|assess|explor|compar|determin|describ|test|analy[sz]|report|estimat|sought|stud)",
    re.IGNORECASE,
)
_TO = [
    re.compile(
        r"^.{0,80}?\b(?:aims?|objectives?|purpose|goal)\b[^.]{0,60}?\b(?:was|is|were|are) to (\w)", re.IGNORECASE
    ),
    re.compile(r"^.{0,60}?\b(?:aims|aimed|sought|designed|conducted|undertaken|performed) to (\w)", re.IGNORECASE),
]


def held_out(name: str) -> bool:
    """Whether a document is one of the tenth that is not trained on."""
    return int(digest(name, 8), 16) % 10 == 0


def abstracts(archive: Path) -> Iterator[tuple[str, Abstract]]:
    """Each article's name and its structured abstract, if it has one of three headings or more."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, recover=True)
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda entry: entry.name):
            file = tar.extractfile(member)
            if file is None:
                continue
            root = etree.fromstring(file.read(), parser)
            for abstract in root.iterfind(".//abstract"):
                labelled = list(_labelled(abstract)) if abstract.get("abstract-type") is None else []
                if len(labelled) >= 4 and len({section for _, section in labelled}) >= 3:
                    yield Path(member.name).stem, labelled


def _labelled(abstract: etree._Element) -> Iterator[tuple[str, str | None]]:
    for section in abstract.iter("sec"):
        title = section.find("title")
        name = _text(title).rstrip(":. ") if title is not None else ""
        allowed = meaning(name)
        if not allowed or _ASIDE.search(name):
            continue
        for paragraph in section.iterfind("p"):
            text = _text(paragraph)
            for start, end in sentences(text):
                yield text[start:end], allowed[0] if len(allowed) == 1 else None


def _text(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def shapes(abstract: Abstract, chance: random.Random) -> Iterator[Abstract]:
    """The abstract, and others that it stands for: excerpts, shorter ones, others without its background."""
    yield abstract
    for length in (1, 1, 2, 3):  # an excerpt has no place to go by
        start = chance.randrange(max(1, len(abstract) - length))
        yield abstract[start : start + length]
    for most in (1, 2):
        yield list(_short(abstract, most, chance))
    opening = 0
    while opening < len(abstract) and abstract[opening][1] in (BACKGROUND, OBJECTIVE):
        opening += 1
    if not opening:
        return
    (text, section), rest = abstract[opening - 1], abstract[opening:]
    if section == OBJECTIVE:
        if opening > 1:
            yield abstract[opening - 1 :]
    elif _AIMS.search(text):
        yield [(text, OBJECTIVE), *rest]
        if found := next((match for pattern in _TO if (match := pattern.search(text))), None):
            short = ("To " + text[found.start(1) :], OBJECTIVE)
            yield [short, *rest]
            yield [*abstract[: opening - 1], short, *rest]
    elif chance.random() < 0.3:
        yield rest


def _short(abstract: Abstract, most: int, chance: random.Random) -> Iterator[tuple[str, str | None]]:
    """At most so many sentences of each of its sections, in their order."""
    for _, run in groupby(abstract, key=lambda pair: pair[1]):
        sentences_of_it = list(run)
        places = sorted(chance.sample(range(len(sentences_of_it)), min(most, len(sentences_of_it))))
        yield from (sentences_of_it[place] for place in places)


def train(documents: Iterable[Abstract]) -> SectionModel:
    """The weights that crfsuite finds, rounded."""
    trainer = pycrfsuite.Trainer(verbose=False)
    chance = random.Random(1)
    for document in documents:
        # Open-access journals seldom part the aim from the background, as others do: those that do count twice.
        times = 2 if any(section == OBJECTIVE for _, section in document) else 1
        for shape in chain.from_iterable(shapes(document, chance) for _ in range(times)):
            _append(trainer, shape, chance)
    trainer.set_params(
        {"c1": 0.0, "c2": REGULARISATION, "max_iterations": 200, "feature.minfreq": 2,
         "feature.possible_transitions": True}
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
        tagger.close()
    rows: dict[str, list[float]] = {}
    for (feature, section), weight in info.state_features.items():
        rows.setdefault(feature, [0.0] * len(SECTIONS))[SECTIONS.index(section)] = weight
    weights = {}
    for feature, row in sorted(rows.items()):
        # Only differences count: centred on the mean, most weights of most features round to nothing.
        mean = sum(row) / len(row)
        if max(abs(weight - mean) for weight in row) >= SMALLEST:
            weights[feature] = pack([round((weight - mean) * SCALE) for weight in row])
    follows = tuple(
        tuple(round(info.transitions.get((before, after), 0.0) * SCALE) for after in SECTIONS) for before in SECTIONS
    )
    return SectionModel(weights, follows)


def _append(trainer: pycrfsuite.Trainer, abstract: Abstract, chance: random.Random) -> None:
    """A sequence for each run of sentences whose section is known."""
    run: list[tuple[list[str], str]] = []
    seen = features([(text, fold(text)) for text, _ in abstract])
    words = sorted({feature for own in seen for feature in own if feature[0] not in "#@<>"})
    forgotten = {word for word in words if chance.random() < FORGOTTEN}
    for place, (_, section) in enumerate(abstract):
        if section is not None:
            run.append((sorted(seen[place] - forgotten), section))
        if run and (section is None or place == len(abstract) - 1):
            trainer.append([seen for seen, _ in run], [known for _, known in run])
            run = []


def accuracy(model: SectionModel, documents: Iterable[Abstract]) -> tuple[int, float, float]:
    """Sentences, the share whose section is right, and the share when objective counts as background."""
    total = right = merged = 0
    everything = range(len(SECTIONS))
    for document in documents:
        rows = model.scores([(text, fold(text)) for text, _ in document])
        for (_, known), guess in zip(document, model.best(rows, [everything] * len(rows)), strict=True):
            if known is not None:
                pair = {known, SECTIONS[guess]}
                total += 1
                right += len(pair) == 1
                merged += len(pair) == 1 or pair == {BACKGROUND, OBJECTIVE}
    return total, right / total, merged / total


def write(model: SectionModel, file: Path) -> None:
    """Lines: five of transitions, then a feature, a tab and its weights; the same bytes for the same model."""
    lines = [" ".join(map(str, row)) for row in model.follows]
    lines += [f"{feature}\t{' '.join(map(str, unpack(packed)))}" for feature, packed in sorted(model.weights.items())]
    file.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))


def main(archive: Path) -> None:
    documents = list(abstracts(archive))
    seen = [abstract for name, abstract in documents if not held_out(name)]
    unseen = [abstract for name, abstract in documents if held_out(name)]
    write(train(seen), FILE)
    shipped.cache_clear()
    model = shipped()
    print(f"{len(model.weights):,} features, {FILE.stat().st_size:,} bytes")
    for name, part in (("seen", seen), ("unseen", unseen)):
        count, five, merged = accuracy(model, part)
        print(f"{name}: {len(part)} documents, {count} sentences, five {five:.3f}, merged {merged:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
