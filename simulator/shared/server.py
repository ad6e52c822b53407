"""Serving an application until it is told to stop: the same for every simulator."""

import logging
import signal
import sys
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from simulator.shared.connection import AbortableConnection

_SHUTDOWN_SECONDS = 1


def serve(application: Starlette, host: str, port: int) -> None:
    """Serves until it is told to stop, which it does within a second or so."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _exit_cleanly)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=AbortableConnection,
        ws="none",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        timeout_keep_alive=75,
    )


def _exit_cleanly(_: int, __: FrameType | None) -> None:
    """uvicorn raises the signal again once it has stopped; to be told to stop is no failure."""
    sys.exit(0)
