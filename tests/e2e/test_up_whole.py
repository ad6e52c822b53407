"""`gridenroll up` with everything that belongs to it, from an empty folder to an answer of the API, and down again."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from bench.stack import running_stack
from stack.embedded import embedded_postgres
from stack.ports import kept_ports
from stack.process import Running, start
from stack.temporal import Temporal
from tests.e2e.spoken import gone


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


def test_from_nothing_to_an_answer_and_down_again(folder: Path) -> None:
    with running_stack(folder / "data") as stack:
        family = psutil.Process(stack["pids"]["up"]).children(recursive=True)
        assert set(stack["pids"]) == {"postgresql", "temporal", "simulator", "api", "worker", "up"}
        assert _programs(stack)
    assert gone(family)
    assert not (folder / "data" / "stack.json").exists()


def test_a_postgresql_and_a_temporal_of_ones_own_are_used_instead(
    folder: Path, outside_temporal: Temporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded_postgres(folder / "other", unsafe_fast=True) as url:
        monkeypatch.setenv("GRIDENROLL_DATABASE_URL", url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", outside_temporal.address)
        with running_stack(folder / "data") as stack:
            assert set(stack["pids"]) == {"simulator", "api", "worker", "up"}
            assert (stack["database_url"], stack["temporal_address"]) == (url, outside_temporal.address)
            assert _programs(stack)
            assert httpx.get(f"{stack['api_url']}/readyz", trust_env=False).json()["status"] == "ready"


def _programs(stack: dict[str, Any]) -> list[object]:
    headers = {"Authorization": f"Bearer {stack['token']}"}
    answer = httpx.get(f"{stack['api_url']}/v1/programs", headers=headers, trust_env=False)
    return answer.raise_for_status().json()["items"]
