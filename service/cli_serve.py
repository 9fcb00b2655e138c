"""`evidence-graph serve`: the service in one process, its queries in others."""

import uvicorn

from service.app import create_app
from service.settings import Settings


def run(settings: Settings) -> None:
    """Serve until interrupted. Says on standard output where."""
    app = create_app(settings)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="info", access_log=False)
