"""The metrics that Prometheus reads: requests with their status and duration, and what waits."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operations.platform.outbox import MAX_COUNTED
from relay.health import TaskMetrics
from relay.supervisor import Supervisor


class Metrics:
    """The metrics of one API process, in a registry of their own."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(TaskMetrics(supervisor))
        self.requests = Counter(
            "gridenroll_http_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "gridenroll_http_request_seconds", "Time to answer.", ("method", "route"), registry=self.registry
        )
        self.sql_statements = Gauge("gridenroll_sql_statements", "Statements sent so far.", registry=self.registry)
        self.outbox_waiting = Gauge(
            "gridenroll_outbox_waiting",
            f"Messages the relay has yet to deliver, counted up to {MAX_COUNTED}.",
            registry=self.registry,
        )
        self.outbox_oldest_seconds = Gauge(
            "gridenroll_outbox_oldest_seconds", "Age of the oldest of them.", registry=self.registry
        )
        self.sync_requests = Gauge(
            "gridenroll_sync_requests", "Sync requests not yet final, by state.", ("state",), registry=self.registry
        )
        self.attention_items = Gauge(
            "gridenroll_needs_attention", "What waits for a person, by kind.", ("kind",), registry=self.registry
        )


class MetricsMiddleware:
    """Counts and times every request by its route. By its path, every id would make a time series."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at, status = time.perf_counter(), "500"

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, status).inc()
            self._metrics.request_seconds.labels(method, route).observe(time.perf_counter() - started_at)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
