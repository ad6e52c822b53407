"""A program may have its messages wait for a batch: they are held until it lets them go."""

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
def held(doors: RunningStack) -> str:
    """An enrolment in a program whose messages are sent in batches."""
    program = doors.unique_name("BATCHED")
    doors.add_program(program, sync_policy="batched")
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "enrolled")
    return enrollment


async def leaving(record: SubscriptionTransaction) -> None:
    of_it = col(SubscriptionDevice.subscription_id) == (await record.get_subscription()).id
    await record.session.execute(
        update(SubscriptionDevice).where(of_it).values(registration=RegistrationState.REMOVING)
    )


def test_it_says_that_it_waits_for_the_batch(doors: RunningStack, held: str) -> None:
    request = doors.wait_for_sync_request(held, "pending")
    assert (request["held"], request["attempts"], request["waits_for"]) == (True, 0, WAITING_FOR_BATCH)


async def test_released_it_may_go(doors: RunningStack, held: str) -> None:
    async with open_subscription(doors, held) as record:
        first = await record.get_first_sync_request()
        assert await release_held(record.session, SCOPE, first.program, 10) == 1
        await record.session.refresh(first)
        assert await record.list_notified_workflows() == [first.workflow_id]
        assert (await record.start_sending(first)).state is SyncState.SENDING


async def test_released_twice_is_released_once(doors: RunningStack, held: str) -> None:
    async with open_subscription(doors, held) as record:
        program = (await record.get_first_sync_request()).program
        assert await release_held(record.session, SCOPE, program, 10) == 1
        assert await release_held(record.session, SCOPE, program, 10) == 0


async def test_what_is_urgent_is_not_held(doors: RunningStack, held: str) -> None:
    async with open_subscription(doors, held) as record:
        assert not (await record.request_sync(SyncKind.UPDATE, urgent=True)).held


async def test_enrolled_and_gone_before_anything_was_sent_is_told_to_nobody(doors: RunningStack, held: str) -> None:
    async with open_subscription(doors, held) as record:
        first = await record.get_first_sync_request()
        await leaving(record)
        last = await record.request_sync(SyncKind.UNENROLL)
        assert (first.state, last.state) == (SyncState.DISCARDED, SyncState.DISCARDED)
        (device,) = await record.list_subscription_devices()
        assert device.registration is RegistrationState.DEREGISTERED


def test_joined_into_a_change_its_flow_ends(doors: RunningStack, held: str) -> None:
    subscription = doors.get_enrollment(held)["subscription"]["id"]
    request = {"transaction_id": doors.unique_name(), "subscription": subscription, "reason": "device_removed"}
    doors.api.post("/v1/program-unenrollments", json=request).raise_for_status()
    wait_for(lambda: doors.describe_enroll_workflow(held).close_time)
    assert {one["state"] for one in doors.get_enrollment(held)["sync_requests"]} == {"discarded"}
