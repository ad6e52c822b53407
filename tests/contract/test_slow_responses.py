"""A server that sends single bytes slowly cannot keep a call open beyond its timeout."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from connectors.derms.client import DermsClient
from connectors.head_end.client import HeadEndClient
from connectors.head_end.protocol import DeviceRequest
from models.errors import OutcomeUnknown
from models.states.head_end import RequestKind

PATIENCE = timedelta(seconds=2)
BYTES = 1000
"""At one byte every 20 ms, the response takes ten times the timeout."""


@pytest.fixture(scope="module")
def trickling() -> Iterator[str]:
    """Return the address of a server whose responses come byte by byte."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("content-length", str(BYTES))
            self.end_headers()
            for _ in range(BYTES):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return
                stopped.wait(0.02)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    stopped.set()
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_derms_client_times_out(trickling: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(OutcomeUnknown):
            await DermsClient(http, trickling, "", PATIENCE).get_message_status("", "syn_1")


async def test_the_head_end_client_times_out(trickling: str) -> None:
    request = DeviceRequest(
        request_id="her_1",
        kind=RequestKind.STATUS_CHECK,
        head_end="ACME",
        manufacturer="Acme",
        serial_number="SN1",
        nic_id=None,
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(OutcomeUnknown):
            await HeadEndClient(http, trickling, "", PATIENCE).get_answer(request)
