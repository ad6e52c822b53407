"""A port in use is reported with the part that needs it, its owner, and the flag that changes it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.ports import PortRequest, check_ports, explain_port_conflict, load_or_choose_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_reported_with_its_owner_and_flag(taken: int) -> None:
    with pytest.raises(StackError) as refused:
        check_ports([PortRequest("the API", taken, "--api-port")])
    assert f"Port {taken} for the API is taken by " in str(refused.value)
    assert f"(process {os.getpid()})" in str(refused.value)
    assert "--api-port" in str(refused.value)


def test_all_ports_in_use_are_reported_together(taken: int) -> None:
    with pytest.raises(StackError) as refused:
        check_ports([PortRequest("Temporal", taken, "--temporal-port"), PortRequest("the API", 70000, "--api-port")])
    assert "--temporal-port" in str(refused.value)
    assert "--api-port" in str(refused.value)


def test_one_port_for_two_parts_is_refused(tmp_path: Path) -> None:
    port = load_or_choose_ports(tmp_path / "ports.json", ["one"])["one"]
    with pytest.raises(StackError, match="wanted by both Temporal and the API"):
        check_ports([PortRequest("Temporal", port, "--temporal-port"), PortRequest("the API", port, "--api-port")])


def test_chosen_free_ports_are_reused(tmp_path: Path) -> None:
    first = load_or_choose_ports(tmp_path / "ports.json", ["postgresql", "worker_health"])
    assert load_or_choose_ports(tmp_path / "ports.json", ["postgresql", "worker_health"]) == first
    assert not any(map(explain_port_conflict, first.values()))


def test_a_reused_port_in_use_is_replaced(tmp_path: Path, taken: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"postgresql": {taken}}}')
    assert load_or_choose_ports(tmp_path / "ports.json", ["postgresql"])["postgresql"] != taken


def test_a_reused_port_requested_for_another_part_is_replaced(tmp_path: Path) -> None:
    kept = load_or_choose_ports(tmp_path / "ports.json", ["postgresql"])["postgresql"]
    assert load_or_choose_ports(tmp_path / "ports.json", ["postgresql"], avoid=[kept])["postgresql"] != kept
