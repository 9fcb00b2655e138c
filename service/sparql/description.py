"""What the SPARQL service says of itself: a SPARQL 1.1 Service Description, with its limits in words."""

import pyoxigraph as ox
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ontology.terms import PREFIXES
from service.problem import Problem
from service.settings import Settings
from service.sparql import fields, formats
from service.workers.engine import BINDINGS, GRAPHS, TRIPLES

W3C = "http://www.w3.org/ns/formats/"
BINDING_FORMATS = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}
GRAPH_FORMATS = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON-LD",
    "nquads": "N-Quads",
    "trig": "TriG",
    "n3": "N3",
}
"""Names in the W3C's list of formats, http://www.w3.org/ns/formats/."""


def turtle(settings: Settings) -> str:
    """The description as Turtle."""
    merged = settings.default_graph == "merge"
    features = ["sd:EmptyGraphs"] + ["sd:UnionDefaultGraph"] * merged
    features += ["sd:BasicFederatedQuery"] * bool(settings.services)
    results = [f"<{W3C}{(BINDING_FORMATS | GRAPH_FORMATS)[name]}>" for name in (*BINDINGS, *GRAPHS)]
    inputs = [f"<{W3C}{GRAPH_FORMATS[name]}>" for name in GRAPHS]
    limits = (
        f"A query may take {settings.query_timeout:g} s and {settings.query_memory} MiB of memory; its text may "
        f"have {settings.query_bytes} bytes and its answer {settings.result_bytes}. {settings.queue_length} "
        f"queries may wait, each for {settings.queue_wait:g} s. What exceeds a limit is answered 413, 503, 504 "
        "or 507, or broken off; what is complete is whole."
    )
    default = "All named graphs, each triple once." if merged else "A graph of its own beside the named graphs."
    return f"""
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<{settings.base}sparql#service> a sd:Service ;
  sd:endpoint <{settings.base}sparql> ;
  sd:supportedLanguage sd:SPARQL11Query, sd:SPARQL11Update ;
  sd:feature {", ".join(features)} ;
  sd:resultFormat {", ".join(results)} ;
  sd:inputFormat {", ".join(inputs)} ;
  rdfs:comment "{limits}"@en ;
  sd:defaultDataset <{settings.base}sparql#dataset> .
<{settings.base}sparql#dataset> a sd:Dataset ;
  dcterms:title "Evidence Graph" ;
  rdfs:seeAlso <{settings.base}.well-known/void> ;
  sd:defaultGraph <{settings.base}sparql#default> .
<{settings.base}sparql#default> a sd:Graph ; dcterms:description "{default}"@en .
"""


class Description:
    """Answers with a graph in the syntax that is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._triples = [q.triple for q in ox.parse(input=turtle(settings), format=ox.RdfFormat.TURTLE)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        named = fields.one(fields.decode(scope["query_string"]), "format")
        try:
            wished = formats.wish(headers.get("accept"), named).graphs
        except formats.UnknownFormat as unknown:
            raise Problem(400, "Unknown format", str(unknown)) from None
        if wished is None:
            raise Problem(406, "No acceptable format", "Without a query the service describes itself, in RDF.")
        content = ox.serialize(self._triples, format=TRIPLES[wished.name], prefixes=PREFIXES)
        response = Response(content, headers={"content-type": wished.content_type, "vary": "accept"})
        await response(scope, receive, send)
