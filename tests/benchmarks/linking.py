"""How long linking takes, and that a second run changes nothing: `python -m tests.benchmarks.linking [RECORDS]`.

The records are made up: researchers in groups that publish together, whose names are as common as names are, in
several spellings, at institutions of the register; one record in ten describes a publication that another source
described before.
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter

from loaders.linking import Linker
from loaders.linking.frequencies import table
from loaders.linking.registry import registry
from loaders.record import Identifier, Organisation, Person, Publication, Record
from ontology.iris import Iris

IRIS = Iris("https://example.org/")
BATCH = 500
GROUP = 8


def records(number: int, seed: int = 1) -> Iterator[Record]:
    """Made-up records, the same for the same seed. There is a group of researchers for every three of them."""
    chance = random.Random(seed)
    families, given = (_names(kind, chance) for kind in ("family", "given"))
    words = sorted(table("word"))
    entries = registry().entries
    groups: list[list[tuple[str, str, Organisation]]] = []
    for _ in range(number // 3 + 1):
        home = chance.choice(entries)
        place = Organisation(f"Department of {chance.choice(words).title()}, {home.names[0]}, {home.city}")
        groups.append([(next(given), next(families), place) for _ in range(GROUP)])
    last: Record | None = None
    for count in range(number):
        if last and chance.random() < 0.1:
            yield Record(
                "openalex",
                f"{seed}-again-{count}",
                last.title,
                last.publication,
                identifiers=last.identifiers,
                people=last.people,
            )
            last = None
            continue
        group = chance.choice(groups)
        authors = chance.sample(group, chance.randint(1, 6))
        initials = chance.random() < 0.3
        people = tuple(
            Person(f"{g[0] if initials else g} {f}", "author", f, g[0] if initials else g, place, affiliations=(at,))
            for place, (g, f, at) in enumerate(authors, 1)
        )
        title = " ".join(chance.sample(words, 9)).capitalize()
        said = Publication(
            "journal-article", f"Journal of {chance.choice(words)}", issued=str(chance.randint(2000, 2025))
        )
        doi = Identifier("doi", f"10.5555/{seed}-{count}")
        last = Record("crossref", f"{seed}-{count}", title, said, identifiers=(doi,), people=people)
        yield last


def _names(kind: str, chance: random.Random) -> Iterator[str]:
    """Names: half of them common ones, as often as they are common; half rare."""
    common = table(kind)
    while True:
        for name in chance.choices(list(common), list(common.values()), k=1000):
            yield (
                name.title()
                if chance.random() < 0.5
                else name.title() + chance.choice(("son", "ova", "berg", "ini", "ez"))
            )


def main(number: int = 100_000) -> None:
    """Prints seconds: all at once, further records, and once more."""
    with tempfile.TemporaryDirectory() as folder:
        linker = Linker(Path(folder) / "links.sqlite", IRIS)
        start = perf_counter()
        delta = linker.rebuild(records(number))
        linker.commit()
        print(f"{number:,} records at once: {perf_counter() - start:.0f} s, {len(delta.added):,} statements")
        start = perf_counter()
        further = list(records(1000, seed=2))
        changed = 0
        for first in range(0, len(further), BATCH):
            delta = linker.update(further[first : first + BATCH], [])
            linker.commit()
            changed += len(delta.added) + len(delta.removed)
        print(f"1,000 further: {perf_counter() - start:.1f} s, {changed:,} statements")
        start = perf_counter()
        delta = linker.update(list(islice(records(number), 5000)), [])
        changed = len(delta.added) + len(delta.removed)
        print(f"5,000 known ones again: {perf_counter() - start:.1f} s, {changed} statements")
        linker.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
