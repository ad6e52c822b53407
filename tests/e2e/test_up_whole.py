"""`gridenroll up` with everything that belongs to it, from an empty folder to an answer of the API, and down again."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from stack.ports import kept_ports

FLAGS = ("--api-port", "--temporal-port", "--ui-port", "--derms-port")
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_from_nothing_to_an_answer_and_down_again(folder: Path) -> None:
    ports = kept_ports(folder / "ports.json", FLAGS)
    flags = [text for flag, port in ports.items() for text in (flag, str(port))]
    command = [sys.executable, "-m", "cli.main", "up", "--data-dir", str(folder / "data"), *flags]
    with (folder / "output.txt").open("w+") as output:
        up = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT)
        try:
            stack = _description(folder / "data" / "stack.json", up)
            assert set(stack["pids"]) == {"postgresql", "temporal", "simulator", "api", "worker", "up"}
            assert _programs(stack), (folder / "output.txt").read_text()
        finally:
            family = psutil.Process(up.pid).children(recursive=True)
            up.send_signal(signal.SIGINT)
            code = up.wait(PATIENCE_SECONDS)
    assert code == 0, (folder / "output.txt").read_text()
    assert not [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def _description(path: Path, up: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert up.poll() is None, path.parents[1].joinpath("output.txt").read_text()
        assert time.monotonic() < deadline, path.parents[1].joinpath("output.txt").read_text()
        time.sleep(0.05)
    return json.loads(path.read_text())


def _programs(stack: dict[str, Any]) -> list[object]:
    headers = {"Authorization": f"Bearer {stack['token']}"}
    answer = httpx.get(f"{stack['api_url']}/v1/programs", headers=headers, trust_env=False)
    return answer.raise_for_status().json()["items"]
