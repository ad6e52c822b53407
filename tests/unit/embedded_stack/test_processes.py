"""Processes of the stack, and leftovers of a killed stack: ours are ended, others are not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from stack.data.directory import DataDir
from stack.processes import process
from stack.processes.leftovers import record_processes, stop_leftover_postgres, stop_leftovers
from stack.processes.part import BecameReady, Died, Event, Part, Restarted, RestartPolicy, start_part
from stack.processes.process import Program, RunningProcess, rotate_log, start_process
from tests.waiting import wait_for

T = TypeVar("T")
FOREVER = "import signal; signal.pause()"


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    (tmp_path / "logs").mkdir()
    return DataDir(tmp_path)


@pytest.fixture
def python(data: DataDir) -> Iterator[Callable[[str], RunningProcess]]:
    started: list[RunningProcess] = []

    def run(code: str) -> RunningProcess:
        started.append(start_process(_program(data, code)))
        return started[-1]

    yield run
    for running in started:
        running.kill()


def _program(data: DataDir, code: str) -> Program:
    return Program("part", (sys.executable, "-c", code), data.logs / "part.log")


def test_the_output_belongs_to_this_run_alone(python: Callable[[str], RunningProcess]) -> None:
    python("print('before')").popen.wait()
    running = python("print('now')")
    running.popen.wait()
    assert running.read_output() == "now"


def test_a_missing_program_is_reported_in_its_log(data: DataDir) -> None:
    running = start_process(Program("part", ("/nowhere/program",), data.logs / "part.log"))
    assert running.popen.wait() == 1
    assert running.read_output() == "/nowhere/program: No such file or directory"


def test_killing_a_process_kills_its_children(python: Callable[[str], RunningProcess]) -> None:
    running = python("import os, signal; print(os.fork(), flush=True); signal.pause()")
    child = _eventually(lambda: psutil.Process(running.pid).children())[0]
    running.kill()
    assert _eventually(lambda: _has_ended(child))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no signal for orphans")
def test_a_killed_parent_ends_its_processes(data: DataDir) -> None:
    code = (
        "import sys; from pathlib import Path; from stack.processes.process import Program, start_process; "
        "child = start_process(Program('part', (sys.executable, '-c', sys.argv[2]), Path(sys.argv[1]))); "
        f"print(child.pid, flush=True); {FOREVER}"
    )
    command = [sys.executable, "-c", code, str(data.logs / "part.log"), FOREVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=process.LAUNCHER.parents[2]) as parent:
        assert parent.stdout
        orphan = psutil.Process(int(parent.stdout.readline()))
        _eventually(lambda: process.LAUNCHER.name not in " ".join(orphan.cmdline()))
        parent.kill()
    assert _eventually(lambda: _has_ended(orphan))


def test_a_long_log_is_rotated(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ROTATE_ABOVE_BYTES", 3)
    log = data.logs / "part.log"
    log.write_text("1234")
    rotate_log(log)
    assert [path.name for path in data.logs.iterdir()] == ["part.log.1"]


def test_leftovers_of_a_killed_stack_are_ended(data: DataDir, python: Callable[[str], RunningProcess]) -> None:
    running = python(FOREVER)
    record_processes(data, [running])
    assert stop_leftovers(data) == ["part"]
    assert running.exit_code() == -signal.SIGTERM
    assert not data.processes.exists()


@pytest.mark.parametrize("otherwise", [{"created": 1.0}, {"command": ["another", "program"]}])
def test_an_unrelated_process_with_the_same_pid_is_left_alone(
    data: DataDir, python: Callable[[str], RunningProcess], otherwise: dict[str, object]
) -> None:
    running = python(FOREVER)
    record_processes(data, [running])
    record = json.loads(data.processes.read_text())["part"]
    data.processes.write_text(json.dumps({"part": {**record, **otherwise}}))
    assert stop_leftovers(data) == []
    assert running.exit_code() is None


def test_a_stale_postgresql_pid_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    stop_leftover_postgres(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_part_that_keeps_dying_is_restarted_with_growing_pauses_and_then_abandoned(data: DataDir) -> None:
    part = Part("part", "Part", lambda: _program(data, "raise SystemExit('no')"), lambda _pid: False)
    watched = start_part(part, RestartPolicy(max_failures=3, window_seconds=60, first_delay_seconds=0.01))
    events = [_eventually(watched.poll) for _ in range(5)]
    assert events == [
        Died("ended with exit code 1", "no", 0.01),
        Restarted(),
        Died("ended with exit code 1", "no", 0.02),
        Restarted(),
        Died("ended with exit code 1", "no", None),
    ]


def test_a_part_that_is_not_ready_in_time_counts_as_dead(data: DataDir) -> None:
    part = Part("part", "Part", lambda: _program(data, FOREVER), lambda _pid: False, ready_seconds=0.01)
    event = _eventually(start_part(part, RestartPolicy()).poll)
    assert isinstance(event, Died)
    assert event.reason == "was not ready after 0 s"


def test_a_part_becomes_ready_again_after_a_restart(data: DataDir) -> None:
    part = Part("part", "Part", lambda: _program(data, FOREVER), lambda _pid: True)
    watched = start_part(part, RestartPolicy(first_delay_seconds=0.0))
    seen: list[Event] = [_eventually(watched.poll)]
    watched.process.popen.kill()
    seen.extend(_eventually(watched.poll) for _ in range(3))
    watched.process.kill()
    assert [type(event) for event in seen] == [BecameReady, Died, Restarted, BecameReady]
    assert [event.again for event in seen if isinstance(event, BecameReady)] == [False, True]


def _has_ended(other: psutil.Process) -> bool:
    """Return whether the process has ended, even if nobody has collected it yet."""
    return not other.is_running() or other.status() == psutil.STATUS_ZOMBIE


def _eventually(ask: Callable[[], T | None]) -> T:
    answer = wait_for(ask)
    assert answer is not None
    return answer
