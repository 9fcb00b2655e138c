"""Counters for Prometheus, of this application alone."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from service.workers.board import SECONDS
from service.workers.pool import Pool


class Metrics:
    """What has happened since the start, and how things stand."""

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        self._queries = Counter("evidence_graph_queries", "Queries by outcome", ["outcome"], registry=self._registry)
        self._updates = Counter(
            "evidence_graph_updates", "Updates and graph writes by outcome", ["outcome"], registry=self._registry
        )
        self._durations = Durations(pool)
        self._registry.register(self._durations)
        self._registry.register(_Standing(pool))
        self._outcome = cache(self._queries.labels)
        self._spoken = 0

    def observe(self, outcome: str, seconds: float) -> None:
        """A query is over."""
        self._outcome(outcome).inc()
        self._durations.observe(seconds)

    def written(self, outcome: str) -> None:
        """An update or a graph write is over."""
        self._updates.labels(outcome).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        spoken = sum(self._durations.spoken()[0])
        self._outcome("ok").inc(spoken - self._spoken)
        self._spoken = spoken
        return generate_latest(self._registry)


class Durations(Collector):
    """Time to a query's last byte: of the answers that this process gave, and of those that speakers did."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._classes = [0] * (len(SECONDS) + 1)
        self._total = 0.0

    def observe(self, seconds: float) -> None:
        self._classes[bisect_left(SECONDS, seconds)] += 1
        self._total += seconds

    def spoken(self) -> tuple[list[int], float]:
        """What speakers counted: answers in each class, and their seconds in sum."""
        board = self._pool.exchange.board
        return board.durations() if board else ([0] * len(self._classes), 0.0)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        spoken, total = self.spoken()
        counts = accumulate(map(sum, zip(self._classes, spoken, strict=True)))
        bounds = [*map(floatToGoString, SECONDS), "+Inf"]
        yield HistogramMetricFamily(
            "evidence_graph_query_seconds",
            "Time to a query's last byte",
            buckets=list(zip(bounds, counts, strict=True)),
            sum_value=self._total + total,
        )


class _Standing(Collector):
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        pool = self._pool
        if board := pool.exchange.board:
            about = "Answers to queries that a worker had kept, and gave again"
            yield CounterMetricFamily("evidence_graph_answers_again", about, board.again)
        for name, about, value in (
            ("workers", "Worker processes", pool.workers),
            ("queries_running", "Queries that a worker is busy with", pool.running),
            ("queries_waiting", "Queries that wait for a worker", pool.waiting),
            ("connections_kept", "Connections that a worker speaks with", pool.exchange.connections),
            ("snapshots_open", "Snapshots that workers have open", len(pool.held)),
            ("revision", "Revision of the graph that queries read", pool.revision),
            ("store_bytes", "Size of the graph on disk, as the newest snapshot", pool.size()),
        ):
            yield GaugeMetricFamily(f"evidence_graph_{name}", about, value)
