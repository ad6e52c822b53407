"""Which variables the stack passes to its programs, and which variables of the user must not reach them."""

import os
from collections.abc import Callable

import pytest

from stack.data.credentials import Credentials
from stack.environment import Addresses, Ports


@pytest.fixture
def addresses() -> Callable[..., Addresses]:
    def make(**changes: bool) -> Addresses:
        return Addresses(Ports(worker_health=9), "postgresql://here", Credentials("t", "s", "h", "p"), **changes)

    return make


def test_keys_of_another_temporal_do_not_reach_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch, addresses: Callable[..., Addresses]
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "of the cloud")
    environment = addresses().build_environment()
    assert "TEMPORAL_API_KEY" not in environment
    assert environment["TEMPORAL_ADDRESS"] == "127.0.0.1:7233"


def test_an_outside_temporal_is_passed_on_with_all_its_variables(
    monkeypatch: pytest.MonkeyPatch, addresses: Callable[..., Addresses]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "far.example:7233")
    monkeypatch.setenv("TEMPORAL_API_KEY", "of the cloud")
    environment = addresses(is_temporal_external=True).build_environment()
    assert environment["TEMPORAL_ADDRESS"] == "far.example:7233"
    assert environment["TEMPORAL_API_KEY"] == "of the cloud"


def test_the_description_contains_every_address(addresses: Callable[..., Addresses]) -> None:
    assert addresses().describe({"api": 1}) == {
        "api_url": "http://127.0.0.1:8000",
        "temporal_address": "127.0.0.1:7233",
        "temporal_ui_url": "http://127.0.0.1:8233",
        "derms_url": "http://127.0.0.1:8100",
        "head_end_url": "http://127.0.0.1:8110",
        "database_url": "postgresql://here",
        "token": "t",
        "tokens": {"operator": "t"},
        "pids": {"api": 1, "up": os.getpid()},
    }
