"""One operating-system process that we own: in a session of its own, logging to a file, never outliving us on Linux."""

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
    """What to run, as whom, and which signals end it."""

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
    """A started program, and where in its log this run begins."""

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
        """The process and whatever it left in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def read_output(self) -> str:
        """What it wrote since it was started."""
        with self.program.log.open("rb") as stream:
            stream.seek(self.log_start)
            return stream.read().decode("utf-8", "replace").strip()

    def read_log_tail(self) -> str:
        """The end of that."""
        return "\n".join(self.read_output().splitlines()[-LOG_TAIL_LINES:])


def start_process(program: Program) -> RunningProcess:
    """To be called from the main thread: on Linux a child is told of the end of the thread that started it."""
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
    """Start it and wait for its end."""
    running = start_process(program)
    running.popen.wait()
    return running


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
    """One older log is kept."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > ROTATE_ABOVE_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def find_program(program: str) -> str:
    """The path of a program that came with this Python environment, else of one that the person has."""
    beside = Path(sys.executable).with_name(program)
    found = str(beside) if beside.exists() else shutil.which(program)
    if found is None:
        raise StackError(f"The program {program} was not found.", "Install it with `make env`.")
    return found
