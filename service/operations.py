"""What an operator asks: is it alive, is it ready, how is it doing."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

router = APIRouter(tags=["operations"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/health/ready", responses={503: {"description": "Queries cannot be answered yet"}})
async def ready(request: Request) -> JSONResponse:
    """The graph is open and workers are there. `notices` say what this system cannot confine."""
    pool = request.app.state.pool
    here = pool.workers > 0
    state: dict[str, Any] = {
        "status": "ready" if here else "starting",
        "revision": pool.revision,
        "workers": pool.workers,
        "running": pool.running,
        "waiting": pool.waiting,
        "notices": list(pool.notices),
    }
    return JSONResponse(state, 200 if here else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Counters and gauges in Prometheus's text format."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
