"""Fixtures: the head-end simulator on a free port, a receiver for its callbacks, and requests to send."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stack import free_ports
from tests.contract.derms.conftest import ROOT, Receiver
from tests.waiting import WAIT_SECONDS, wait_for

_numbers = count(1)


class HeadEndProcess:
    """A simulator process. `start` after `kill` continues with the same store and port."""

    def __init__(self, folder: Path, receiver: Receiver, **settings: str) -> None:
        (port,) = free_ports(1)
        named = {"port": str(port), "store": str(folder / "cloud.sqlite3"), "callback_url": receiver.url, "seed": "7"}
        named = {**named, "answer_after": "0.02", **settings}
        self._environment = {**os.environ, **{f"HEAD_END_SIMULATOR_{name.upper()}": named[name] for name in named}}
        self._receiver = receiver
        self.address = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.address, trust_env=False, timeout=WAIT_SECONDS)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator.head_end"], cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL
        )
        wait_for(self._healthy)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.http.close()
        self.kill()

    def ask(self, request: dict[str, Any], **headers: str) -> httpx.Response:
        what = "actions" if "action" in request else "status-checks"
        headers = {"Idempotency-Key": request["request_id"], **headers}
        return self.http.post(
            f"/devices/{request['serial_number']}/{what}", content=json.dumps(request), headers=headers
        )

    def status(self, request: dict[str, Any]) -> httpx.Response:
        what = "actions" if "action" in request else "status-checks"
        return self.http.get(f"/devices/{request['serial_number']}/{what}/{request['request_id']}")

    def device(self, request: dict[str, Any], state: str) -> None:
        self.http.put(f"/devices/{request['serial_number']}", json={"state": state}).raise_for_status()

    def faults(self, **named: Any) -> None:
        self.http.put("/faults", json=named).raise_for_status()

    def answers(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the callbacks received for one request."""
        answers = [one for _, body in list(self._receiver.posts) for one in json.loads(body)["answers"]]
        return [one for one in answers if one["request_id"] == request["request_id"]]

    def first_answer(self, request: dict[str, Any]) -> dict[str, Any]:
        return wait_for(lambda: self.answers(request))[0]

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


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[HeadEndProcess]:
    head_end = HeadEndProcess(tmp_path_factory.mktemp("cloud"), receiver)
    yield head_end
    head_end.close()


@pytest.fixture
def head_end(shared: HeadEndProcess, receiver: Receiver) -> Iterator[HeadEndProcess]:
    """The simulator that the tests share: only its store outlives a test."""
    yield shared
    shared.http.delete("/faults")
    receiver.status = 202


@pytest.fixture
def request_of() -> Callable[..., dict[str, Any]]:
    """Build a status check of a new device; the arguments replace fields."""

    def made(**named: Any) -> dict[str, Any]:
        number = next(_numbers)
        usual = {
            "request_id": f"her_{number:026}",
            "head_end": "ACME-CLOUD",
            "manufacturer": "Acme",
            "serial_number": f"SN-{number}",
        }
        return {**usual, **named}

    return made
