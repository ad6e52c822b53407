"""Starts and stops operating-system processes, each in its own session and with its own log file.

On Linux no process outlives the one that started it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from stack.errors import StackError

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_TAIL_LINES = 8
ROTATE_ABOVE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    """A command to run, its user and environment, and the signals that end it."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    stdin: Path = Path(os.devnull)
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    fast_stop_signal: signal.Signals = signal.SIGKILL
    orphan_signal: signal.Signals = signal.SIGKILL


@dataclass(frozen=True)
class RunningProcess:
    """A started program, and the position in its log where this run begins."""

    program: Program
    popen: subprocess.Popen[bytes]
    log_start: int
    created: float

    @property
    def pid(self) -> int:
        return self.popen.pid

    def exit_code(self) -> int | None:
        return self.popen.poll()

    def request_stop(self) -> None:
        self.popen.send_signal(self.program.stop_signal)

    def stop_fast(self) -> None:
        self.popen.send_signal(self.program.fast_stop_signal)

    def kill(self) -> None:
        """Kills the process and whatever else runs in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def read_output(self) -> str:
        """Returns what it has written since its start."""
        with self.program.log.open("rb") as stream:
            stream.seek(self.log_start)
            return stream.read().decode("utf-8", "replace").strip()

    def read_log_tail(self) -> str:
        """Returns the last lines that it has written."""
        return "\n".join(self.read_output().splitlines()[-LOG_TAIL_LINES:])


def start_process(program: Program) -> RunningProcess:
    """Starts a program. Call it from the main thread: on Linux a child ends with the thread that started it."""
    rotate_log(program.log)
    with program.log.open("ab") as log, program.stdin.open("rb") as stdin:
        log_start = log.tell()
        popen = subprocess.Popen(
            _build_launcher_command(program),
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,
        )
    return RunningProcess(program, popen, log_start, _get_creation_time(popen.pid))


def run_process(program: Program) -> RunningProcess:
    """Starts a program and waits for its end."""
    process = start_process(program)
    process.popen.wait()
    return process


def _build_launcher_command(program: Program) -> list[str]:
    user, group = ("-" if number is None else str(number) for number in (program.user, program.group))
    orphan_signal = str(int(program.orphan_signal))
    python = (sys.executable, "-I", "-S", str(LAUNCHER))
    return [*python, str(os.getpid()), orphan_signal, user, group, *program.command]


def _get_creation_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def rotate_log(log: Path) -> None:
    """Starts a new log when this one is large, and keeps one older log."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > ROTATE_ABOVE_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def find_program(program: str) -> str:
    """Returns the path of a program, from this Python environment or else from the PATH."""
    in_environment = Path(sys.executable).with_name(program)
    path = str(in_environment) if in_environment.exists() else shutil.which(program)
    if path is None:
        raise StackError(f"The program {program} was not found.", "Install it with `make env`.")
    return path
