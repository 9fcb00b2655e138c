"""/ontology: the language of the graph, as a page for people and in every syntax for programs."""

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.accept import accepted
from service.pages import ontology_site as site
from service.pages.render import page, unchanged, version

router = APIRouter(include_in_schema=False)

HTML = "text/html"
_NAMES = {"ttl": "Turtle", "jsonld": "JSON-LD", "rdf": "RDF/XML", "nt": "N-Triples"}
_DAY = "public, max-age=86400"


def _path(part: str) -> str:
    return f"/ontology/{part}" if part else "/ontology"


def _alternates(part: str) -> list[dict[str, str]]:
    return [
        {"type": media, "href": f"{_path(part)}.{ending}", "label": _NAMES[ending]}
        for ending, (media, _) in site.SYNTAXES.items()
    ]


def _links(part: str) -> str:
    return ", ".join(f'<{a["href"]}>; rel="alternate"; type="{a["type"]}"' for a in _alternates(part))


def _data(request: Request, part: str, ending: str) -> Response:
    headers = {
        "ETag": f'"{version()}-{part}-{ending}"',
        "Vary": "Accept",
        "Link": _links(part),
        "Cache-Control": _DAY,
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
    }
    if kept := unchanged(request, headers):
        return kept
    media = site.SYNTAXES[ending][0]
    kind = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Response(site.document(part, ending), headers=headers, media_type=kind)


def _negotiated(request: Request, part: str, template: str, **context: Any) -> Response:
    types = {media: ending for ending, (media, _) in site.SYNTAXES.items()}
    best = accepted(request.headers.get("accept"), [HTML, *types])
    if best is None:
        raise HTTPException(406, f"There are {HTML}, {', '.join(types)}.")
    if best != HTML:
        return _data(request, part, types[best])
    more: dict[str, Any] = {"alternates": _alternates(part), "links": [_links(part)], "etag": f'"{version()}-{part}"'}
    return page(request, template, **more | context)


@router.get("/ontology")
def ontology(request: Request) -> Response:
    shown = site.page()
    return _negotiated(request, "", "ontology.html", title=shown.title, description=shown.description, o=shown)


@router.get("/ontology/themes")
def themes(request: Request) -> Response:
    return _negotiated(request, "themes", "ontology_themes.html", title="Themes of the ontology", themes=site.themes())


@router.get("/ontology/shapes")
def shapes(request: Request) -> Response:
    text = (site.FOLDER / "shapes.ttl").read_text(encoding="utf-8")
    return _negotiated(request, "shapes", "shapes.html", title="Shapes", shapes=site.shapes(), text=text)


@router.get("/ontology.{ending}")
def ontology_data(request: Request, ending: str) -> Response:
    return part_data(request, "", ending)


@router.get("/ontology/{part}.{ending}")
def part_data(request: Request, part: str, ending: str) -> Response:
    if part not in site.PARTS or ending not in site.SYNTAXES:
        raise HTTPException(
            404, f"There are {', '.join(f'{_path(p)}.{e}' for p in site.PARTS for e in site.SYNTAXES)}."
        )
    return _data(request, part, ending)
