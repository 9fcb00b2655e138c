"""`evidence-graph check`: every record's graphs held against the shapes."""

from collections.abc import Callable, Iterator

import pyoxigraph as ox

from ontology.iris import Iris
from ontology.shapes import Violation, violations
from ontology.terms import DCAT, EVG, RDF
from service.settings import Settings
from service.store.folder import borrowed

_TYPE = ox.NamedNode(RDF.type)
_IN_CLUSTER = ox.NamedNode(EVG.inCluster)


def checked(settings: Settings, on_progress: Callable[[int], None]) -> tuple[list[Violation], int]:
    """The violations of every record in the newest state of the graph, and how many records there are."""
    found: list[Violation] = []
    records = 0
    with borrowed(settings.data) as snapshot:
        store = ox.Store.read_only(str(snapshot))
        iris = Iris(settings.base)
        for record in _records(store):
            found += violations(_around(store, iris, record))
            records += 1
            on_progress(records)
        del store
    return found, records


def _records(store: ox.Store) -> Iterator[str]:
    kind, default = ox.NamedNode(DCAT.CatalogRecord), ox.DefaultGraph()
    for quad in store.quads_for_pattern(None, ox.NamedNode(RDF.type), kind, default):
        if isinstance(quad.subject, ox.NamedNode):
            yield quad.subject.value


def _around(store: ox.Store, iris: Iris, record: str) -> Iterator[str]:
    """A record's two graphs, and what the resolution holds of the things named in them."""
    name = record.removeprefix(iris.base + "record/")
    resolution = ox.NamedNode(iris.resolution_graph)
    named: set[ox.NamedNode] = set()
    for kind in ("record", "evidence"):
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(f"{iris.base}graph/{kind}/{name}")):
            yield str(quad.triple)
            if isinstance(quad.subject, ox.NamedNode):
                named.add(quad.subject)
    for quad in store.quads_for_pattern(None, _TYPE, None, ox.NamedNode(f"{iris.base}graph/themes")):
        yield str(quad.triple)
    clusters: set[ox.NamedNode] = set()
    for node in named:
        for quad in store.quads_for_pattern(node, _IN_CLUSTER, None, resolution):
            yield str(quad.triple)
            if isinstance(quad.object, ox.NamedNode):
                clusters.add(quad.object)
    for cluster in clusters:
        for quad in store.quads_for_pattern(cluster, _TYPE, None, resolution):
            yield str(quad.triple)
