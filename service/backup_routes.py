"""Backups of the running service, in `backups/` of its data folder."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service import backups
from service.problem import RETRY_AFTER, Problem
from service.problems import TABLE
from service.sparql.routes import problem_answers
from service.store.folder import BaseMismatch
from service.writers import CLOSED

router = APIRouter(prefix="/admin/backups", tags=["operations"])

LISTING = problem_answers(CLOSED)
MAKING = problem_answers(CLOSED | {409: "The graph lives in another engine", 503: "Busy"})
RESTORING = problem_answers(
    CLOSED
    | {
        404: "There is no such backup",
        409: "The backup is not whole, or of another base IRI, or the graph lives in another engine",
        503: "Busy",
    }
)
SECURITY: dict[str, Any] = {"security": [{"bearer": []}]}
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-]{0,63}")


TABLE[backups.Elsewhere] = lambda error: Problem(409, "The graph lives elsewhere", str(error))
TABLE[backups.NoBackup] = lambda error: Problem(409, "No whole backup", str(error))
TABLE[backups.Restless] = lambda error: Problem(503, "Busy", str(error), {"Retry-After": str(RETRY_AFTER)})
TABLE[BaseMismatch] = lambda error: Problem(409, "A backup of another graph", str(error))


def _place(request: Request) -> Path:
    folder: Path = request.app.state.settings.data / "backups"
    return folder


@router.get("", responses=LISTING, openapi_extra=SECURITY)
async def listed(request: Request) -> list[str]:
    """The backups that there are, oldest first."""
    request.app.state.writers.who(request.headers)
    return await asyncio.to_thread(backups.listed, _place(request))


@router.post("", status_code=201, responses=MAKING, openapi_extra=SECURITY)
async def made(request: Request) -> dict[str, str]:
    """Back everything up as it is now; answers with the backup's name."""
    state = request.app.state
    who = state.writers.who(request.headers)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")

    async def run() -> None:
        await state.snapshots.publish()
        await asyncio.to_thread(backups.backup, state.settings.data, _place(request) / name)

    await state.writing.perform(run, who, f"back up as {name}", 0)
    return {"name": name}


@router.post("/{name}/restore", status_code=204, responses=RESTORING, openapi_extra=SECURITY)
async def restored(request: Request, name: str) -> Response:
    """Make everything what it was at a backup, or nothing. Queries go on; they see it when this answers."""
    state = request.app.state
    who = state.writers.who(request.headers)
    folder = _place(request) / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise Problem(404, "No such backup", f"There is no backup {name[:100]!r}.")

    async def run() -> None:
        await asyncio.to_thread(backups.restore_served, state.graph, state.settings.data, folder)

    await state.writing.perform(run, who, f"restore {name}", 0)
    return Response(status_code=204)
