"""Fixtures: the real simulator on a free port, a receiver for its callbacks, and messages to send."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stack import free_ports
from tests.waiting import WAIT_SECONDS, wait_for

ROOT = Path(__file__).parents[3]


class Receiver:
    """Receives callbacks, and answers with the configured status."""

    def __init__(self) -> None:
        self.status = 202
        self.posts: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/derms/acknowledgements"

    def acknowledgements(self, sync_request_id: str) -> list[dict[str, Any]]:
        """Return the acknowledgements received for one sync request."""
        return [one for one in self.acknowledgements_in_order() if one["sync_request_id"] == sync_request_id]

    def acknowledgements_in_order(self) -> list[dict[str, Any]]:
        return [one for _, body in list(self.posts) for one in json.loads(body)["acknowledgements"]]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class DermsProcess:
    """A simulator process. `start` after `kill` continues with the same store and port."""

    def __init__(self, folder: Path, callback_url: str, **settings: str) -> None:
        (port,) = free_ports(1)
        named = {"port": str(port), "store": str(folder / "derms.sqlite3"), "callback_url": callback_url, "seed": "7"}
        named = {**named, "acknowledge_after": "0.02", **settings}
        self._environment = {**os.environ, **{f"DERMS_SIMULATOR_{name.upper()}": named[name] for name in named}}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=WAIT_SECONDS)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator.derms"], cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL
        )
        wait_for(self._healthy)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_SECONDS)

    def close(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()

    def send(self, message: dict[str, Any], **headers: str) -> httpx.Response:
        headers = {"Idempotency-Key": message["message_id"], **headers}
        return self.http.post("/sync-messages", content=json.dumps(message), headers=headers)

    def send_in_bulk(self, *messages: Any) -> httpx.Response:
        return self.http.post("/sync-message-batches", json={"messages": messages})

    def faults(self, **named: Any) -> None:
        self.http.put("/faults", json=named).raise_for_status()

    def reference(self, **known: Any) -> None:
        self.http.put("/reference", json=known).raise_for_status()

    def force(self, message: dict[str, Any], **result: str) -> httpx.Response:
        return self.http.post(f"/sync-messages/{message['message_id']}/acknowledge", json=result or None)

    def status(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.http.get(f"/sync-messages/{message['message_id']}").json()

    def record(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the simulator's record of a message."""
        return self.records()[message["message_id"]]

    def records(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        cursor = ""
        while cursor is not None:
            page = self.http.get("/sync-messages", params={"limit": 50, "cursor": cursor}).json()
            found |= {item["message_id"]: item for item in page["items"]}
            cursor = page["next_cursor"]
        return found

    def ders(self, query: str) -> list[dict[str, Any]]:
        return self.http.get("/ders", params={"q": query}).json()["items"]

    def _healthy(self) -> bool:
        try:
            return self.http.get("/healthz").is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


@pytest.fixture
def launch(tmp_path: Path, receiver: Receiver) -> Iterator[Callable[..., DermsProcess]]:
    """Start a separate simulator with these settings."""
    with ExitStack() as stack:

        def started(**settings: str) -> DermsProcess:
            derms = DermsProcess(tmp_path, **{"callback_url": receiver.url, **settings})
            stack.callback(derms.close)
            return derms

        yield started


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[DermsProcess]:
    derms = DermsProcess(tmp_path_factory.mktemp("derms"), receiver.url)
    yield derms
    derms.close()


@pytest.fixture
def derms(shared: DermsProcess, receiver: Receiver) -> Iterator[DermsProcess]:
    """The simulator that most tests share: only its store outlives a test."""
    yield shared
    shared.http.delete("/faults")
    shared.reference()
    receiver.status = 202


@pytest.fixture
def at_once(derms: DermsProcess) -> DermsProcess:
    derms.faults(acknowledge="at_once")
    return derms


_numbers = count(1)


@pytest.fixture(scope="session")
def message() -> Callable[..., dict[str, Any]]:
    """Build a message about a new subscription with a new device; the arguments replace fields."""

    def made(*, feeder: str | None = "F-12", devices: list[dict[str, Any]] | None = None, **named: Any) -> Any:
        number = next(_numbers)
        key = f"syn_{number:026}"
        return {
            "message_id": key,
            "sync_request_id": key,
            "version": 1,
            "sequence": 1,
            "kind": "enroll",
            "sent_at": "2026-07-01T08:00:00Z",
            "transaction_id": f"ext-{number}",
            "customer": {"cis_person_id": f"P{number}", "cis_account_id": f"ACC{number:06}", "name": "Ada Lovelace"},
            "location": {
                "cis_premise_id": "PR1",
                "cis_service_point_id": "SP1",
                "feeder": feeder,
                "time_zone": "Europe/Berlin",
            },
            "program": {"code": "COOL-SUMMER"},
            "subscription": {"number": f"SUB{number:06}", "start": "2026-07-01T00:00:00Z"},
            "devices": devices or [device(f"{number}")],
            **named,
        }

    return made


def device(name: str, **named: Any) -> dict[str, Any]:
    return {
        "device_id": f"dev_{name}",
        "asset_type": "thermostat",
        "specification": "ACME-T1",
        "manufacturer": "Acme",
        "model": "T1",
        "serial_number": f"SN-{name}-X",
        "ownership": "customer_owned",
        "head_end": "ACME-CLOUD",
        "rated_kw": "3.500",
        "state": "enrolled",
        **named,
    }


@pytest.fixture(scope="session", name="device")
def device_fixture() -> Callable[..., dict[str, Any]]:
    return device


@pytest.fixture(scope="session", name="wait_for")
def wait_for_fixture() -> Callable[..., Any]:
    return wait_for
