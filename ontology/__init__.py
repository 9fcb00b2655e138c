"""The language of the graph: classes, properties, vocabularies, themes, shapes, and the IRIs that are minted."""

from functools import cache
from pathlib import Path

import pyoxigraph as ox

from ontology.terms import OWN

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
