"""The life of a stack from start to stop, and through every kill -9, with a real PostgreSQL and a few stand-ins."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import asyncpg
import psutil
import pytest

from stack.ports import kept_ports

T = TypeVar("T")
STAND_INS = Path(__file__).with_name("up_stand_ins.py")
PATIENCE_SECONDS = 20.0


class Stack:
    """A stack of stand-ins in a process of its own."""

    def __init__(self, folder: Path, port: int, worker_life: str = "-") -> None:
        self.folder = folder
        self.output = folder.with_name("output.txt")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(STAND_INS), str(folder), str(port), worker_life],
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(STAND_INS.parents[2])},
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def description(self) -> dict[str, object] | None:
        """Of this one: a stack that was killed leaves its own behind for a moment."""
        path = self.folder / "stack.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        return found if found.get("pids", {}).get("up") == self.process.pid else None

    def pid(self, part: str) -> int:
        description = eventually(self.description)
        return description["pids"][part]  # type: ignore[index]

    def family(self) -> list[psutil.Process]:
        eventually(self.description)
        return psutil.Process(self.process.pid).children(recursive=True)

    def count(self) -> int:
        """One more each time it is asked, from the database."""
        description = eventually(self.description)
        return asyncio.run(_count(str(description["database_url"])))

    def ends(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO visit DEFAULT VALUES")
        return await connection.fetchval("SELECT count(*) FROM visit")
    finally:
        await connection.close()


def eventually(ask: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def gone(processes: list[psutil.Process]) -> bool:
    """All of them, whether or not somebody has collected the dead."""
    return eventually(lambda: not any(map(_lives, processes)))


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Shared, because a life must go on with the data of the one before, however that ended.

    Not one of pytest's own: another pytest that starts would close it to the ordinary user of PostgreSQL.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "data")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> int:
    return kept_ports(tmp_path_factory.mktemp("port") / "ports.json", ["api"])["api"]


@pytest.fixture
def start(folder: Path, port: int) -> Iterator[Callable[..., Stack]]:
    started: list[Stack] = []

    def begin(worker_life: str = "-") -> Stack:
        started.append(Stack(folder, port, worker_life))
        return started[-1]

    yield begin
    for stack in started:
        if stack.process.poll() is None:
            stack.ends(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_process_and_no_description(start: Callable[..., Stack], number: int) -> None:
    stack = start()
    family = stack.family()
    assert {process.name() for process in family} >= {"postgres"}
    assert stack.ends(number) == 0
    assert gone(family)
    assert not (stack.folder / "stack.json").exists()
    assert "Worker … stopped\nAPI … stopped\nPostgreSQL … stopped" in stack.said()


def test_it_says_what_is_up_where_and_with_which_token(start: Callable[..., Stack], port: int) -> None:
    stack = start()
    description = eventually(stack.description)
    eventually(lambda: "Try:" in stack.said())
    assert f"http://127.0.0.1:{port}" in stack.said()
    assert str(description["token"]) in stack.said()
    assert (stack.folder / "stack.json").stat().st_mode & 0o777 == 0o600


def test_a_stop_while_starting_stops_what_was_started(start: Callable[..., Stack]) -> None:
    stack = start()
    eventually(lambda: "PostgreSQL … ready" in stack.said())
    family = psutil.Process(stack.process.pid).children(recursive=True)
    assert stack.ends(signal.SIGINT) == 0
    assert gone(family)


@pytest.mark.parametrize(("part", "title"), [("postgresql", "PostgreSQL"), ("api", "API")])
def test_a_part_that_is_killed_is_started_again_and_that_is_said(
    start: Callable[..., Stack], part: str, title: str
) -> None:
    stack = start()
    before, count = stack.pid(part), stack.count()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: f"{title} … ready again" in stack.said())
    assert f"{title} was killed by SIGKILL" in stack.said()
    assert str(stack.folder / "logs" / f"{part}.log") in stack.said()
    eventually(lambda: stack.pid(part) != before)
    assert stack.count() == count + 1


def test_a_part_that_keeps_dying_is_given_up_and_everything_stops(start: Callable[..., Stack]) -> None:
    stack = start("0.1")
    assert stack.process.wait(PATIENCE_SECONDS) == 1
    assert "Worker ended with exit code 1. It is given up" in stack.said()
    assert "no work left" in stack.said()
    assert "PostgreSQL … stopped" in stack.said()


def test_after_a_kill_of_the_supervisor_the_next_one_goes_on_with_the_data(start: Callable[..., Stack]) -> None:
    killed = start()
    family, count = killed.family(), killed.count()
    killed.ends(signal.SIGKILL)
    following = start()
    assert following.count() == count + 1
    assert gone(family)


def test_after_a_kill_of_everything_the_next_one_goes_on_with_the_data(start: Callable[..., Stack]) -> None:
    killed = start()
    family, count = killed.family(), killed.count()
    for process in (killed.process, *family):
        process.kill()
    killed.process.wait(PATIENCE_SECONDS)
    assert start().count() == count + 1


def test_a_second_one_on_the_same_data_is_refused(start: Callable[..., Stack], port: int) -> None:
    first = start()
    eventually(first.description)
    command = [sys.executable, str(STAND_INS), str(first.folder), str(port), "-"]
    environment = {**os.environ, "PYTHONPATH": str(STAND_INS.parents[2])}
    second = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert second.returncode == 1
    assert f"A stack already runs on {first.folder} (process {first.process.pid})" in second.stderr
    assert first.process.poll() is None
