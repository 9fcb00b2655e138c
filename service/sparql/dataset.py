"""The dataset's description for catalogues and crawlers: VoID with what it is made of, DCAT with where it is."""

import asyncio
from collections.abc import Awaitable, Callable

import pyoxigraph as ox
from fastapi import APIRouter, Request
from starlette.responses import Response

from ontology.terms import PREFIXES
from service.problem import Problem
from service.settings import Settings
from service.sparql import formats
from service.sparql.routes import problem_answers
from service.workers.engine import TRIPLES
from service.workers.query import QueryError, Term

router = APIRouter(tags=["SPARQL"])

Ask = Callable[[str], Awaitable[list[dict[str, Term]]]]
PARTS = {
    "classes": ("void:classPartition", "void:class", "SELECT ?of (COUNT(*) AS ?n) { ?s a ?of } GROUP BY ?of"),
    "properties": (
        "void:propertyPartition",
        "void:property",
        "SELECT ?of (COUNT(*) AS ?n) { ?s ?of ?o } GROUP BY ?of",
    ),
}
"""A statistic's link, its key and its query. VoID, https://www.w3.org/TR/void/#statistics."""
COUNTED = {"classes": "void:entities", "properties": "void:triples"}


class Statistics:
    """The partitions of the dataset, counted once for each revision of the graph, and by one query at a time."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._counting = asyncio.Lock()
        self._revision = -1
        self._counts: dict[str, dict[str, int]] = {}

    async def at(self, revision: int) -> dict[str, dict[str, int]]:
        """Counts by class and by property; what takes too long to count is left out."""
        async with self._counting:
            if revision != self._revision:
                self._counts = {}
                for name, (_, _, query) in PARTS.items():
                    try:
                        rows = await self._ask(query)
                    except QueryError:
                        continue
                    self._counts[name] = {row["of"].value: int(row["n"].value) for row in rows if "of" in row}
                self._revision = revision
        return self._counts


def turtle(settings: Settings, counts: dict[str, dict[str, int]]) -> str:
    """The description as Turtle."""
    base = settings.base
    of_dataset = []
    if "properties" in counts:
        of_dataset.append(f"  void:triples {sum(counts['properties'].values())} ;")
    of_dataset += [f"  void:{name} {len(found)} ;" for name, found in sorted(counts.items())]
    for name, found in sorted(counts.items()):
        link, key, _ = PARTS[name]
        of_dataset += [f"  {link} [ {key} <{iri}> ; {COUNTED[name]} {n} ] ;" for iri, n in sorted(found.items())]
    used = "\n".join(f"  void:vocabulary <{iri}> ;" for iri in sorted(set(PREFIXES.values())))
    return f"""
@prefix void: <http://rdfs.org/ns/void#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<{base}.well-known/void#dataset> a void:Dataset, dcat:Dataset ;
  dcterms:title "Evidence Graph"@en ;
  dcterms:description "Which studies report it, who ran them, who reviewed them, with the sentence that says so."@en ;
  void:sparqlEndpoint <{base}sparql> ;
  void:uriSpace "{base}" ;
{used}
{chr(10).join(of_dataset)}
  dcat:distribution <{base}.well-known/void#sparql> .
<{base}.well-known/void#sparql> a dcat:Distribution ;
  dcterms:title "SPARQL endpoint"@en ;
  dcat:accessURL <{base}sparql> ;
  dcat:accessService <{base}.well-known/void#service> .
<{base}.well-known/void#service> a dcat:DataService ;
  dcterms:title "SPARQL 1.1 Protocol"@en ;
  dcterms:conformsTo <http://www.w3.org/TR/sparql11-protocol/> ;
  dcat:endpointURL <{base}sparql> ;
  dcat:endpointDescription <{base}sparql> ;
  dcat:servesDataset <{base}.well-known/void#dataset> .
"""


@router.head("/.well-known/void", include_in_schema=False)
@router.get(
    "/.well-known/void",
    response_class=Response,
    responses={
        200: {"description": "RDF", "content": {medias[0]: {} for medias in formats.GRAPHS.values()}},
        **problem_answers({400: "Unknown format", 406: "No acceptable format"}),
    },
)
async def void(request: Request, format: str | None = None) -> Response:  # noqa: A002 - the parameter's name
    """What the dataset is made of (VoID) and where it can be had (DCAT)."""
    try:
        wished = formats.wish(request.headers.get("accept"), format).graphs
    except formats.UnknownFormat as unknown:
        raise Problem(400, "Unknown format", str(unknown)) from None
    if wished is None:
        raise Problem(406, "No acceptable format", "A description of a dataset is RDF.")
    state = request.app.state
    counts = await state.statistics.at(state.pool.revision)
    triples = [q.triple for q in ox.parse(input=turtle(state.settings, counts), format=ox.RdfFormat.TURTLE)]
    content = ox.serialize(triples, format=TRIPLES[wished.name], prefixes=PREFIXES)
    return Response(content, headers={"content-type": wished.content_type, "vary": "accept"})
