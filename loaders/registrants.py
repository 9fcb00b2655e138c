"""Registrants of DOIs that are known, and whether their suffixes hold slashes: `registrants.tsv`.

    python -m loaders.registrants FOLDER

counts them anew over whatever files lie in a folder: a registrant (without "10."), how many different DOIs of it there
are, and how many of these have a slash in their suffix.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from loaders import inputs

FILE = "registrants.tsv"
ENOUGH = 20
"""Different DOIs of a registrant from which it can be said how its suffixes look."""
RARELY = 0.01
"""Share of suffixes with a slash below which a registrant is held to use none."""
_FOUND = re.compile(r"\b10\.([0-9]{4,9})/([^\s\"'<>|\\,;}\]&%?]*[a-z0-9])", re.IGNORECASE)


@cache
def registrants() -> dict[str, tuple[int, int]]:
    """Registrant to the number of its DOIs that were seen, and of those with a slash in the suffix."""
    rows = (line.split("\t") for line in files("loaders").joinpath(FILE).read_text("ascii").splitlines())
    return {registrant: (int(number), int(slashed)) for registrant, number, slashed in rows}


def known(registrant: str) -> bool:
    """Whether a registrant, without "10.", was ever seen."""
    return registrant in registrants()


def plain(registrant: str) -> bool:
    """Whether a registrant's suffixes are known to hold no slash."""
    number, slashed = registrants().get(registrant, (0, 0))
    return number >= ENOUGH and slashed <= RARELY * number


def count(texts: Iterable[str]) -> str:
    """The table of the DOIs in some texts."""
    seen = {match.groups() for text in texts for match in _FOUND.finditer(text.lower())}
    numbers: dict[str, list[int]] = {}
    for registrant, suffix in seen:
        row = numbers.setdefault(registrant, [0, 0])
        row[0] += 1
        row[1] += "/" in suffix
    return "".join(f"{registrant}\t{row[0]}\t{row[1]}\n" for registrant, row in sorted(numbers.items()))


def main(folder: Path) -> None:
    """Writes the table."""
    Path(__file__).with_name(FILE).write_text(count(_texts(folder)), "ascii")


def _texts(folder: Path) -> Iterator[str]:
    for path in inputs.files([folder]):
        with inputs.opened(path) as within:
            for item in within:
                if not isinstance(item, inputs.Broken):
                    yield item.stream.read().decode("utf-8", "replace")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
