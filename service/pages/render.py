"""How every page is made: one template environment, one set of headers, one look for errors."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.accept import has
from service.answers import Knowledge
from service.pages.words import FILTERS

HERE = Path(__file__).parent
STATIC = HERE / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""What every page says to the browser. Nothing is loaded from elsewhere and nothing runs."""

MENU = (
    ("/studies", "Studies"),
    ("/themes", "Themes"),
    ("/people", "People"),
    ("/organisations", "Organisations"),
    ("/recs", "Ethics committees"),
    ("/query", "SPARQL"),
    ("/docs", "API"),
    ("/ontology", "Ontology"),
)


@cache
def environment() -> Environment:
    """The templates. An undefined name raises: a page never shows a hole where a fact should be."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS
    made.globals |= {"menu": MENU, "version": version()}
    return made


@cache
def version() -> str:
    """A hash of everything that shapes a page but its data: a new release is a new page."""
    files = sorted([*(HERE / "templates").iterdir(), *STATIC.iterdir()])
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:10]


def knowledge(request: Request) -> Knowledge:
    """What the answers of an app are made from."""
    known = request.app.state.knowledge
    assert isinstance(known, Knowledge)
    return known


def tag(request: Request, variant: str = "") -> str:
    """An ETag for what is made from the graph: it changes with the graph and with the program."""
    return f'W/"{knowledge(request).revision:x}-{variant or version()}"'


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304 where the client has what it would be sent."""
    known = has(request.headers.get("if-none-match", ""), headers["ETag"])
    return Response(status_code=304, headers=headers) if known else None


def page(request: Request, template: str, *, etag: str | None = None, **context: Any) -> Response:
    """A template as an answer: `title` is needed, `alternates` are the same as data, `links` the Link header.

    With an `etag` the page may be kept, and a browser that has it gets 304.
    """
    headers = HEADERS | {"Vary": "Accept"}
    if links := context.pop("links", ()):
        headers["Link"] = ", ".join(links)
    if etag:
        headers |= {"ETag": etag, "Cache-Control": "no-cache"}
        if kept := unchanged(request, headers):
            return kept
    return HTMLResponse(_render(request, template, context), headers=headers)


def _render(request: Request, template: str, context: Mapping[str, Any]) -> str:
    path = request.url.path
    section = next((href for href, _ in MENU if path == href or path.startswith(href + "/")), context.get("section"))
    defaults = {"alternates": (), "description": None, "robots": None, "notices": (), "path": path}
    return environment().get_template(template).render(defaults | dict(context) | {"section": section})


def error_page(
    request: Request, status: int, title: str, detail: str = "", near: Iterable[Mapping[str, str | None]] = ()
) -> Response:
    """A refusal, in the look of every other page. `near` have a `name` and perhaps a `url`."""
    context = {"title": title, "status": status, "detail": detail, "near": list(near), "robots": "noindex"}
    return HTMLResponse(_render(request, "error.html", context), status, HEADERS | {"Vary": "Accept"})


def query_of(request: Request) -> Callable[..., str]:
    """A function that gives this page's address with some parameters changed; None takes one away."""

    def changed(**parameters: Any) -> str:
        kept = [(name, value) for name, value in request.query_params.multi_items() if value and name not in parameters]
        given = [(name, value) for name, value in parameters.items() if value not in (None, "", 0)]
        asked = urlencode(kept + given)
        return request.url.path + (f"?{asked}" if asked else "")

    return changed
