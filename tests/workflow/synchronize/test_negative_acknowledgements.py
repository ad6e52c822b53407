"""A negative acknowledgement needs a person, who corrects and retries, or cancels the request."""

from models.ids import new_id
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState, RegistrationState
from tests.workflow.conftest import StartEnrollment

NO = {"result": "negative", "code": "unknown-feeder", "text": "There is no feeder F-9.", "devices": ()}


async def test_a_negative_acknowledgement_parks_with_its_reason(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        details = await flow.wait_until_parked()
        assert "unknown-feeder" in details
        assert "There is no feeder F-9." in details
        assert f"/v1/sync-requests/{flow.record.id}/retry" in details


async def test_a_corrected_message_is_sent_under_a_new_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        flow.activities.answer = {}
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        first, second = flow.derms.sent
        assert first != second


async def test_a_parked_request_stays_parked_for_months(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        before = await flow.count_events()
        await flow.skip_time(days=90)
        assert await flow.count_events() == before


async def test_cancelling_a_refused_sync_request_ends_the_workflow(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        await flow.cancel_sync_request()
        result = await flow.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.CANCELLED)
        assert len(flow.derms.sent) == 1


async def test_a_duplicate_retry_signal_is_handled_once(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        again = flow.record.retry_sync_request()
        await flow.handle.signal("retry_requested", again)
        await flow.wait_until(lambda: len(flow.derms.sent) == 2)
        await flow.wait_until_parked()
        await flow.handle.signal("retry_requested", again)
        await flow.wait_until_parked()
        assert len(flow.derms.sent) == 2


async def test_a_retry_counts_beside_unrelated_acknowledgements(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.wait_until_parked()
        flow.activities.answer = {}
        flow.record.away = True
        for _ in range(2):
            await flow.acknowledge(sync_request_id=new_id("syn"))
        await flow.retry_sync_request()
        flow.record.away = False
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_message_that_the_derms_refuses_is_parked(enroll: StartEnrollment) -> None:
    async with enroll(moods="refuses answers") as flow:
        assert "derms-refused" in await flow.wait_until_parked()
        await flow.retry_sync_request()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(flow.record.registrations.values()) == {RegistrationState.REGISTERED}
