"""What `gridenroll up` says when it cannot start, and which fix it names."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.ports import load_or_choose_ports
from tests.e2e.running_program import RunningProgram

STAND_INS = Path(__file__).with_name("stand_in_stack.py")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_all_ports_in_use_are_reported_with_their_owner_and_flag(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        api, ui = (str(taken.getsockname()[1]) for taken in (one, other))
        free = load_or_choose_ports(folder / "ports.json", ["--temporal-port", "--derms-port"])
        flags = [text for flag, port in free.items() for text in (flag, str(port))]
        data = ["--data-dir", str(folder / "data")]
        with RunningProgram(
            ["-m", "cli.main", "up", "--api-port", api, "--ui-port", ui, *data, *flags], os.environ
        ) as up:
            assert up.stop() == 1
    assert f"Port {api} for the API is taken by" in up.output
    assert f"(process {os.getpid()}). Choose another with --api-port." in up.output
    assert f"(process {os.getpid()}). Choose another with --ui-port." in up.output


def test_data_of_a_newer_version_is_left_alone(folder: Path) -> None:
    (folder / "version.json").write_text(json.dumps({"format": 1, "postgresql": 19}))
    with RunningProgram([str(STAND_INS), str(folder), "1", "-"], os.environ) as up:
        assert up.stop() == 1
    assert "is of a newer version (postgresql 19, this gridenroll knows 18)" in up.output
    assert not (folder / "postgresql").exists()


def test_an_unwritable_folder_is_reported(folder: Path) -> None:
    (folder / "file").touch()
    with RunningProgram([str(STAND_INS), str(folder / "file" / "data"), "1", "-"], os.environ) as up:
        assert up.stop() == 1
    assert f"Cannot use {folder / 'file' / 'data'}" in up.output
    assert "--data-dir" in up.output
