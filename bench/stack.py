"""Runs a whole stack for a benchmark or a test, started by `gridenroll up` on free ports."""

import contextlib
import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

_PORT_FLAGS = ("--api-port", "--temporal-port", "--ui-port", "--derms-port", "--head-end-port")
_START_TIMEOUT_SECONDS = 900
_STOP_TIMEOUT_SECONDS = 400
_LOCK_FILE = Path(tempfile.gettempdir(), f"gridenroll-starting-{os.getuid()}.lock")
_PORT_RANGE = range(12_000, 20_000)


def free_ports(count: int) -> list[int]:
    """Returns different ports that are free now.

    They are outside the range that the system uses for outgoing connections, which could take one in the meantime.
    """
    with ExitStack() as sockets:
        ports: list[int] = []
        while len(ports) < count:
            with contextlib.suppress(OSError):
                server = sockets.enter_context(socket.create_server(("127.0.0.1", secrets.choice(_PORT_RANGE))))
                ports.append(server.getsockname()[1])
        return ports


@contextmanager
def running_stack(data_dir: Path, **settings: str) -> Generator[dict[str, Any]]:
    """Runs a stack until the block ends; returns its stack.json. `settings` are environment variables."""
    flags = [
        str(word) for flag, port in zip(_PORT_FLAGS, free_ports(len(_PORT_FLAGS)), strict=True) for word in (flag, port)
    ]
    log = data_dir.with_suffix(".log")
    with ExitStack() as cleanup:
        with _wait_for_turn(), log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "up", "--data-dir", str(data_dir), *flags],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **settings},
            )
            cleanup.callback(_stop, process)
            description = _wait_for_description(data_dir / "stack.json", process, log)
        yield description


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(_STOP_TIMEOUT_SECONDS)


@contextmanager
def _wait_for_turn() -> Generator[None]:
    """Lets one stack start at a time on this machine: several at once would each take much longer."""
    with _LOCK_FILE.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _wait_for_description(path: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    # A stack that was killed may have left its own description behind.
    while (found := _read_description(path)).get("pids", {}).get("up") != process.pid:
        if process.poll() is not None:
            raise RuntimeError(f"the stack ended with {process.returncode} before it was up:\n{log.read_text()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the stack was not up after {_START_TIMEOUT_SECONDS} s:\n{log.read_text()}")
        time.sleep(0.1)
    return found


def _read_description(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}
