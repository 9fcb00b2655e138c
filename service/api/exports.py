"""A whole answer of studies in forms that other programs take: CSV, RIS, BibTeX, and SPARQL that gives the same."""

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from io import StringIO
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response, StreamingResponse

from ontology.iris import slug
from service.accept import accepted
from service.answers import Item, Knowledge
from service.answers.studies import StudyQuestion, each, items
from service.api.exports_sparql import sparql
from service.problem import Problem

FORMS = {
    "json": "application/json",
    "csv": "text/csv",
    "ris": "application/x-research-info-systems",
    "bibtex": "application/x-bibtex",
    "sparql": "application/sparql-query",
}
"""The forms of an answer, by name; the first is meant where a client takes anything."""
ENDINGS = {"csv": "csv", "ris": "ris", "bibtex": "bib", "sparql": "rq"}
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
    write = {"csv": _csv, "ris": _ris, "bibtex": _bibtex}[form]
    media = FORMS[form] + ("; charset=utf-8; header=present" if form == "csv" else "; charset=utf-8")
    return StreamingResponse(_written(known, question, parts, write), headers=headers, media_type=media)


def one(item: Item, form: str) -> Response:
    """A study that `study()` gave, in a form other than JSON; as SPARQL a query for what the graph says of it."""
    headers = {"Content-Disposition": f'attachment; filename="study.{ENDINGS[form]}"'}
    if form == "sparql":
        return Response(f"DESCRIBE <{item['iri']}>\n", headers=headers, media_type=FORMS[form])
    if form == "csv":
        return Response(_csv([item], True), headers=headers, media_type=f"{FORMS[form]}; charset=utf-8; header=present")
    reference = {name: value for name, value in item.items() if name != "evidence"}
    text = (_ris if form == "ris" else _bibtex)([reference], True)
    return Response(text, headers=headers, media_type=f"{FORMS[form]}; charset=utf-8")


Writer = Callable[[Sequence[Item], bool], str]
"""Items to text; whether they are the first of the answer."""


async def _written(
    known: Knowledge, question: StudyQuestion, parts: Iterable[list[int]], write: Writer
) -> AsyncIterator[bytes]:
    first = True
    for part in parts:
        yield write(await items(known, question, part), first).encode()
        first = False
    if first:
        yield write([], True).encode()


# ---- CSV

_STUDY = ("iri", "title", "kind", "year", "doi", "journal")
_QUOTE = ("theme", "role", "direction", "section", "quote", "negated", "hedged", "confidence", "source")
COLUMNS = (*_STUDY, "authors", "sponsor", "recs", "methods", "themes", *_QUOTE)
"""One line for each quote; a study without quotes has one line with the last columns empty."""


def _csv(found: Sequence[Item], first: bool) -> str:
    text = StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(COLUMNS)
    for item in found:
        study = [
            *(item[name] for name in _STUDY),
            "; ".join(author["name"] for author in item["authors"]),
            item["sponsor"]["name"] if item["sponsor"] else None,
            "; ".join(rec["name"] for rec in item["recs"]),
            "; ".join(method["method"] for method in item["methods"]),
            "; ".join(theme["theme"] for theme in item["themes"] if theme["reports"]),
        ]
        for quote in item.get("evidence") or [dict.fromkeys(_QUOTE)]:
            writer.writerow([_cell(value) for value in (*study, *(quote[name] for name in _QUOTE))])
    return text.getvalue()


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


# ---- RIS and BibTeX


CUT = "The list of authors is cut short, as in its source: there are others."
"""The note of a reference in RIS, which has no other way to say it."""


def _ris(found: Sequence[Item], _: bool) -> str:
    """RIS, one reference for each study: JOUR where a journal is known, else GEN."""
    lines: list[str] = []
    for item in found:
        fields: list[tuple[str, object]] = [("TY", "JOUR" if item["journal"] else "GEN"), ("TI", item["title"])]
        fields += [("AU", _inverted(author) or author["name"]) for author in item["authors"]]
        fields += [("PY", item["year"]), ("JO", item["journal"]), ("DO", item["doi"])]
        fields += [("UR", item["doi_url"] or item["iri"])]
        fields += [("KW", theme["label"]) for theme in item["themes"] if theme["reports"]]
        fields += [("N1", CUT)] if item["authors_truncated"] else []
        fields += [("N1", quote["quote"]) for quote in item.get("evidence", ())]
        lines += [f"{tag}  - {_line(value)}" for tag, value in fields if value is not None]
        lines += ["ER  - ", ""]
    return "".join(f"{line}\r\n" for line in lines)


def _inverted(author: Item) -> str | None:
    """A person's name with the family name first; None for a group or a name whose parts nobody tells apart."""
    return f"{author['family']}, {author['given']}" if author["family"] else None


def _line(value: object) -> str:
    return " ".join(str(value).split())


_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
_SPECIAL |= {c: f"\\{c}" for c in "&%$#_{}"}


def _tex(value: object) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _line(value))


def _bibtex(found: Sequence[Item], _: bool) -> str:
    """BibTeX, one entry for each study, in UTF-8."""
    entries = []
    for item in found:
        author = (item["authors"][0]["family"] or item["authors"][0]["name"]) if item["authors"] else "anonymous"
        # The end of the study's IRI keeps keys apart: the same study has the same key in every export.
        key = f"{slug(author, 20)}-{item['year'] or 'undated'}-{slug(item['key'], 60)}"
        # What stands in braces of its own is taken whole: the name of a group.
        authors = " and ".join(_tex(_inverted(a) or "") or f"{{{_tex(a['name'])}}}" for a in item["authors"])
        fields = {
            "title": f"{{{_tex(item['title'])}}}" if item["title"] else None,
            "author": (f"{authors} and others" if item["authors_truncated"] else authors) or None,
            "year": item["year"],
            "journal": _tex(item["journal"]) if item["journal"] else None,
            "doi": item["doi"],
            "url": item["doi_url"] or item["iri"],
            "keywords": ", ".join(_tex(t["label"]) for t in item["themes"] if t["reports"]) or None,
        }
        body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value is not None)
        entries.append(f"@{'article' if item['journal'] else 'misc'}{{{key},\n{body}}}\n\n")
    return "".join(entries)
