"""The process of the API. Only `gridenroll serve api` loads it, because it takes long to load."""

import asyncio
import sys

import uvicorn
import uvloop

from api.app import create_app
from cli.processes.logging_setup import configure_logging
from connectors.temporal.client import connect
from relay.supervisor import Supervisor
from settings.settings import Settings

_EXIT_CODE_TASK_FAILED = 1


def run() -> None:
    """Serve the API until a signal stops the process."""
    settings = Settings()
    configure_logging(settings.log_format, settings.log_level)
    uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    application = create_app(
        database_url=settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        temporal=await connect(lazy=True),
        token=settings.api_token.get_secret_value(),
        derms_secret=settings.derms_secret.get_secret_value(),
        head_end_secret=settings.head_end_secret.get_secret_value(),
        temporal_ui_url=settings.temporal_ui_url,
        acknowledgement_timeout=settings.acknowledgement_timeout,
    )
    config = uvicorn.Config(
        application,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        # Longer than clients keep a connection; otherwise it may close in the moment in which a client uses it again.
        timeout_keep_alive=75,
        server_header=False,
    )
    await _serve(uvicorn.Server(config), application.state.supervisor)


async def _serve(server: uvicorn.Server, supervisor: Supervisor) -> None:
    """Serve until a signal arrives, or until a background task has failed; then the process ends with an error."""
    serving = asyncio.create_task(server.serve())
    giving_up = asyncio.create_task(supervisor.gave_up.wait())
    await asyncio.wait({serving, giving_up}, return_when=asyncio.FIRST_COMPLETED)
    giving_up.cancel()
    server.should_exit = True
    await serving
    if supervisor.gave_up.is_set():
        sys.exit(_EXIT_CODE_TASK_FAILED)
