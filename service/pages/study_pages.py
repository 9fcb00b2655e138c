"""The question that the page of studies asks: its parameters, its words and its other forms."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from service.answers.studies import StudyQuestion
from service.pages.words import SOURCES, label, words
from service.problem import Problem

SHOWN = 8
"""Values of a facet that are shown; the form has them all."""
LONGEST = 200
"""Characters of the words that are looked for, as for /api/studies."""
_LISTS = {
    "theme": "themes",
    "role": "roles",
    "direction": "directions",
    "author": "authors",
    "organisation": "organisations",
    "rec": "recs",
    "method": "methods",
    "keyword": "keywords",
    "source": "sources",
    "opinion": "opinions",
}
_NAMES = {
    "author": "Person",
    "rec": "Committee",
    "year_from": "From",
    "year_to": "To",
    "q": "Words",
    "kind": "Kind",
    "published": "Published",
    "retracted": "Retracted",
    "negated": "Negated",
    "hedged": "Hedged",
}
PARAMETERS = {*_LISTS, *_NAMES, "sort", "limit", "offset"}
"""Everything that the page can be asked."""
_UNSEEN = ("keyword", "source", "kind", "limit")
"""Parameters without a field in the form; of the others, it shows the first value."""
_FACETS = {"theme": "Themes", "method": "Methods", "kind": "Kind of study", "source": "Source", "year": "Year"}
_KINDS = {"registered": "Registered studies", "implied": "Known from publications"}
_FLAG = {"true": "yes", "false": "no"}
_PUBLISHED = {"true": "yes", "false": "nothing known yet"}


def asked(request: Request) -> StudyQuestion:
    """The question of a request for /studies: the parameters of /api/studies. Raises Problem.

    A form sends its empty fields too; they ask nothing.
    """
    given = request.query_params
    lists = {field: tuple(v for v in given.getlist(name) if v) for name, field in _LISTS.items()}
    return StudyQuestion(
        **lists,
        kind=given.get("kind") or None,
        sort=given.get("sort") or None,
        q=_words(given.get("q", "").strip()),
        published=_flag("published", given.get("published")),
        retracted=_flag("retracted", given.get("retracted")),
        negated=_flag("negated", given.get("negated")),
        hedged=_flag("hedged", given.get("hedged")),
        year_from=_number("year_from", given.get("year_from"), 1000, 9999),
        year_to=_number("year_to", given.get("year_to"), 1000, 9999),
        limit=_number("limit", given.get("limit"), 1, 100) or 20,
        offset=_number("offset", given.get("offset"), 0, 1_000_000) or 0,
    )


def _words(text: str) -> str:
    if len(text) > LONGEST:
        raise Problem(422, "A parameter is wrong", f"q: {LONGEST} characters at most, not {len(text)}")
    return text


def _number(name: str, text: str | None, least: int, most: int) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise Problem(422, "A parameter is wrong", f"{name}: a whole number from {least} to {most}, not “{text[:40]}”")
    return int(text)


def _flag(name: str, text: str | None) -> bool | None:
    if not text:
        return None
    if text not in ("true", "false"):
        raise Problem(422, "A parameter is wrong", f"{name}: true or false is needed, not “{text}”")
    return text == "true"


def heading(total: int, question: StudyQuestion, names: Mapping[str, str]) -> str:
    """The answer in a line: "Two studies report burnout"."""
    counted = f"{words(total)} {'study' if total == 1 else 'studies'}"
    if not question.themes:
        told = f"{counted} for “{question.q}”" if question.q else counted
        approved = "approved, and " if question.opinions == ("favourable",) else ""
        return f"{told}: {approved}nothing published yet" if question.published is False else told
    theme = " and ".join(_lower(names.get(t, t)) for t in question.themes)
    if not question.roles:
        return f"{counted} {'reports' if total == 1 else 'report'} {theme}"
    if question.roles == ("any",):
        return f"{counted} {'mentions' if total == 1 else 'mention'} {theme}"
    return f"{counted} with {theme} as {' or '.join(_lower(label(role, 'role')) for role in question.roles)}"


def _lower(text: str) -> str:
    """A label within a sentence; an acronym stays as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def chosen(request: Request, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Each filter that is set, and the address without it."""
    found = []
    for name, value in request.query_params.multi_items():
        if not value or (name not in _LISTS and name not in _NAMES):
            continue
        rest = [(n, v) for n, v in request.query_params.multi_items() if v and (n, v) != (name, value)]
        rest = [(n, v) for n, v in rest if n != "offset" and not (name == "theme" and n in ("role", "direction"))]
        said = f"{_NAMES.get(name, name.capitalize())}: {_value(name, value, names)}"
        found.append({"label": said, "without": "/studies" + (f"?{urlencode(rest)}" if rest else "")})
    return found


def _value(name: str, value: str, names: Mapping[str, str]) -> str:
    if name == "theme":
        return names.get(value, value)
    if name in ("role", "direction", "method", "opinion"):
        return label(value, name)
    told = {"source": SOURCES, "kind": _KINDS, "published": _PUBLISHED}
    told |= dict.fromkeys(("retracted", "negated", "hedged"), _FLAG)
    return told.get(name, {}).get(value, value)


def meant(question: StudyQuestion, names: Mapping[str, str]) -> str | None:
    """The theme whose name was typed as words: those find every mention, and what is wanted may be who reports it."""
    typed = _folded(question.q)
    if question.themes or not typed:
        return None
    return next((theme for theme, name in names.items() if typed in (_folded(theme), _folded(name))), None)


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").strip('" ').split())


def kept(request: Request, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the form has no field for, or no room: it goes along, so that filtering further forgets nothing.

    `names` are the themes that the form offers.
    """
    found = []
    shown: set[str] = set()
    for name, value in request.query_params.multi_items():
        unseen = name in _UNSEEN or name in shown or (name == "theme" and value not in names)
        if value and unseen:
            found.append((name, value))
        elif value and name in _LISTS:
            shown.add(name)
    return found


def facets(
    counted: Mapping[str, Sequence[Mapping[str, Any]]], question: StudyQuestion, query: Callable[..., str]
) -> list[dict[str, Any]]:
    """What the answer can be narrowed to: each value with its count and address."""
    found = []
    for name, title in _FACETS.items():
        values = [v for v in counted.get(name, ()) if v["value"] not in (None, "")][:SHOWN]
        if len(values) < 2 or (name == "theme" and question.themes):
            continue
        found.append({"label": title, "values": [_choice(name, v, query) for v in values]})
    return found


def _choice(name: str, value: Mapping[str, Any], query: Callable[..., str]) -> dict[str, Any]:
    wanted = {"year_from": value["value"], "year_to": value["value"]} if name == "year" else {name: value["value"]}
    said = {"source": SOURCES, "kind": _KINDS}.get(name, {}).get(value["value"], value["label"])
    return {"label": said, "count": value["count"], "href": query(**wanted, offset=None)}


def same(request: Request) -> list[dict[str, str]]:
    """The same answer in other forms: all of it, whatever part the page shows, without what the API would refuse."""
    kept = [(n, v) for n, v in request.query_params.multi_items() if v and (n in _LISTS or n in _NAMES or n == "sort")]
    forms = {"JSON": None, "CSV": "csv", "RIS": "ris", "BibTeX": "bibtex", "SPARQL": "sparql"}
    return [{"label": said, "href": _address(kept, form)} for said, form in forms.items()]


def _address(kept: Sequence[tuple[str, str]], form: str | None) -> str:
    asked = urlencode([*kept, *([("format", form)] if form else [])])
    return "/api/studies" + (f"?{asked}" if asked else "")
