"""Backups of the running service, in `backups/` of its data folder."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.backups import backup, restore
from service.problems import Problem
from service.sparql.routes import problem_answers
from service.store.folder import BaseMismatch

router = APIRouter(prefix="/admin/backups", tags=["operations"])

REFUSALS = problem_answers(
    {
        401: "No bearer token that is known here",
        403: "Writing is off",
        404: "There is no such backup",
        409: "The backup is of another base IRI",
        422: "A parameter is wrong",
        503: "Busy",
    }
)
SECURITY: dict[str, Any] = {"security": [{"bearer": []}]}
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-]{0,63}")


@router.get("", responses=REFUSALS, openapi_extra=SECURITY)
async def listed(request: Request) -> list[str]:
    """The backups that there are, oldest first."""
    request.app.state.writers.who(request.headers)
    folder = request.app.state.settings.data / "backups"
    return sorted(place.name for place in folder.iterdir()) if folder.exists() else []


@router.post("", status_code=201, responses=REFUSALS, openapi_extra=SECURITY)
async def made(request: Request) -> dict[str, str]:
    """Back everything up as it is now; answers with the backup's name."""
    state = request.app.state
    state.writers.who(request.headers)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    await state.snapshots.publish()
    await asyncio.to_thread(backup, state.settings.data, state.settings.data / "backups" / name)
    return {"name": name}


@router.post("/{name}/restore", status_code=204, responses=REFUSALS, openapi_extra=SECURITY)
async def restored(request: Request, name: str) -> Response:
    """Make everything what it was at a backup. Queries go on; they see it when this answers."""
    state = request.app.state
    who = state.writers.who(request.headers)
    folder = state.settings.data / "backups" / name
    if not NAME.fullmatch(name) or not (folder / "meta.json").exists():
        raise Problem(404, "No such backup", f"There is no backup {name[:100]!r}.")

    async def run() -> None:
        try:
            await asyncio.to_thread(restore, state.graph, state.settings.data, folder)
        except BaseMismatch as error:
            raise Problem(409, "A backup of another graph", str(error)) from None

    await state.writing.perform(run, who, f"restore {name}", 0)
    return Response(status_code=204)
