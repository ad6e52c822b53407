"""Answers that come when our record has gone on meanwhile."""

import asyncio

import asyncpg

from models.messages.synchronize import Acknowledged, AcknowledgedDevice, SendFailure
from models.states import RegistrationState, SyncState
from operations import sync_requests
from tests.integration.doors import Doors
from tests.integration.record import SCOPE, record_of
from tests.patience import wait_until

_WAITED_FOR = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"


async def test_a_refusal_of_what_was_given_up_as_unanswered_is_an_error_with_its_reason(doors: Doors) -> None:
    async with record_of(doors, doors.enrolled()) as record:
        request = await record.announce()
        request.state, request.attempts, request.error_code = SyncState.ERROR, 1, SendFailure.UNREACHABLE
        await record.session.flush()
        said = Acknowledged(
            message_id=doors.name("ack"), sync_request_id=request.id, result="negative", code="UNKNOWN_FEEDER"
        )
        standing = await sync_requests.record_acknowledgement(record.session, SCOPE, said, asked=False)
        assert (standing.state, standing.code) == (SyncState.ERROR, "UNKNOWN_FEEDER")


async def test_an_answer_does_not_bring_back_a_device_that_leaves_at_that_very_moment(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    request = doors.told(enrollment, "awaiting_acknowledgement")["id"]
    device = doors.enrollment(enrollment)["subscription"]["devices"][0]["id"]
    said = Acknowledged(
        message_id=doors.name("ack"),
        sync_request_id=request,
        result="positive",
        devices=(AcknowledgedDevice(device_id=device, registration="registered"),),
    )
    leaving = await asyncpg.connect(doors.stack["database_url"])
    try:
        async with record_of(doors, enrollment) as record:
            async with leaving.transaction():
                await leaving.execute(
                    "UPDATE subscription_device SET registration = 'removing' WHERE device_id = $1", device
                )
                answered = asyncio.create_task(
                    sync_requests.record_acknowledgement(record.session, SCOPE, said, asked=False)
                )
                await wait_until(
                    lambda: leaving.fetchval(_WAITED_FOR), lambda waits: waits or answered.done(), "the lock"
                )
            await answered
            (standing,) = await record.subscription_devices()
            assert standing.registration is RegistrationState.REMOVING
    finally:
        await leaving.close()
