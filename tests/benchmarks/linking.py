"""How long linking takes, and that a second run changes nothing: `python -m tests.benchmarks.linking [RECORDS]`.

Many records are linked as a load does it, but in one process and without a graph to write to. The records are made up:
researchers in groups that publish together, whose names are as common as names are, in several spellings, at
institutions of the register; one record in ten describes a publication that another source described before.
"""

import os
import random
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from loaders.linking import Delta, Linker
from loaders.linking.frequencies import table
from loaders.linking.registry import registry
from loaders.record import Identifier, Organisation, Person, Publication, Record
from loaders.resolving import SLICE
from ontology.iris import Iris

IRIS = Iris("https://example.org/")
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


@contextmanager
def timed(what: str) -> Iterator[list[int]]:
    """Prints what a piece of work took; the work appends how many statements it changed."""
    start, worked = perf_counter(), process_time()
    statements: list[int] = []
    yield statements
    print(
        f"{what}: {process_time() - worked:.1f} s of processor time, {perf_counter() - start:.1f} s by the clock "
        f"(load {os.getloadavg()[0]:.1f}), {sum(statements):,} statements; "
        f"so far at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:,} MiB",
        flush=True,
    )


def main(number: int = 100_000) -> None:
    """Prints what it takes to link all at once, further records, and known ones once more."""
    with tempfile.TemporaryDirectory() as folder:
        linker = Linker(Path(folder) / "links.sqlite", IRIS)
        with timed(f"{number:,} records at once") as statements:
            every = records(number)
            while some := list(islice(every, SLICE)):
                statements.append(_changed(linker.update(some, put_off=True)))
                linker.commit()
            while linker.unsettled:
                statements.append(_changed(linker.settle()))
                linker.commit()
        with timed("1,000 further") as statements:
            statements.append(_changed(linker.update(list(records(1000, seed=2)))))
            linker.commit()
        with timed("5,000 known ones again") as statements:
            statements.append(_changed(linker.update(list(islice(records(number), 5000)))))
        linker.close()


def _changed(delta: Delta) -> int:
    return len(delta.removed) + len(delta.added)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
