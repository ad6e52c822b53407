"""A stack starts, stops, and survives every kill -9, with a real PostgreSQL and a few stand-in programs."""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from stack.ports import load_or_choose_ports
from tests.e2e.running_program import RunningProgram, have_all_ended
from tests.waiting import wait_for

STAND_INS = Path(__file__).with_name("stand_in_stack.py")


class Stack:
    """A stack of stand-ins in a process of its own."""

    def __init__(self, folder: Path, port: int, worker_life: str = "-") -> None:
        self.folder = folder
        self.up = RunningProgram([str(STAND_INS), str(folder), str(port), worker_life], os.environ)

    def description(self) -> dict[str, Any]:
        self.up.wait_for_output("Try:")
        return json.loads((self.folder / "stack.json").read_text())

    def pid(self, part: str) -> int:
        return self.description()["pids"][part]

    def family(self) -> list[psutil.Process]:
        """Return the processes of a running stack."""
        self.up.wait_for_output("Try:")
        return self.up.list_children()

    def count(self) -> int:
        """Increment a counter in the database and return it."""
        return asyncio.run(_count(self.description()["database_url"]))


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO visit DEFAULT VALUES")
        return await connection.fetchval("SELECT count(*) FROM visit")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that the tests share, because each start continues with the data of the previous one.

    It is not one of pytest's own: another pytest that starts would close it to the ordinary user of PostgreSQL.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "data")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> int:
    return load_or_choose_ports(tmp_path_factory.mktemp("port") / "ports.json", ["api"])["api"]


@pytest.fixture
def start(folder: Path, port: int) -> Iterator[Callable[..., Stack]]:
    started: list[Stack] = []

    def begin(worker_life: str = "-") -> Stack:
        started.append(Stack(folder, port, worker_life))
        return started[-1]

    yield begin
    for stack in started:
        with stack.up:
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_leaves_no_process_and_no_description(start: Callable[..., Stack], number: int) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip(f"{signal.Signals(number).name} is ignored here, as under nohup, and by the stack then")
    stack = start()
    family = stack.family()
    assert {process.name() for process in family} >= {"postgres"}
    assert stack.up.stop(number) == 0
    assert have_all_ended(family)
    assert not (stack.folder / "stack.json").exists()
    assert "Worker … stopped\nAPI … stopped\nPostgreSQL … stopped" in stack.up.output


def test_a_slow_stop_says_what_it_waits_for_and_kills_nothing(start: Callable[..., Stack]) -> None:
    stack = start()
    frozen = [process for process in stack.family() if process.name() == "postgres"]
    for process in frozen:
        process.suspend()
    try:
        stack.up.process.send_signal(signal.SIGTERM)
        stack.up.wait_for_output("PostgreSQL … still stopping: it writes its last checkpoint")
    finally:
        for process in frozen:
            process.resume()
    assert stack.up.stop() == 0
    assert "PostgreSQL … stopped after" in stack.up.output
    assert "database system is shut down" in (stack.folder / "logs" / "postgresql.log").read_text().splitlines()[-1]


def test_the_start_prints_addresses_and_token(start: Callable[..., Stack], port: int) -> None:
    stack = start()
    token = stack.description()["token"]
    assert f"http://127.0.0.1:{port}" in stack.up.output
    assert token in stack.up.output
    assert (stack.folder / "stack.json").stat().st_mode & 0o777 == 0o600


def test_stopping_during_startup_stops_started_parts(start: Callable[..., Stack]) -> None:
    stack = start()
    stack.up.wait_for_output("PostgreSQL … ready")
    family = stack.up.list_children()
    assert stack.up.stop(signal.SIGINT) == 0
    assert have_all_ended(family)


@pytest.mark.parametrize(("part", "title"), [("postgresql", "PostgreSQL"), ("api", "API"), ("worker", "Worker")])
def test_a_killed_part_is_restarted_and_reported(start: Callable[..., Stack], part: str, title: str) -> None:
    stack = start()
    before, count = stack.pid(part), stack.count()
    os.kill(before, signal.SIGKILL)
    stack.up.wait_for_output(f"{title} … ready again")
    assert f"{title} was killed by SIGKILL" in stack.up.output
    assert str(stack.folder / "logs" / f"{part}.log") in stack.up.output
    assert stack.count() == count + 1


def test_the_description_names_the_restarted_process(start: Callable[..., Stack]) -> None:
    stack = start()
    before = stack.pid("worker")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: stack.pid("worker") != before, instead=stack.description)
    assert psutil.pid_exists(stack.pid("worker"))


def test_a_part_that_keeps_dying_stops_the_stack(start: Callable[..., Stack]) -> None:
    stack = start("0.1")
    assert stack.up.stop() == 1
    assert "Worker ended with exit code 1. The stack stops" in stack.up.output
    assert "no work left" in stack.up.output
    assert "PostgreSQL … stopped" in stack.up.output


def test_a_new_supervisor_continues_with_the_data_after_a_kill(start: Callable[..., Stack]) -> None:
    killed = start()
    family, count = killed.family(), killed.count()
    killed.up.stop(signal.SIGKILL)
    following = start()
    assert following.count() == count + 1
    assert have_all_ended(family)


def test_a_new_stack_continues_with_the_data_after_a_kill(start: Callable[..., Stack]) -> None:
    killed = start()
    family, count = killed.family(), killed.count()
    for process in family:
        process.kill()
    killed.up.stop(signal.SIGKILL)
    assert start().count() == count + 1


def test_a_second_stack_on_the_same_data_is_refused(start: Callable[..., Stack], port: int) -> None:
    first = start()
    first.description()
    with (second := Stack(first.folder, port)).up:
        assert second.up.stop() == 1
    assert f"A stack already runs on {first.folder} (process {first.up.process.pid})" in second.up.output
    assert first.up.process.poll() is None
