"""The style sheet and the icon: read once, kept by browsers for as long as they do not change."""

import hashlib
from functools import cache

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.accept import has
from service.pages.render import STATIC

router = APIRouter(include_in_schema=False)

TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
YEAR = 365 * 86400


@cache
def files() -> dict[str, tuple[bytes, str, str]]:
    """Name to bytes, media type and ETag."""
    found = {}
    for file in STATIC.iterdir():
        if file.suffix in TYPES:
            content = file.read_bytes()
            found[file.name] = (content, TYPES[file.suffix], f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return found


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    if name not in files():
        raise HTTPException(404, f"There is no file {name}.")
    content, media, tag = files()[name]
    lasting = "version" in request.query_params
    headers = {
        "ETag": tag,
        "Cache-Control": f"max-age={YEAR}, immutable" if lasting else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """What browsers ask for unasked."""
    return await static(request, "icon.svg")
