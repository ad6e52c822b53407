"""Records the processes of a stack, so that the next start can find and stop those that a killed stack left behind."""

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

# The start time of a process depends on the clock, which may have been corrected since.
CLOCK_TOLERANCE_SECONDS = 5.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.02


def record_processes(data: DataDir, processes: Iterable[RunningProcess]) -> None:
    """Records enough to recognize a process of the stack, even if another one has its process id later."""
    write_json(
        data.processes,
        {
            process.program.name: {
                "pid": process.pid,
                "created": process.created,
                "command": list(process.program.command),
                "stop_signal": int(process.program.stop_signal),
            }
            for process in processes
        },
    )


def stop_leftovers(data: DataDir) -> list[str]:
    """Stops what is left of the last run; returns the names of the parts that were still running."""
    stopped: list[str] = []
    for name, entry in reversed(read_json(data.processes).items()):
        record = cast("dict[str, object]", entry) if isinstance(entry, dict) else dict[str, object]()
        process = _find_process(record)
        if process is not None:
            _stop_process_tree(process, int(str(record.get("stop_signal", int(signal.SIGTERM)))))
            stopped.append(name)
    data.processes.unlink(missing_ok=True)
    return stopped


def _find_process(record: Mapping[str, object]) -> psutil.Process | None:
    """Returns the process of a record if it still runs."""
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
    """Returns whether a process runs this command, or is the launcher that is about to become it.

    A process has no command line in the moment of that change, and macOS may name the interpreter differently.
    """
    return not found or found[1:] == command[1:] or (str(LAUNCHER) in found and found[-len(command) :] == command)


def _stop_process_tree(process: psutil.Process, stop_signal: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        tree = [process, *process.children(recursive=True)]
        process.send_signal(stop_signal)
        _send_signal(_wait_for_exit(tree), signal.SIGKILL)
        _wait_for_exit(tree)


def _send_signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait_for_exit(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Waits until the processes have exited; returns those that still run after some seconds.

    A zombie counts as exited: in many containers nobody collects it.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    while (alive := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def stop_leftover_postgres(cluster: Path) -> None:
    """Stops the cluster's former server and removes its pid file, so that a new server can start.

    After a restart of the machine or a container, another process may have the id in the file. PostgreSQL would take it
    for a running server and refuse to start.
    """
    servers = [process for process in psutil.process_iter(["name"]) if _is_server_of(process, cluster)]
    _send_signal(servers, signal.SIGINT)
    _send_signal(_wait_for_exit(servers), signal.SIGQUIT)
    _wait_for_exit(servers)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_server_of(process: psutil.Process, cluster: Path) -> bool:
    """Returns whether the process is a server of the cluster, or one of its sessions: both work in its folder."""
    with contextlib.suppress(psutil.Error, OSError):
        return process.name().startswith("postgres") and Path(process.cwd()) == cluster.resolve()
    return False
