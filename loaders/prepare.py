"""One entry's bytes to the graphs of its record: a pure function, the same in whatever process or machine."""

from dataclasses import dataclass
from functools import cache

from loaders import evidence, triples
from loaders.evidence import Annotator
from loaders.record import Record, Unreadable
from loaders.sources import SOURCES
from ontology.iris import Iris


@dataclass(frozen=True, slots=True)
class Recipe:
    """Whatever the graphs of a record depend on beside its bytes."""

    base: str
    keep_emails: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its named graphs: graph IRI to N-Triples statements."""

    record: Record
    graphs: dict[str, list[str]]


@cache
def _annotator() -> Annotator:
    """One a process: it takes a moment to make."""
    return Annotator()


@cache
def readers() -> dict[str, str]:
    """What read a record, by source: changes whenever the same bytes would give another graph."""
    return {s.NAME: f"{s.VERSION}+{evidence.VERSION}+{triples.VERSION}" for s in SOURCES}


def prepare(source: str, raw: bytes, content_hash: str, recipe: Recipe) -> Prepared:
    """The record that an entry's bytes hold, and its graphs. Raises Unreadable, saying why."""
    reader = next(s for s in SOURCES if source == s.NAME)
    try:
        record = reader.read(raw)
    except RecursionError:
        raise Unreadable("is nested too deeply to be a record of this kind") from None
    annotator = _annotator()
    graphs = triples.graphs(
        record,
        annotator.annotate(record),
        annotator.methods(record),
        content_hash,
        Iris(recipe.base),
        versions=(reader.VERSION, evidence.VERSION),
        keep_emails=recipe.keep_emails,
    )
    return Prepared(record, graphs)


def prepare_all(work: list[tuple[str, bytes, str]], recipe: Recipe) -> "list[Prepared | str]":
    """`prepare` over a chunk of (source, raw, hash); a reason in words where an entry is unreadable."""
    results: list[Prepared | str] = []
    for source, raw, content_hash in work:
        try:
            results.append(prepare(source, raw, content_hash, recipe))
        except Unreadable as error:
            results.append(str(error))
    return results
