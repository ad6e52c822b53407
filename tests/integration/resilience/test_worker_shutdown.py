"""A stopping worker lets calls in flight finish, so that a deployment leaves no message with an unknown outcome."""

import asyncio
import os
import signal

import psutil
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


async def send_attempts(stack: RunningStack, enrollment: str) -> list[int]:
    """Return which attempt of the send succeeded."""
    client = await Client.connect(stack.description["temporal_address"])
    history = await client.get_workflow_handle(f"enroll/{enrollment}").fetch_history()
    return [
        event.activity_task_started_event_attributes.attempt
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    ]


def test_a_derms_call_in_flight_finishes_before_the_worker_stops(stack: RunningStack) -> None:
    stack.set_derms_faults(latency_seconds=5)
    up = psutil.Process(stack.description["pids"]["up"])
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "sending")
    worker = next(one for one in up.children() if one.cmdline()[-2:] == ["serve", "worker"])
    os.kill(worker.pid, signal.SIGTERM)
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    stack.derms.delete("/faults").raise_for_status()
    stack.wait_for_sync_request(enrollment, "synchronized")
    assert asyncio.run(send_attempts(stack, enrollment)) == [1]
