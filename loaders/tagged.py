"""Formats of tagged lines: RIS, MEDLINE, Web of Science. A value may run on over further lines."""

import re
from collections.abc import Iterator

from loaders.text import clean


class Tagged:
    """The tags and values of one record, in order.

    >>> record = Tagged("TI  - A\\n      title\\nKW  - one\\ntwo\\n", r"([A-Z][A-Z0-9])  ?- ?(.*)")
    >>> record.first("T1", "TI"), record.lines("KW"), record.left(frozenset({"TI"}))
    ('A title', ('one', 'two'), ('KW',))
    """

    def __init__(self, text: str, line: str) -> None:
        """`line` matches a line that begins a value: its tag and the value's first line are groups 1 and 2."""
        self.pairs: list[tuple[str, list[str]]] = []
        tag = re.compile(line)
        for row in filter(None, map(str.rstrip, text.split("\n"))):
            if match := tag.fullmatch(row):
                self.pairs.append((match[1].strip(), [match[2].strip()]))
            elif self.pairs:
                self.pairs[-1][1].append(row.strip())

    def all(self, *tags: str) -> tuple[str, ...]:
        """The values of some tags in the record's order, each on one line."""
        return tuple(value for tag, rows in self.pairs if tag in tags and (value := clean(" ".join(rows))))

    def first(self, *tags: str) -> str | None:
        """The first value of the first of the tags that has one."""
        return next((value for tag in tags for value in self.all(tag)), None)

    def lines(self, *tags: str) -> tuple[str, ...]:
        """The lines of some tags' values, for tags that have one value a line."""
        return tuple(row for tag, rows in self.pairs if tag in tags for row in rows if row)

    def prose(self, *tags: str) -> str | None:
        """The first value of the first tag that has one, with the lines that end as sentences do."""
        for tag in tags:
            for name, rows in self.pairs:
                if name == tag and any(rows):
                    return "\n".join(_sentences(rows)).strip() or None
        return None

    def left(self, taken: frozenset[str]) -> tuple[str, ...]:
        """The tags that hold something and are not among those taken."""
        return tuple(dict.fromkeys(tag for tag, rows in self.pairs if any(rows) and tag not in taken))


def _sentences(rows: list[str]) -> Iterator[str]:
    whole = ""
    for row in rows:
        whole = f"{whole} {row}".strip()
        if row.endswith((".", ":", "?", "!")):
            yield whole
            whole = ""
    yield whole
