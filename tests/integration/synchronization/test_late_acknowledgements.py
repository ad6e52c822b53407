"""Acknowledgements that arrive after our record has changed."""

import asyncio

import asyncpg

from models.messages.synchronization import AcknowledgedDevice, DermsAcknowledgement, SendFailure
from models.states.subscription import RegistrationState
from models.states.sync_request import SyncState
from operations.synchronization import acknowledgements
from tests.integration.clients.own_database import SCOPE, open_subscription
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_until

_WAITED_FOR = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"


async def test_a_late_refusal_of_an_unanswered_message_is_an_error_with_its_reason(stack: RunningStack) -> None:
    async with open_subscription(stack, stack.enroll()) as record:
        request = await record.request_sync()
        request.state, request.attempts, request.error_code = SyncState.ERROR, 1, SendFailure.UNREACHABLE
        await record.session.flush()
        said = DermsAcknowledgement(
            message_id=stack.unique_name("ack"), sync_request_id=request.id, result="negative", code="UNKNOWN_FEEDER"
        )
        status = await acknowledgements.record_acknowledgement(record.session, SCOPE, said, asked=False)
        assert (status.state, status.code) == (SyncState.ERROR, "UNKNOWN_FEEDER")


async def test_a_late_acknowledgement_does_not_restore_a_leaving_device(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["id"]
    device = stack.get_enrollment(enrollment)["subscription"]["devices"][0]["id"]
    said = DermsAcknowledgement(
        message_id=stack.unique_name("ack"),
        sync_request_id=request,
        result="positive",
        devices=(AcknowledgedDevice(device_id=device, registration="registered"),),
    )
    unenrollments = await asyncpg.connect(stack.description["database_url"])
    try:
        async with open_subscription(stack, enrollment) as record:
            async with unenrollments.transaction():
                await unenrollments.execute(
                    "UPDATE subscription_device SET registration = 'removing' WHERE device_id = $1", device
                )
                answered = asyncio.create_task(
                    acknowledgements.record_acknowledgement(record.session, SCOPE, said, asked=False)
                )
                await wait_until(
                    lambda: unenrollments.fetchval(_WAITED_FOR), lambda waits: waits or answered.done(), "the lock"
                )
            await answered
            (status,) = await record.list_subscription_devices()
            assert status.registration is RegistrationState.REMOVING
    finally:
        await unenrollments.close()
