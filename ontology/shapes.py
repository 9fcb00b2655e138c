"""The shapes of the graph (`shapes.ttl`, SHACL), held against one record's graphs at a time.

One at a time, because what two sources say of the same thing may well differ: that is a conflict to be shown
side by side, not a fault of either record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SH

from ontology import FOLDER


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a shape forbids: the node it is about, the property ("" where none), what is wrong."""

    focus: str
    path: str
    value: str
    message: str


@cache
def _files() -> tuple[Graph, Graph]:
    shapes = Graph().parse(FOLDER / "shapes.ttl")
    language = Graph()
    for name in ("evidencegraph.ttl", "vocabularies.ttl", "themes.ttl"):
        language.parse(FOLDER / name)
    return shapes, language


def violations(statements: Iterable[str]) -> list[Violation]:
    """What the shapes find wrong in a graph given as N-Triples statements without their final dots."""
    shapes, language = _files()
    data = Graph().parse(data="".join(f"{s} .\n" for s in statements), format="nt")
    for kind in language.triples((None, RDF.type, None)):  # pyshacl takes only classes and properties from it
        data.add(kind)
    conforms, report, _ = validate(data, shacl_graph=shapes, ont_graph=language, advanced=True)
    if conforms or not isinstance(report, Graph):
        return []
    found = []
    for result in report.subjects(SH.focusNode):
        said = {p: report.value(result, p) for p in (SH.focusNode, SH.resultPath, SH.value, SH.resultMessage)}
        path = said[SH.resultPath]
        found.append(
            Violation(
                focus=str(said[SH.focusNode]),
                path=str(path) if isinstance(path, URIRef) else "",
                value=str(said[SH.value]) if said[SH.value] is not None else "",
                message=" ".join(str(said[SH.resultMessage] or "").split()),
            )
        )
    return sorted(found, key=lambda v: (v.focus, v.path, v.message))
