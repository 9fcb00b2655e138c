"""`evidence-graph query` and `stats`: read the newest state of the graph, also while it is being served."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from rich.console import Console
from rich.table import Table

from ontology.terms import PREFIXES
from service.problem import Problem
from service.settings import Settings
from service.sparql import explain, formats, guard
from service.store.folder import borrowed
from service.store.opening import make_pool
from service.workers.answer import Answer
from service.workers.pool import Pool
from service.workers.query import Query, QueryError

COUNTS = {
    "records": "?x a dcat:CatalogRecord",
    # One for each project, however many registrations and papers name it, as everywhere else.
    "studies": "?study a evg:Study ; evg:inCluster ?x",
    "registered_studies": "?study a evg:Study ; evg:inCluster ?x FILTER NOT EXISTS { ?study a evg:ImpliedStudy }",
    "publications": "?x a schema:ScholarlyArticle",
    "people": "?x a evg:PersonCluster",
    "organisations": "?x a evg:OrganizationCluster",
    "ethics_opinions": "?x a evg:EthicsOpinion",
    "themes_reported": "?study evg:reportsTheme ?x",
    "pieces_of_evidence": "?x a evg:Evidence",
    "triples": "?x ?p ?o",
}


class Failed(Exception):
    """A query without an answer; the message says where it is wrong or what was exceeded."""


def run(settings: Settings, text: str, form: str, out: Console) -> None:
    """Answer a query on standard output. `form`: "table" or a format of the SPARQL endpoint."""
    try:
        wish = formats.wish(None, "json" if form == "table" else form)
        guard.check(text, settings.query_bytes)
        query = Query(
            text,
            bindings=wish.bindings.name if wish.bindings else None,
            graphs="turtle" if form == "table" else wish.graphs.name if wish.graphs else None,
            base=settings.base,
        )
        asyncio.run(_print(settings, query, form, out))
        for hint in explain.misspelt(text):
            print(f"hint: {hint}", file=sys.stderr)
    except formats.UnknownFormat as error:
        raise Failed(str(error)) from None
    except Problem as problem:
        raise Failed(_in_words(problem)) from None
    except QueryError as error:
        raise Failed(_in_words(explain.failure(text, error))) from None


def counts(settings: Settings) -> dict[str, int]:
    """How many there are of each kind of thing. Raises Failed."""

    async def ask() -> dict[str, int]:
        async with _pool(settings) as pool:
            found = {}
            for name, pattern in COUNTS.items():
                distinct = "" if name == "triples" else "DISTINCT "
                counted = "*" if name == "triples" else f"{distinct}?x"
                [row] = await pool.rows(f"SELECT (COUNT({counted}) AS ?n) {{ {pattern} }}")
                found[name] = int(row["n"].value)
            return found

    try:
        return asyncio.run(ask())
    except QueryError as error:
        raise Failed(_in_words(explain.failure("", error))) from None


@asynccontextmanager
async def _pool(settings: Settings) -> AsyncIterator[Pool]:
    with borrowed(settings.data) as snapshot:
        pool = make_pool(settings)
        try:
            await pool.start(snapshot)
        except ConnectionError as error:
            hint = "if it lives in another engine, EVIDENCE_GRAPH_REMOTE_QUERY must say where"
            raise Failed(f"the graph of {settings.data} cannot be opened ({error}): {hint}") from None
        try:
            yield pool
        finally:
            await pool.close()


async def _print(settings: Settings, query: Query, form: str, out: Console) -> None:
    async with _pool(settings) as pool, await pool.run(query) as answer:
        if form == "table" and answer.form in ("select", "ask"):  # another engine's answer does not say which
            found = orjson.loads(await _whole(answer))
            if "boolean" in found:
                out.print("yes" if found["boolean"] else "no")
            else:
                _table(found, out)
            return
        sys.stdout.buffer.write(answer.body)
        async for piece in answer.rest():
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


async def _whole(answer: Answer) -> bytes:
    return b"".join([answer.body, *[piece async for piece in answer.rest()]])


def _table(found: dict[str, dict[str, list[dict[str, dict[str, str]]]]], out: Console) -> None:
    names = [str(name) for name in found["head"]["vars"]]
    rows = found["results"]["bindings"]
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row.get(name)) for name in names))
    out.print(table, markup=False)
    out.print(f"{len(rows):,} rows" if len(rows) != 1 else "1 row")


def _shown(term: dict[str, str] | None) -> str:
    """A value for reading: an IRI with its prefix where it has one."""
    if term is None:
        return ""
    value = term["value"]
    if not isinstance(value, str):
        return str(value)
    if term["type"] == "uri":
        for prefix, namespace in PREFIXES.items():
            if value.startswith(namespace) and value != namespace:
                return f"{prefix}:{value[len(namespace) :]}"
    return value


def _in_words(problem: Problem) -> str:
    place = problem.extra.get("place")
    hints = problem.extra.get("hints") or []
    lines = [f"{problem.title}: {problem.detail}", *([str(place)] if place else []), *(f"hint: {h}" for h in hints)]
    return "\n".join(lines)
