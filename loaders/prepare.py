"""One entry's bytes to the graphs of its record: a pure function, the same in whatever process or machine."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from loaders import evidence, triples
from loaders.archive import content_hash
from loaders.evidence import Annotator
from loaders.evidence.corrections import Correction, corrected
from loaders.record import Evidence, Record, Unreadable
from loaders.sources import SOURCES
from ontology.iris import Iris


@dataclass(frozen=True, slots=True)
class Recipe:
    """Whatever the graphs of a record depend on beside its bytes.

    `themes` is a SKOS file of the operator's own themes, beside ours. `corrections` are people's, by source
    and key.
    """

    base: str
    keep_emails: bool = False
    themes: Path | None = None
    corrections: Mapping[tuple[str, str], tuple[Correction, ...]] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        """What reads a record, by source: changes whenever the same bytes would give another graph."""
        own = f"+themes {content_hash(self.themes.read_bytes())[:12]}" if self.themes else ""
        emails = "+emails" if self.keep_emails else ""
        return {s.NAME: f"{s.VERSION}+{evidence.VERSION}+{triples.VERSION}{own}{emails}" for s in SOURCES}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its named graphs: graph IRI to N-Triples statements."""

    record: Record
    graphs: dict[str, list[str]]


@cache
def annotator(themes: Path | None) -> Annotator:
    """One a process: it takes a moment to make."""
    return Annotator(themes)


def read(source: str, raw: bytes) -> Record:
    """The record that an entry's bytes hold. Raises Unreadable, saying why."""
    reader = next(s for s in SOURCES if source == s.NAME)
    try:
        return reader.read(raw)
    except RecursionError:
        raise Unreadable("is nested too deeply to be a record of this kind") from None


def annotated(record: Record, recipe: Recipe) -> tuple[tuple[Evidence, ...], tuple[Correction, ...]]:
    """A record's evidence with people's corrections applied, and these corrections."""
    found = annotator(recipe.themes).annotate(record)
    return corrected(record, found, recipe.corrections.get((record.source, record.key), ()))


def prepare(source: str, raw: bytes, content_hash: str, recipe: Recipe) -> Prepared:
    """The record that an entry's bytes hold, and its graphs. Raises Unreadable, saying why."""
    record = read(source, raw)
    found, corrections = annotated(record, recipe)
    graphs = triples.graphs(
        record,
        found,
        annotator(recipe.themes).methods(record),
        content_hash,
        Iris(recipe.base),
        corrections=corrections,
        versions=(next(s.VERSION for s in SOURCES if source == s.NAME), evidence.VERSION),
        keep_emails=recipe.keep_emails,
    )
    return Prepared(record, graphs)


def prepare_all(work: list[tuple[str, bytes, str]], recipe: Recipe) -> list[Prepared | str]:
    """`prepare` over a chunk of (source, raw, hash); a reason in words where an entry is unreadable."""
    results: list[Prepared | str] = []
    for source, raw, hash_ in work:
        try:
            results.append(prepare(source, raw, hash_, recipe))
        except Unreadable as error:
            results.append(str(error))
        except Exception as error:
            # A fault of ours in one record must not end the load of all the others.
            where = traceback.extract_tb(error.__traceback__)[-1]
            results.append(
                f"the reader failed ({type(error).__name__}: {error}; {Path(where.filename).name}:{where.lineno})"
            )
    return results
