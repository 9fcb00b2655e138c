"""What an operator asks: is it alive, is it ready, how is it doing."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from service.workers.query import QueryError

ENGINE_SECONDS = 5
"""What another engine may take to show that it is there."""

router = APIRouter(tags=["operations"])


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", responses={503: {"description": "Queries cannot be answered yet"}})
async def ready(request: Request) -> JSONResponse:
    """The graph is open and workers are there; another engine answers. `notices` say what cannot be confined here."""
    pool = request.app.state.pool
    here = pool.workers > 0
    status = "ready" if here else "starting"
    if here and request.app.state.settings.remote_query:
        try:
            await asyncio.wait_for(pool.rows("SELECT * { ?s ?p ?o } LIMIT 1"), ENGINE_SECONDS)
        except (QueryError, TimeoutError) as error:
            here, status = False, f"the engine does not answer: {error}".rstrip(": ")
    state: dict[str, Any] = {
        "status": status,
        "revision": pool.revision,
        "workers": pool.workers,
        "running": pool.running,
        "waiting": pool.waiting,
        "notices": list(pool.notices),
    }
    return JSONResponse(state, 200 if here else 503)


@router.head("/metrics", include_in_schema=False)
@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Counters and gauges in Prometheus's text format."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
