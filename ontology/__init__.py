"""The language of the graph: classes, properties, vocabularies, themes, shapes, and the IRIs that are minted."""

from codecs import BOM_UTF8
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from ontology.terms import EVG, OWN, RDF, SKOS

FOLDER = Path(__file__).parent
FILES = {
    f"{OWN}ns": ("evidencegraph.ttl", "vocabularies.ttl"),
    f"{OWN}theme": ("themes.ttl",),
}
"""The named graphs that hold the language itself, so that labels and hierarchies can be queried."""


@cache
def graphs() -> dict[str, list[str]]:
    """The language as named graphs: graph IRI to N-Triples statements, sorted."""
    found = {}
    for name, files in FILES.items():
        quads = (q for file in files for q in ox.parse(path=FOLDER / file, format=ox.RdfFormat.TURTLE))
        found[name] = sorted({str(q.triple) for q in quads})
    return found


def own_themes(file: Path) -> list[str]:
    """An operator's own SKOS themes as statements, sorted: each concept a theme of ours too, and what is narrower than
    another said of both.

    Raises OSError, ValueError (an ending that is no RDF syntax) or SyntaxError.
    """
    syntax = ox.RdfFormat.from_extension(file.suffix.lstrip("."))
    if syntax is None:
        raise ValueError(f"{file}: use .ttl, .nt, .rdf or .jsonld for a concept scheme")
    found = set()
    for quad in ox.parse(file.read_bytes().removeprefix(BOM_UTF8), format=syntax):
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode):
            found.add(str(quad.triple))
            if quad.predicate.value == SKOS.narrower and isinstance(quad.object, ox.NamedNode):
                found.add(f"{quad.object} <{SKOS.broader}> {quad.subject}")
            if quad.predicate.value == RDF.type and quad.object == ox.NamedNode(SKOS.Concept):
                found.add(f"{quad.subject} {quad.predicate} <{EVG.Theme}>")
    return sorted(found)
