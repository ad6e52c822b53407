"""A background task survives its errors, reports its health, and ends its process only if it cannot continue."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from structlog.testing import capture_logs

from models.errors import Unavailable
from relay.health import Health
from relay.supervisor import Supervisor


async def supervised(
    turn: Callable[[], Awaitable[None]], until: Callable[[Supervisor], bool], **how: timedelta
) -> Supervisor:
    """Run a task until the condition holds."""
    supervisor = Supervisor(**how)
    supervisor.start("task", turn)
    async with asyncio.timeout(60):
        while not until(supervisor):
            await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.01)
    return supervisor


class Turns:
    """Fails the given number of times, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.succeeded = 0

    async def __call__(self) -> None:
        await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0.01)
        if self.errors:
            raise self.errors.pop(0)
        self.succeeded += 1


async def test_a_failing_task_continues_and_logs_a_repeated_error_once() -> None:
    turns = Turns(KeyError("a"), KeyError("a"), KeyError("a"))
    with capture_logs() as logs:
        supervisor = await supervised(turns, lambda _: turns.succeeded > 0)
    await supervisor.stop()
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["background task failed"]
    (task,) = supervisor.health()
    assert (task.failures, task.failures_in_a_row, task.error) == (3, 0, "")


async def test_a_cancellation_inside_a_task_is_a_failure() -> None:
    turns = Turns(asyncio.CancelledError())
    supervisor = await supervised(turns, lambda _: turns.succeeded > 0)
    await supervisor.stop()
    assert supervisor.health()[0].failures == 1


async def test_an_unavailable_system_never_ends_the_process() -> None:
    turns = Turns(*(Unavailable("The database is away.") for _ in range(4)))
    supervisor = await supervised(turns, lambda one: one.health()[0].failures_in_a_row > 3, give_up_after=timedelta())
    health = Health.from_tasks(supervisor.health())
    await supervisor.stop()
    assert (health.status, health.status_code, health.tasks[0].error) == ("waiting", 200, "The database is away.")
    assert not supervisor.gave_up.is_set()


async def test_a_persistently_failing_task_is_reported_and_ends_the_process() -> None:
    turns = Turns(*(ValueError("a name") for _ in range(1000)))
    supervisor = await supervised(turns, lambda one: one.health()[0].failing, give_up_after=timedelta(milliseconds=1))
    health = Health.from_tasks(supervisor.health())
    await supervisor.stop()
    assert (health.status, health.status_code, health.tasks[0].error) == ("failing", 503, "ValueError")
    assert supervisor.gave_up.is_set()
