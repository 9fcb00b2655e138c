"""The columns of tables of references: what tools call them, and what a user says of a table of other names."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from ontology.iris import normalise

COLUMNS: dict[str, tuple[str, ...]] = {
    "title": (
        "title",
        "article title",
        "document title",
        "primary title",
        "publication title article",
        "display name",
        "ti",
    ),
    "authors": (
        *("author full names", "authors", "author", "author names", "creators", "author s", "af", "au"),
        "authorships author display name",
    ),
    "year": ("year", "publication year", "published year", "pub year", "pubyear", "year published", "py"),
    "month": ("month", "published month"),
    "date": ("date", "publication date", "date published", "pubdate", "pd"),
    "journal": (
        *("journal", "source title", "journal book", "publication title", "journal title", "pubtitle", "so"),
        *("primary location source display name", "publication", "source"),
    ),
    "volume": ("volume", "vol", "vl"),
    "issue": ("issue", "number", "issue number", "is"),
    "article_number": ("art no", "article number", "article no", "ar"),
    "pages": ("pages", "page", "page range", "pagination"),
    "first_page": ("page start", "start page", "first page", "bp"),
    "last_page": ("page end", "end page", "last page", "ep"),
    "doi": ("doi", "doi link", "article doi", "di"),
    "pmid": ("pmid", "pubmed id", "pubmedid", "pm"),
    "pmcid": ("pmcid", "pmc id"),
    "wos": ("ut", "ut unique wos id"),
    "abstract": ("abstract", "abstract note", "abstract text", "ab", "summary"),
    "keywords": ("keywords", "author keywords", "manual tags", "tags", "keyword", "de"),
    "index_keywords": ("index keywords", "automatic tags", "mesh terms", "keywords plus"),
    "type": ("document type", "item type", "dt", "type", "publication type"),
    "language": ("language", "language of original document", "la"),
    "publisher": ("publisher", "pu"),
    "issn": ("issn", "issns", "sn"),
    "eissn": ("eissn", "e issn", "ei"),
    "url": ("url", "link", "links", "source url s", "articleurl", "plink"),
}
"""Our names of fields, and the column names (as `iris.normalise` folds them) that mean each, best first."""

_RANKS = {name: (field, rank) for field, names in COLUMNS.items() for rank, name in enumerate(names)}


def known(column: str) -> tuple[str, int] | None:
    """The field that a column's name means, and how well: 0 is best. None for a name of no known field."""
    return _RANKS.get(normalise(column)) or ((column, -1) if column in COLUMNS else None)


class BadColumns(ValueError):
    """What a user says of a table's columns cannot be followed. The message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a user says of a table: for fields of COLUMNS the name of the column that holds each, and the table's
    encoding where it is not UTF-8 ("cp1252" for older spreadsheets)."""

    fields: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None

    def renamed(self, header: list[str]) -> list[str]:
        """A header row with our own names for the columns that the user named.

        Raises BadColumns for a column that the table has not, with the nearest of those that it has.
        """
        present = {column.strip(): place for place, column in enumerate(header)}
        found = list(header)
        for name, column in self.fields.items():
            if column not in present:
                raise BadColumns(f"the table has no column {column!r} (for {name}){_near(column, list(present))}")
            found[present[column]] = name
        return found


def parse(text: str) -> Columns:
    """What `--columns` says: the path of a TOML file, or `field=Column name` parted by commas.

    A name with a comma stands in double quotes. In TOML the pairs stand at the top or in a table `[columns]`;
    `encoding` beside them names the table's encoding. Raises BadColumns, naming the field and the nearest known ones.

    >>> parse('title=Article Title,authors="Author(s), in order"').fields["authors"]
    'Author(s), in order'
    >>> parse("titel=Name")
    Traceback (most recent call last):
        ...
    loaders.columns.BadColumns: 'titel' is no field of a record: did you mean title?
    """
    path = Path(text)
    if text.endswith(".toml") or ("=" not in text and path.is_file()):
        pairs = _of_file(path)
    else:
        pairs = {}
        for part in next(csv.reader([_quoted(text)], skipinitialspace=True), []):
            name, equals, column = part.partition("=")
            if not equals or not column.strip():
                raise BadColumns(f"{part!r} is no pair of a field and a column: write title=Article Title")
            pairs[name.strip()] = column.strip()
    encoding = pairs.pop("encoding", None)
    for name in pairs:
        if name not in COLUMNS:
            raise BadColumns(f"{name!r} is no field of a record{_near(name, list(COLUMNS))}")
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            raise BadColumns(f"{encoding!r} is no known encoding: write cp1252, latin-1 or utf-16") from None
    if not pairs and encoding is None:
        raise BadColumns("no column is named: write title=Article Title, or a TOML file of such pairs")
    return Columns(pairs, encoding)


def _of_file(path: Path) -> dict[str, str]:
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadColumns(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadColumns(f'{path} is no TOML ({error}): write lines such as title = "Article Title"') from None
    inner = value.pop("columns", {})
    pairs = value | inner if isinstance(inner, dict) else value
    wrong = next((name for name, column in pairs.items() if not isinstance(column, str)), None)
    if wrong is not None:
        raise BadColumns(f'{wrong} in {path} is no text: write {wrong} = "Name of the column"')
    return pairs


def _quoted(text: str) -> str:
    """`a="b, c"` as the CSV value `"a=b, c"`."""
    parts = text.split('"')
    for place in range(1, len(parts) - 1, 2):
        head, comma, name = parts[place - 1].rpartition(",")
        parts[place - 1], parts[place] = head + comma, f'"{name.lstrip()}{parts[place]}"'
    return "".join(parts)


def _near(name: str, names: list[str]) -> str:
    """Which of the known names one may have meant, as the end of a sentence."""
    folded = {normalise(n): n for n in names}
    near = [folded[n] for n in get_close_matches(normalise(name), folded, 3, 0.5)]
    return f": did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(sorted(filter(None, names)))}"
