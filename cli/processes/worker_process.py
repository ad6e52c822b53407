"""The process of the worker. Only `gridenroll serve worker` loads it, because it takes long to load."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
import uvloop
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import worker
from cli.processes.logging_setup import configure_logging
from connectors.temporal.client import connect
from models.errors import Unavailable
from relay.health import Health, TaskMetrics
from settings.settings import Settings

_CONNECT_TIMEOUT_SECONDS = 180
_EXIT_CODE_TASK_FAILED = 1


def run() -> None:
    """Run the worker until a signal stops the process."""
    settings = Settings()
    configure_logging(settings.log_format, settings.log_level)
    code = uvloop.run(_run(settings))
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread of the SDK may outlive the interpreter and abort it at exit; everything is closed, so nothing is lost.
    os._exit(code)


async def _run(settings: Settings) -> int:
    """Returns the exit code, which is an error if a background task has failed."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    client = await _connect_with_retries(stop)
    if client is None:
        return 0
    await worker.prepare_namespace(client)
    async with worker.run_worker(settings, client) as running, _serve_health(settings, running):
        waiting = [asyncio.create_task(event.wait()) for event in (stop, running.supervisor.gave_up)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
    return _EXIT_CODE_TASK_FAILED if running.supervisor.gave_up.is_set() else 0


async def _connect_with_retries(stop: asyncio.Event) -> worker.Client | None:
    """Returns a client as soon as Temporal answers, for it may start at the same time; None if a signal came first.

    Raises:
        Unavailable: Temporal has not answered in time.
    """
    deadline = asyncio.get_running_loop().time() + _CONNECT_TIMEOUT_SECONDS
    while not stop.is_set():
        try:
            return await connect()
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
    return None


class _HealthServer(uvicorn.Server):
    """A server beside the worker, which alone handles signals."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the worker."""
        yield


@asynccontextmanager
async def _serve_health(settings: Settings, running: worker.RunningWorker) -> AsyncGenerator[None]:
    """Serve /healthz for the orchestrator and /metrics for Prometheus while the context lasts."""
    if not settings.worker_health_port:
        yield
        return

    async def healthz(request: Request) -> JSONResponse:
        health = Health.from_tasks(running.supervisor.health())
        return JSONResponse(health.model_dump(mode="json"), status_code=health.status_code)

    registry = CollectorRegistry()
    Gauge("gridenroll_sql_statements", "Statements sent so far.", registry=registry).set_function(
        lambda: running.statements.sent
    )
    registry.register(TaskMetrics(running.supervisor))

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    config = uvicorn.Config(
        Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)]),
        host=settings.api_host,
        port=settings.worker_health_port,
        log_config=None,
        access_log=False,
    )
    server = _HealthServer(config)
    serving = asyncio.create_task(server.serve())
    # Without this server nobody sees whether the worker lives, so the worker ends as if a background task had failed.
    serving.add_done_callback(lambda _: None if server.should_exit else running.supervisor.gave_up.set())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
