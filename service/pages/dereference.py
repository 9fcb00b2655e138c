"""Every IRI under the base answers: a page for a browser, triples for a program.

Which of them follows from the Accept header, or from an ending: `/study/iras/146257.ttl`. A thing's triples are
those with it as subject or object; a record's are its two graphs, a graph's its own. All of one family of IRIs
are paths on this server, so the families are its routes.
"""

import asyncio
from collections.abc import Iterable
from typing import Annotated

import pyoxigraph as ox
from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ontology.terms import PREFIXES
from service.accept import accepted
from service.answers import Knowledge, NotKnown, organisations, people
from service.answers.common import named, url_of
from service.pages.description_page import Row, of_graphs, statements
from service.pages.render import knowledge, tag, unchanged
from service.pages.thing_pages import SHOW, signposts
from service.workers.query import Term

router = APIRouter(include_in_schema=False)

HTML = "text/html"
SYNTAXES: dict[str, tuple[str, ox.RdfFormat]] = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}
"""Ending to media type and the engine's name of it."""
OFFERS = {media: ending for ending, (media, _) in SYNTAXES.items()} | {"application/json": "jsonld"}
"""Media type to ending. Who asks for JSON gets JSON-LD, which is JSON."""


async def thing(request: Request, key: str, known: Annotated[Knowledge, Depends(knowledge)]) -> Response:
    """One thing, as what the request wants. Raises NotKnown."""
    noun = request.url.path.strip("/").partition("/")[0]
    stem, dot, ending = key.rpartition(".")
    # A DOI may end in ".ttl" too: then the thing of that name is meant, and its data have the ending twice.
    if dot and ending in SYNTAXES and not await statements_of(known, noun, key):
        return await data(request, known, noun, stem, ending)
    wanted = accepted(request.headers.get("accept"), [HTML, *OFFERS])
    if wanted is None:
        raise HTTPException(406, f"There are {', '.join([HTML, *OFFERS])}.")
    if wanted == HTML:
        return await SHOW[noun](request, known, key)
    return await data(request, known, noun, key, OFFERS[wanted])


async def statements_of(known: Knowledge, noun: str, key: str) -> list[Row]:
    """What the graph says of a thing; nothing for one that it does not know."""
    if noun == "graph":
        return await of_graphs(known, [named(noun, key, known.iris)])
    if noun == "record":
        return await of_graphs(
            known, [f"{known.iris.base}graph/{k}/{_encoded(known, key)}" for k in ("record", "evidence")]
        )
    return await statements(known, named(noun, key, known.iris))


def _encoded(known: Knowledge, key: str) -> str:
    return named("record", key, known.iris).removeprefix(f"{known.iris.base}record/")


async def data(request: Request, known: Knowledge, noun: str, key: str, ending: str) -> Response:
    """A thing's triples. Raises NotKnown."""
    media, syntax = SYNTAXES[ending]
    iri = named(noun, key, known.iris)
    path = url_of(iri, known.iris)
    page = f'<{path}>; rel="alternate"; type="{HTML}"'
    headers = {
        "ETag": tag(request, ending),
        "Vary": "Accept",
        "Cache-Control": "no-cache",
        "Link": ", ".join([f'<{iri}>; rel="describes"', page, *signposts(path)]),
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
    }
    if kept := unchanged(request, headers):
        return kept
    rows = await statements_of(known, noun, key)
    if not rows:
        return RedirectResponse(f"{await _present(known, noun, key)}.{ending}", 307)
    text = await asyncio.to_thread(serialised, rows, syntax)
    kind = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Response(text, headers=headers, media_type=kind)


async def _present(known: Knowledge, noun: str, key: str) -> str:
    """The page of the cluster that a former cluster's key leads to. Raises NotKnown."""
    if noun not in ("person", "organisation"):
        raise NotKnown(noun, key)
    look_up = people.person if noun == "person" else organisations.organisation
    found = await look_up(known, key)
    if found["key"] == key:
        raise NotKnown(noun, key)
    return str(found["url"])


def serialised(rows: Iterable[Row], syntax: ox.RdfFormat) -> bytes:
    """Rows of subject, predicate and object in a syntax, each statement once."""
    triples = dict.fromkeys(_triple(row) for row in rows)
    text = ox.serialize(triples, format=syntax, prefixes=PREFIXES)
    assert text is not None
    return text


def _triple(row: Row) -> ox.Triple:
    subject, predicate = row["subject"], row["predicate"]
    start = ox.BlankNode(subject.value) if subject.kind == "bnode" else ox.NamedNode(subject.value)
    return ox.Triple(start, ox.NamedNode(predicate.value), _node(row["object"]))


def _node(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if term.kind == "uri":
        return ox.NamedNode(term.value)
    if term.kind == "bnode":
        return ox.BlankNode(term.value)
    if term.language:
        return ox.Literal(term.value, language=term.language)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype) if term.datatype else None)


for family in SHOW:
    router.add_api_route(f"/{family}/{{key:path}}", thing, name=family)
