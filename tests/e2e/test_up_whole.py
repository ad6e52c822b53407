"""`gridenroll up` with everything that belongs to it, from an empty folder to an answer of the API, and down again."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from bench.customers import application, qualified
from bench.stack import running_stack
from stack.embedded import embedded_postgres
from stack.ports import kept_ports
from stack.process import Running, start
from stack.temporal import Temporal
from tests.e2e.spoken import PATIENCE_SECONDS, ROOT, gone

CUSTOMER = qualified(ROOT / "examples" / "customers.csv")[0]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def outside_temporal(folder: Path) -> Iterator[Temporal]:
    ports = kept_ports(folder / "ports.json", ["server", "ui"])
    temporal = Temporal(folder / "other.sqlite", folder / "temporal.log", ports["server"], ports["ui"], {})
    running: Running = start(temporal.prepare())
    yield temporal
    running.kill()


def test_from_nothing_to_an_enrolment_through_a_kill_of_everything_and_down_again(folder: Path) -> None:
    with running_stack(folder / "data") as stack:
        assert set(stack["pids"]) == {"postgresql", "temporal", "simulator", "head_end", "api", "worker", "up"}
        with _api(stack) as api:
            enrolled = api.post("/v1/program-enrollments", json=application(CUSTOMER, 1)).raise_for_status().json()
        for process in (psutil.Process(stack["pids"]["up"]), *_family(stack)):
            process.kill()
    with running_stack(folder / "data") as stack:
        family = _family(stack)
        _synchronized(stack, enrolled["id"])
    assert gone(family)
    assert not (folder / "data" / "stack.json").exists()


def test_a_postgresql_and_a_temporal_of_ones_own_are_used_instead(
    folder: Path, outside_temporal: Temporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded_postgres(folder / "other", unsafe_fast=True) as url:
        monkeypatch.setenv("GRIDENROLL_DATABASE_URL", url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", outside_temporal.address)
        with running_stack(folder / "data") as stack:
            assert set(stack["pids"]) == {"simulator", "head_end", "api", "worker", "up"}
            assert (stack["database_url"], stack["temporal_address"]) == (url, outside_temporal.address)
            with _api(stack) as api:
                assert api.get("/v1/programs").raise_for_status().json()["items"]
                assert api.get("/readyz").json()["status"] == "ready"


def _api(stack: dict[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack['token']}"}
    return httpx.Client(base_url=stack["api_url"], headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)


def _synchronized(stack: dict[str, Any], enrollment: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with _api(stack) as api:
        while True:
            found = api.get(f"/v1/program-enrollments/{enrollment}").raise_for_status().json()
            if [one["state"] for one in found["sync_requests"]] == ["synchronized"]:
                return
            assert time.monotonic() < deadline, found


def _family(stack: dict[str, Any]) -> list[psutil.Process]:
    return psutil.Process(stack["pids"]["up"]).children(recursive=True)
