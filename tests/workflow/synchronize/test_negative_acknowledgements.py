"""A negative acknowledgement needs a person, who corrects and retries, or cancels the request."""

from models.ids import new_id
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from models.states.subscription import RegistrationState
from tests.workflow.stand_ins.enrollment_run import StartEnrollment

NO = {"result": "negative", "code": "unknown-feeder", "text": "There is no feeder F-9.", "devices": ()}


async def test_a_negative_acknowledgement_parks_with_its_reason(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        details = await run.wait_until_parked()
        assert "unknown-feeder" in details
        assert "There is no feeder F-9." in details
        assert f"/v1/sync-requests/{run.record.id}/retry" in details


async def test_a_corrected_message_is_sent_under_a_new_key(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        run.activities.answer = {}
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        first, second = run.derms.sent
        assert first != second


async def test_a_parked_request_stays_parked_for_months(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        before = await run.count_events()
        await run.skip_time(days=90)
        assert await run.count_events() == before


async def test_cancelling_a_refused_sync_request_ends_the_workflow(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        await run.cancel_sync_request()
        result = await run.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.CANCELLED)
        assert len(run.derms.sent) == 1


async def test_a_duplicate_retry_signal_is_handled_once(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        again = run.record.retry_sync_request()
        await run.handle.signal("retry_requested", again)
        await run.wait_until(lambda: len(run.derms.sent) == 2)
        await run.wait_until_parked()
        await run.handle.signal("retry_requested", again)
        await run.wait_until_parked()
        assert len(run.derms.sent) == 2


async def test_a_retry_counts_beside_unrelated_acknowledgements(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", **NO) as run:
        await run.wait_until_parked()
        run.activities.answer = {}
        run.record.away = True
        for _ in range(2):
            await run.acknowledge(sync_request_id=new_id("syn"))
        await run.retry_sync_request()
        run.record.away = False
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_message_that_the_derms_refuses_is_parked(enroll: StartEnrollment) -> None:
    async with enroll(moods="refuses answers") as run:
        assert "derms-refused" in await run.wait_until_parked()
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(run.record.registrations.values()) == {RegistrationState.REGISTERED}
