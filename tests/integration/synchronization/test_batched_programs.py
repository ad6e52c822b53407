"""The messages of a batched program are held until the monitor releases them."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.states.subscription import RegistrationState
from models.states.sync_request import SyncKind, SyncState
from models.tables.subscription import SubscriptionDevice
from operations.synchronization.sync_queue import WAITING_FOR_BATCH, release_held
from tests.integration.clients.own_database import SCOPE, SubscriptionTransaction, open_subscription
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture
def enrollment_id(stack: RunningStack) -> str:
    """Enroll a customer in a batched program."""
    program = stack.unique_name("BATCHED")
    stack.add_program(program, sync_policy="batched")
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "enrolled")
    return enrollment


async def unenrollments(record: SubscriptionTransaction) -> None:
    of_it = col(SubscriptionDevice.subscription_id) == (await record.get_subscription()).id
    await record.session.execute(
        update(SubscriptionDevice).where(of_it).values(registration=RegistrationState.REMOVING)
    )


def test_a_message_of_a_batched_program_waits_for_the_monitor(stack: RunningStack, enrollment_id: str) -> None:
    request = stack.wait_for_sync_request(enrollment_id, "pending")
    assert (request["held"], request["attempts"], request["waits_for"]) == (True, 0, WAITING_FOR_BATCH)


async def test_a_released_message_may_be_sent(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first = await record.get_first_sync_request()
        assert await release_held(record.session, SCOPE, first.program, 10) == 1
        await record.session.refresh(first)
        assert await record.list_notified_workflows() == [first.workflow_id]
        assert (await record.start_sending(first)).state is SyncState.SENDING


async def test_a_message_is_released_once(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        program = (await record.get_first_sync_request()).program
        assert await release_held(record.session, SCOPE, program, 10) == 1
        assert await release_held(record.session, SCOPE, program, 10) == 0


async def test_an_urgent_message_is_not_held(stack: RunningStack, enrollment_id: str) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        assert not (await record.request_sync(SyncKind.UPDATE, urgent=True)).held


async def test_an_enrollment_and_unenrollment_before_any_send_notify_nobody(
    stack: RunningStack, enrollment_id: str
) -> None:
    async with open_subscription(stack, enrollment_id) as record:
        first = await record.get_first_sync_request()
        await unenrollments(record)
        last = await record.request_sync(SyncKind.UNENROLL)
        assert (first.state, last.state) == (SyncState.DISCARDED, SyncState.DISCARDED)
        (device,) = await record.list_subscription_devices()
        assert device.registration is RegistrationState.DEREGISTERED


def test_a_merged_message_ends_its_workflow(stack: RunningStack, enrollment_id: str) -> None:
    subscription = stack.get_enrollment(enrollment_id)["subscription"]["id"]
    request = {"transaction_id": stack.unique_name(), "subscription": subscription, "reason": "device_removed"}
    stack.api.post("/v1/program-unenrollments", json=request).raise_for_status()
    wait_for(lambda: stack.describe_enroll_workflow(enrollment_id).close_time)
    assert {one["state"] for one in stack.get_enrollment(enrollment_id)["sync_requests"]} == {"discarded"}
