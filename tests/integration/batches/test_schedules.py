"""The batches run on Temporal schedules, which the worker creates and people may pause."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, ScheduleHandle, ScheduleOverlapPolicy
from temporalio.contrib.pydantic import pydantic_data_converter

from connectors.temporal.schedules import provision_schedules
from models.batches import BATCHES, BatchName, schedule_id
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

T = TypeVar("T")


def on_temporal(stack: RunningStack, what: Callable[[Client], Awaitable[T]]) -> T:
    async def done() -> T:
        address = stack.description["temporal_address"]
        return await what(await Client.connect(address, data_converter=pydantic_data_converter))

    return asyncio.run(done())


def schedule(client: Client, name: BatchName) -> ScheduleHandle:
    return client.get_schedule_handle(schedule_id(name))


def test_every_batch_has_its_schedule(stack: RunningStack) -> None:
    for name, batch in BATCHES.items():
        found = on_temporal(stack, lambda client, name=name: schedule(client, name).describe()).schedule
        assert [one.every for one in found.spec.intervals] == [batch.schedule.interval]
        assert found.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert (found.policy.catchup_window or timedelta.max) <= timedelta(hours=1)


def test_a_scheduled_run_is_recorded(stack: RunningStack) -> None:
    on_temporal(stack, lambda client: schedule(client, BatchName.RECONCILIATION).trigger())

    def there() -> bool:
        runs = stack.api.get("/v1/batches/reconciliation/runs").json()["items"]
        return any(one["started_by"] == "batch" and one["state"] == "completed" for one in runs)

    wait_for(there)


def test_a_paused_schedule_stays_paused_when_a_worker_starts(stack: RunningStack) -> None:
    async def paused_and_provisioned(client: Client) -> bool:
        handle = schedule(client, BatchName.RECONCILIATION)
        await handle.pause(note="maintenance of the DERMS")
        await provision_schedules(client)
        state = (await handle.describe()).schedule.state
        await handle.unpause()
        return state.paused and state.note == "maintenance of the DERMS"

    assert on_temporal(stack, paused_and_provisioned)
