"""The API's process and the worker's. Loaded by `gridenroll serve` alone, for it takes a second to load."""

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
from api.app import create_app
from cli.logs import configure
from connectors.temporal.client import connect
from models.errors import Unavailable
from relay.health import Health, TaskMetrics
from relay.supervisor import Supervisor
from settings.settings import Settings

_STARTING_SECONDS = 60
_GAVE_UP = 1


def api() -> None:
    """Serves until told to stop."""
    settings = Settings()
    configure(settings.log_format, settings.log_level)
    uvloop.run(_api(settings))


async def _api(settings: Settings) -> None:
    application = create_app(
        database_url=settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        temporal=await connect(lazy=True),
        token=settings.api_token.get_secret_value(),
        derms_secret=settings.derms_secret.get_secret_value(),
        head_end_secret=settings.head_end_secret.get_secret_value(),
        temporal_ui_url=settings.temporal_ui_url,
        acknowledgement_timeout_seconds=settings.acknowledgement_timeout.total_seconds(),
    )
    config = uvicorn.Config(
        application,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        # Longer than clients keep a connection: else one is closed in the moment in which it is used again.
        timeout_keep_alive=75,
        server_header=False,
    )
    await _serve(uvicorn.Server(config), application.state.supervisor)


async def _serve(server: uvicorn.Server, supervisor: Supervisor) -> None:
    """Serves until told to stop, or until a background task cannot go on; then the process ends with an error."""
    serving = asyncio.create_task(server.serve())
    giving_up = asyncio.create_task(supervisor.gave_up.wait())
    await asyncio.wait({serving, giving_up}, return_when=asyncio.FIRST_COMPLETED)
    giving_up.cancel()
    server.should_exit = True
    await serving
    if supervisor.gave_up.is_set():
        sys.exit(_GAVE_UP)


def work() -> None:
    """Runs until told to stop."""
    settings = Settings()
    configure(settings.log_format, settings.log_level)
    code = uvloop.run(_worker(settings))
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread of the SDK may outlive the interpreter and abort it at exit; everything is closed, so nothing is lost.
    os._exit(code)


async def _worker(settings: Settings) -> int:
    """Returns the exit code: an error if a background task could not go on."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    client = await _patient_connect(stop)
    if client is None:
        return 0
    await worker.prepare(client)
    async with worker.running(settings, client) as running, _doors(settings, running):
        waiting = [asyncio.create_task(event.wait()) for event in (stop, running.supervisor.gave_up)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
    return _GAVE_UP if running.supervisor.gave_up.is_set() else 0


async def _patient_connect(stop: asyncio.Event) -> worker.Client | None:
    """Waits for a Temporal that starts at the same time as we do.

    Raises:
        Unavailable: it did not come.
    """
    deadline = asyncio.get_running_loop().time() + _STARTING_SECONDS
    while not stop.is_set():
        try:
            return await connect()
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
    return None


class _Quiet(uvicorn.Server):
    """A server beside the worker, which alone answers signals."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves them alone."""
        yield


@asynccontextmanager
async def _doors(settings: Settings, running: worker.Running) -> AsyncGenerator[None]:
    """Where an orchestrator sees that the worker lives, and Prometheus what it does."""
    if not settings.worker_health_port:
        yield
        return

    async def healthz(request: Request) -> JSONResponse:
        health = Health.of(running.supervisor.health())
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
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
