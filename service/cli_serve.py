"""`evidence-graph serve`: the service in one process, its queries in others."""

import sys

from service import server
from service.app import create_app
from service.settings import Settings


def run(settings: Settings) -> None:
    """Serve until interrupted. Standard error says where."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Evidence Graph at http://{host}:{settings.port}/ (Ctrl+C ends it)", file=sys.stderr)
    server.serve(create_app(settings), settings)
