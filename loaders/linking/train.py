"""Makes the model of persons: `data/frequencies.tsv` and `data/person_model.json`.

    python -m loaders.linking.train FOLDER

FOLDER holds records of any kind that the readers know. Labelled pairs come out of them by themselves:

- the same person: one ORCID iD in two documents; or names that fit in two documents that share two or more further
  names (an "anchor": company itself is then left out of the fit, as it chose the pair);
- two persons: different ORCID iDs under one block; or two mentions with different family names in documents that
  share no name ("namesakes": what two people who happened to bear one name would look like).

What such pairs can teach (places, topic, journal, years, e-mail) is fitted by logistic regression with a Gaussian
prior around PRIOR; what they cannot (names, company) stays as PRIOR has it. Whole family names are held out for the
figures that are printed. Needs numpy, which only this script does.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import log, log1p
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from loaders import inputs
from loaders.linking import frequencies, person_model
from loaders.linking.nodes import Nodes
from loaders.linking.people import People
from loaders.linking.personal_names import family_key, parse
from loaders.linking.things import Node, content_words, document, read_document
from loaders.record import Record, Unreadable
from loaders.sources import detect
from ontology.iris import Iris, digest

HERE = Path(__file__).parent
PRIOR = {
    "bias": 2.0,
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
    "common family name": -2.5,
    "common full name": -1.0,
    "common name and initial": -0.5,
    "company": 2.3,
    "no company": -1.1,
    "places known": -1.8,
    "places": 9.0,
    "institution": 0.5,
    "other institution": -0.5,
    "mail": 5.0,
    "domain": 1.0,
    "journal": 1.1,
    "topic": 7.0,
    "years": -0.4,
}
"""Weights before any pair was seen."""
FITTED = ("places known", "places", "mail", "domain", "journal", "topic", "years")
SPREAD = 1.0
"""Standard deviation of the prior around PRIOR."""
ACCEPT = 0.85
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
                        except Unreadable:
                            continue
                except Unreadable:
                    continue
