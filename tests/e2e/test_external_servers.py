"""`gridenroll up` with an external PostgreSQL and an external Temporal server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stack import running_stack
from stack.ports import load_or_choose_ports
from stack.postgresql.embedded import embedded_postgres
from stack.processes.process import RunningProcess, start_process
from stack.temporal import Temporal
from tests.waiting import WAIT_SECONDS


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def outside_temporal(folder: Path) -> Iterator[Temporal]:
    ports = load_or_choose_ports(folder / "ports.json", ["server", "ui"])
    temporal = Temporal(folder / "other.sqlite", folder / "temporal.log", ports["server"], ports["ui"], {})
    running: RunningProcess = start_process(temporal.prepare())
    yield temporal
    running.kill()


def test_external_postgresql_and_temporal_are_used(
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
    return httpx.Client(base_url=stack["api_url"], headers=headers, trust_env=False, timeout=WAIT_SECONDS)
