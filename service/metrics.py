"""Counters for Prometheus, of this application alone."""

from collections.abc import Iterator
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from service.workers.pool import Pool

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What has happened since the start, and how things stand."""

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        self._queries = Counter("evidence_graph_queries", "Queries by outcome", ["outcome"], registry=self._registry)
        self._updates = Counter(
            "evidence_graph_updates", "Updates and graph writes by outcome", ["outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "evidence_graph_query_seconds", "Time to a query's last byte", buckets=SECONDS, registry=self._registry
        )
        self._registry.register(_Standing(pool))
        self._outcome = cache(self._queries.labels)

    def observe(self, outcome: str, seconds: float) -> None:
        """A query is over."""
        self._outcome(outcome).inc()
        self._seconds.observe(seconds)

    def written(self, outcome: str) -> None:
        """An update or a graph write is over."""
        self._updates.labels(outcome).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)


class _Standing(Collector):
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[GaugeMetricFamily]:
        pool = self._pool
        for name, about, value in (
            ("workers", "Worker processes", pool.workers),
            ("queries_running", "Queries that a worker is busy with", pool.running),
            ("queries_waiting", "Queries that wait for a worker", pool.waiting),
            ("snapshots_open", "Snapshots that workers have open", len(pool.held)),
            ("revision", "Revision of the graph that queries read", pool.revision),
            ("store_bytes", "Size of the graph on disk, as the newest snapshot", pool.size()),
        ):
            yield GaugeMetricFamily(f"evidence_graph_{name}", about, value)
