"""The page on which a person asks the graph in SPARQL: a form, examples, and the answer as a table."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

import queries
from ontology.terms import PREFIXES
from service.pages.description_page import Value, Words, names
from service.pages.render import knowledge, page
from service.pages.words import thousands
from service.problem import Problem
from service.sparql import explain, guard
from service.workers.query import Query, QueryError, Term, term

router = APIRouter(include_in_schema=False)

SHOWN = 500
"""Rows that the page shows; the endpoint gives them all."""
LARGEST = 8 << 20
"""Bytes of an answer that the page reads."""
FIRST = "example_theme"
LONGEST_LINK = 4000


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as the page shows it: a truth value, a text of triples, or rows."""

    heading: str
    truth: bool | None = None
    text: str | None = None
    variables: list[str] = field(default_factory=list)
    rows: list[list[Value]] = field(default_factory=list)
    cut: bool = False
    shown: int = 0
    links: list[dict[str, str]] = field(default_factory=list)


@router.get("/query")
async def asked(request: Request) -> Response:
    """The form, and the answer to `?query=` where it is given."""
    return await _show(request, request.query_params.get("query"))


@router.post("/query")
async def posted(request: Request) -> Response:
    """The form as it is sent: no query is too long for a URL."""
    limit = request.app.state.settings.query_bytes
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > 4 * limit:
            raise Problem(413, "Text too large", f"{limit} bytes are allowed.")
    request._body = body
    given = (await request.form()).get("query")
    return await _show(request, given if isinstance(given, str) else None)


async def sparql_page(request: Request) -> Response:
    """What a browser gets at /sparql, where programs find the service description."""
    return await _show(request, None)


async def _show(request: Request, text: str | None) -> Response:
    answer, problem = None, None
    if text and text.strip():
        try:
            answer = await _answer(request, text)
        except Problem as error:
            problem = error
        except QueryError as error:
            problem = explain.failure(text, error)
    shown = page(
        request,
        "sparql.html",
        title="SPARQL",
        section="/query",
        text=(text or example(FIRST)).replace("\r\n", "\n"),
        answer=answer,
        problem=problem,
        hints=list(explain.misspelt(text)) if text and answer else [],
        examples=[{"label": queries.load(n).title, "href": _link(example(n))} for n in examples()],
        prefixes=sorted(PREFIXES.items()),
        robots="noindex" if text else None,
    )
    shown.status_code = problem.status if problem else 200
    return shown


def examples() -> list[str]:
    """The queries that can be asked as they are: each of their parameters has a default."""
    return sorted((n for n in queries.names() if n.startswith("example_")), key=lambda n: (n != FIRST, n))


def example(name: str) -> str:
    """An example ready to ask, its title above it."""
    query = queries.load(name)
    return f"# {query.title}\n{query.bind()}\n"


def _link(text: str) -> str:
    return "/query?" + urlencode({"query": text})


async def _answer(request: Request, text: str) -> Shown:
    settings = request.app.state.settings
    guard.check(text, settings.query_bytes)
    if guard.reaches_out(text):
        raise Problem(403, "SERVICE is refused", "This endpoint asks no other endpoint.")
    client = request.client.host if request.client else ""
    async with await request.app.state.pool.run(Query(text, base=settings.base + "sparql"), client) as answer:
        body = answer.body
        async for piece in answer.rest():
            body += piece
            if len(body) > LARGEST:
                raise Problem(413, "Too much for a page", "Add LIMIT, or ask /sparql from a program.")
    if answer.form == "graph":
        shown, cut = _turtle(body.decode())
        heading = "The graph of this answer, in Turtle"
        return Shown(heading, text=shown, cut=cut, shown=SHOWN, links=_forms(text, "graph"))
    found = orjson.loads(body)
    if "boolean" in found:
        return Shown("Is it so?", truth=found["boolean"], links=_forms(text, "ask"))
    return await _table(request, found, _forms(text, "select"))


def _turtle(text: str) -> tuple[str, bool]:
    """The first lines of a graph after the prefixes that they need, and whether there are more."""
    lines = text.splitlines()
    prefixes = [line for line in lines if line.startswith("@prefix ")]
    said = [line for line in lines if not line.startswith("@prefix ")]
    shown = "\n".join(said[:SHOWN])
    used = set(re.findall(r"(?<![\w-])([\w-]*):", shown))
    return "\n".join([*(p for p in prefixes if p.split()[1].rstrip(":") in used), shown]), len(said) > SHOWN


async def _table(request: Request, found: dict[str, Any], links: list[dict[str, str]]) -> Shown:
    variables, bindings = found["head"]["vars"], found["results"]["bindings"]
    known = knowledge(request)
    rows = [{name: term(value) for name, value in row.items()} for row in bindings[:SHOWN]]
    words = Words(await names(known, rows), known.iris)
    count = f"{thousands(len(bindings))} row{'' if len(bindings) == 1 else 's'}"
    cells = [[_cell(row.get(v), words) for v in variables] for row in rows]
    return Shown(
        count if bindings else "Nothing in the graph answers this",
        variables=variables,
        rows=cells,
        cut=len(bindings) > SHOWN,
        shown=SHOWN,
        links=links,
    )


def _cell(value: Term | None, words: Words) -> Value:
    if value is None:
        return Value("")
    return Value(words.value(value), words.href(value.value) if value.kind == "uri" else None)


def _forms(text: str, form: str) -> list[dict[str, str]]:
    """Links to the same answer from the endpoint, where the query fits into one."""
    if len(text) > LONGEST_LINK:
        return []
    kinds = {"graph": ("turtle", "ntriples", "jsonld", "rdfxml"), "ask": ("json", "xml")}
    wanted = kinds.get(form, ("json", "csv", "tsv", "xml"))
    said = {"turtle": "Turtle", "ntriples": "N-Triples", "jsonld": "JSON-LD", "rdfxml": "RDF/XML"}
    address = "/sparql?" + urlencode({"query": text})
    forms = [{"label": said.get(kind, kind.upper()), "href": f"{address}&format={kind}"} for kind in wanted]
    return [*forms, {"label": "this page", "href": _link(text)}]
