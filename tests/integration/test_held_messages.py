"""A program may have its messages wait for a batch: they are held until it lets them go."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.states import RegistrationState, SyncKind, SyncState
from models.tables.subscription import SubscriptionDevice
from operations.sync_turns import BATCH, release_held
from tests.integration.doors import Doors
from tests.integration.record import SCOPE, Record, record_of
from tests.patience import wait_for


@pytest.fixture
def held(doors: Doors) -> str:
    """An enrolment in a program whose messages are sent in batches."""
    program = doors.name("BATCHED")
    doors.offer(program, sync_policy="batched")
    enrollment = doors.accepted(doors.application(program=program))
    doors.reaches(enrollment, "enrolled")
    return enrollment


async def leaving(record: Record) -> None:
    of_it = col(SubscriptionDevice.subscription_id) == (await record.subscription()).id
    await record.session.execute(
        update(SubscriptionDevice).where(of_it).values(registration=RegistrationState.REMOVING)
    )


def test_it_says_that_it_waits_for_the_batch(doors: Doors, held: str) -> None:
    request = doors.told(held, "pending")
    assert (request["held"], request["attempts"], request["waits_for"]) == (True, 0, BATCH)


async def test_released_it_may_go(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first = await record.first()
        assert await release_held(record.session, SCOPE, first.program, 10) == 1
        await record.session.refresh(first)
        assert await record.woken() == [first.workflow_id]
        assert (await record.send(first)).state is SyncState.SENDING


async def test_released_twice_is_released_once(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        program = (await record.first()).program
        assert await release_held(record.session, SCOPE, program, 10) == 1
        assert await release_held(record.session, SCOPE, program, 10) == 0


async def test_what_is_urgent_is_not_held(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        assert not (await record.announce(SyncKind.UPDATE, urgent=True)).held


async def test_enrolled_and_gone_before_anything_was_sent_is_told_to_nobody(doors: Doors, held: str) -> None:
    async with record_of(doors, held) as record:
        first = await record.first()
        await leaving(record)
        last = await record.announce(SyncKind.UNENROLL)
        assert (first.state, last.state) == (SyncState.DISCARDED, SyncState.DISCARDED)
        (device,) = await record.subscription_devices()
        assert device.registration is RegistrationState.DEREGISTERED


def test_joined_into_a_change_its_flow_ends(doors: Doors, held: str) -> None:
    subscription = doors.enrollment(held)["subscription"]["id"]
    request = {"transaction_id": doors.name(), "subscription": subscription, "reason": "device_removed"}
    doors.api.post("/v1/program-unenrollments", json=request).raise_for_status()
    wait_for(lambda: doors.flow(held).close_time)
    assert {one["state"] for one in doors.enrollment(held)["sync_requests"]} == {"discarded"}
