"""Serves a simulator's application over HTTP until the process is asked to stop."""

import logging
import signal
import sys
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_SHUTDOWN_SECONDS = 1


class AbortableConnection(HttpToolsProtocol):
    """Gives each request a function that cuts its connection, as a failing server would: uvicorn itself always sends
    some response."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope.setdefault("state", {})["abort"] = self.transport.abort


def serve(application: Starlette, host: str, port: int) -> None:
    """Serves until the process is asked to stop, which takes about a second."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_cleanly)
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
    """Ends with exit code 0: uvicorn raises the signal again once it has stopped, and a stop is no failure."""
    sys.exit(0)
