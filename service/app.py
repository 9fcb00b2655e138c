"""The service, put together: `create_app()` is what a server runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from service import admin, backup_routes, openapi, operations, problems
from service.admin import corrections, links
from service.answers import Knowledge
from service.api import changes, linksets, quality, reconciliation
from service.api import routes as api
from service.compression import Compression
from service.index.index import Index
from service.metrics import Metrics
from service.pages import lists as pages
from service.pages import review
from service.settings import Settings
from service.sparql import dataset, graphstore, update_routes
from service.sparql import routes as sparql_routes
from service.sparql.body import Bodies
from service.sparql.dataset import Statistics
from service.sparql.description import Description
from service.sparql.endpoint import Endpoint
from service.sparql.federation import Federation
from service.sparql.writing import Writing
from service.store.graph import Graph
from service.store.opening import make_pool, open_store
from service.store.snapshots import Snapshots
from service.store.store import Store
from service.writers import Writers

log = logging.getLogger(__name__)

ROUTERS = (
    sparql_routes.router,
    update_routes.router,
    graphstore.router,
    dataset.router,
    linksets.router,
    api.router,
    changes.router,
    quality.router,
    reconciliation.router,
    corrections.router,
    links.router,
    review.router,
    backup_routes.router,
    operations.router,
)
"""Every route for programs, one router a subject. The pages come after them."""
LAYERED = frozenset({b"origin", b"accept-encoding"})


class Application(FastAPI):
    """FastAPI, with a shortcut for plain requests to `/sparql`: its layers cost as much as a small query.

    A request that needs a layer, cross-origin or compression, goes through all of them.
    """

    def openapi(self) -> dict[str, Any]:
        self.openapi_schema = self.openapi_schema or openapi.document(self)
        return self.openapi_schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/sparql" and not LAYERED & {h[0] for h in scope["headers"]}:
            scope["app"] = self
            await self.state.endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None, store: Store | None = None) -> FastAPI:
    """The application. A store that is given is the caller's to close; else one is opened in `settings.data`.

    Routes find in `app.state`: settings, store, graph (store and index in step), pool, snapshots, metrics.
    """
    settings = settings or Settings.from_environment()
    pool = make_pool(settings)
    metrics = Metrics(pool)
    federation = Federation(settings, pool.parse)
    pool.exchange.observe = metrics.observe
    endpoint = Endpoint(settings, pool, federation, Description(settings), metrics.observe)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = store or open_store(settings)
        graph = Graph(opened, Index(settings.data / "index.sqlite"))
        app.state.store, app.state.graph = opened, graph
        app.state.snapshots = Snapshots(graph, pool)
        kept = admin.archive(settings)
        app.state.knowledge = Knowledge(
            graph.index, graph.iris, pool.rows, kept, lambda: pool.revision, settings.keep_emails
        )
        app.state.writing = Writing(settings, graph, pool, app.state.snapshots, federation, metrics)
        try:
            await asyncio.to_thread(graph.write, settings.language())
            await asyncio.to_thread(admin.take_up, settings, graph, kept)
            await pool.start(await asyncio.to_thread(graph.publish))
            for notice in pool.notices:
                log.warning(notice)
            tidying = asyncio.create_task(app.state.snapshots.keep_tidy())
            try:
                yield
            finally:
                tidying.cancel()
        finally:
            await pool.close()
            await federation.close()
            kept.close()
            graph.index.close()
            if store is None:
                opened.close()

    app = Application(title="Evidence Graph", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings, app.state.pool, app.state.metrics, app.state.endpoint = settings, pool, metrics, endpoint
    app.state.writers = Writers(settings)
    app.state.statistics = Statistics(pool.rows)
    problems.register(app)
    for router in ROUTERS:
        app.include_router(router)
    pages.register(app)
    app.add_middleware(Bodies, largest=settings.upload_bytes)
    app.add_middleware(Compression)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors,
        allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
        allow_headers=["*"],
        expose_headers=[
            *("ETag", "Link", "Location", "Retry-After", "X-Query-Id", "X-Hint"),
            *("X-Total-Count", "Content-Disposition"),
        ],
    )
    return app
