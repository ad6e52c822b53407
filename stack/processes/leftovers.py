"""Processes of a stack that was killed: known by what was written down about them, ended before the next one starts."""

import contextlib
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import psutil

from stack.data.directory import DataDir
from stack.data.json_files import read_json, write_json
from stack.processes.process import LAUNCHER, RunningProcess

# The clock may have been corrected since, and the start of a process is kept relative to it.
CLOCK_TOLERANCE_SECONDS = 5.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.02


def record_processes(data: DataDir, running: Iterable[RunningProcess]) -> None:
    """Enough to tell our process from a stranger that was given the same number later."""
    write_json(
        data.processes,
        {
            each.program.name: {
                "pid": each.pid,
                "created": each.created,
                "command": list(each.program.command),
                "stop_signal": int(each.program.stop_signal),
            }
            for each in running
        },
    )


def stop_leftovers(data: DataDir) -> list[str]:
    """End what is left of the last run; the names of the parts that were still there."""
    ended: list[str] = []
    for name, record in reversed(read_json(data.processes).items()):
        process = _find_own_process(cast("Mapping[str, object]", record)) if isinstance(record, dict) else None
        if process is not None:
            _stop_process_tree(
                process, int(str(cast("Mapping[str, object]", record).get("stop_signal", int(signal.SIGTERM))))
            )
            ended.append(name)
    data.processes.unlink(missing_ok=True)
    return ended


def _find_own_process(record: Mapping[str, object]) -> psutil.Process | None:
    pid, created, command = record.get("pid"), record.get("created"), record.get("command")
    if not isinstance(pid, int) or not isinstance(created, int | float) or not isinstance(command, list):
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        same_time = abs(process.create_time() - created) < CLOCK_TOLERANCE_SECONDS
        if same_time and _is_same_command(process.cmdline(), cast("list[str]", command)):
            return process
    return None


def _is_same_command(found: list[str], command: list[str]) -> bool:
    """Also as long as the launcher has not become the program, and while it does: a process has no command line in that
    moment. macOS may name the interpreter otherwise."""
    return not found or found[1:] == command[1:] or (str(LAUNCHER) in found and found[-len(command) :] == command)


def _stop_process_tree(process: psutil.Process, gentle: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        process.send_signal(gentle)
        _send_signal(_wait_for_exit(family), signal.SIGKILL)
        _wait_for_exit(family)


def _send_signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait_for_exit(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are, after a while. The dead whom nobody collects, as in many containers, are dead all the same."""
    deadline = time.monotonic() + GRACE_SECONDS
    while (alive := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def stop_leftover_postgres(cluster: Path) -> None:
    """Make the cluster free to be served: its old server ended, its old pid file not mistaken for a living one.

    A stale file names a process number that anybody may have now, after a restart of the machine or a container.
    PostgreSQL would take that one for its former self and refuse.
    """
    servers = [process for process in psutil.process_iter(["name"]) if _is_server_of(process, cluster)]
    _send_signal(servers, signal.SIGINT)
    _send_signal(_wait_for_exit(servers), signal.SIGQUIT)
    _wait_for_exit(servers)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_server_of(process: psutil.Process, cluster: Path) -> bool:
    """Server and sessions alike work inside the folder of the cluster."""
    with contextlib.suppress(psutil.Error, OSError):
        return process.name().startswith("postgres") and Path(process.cwd()) == cluster.resolve()
    return False
