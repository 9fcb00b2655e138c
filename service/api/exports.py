"""A whole answer of studies in forms that other programs take: CSV, RIS, BibTeX, and SPARQL that gives the same."""

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from io import StringIO
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response, StreamingResponse

from service.accept import accepted
from service.answers import Item, Knowledge
from service.answers.references import Reference, references
from service.answers.studies import StudyQuestion, each, items
from service.api.exports_sparql import sparql
from service.api.reference_forms import bibtex, ris
from service.problem import RETRY_AFTER, Problem

FORMS = {
    "json": "application/json",
    "csv": "text/csv",
    "ris": "application/x-research-info-systems",
    "bibtex": "application/x-bibtex",
    "sparql": "application/sparql-query",
}
"""The forms of an answer, by name; the first is meant where a client takes anything."""
ENDINGS = {"csv": "csv", "ris": "ris", "bibtex": "bib", "sparql": "rq"}
WRITERS = {"ris": ris, "bibtex": bibtex}
EVERYTHING = 50_000
"""Studies of the largest export. A larger answer is refused, never cut short."""


def form(
    request: Request,
    format: Annotated[  # noqa: A002 (the parameter's public name)
        str | None, Query(description=f"In place of Accept: {', '.join(FORMS)}", examples=["csv"])
    ] = None,
) -> str:
    """The form that an answer is wanted in: a name in FORMS. Raises Problem."""
    if format is None:
        liked = accepted(request.headers.get("accept"), FORMS.values())
        if liked is None:
            raise Problem(406, "No acceptable format", f"There are {', '.join(FORMS.values())}.")
        return next(name for name, media in FORMS.items() if media == liked)
    if format not in FORMS:
        raise Problem(
            422, "A parameter is wrong", f"format is one of {', '.join(FORMS)}; not {format!r}", near=list(FORMS)
        )
    return format


def limited(question: StudyQuestion, page: int) -> StudyQuestion:
    """The question with the size of a page where it has none."""
    return question if question.limit else replace(question, limit=page)


async def export(known: Knowledge, question: StudyQuestion, form: str) -> Response:
    """The answer in a form other than JSON: all of it, or the part that `limit` and `offset` name.

    Raises BadQuestion, Problem, TooSlow.
    """
    headers = {"Content-Disposition": f'attachment; filename="studies.{ENDINGS[form]}"'}
    if form == "sparql":
        return Response(await sparql(known, question), headers=headers, media_type=FORMS[form])
    total, parts = await each(known, question, question.limit or EVERYTHING + 1)
    found = sum(map(len, parts))
    if found > EVERYTHING:
        detail = f"{total} studies answer this; an export holds {EVERYTHING}."
        raise Problem(413, "Answer too large", detail, advice="Narrow it: by year, say, or with limit and offset.")
    headers |= {"X-Total-Count": str(total)}
    written = _tables(known, question, parts) if form == "csv" else _references(known, question, parts, WRITERS[form])
    first = await anext(written, b"")  # what goes wrong before the first byte has a status of its own
    return StreamingResponse(_behind(first, written), headers=headers, media_type=_media(form))


async def _behind(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


def _media(form: str) -> str:
    return FORMS[form] + ("; charset=utf-8; header=present" if form == "csv" else "; charset=utf-8")


async def one(known: Knowledge, item: Item, form: str) -> Response:
    """A study that `study()` gave, in a form other than JSON; as SPARQL a query for what the graph says of it."""
    headers = {"Content-Disposition": f'attachment; filename="study.{ENDINGS[form]}"'}
    if form == "sparql":
        return Response(f"DESCRIBE <{item['iri']}>\n", headers=headers, media_type=FORMS[form])
    if form == "csv":
        return Response(_csv([item], True), headers=headers, media_type=_media(form))
    found = await references(known, [{name: value for name, value in item.items() if name != "evidence"}])
    return Response("".join(map(WRITERS[form], found)), headers=headers, media_type=_media(form))


async def _tables(known: Knowledge, question: StudyQuestion, parts: Iterable[list[int]]) -> AsyncIterator[bytes]:
    for number, part in enumerate([*parts] or [[]]):
        yield _csv(await _all(known, question, part), head=number == 0).encode()


async def _references(
    known: Knowledge, question: StudyQuestion, parts: Iterable[list[int]], write: Callable[[Reference], str]
) -> AsyncIterator[bytes]:
    """Each publication once, though several studies of the answer may have it."""
    written: set[str] = set()
    for part in parts:
        found = await references(known, await _all(known, question, part))
        new = {reference.iri: reference for reference in found if reference.iri not in written}
        written |= new.keys()
        yield "".join(map(write, new.values())).encode()


async def _all(known: Knowledge, question: StudyQuestion, part: list[int]) -> list[Item]:
    """Every study of a part of the answer. Raises Problem where one has gone since: what lacks one is never whole."""
    found = await items(known, question, part)
    if len(found) < len(part):
        raise Problem(503, "The graph has changed meanwhile", "Ask again.", {"Retry-After": str(RETRY_AFTER)})
    return found


# ---- CSV

_STUDY = ("iri", "title", "kind", "year", "doi", "journal", "retracted")
_QUOTE = ("theme", "role", "direction", "maintained", "section", "quote", "negated", "hedged", "confidence", "source")
COLUMNS = (*_STUDY, "authors", "sponsor", "recs", "methods", "themes", *_QUOTE)
"""One line for each quote; a study without quotes has one line with the last columns empty."""


def _csv(found: Sequence[Item], head: bool = False) -> str:
    text = StringIO()
    writer = csv.writer(text)
    if head:
        writer.writerow(COLUMNS)
    for item in found:
        study = [
            *(item[name] for name in _STUDY),
            _names(item),
            item["sponsor"]["name"] if item["sponsor"] else None,
            "; ".join(rec["name"] for rec in item["recs"]),
            "; ".join(method["method"] for method in item["methods"]),
            "; ".join(theme["theme"] for theme in item["themes"] if theme["reports"]),
        ]
        for quote in item.get("evidence") or [dict.fromkeys(_QUOTE)]:
            writer.writerow([_cell(value) for value in (*study, *(quote[name] for name in _QUOTE))])
    return text.getvalue()


def _names(item: Item) -> str:
    """The authors; a list that its source cuts short ends in "et al."."""
    names = [author["name"] for author in item["authors"]]
    return "; ".join([*names, "et al."] if item["authors_truncated"] else names)


_FORMULA = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")
"""What a formula begins with, in full width as well."""


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
