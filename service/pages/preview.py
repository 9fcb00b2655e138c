"""What a reconciliation client shows of an entity: a small page in its frame, and the way to the whole one."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.answers import Knowledge, NotKnown, extension
from service.answers.entities import TYPES, Entity, describe
from service.pages.render import HEADERS, environment, knowledge

router = APIRouter(prefix="/reconcile", include_in_schema=False)

FRAMED = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", "frame-ancestors *")
}
"""A preview is made to be shown in another page's frame. There is nothing on it to click by mistake but a link."""

Known = Annotated[Knowledge, Depends(knowledge)]


async def _found(known: Knowledge, key: str) -> tuple[Entity, int]:
    found = await extension.entity(known, key)
    if found is None:
        raise NotKnown("entity", key)
    return found


def url(entity: Entity) -> str:
    """The path of an entity's page."""
    return f"/{entity.noun}/{entity.id}"


@router.get("/view/{key}")
async def view(known: Known, key: str) -> Response:
    """To the page of an entity, whichever kind it is."""
    entity, _ = await _found(known, key)
    return RedirectResponse(url(entity), 307)


@router.get("/preview/{key}")
async def preview(known: Known, key: str) -> Response:
    """An entity in a few lines: name, type, identifiers, number of studies."""
    entity, studies = await _found(known, key)
    text = (
        environment()
        .get_template("preview.html")
        .render(
            entity=entity,
            described=describe(entity),
            types=[TYPES[name] for name in entity.types[:1]],
            spellings=[name for name in entity.names if name != entity.name and entity.noun != "theme"][:5],
            studies=studies,
            url=url(entity),
        )
    )
    return HTMLResponse(text, headers=FRAMED)
