"""A DERMS that says no calls a person, who corrects and retries, or gives the request up."""

from models.ids import new_id
from models.messages.synchronize import SyncOutcome
from models.states import EnrollmentState, RegistrationState
from tests.flow.conftest import EnrollOne

NO = {"result": "negative", "code": "unknown-feeder", "text": "There is no feeder F-9.", "devices": ()}


async def test_a_negative_acknowledgement_waits_for_a_person_and_says_why(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        details = await flow.parked()
        assert "unknown-feeder" in details
        assert "There is no feeder F-9." in details
        assert f"/v1/sync-requests/{flow.record.id}/retry" in details


async def test_what_was_corrected_is_sent_under_a_new_key(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        flow.activities.answer = {}
        await flow.retry()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        first, second = flow.derms.sent
        assert first != second


async def test_nobody_coming_for_long_changes_nothing(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        before = await flow.length()
        await flow.skip(days=90)
        assert await flow.length() == before


async def test_a_negative_acknowledgement_given_up_ends_the_flow(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        await flow.give_up()
        result = await flow.result()
        assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.CANCELLED)
        assert len(flow.derms.sent) == 1


async def test_a_retry_brought_twice_is_one(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        again = flow.record.retried()
        await flow.handle.signal("retry_requested", again)
        await flow.until(lambda: len(flow.derms.sent) == 2)
        await flow.parked()
        await flow.handle.signal("retry_requested", again)
        await flow.parked()
        assert len(flow.derms.sent) == 2


async def test_a_retry_beside_answers_to_other_messages_counts(enroll: EnrollOne) -> None:
    async with enroll(moods="answers", **NO) as flow:
        await flow.parked()
        flow.activities.answer = {}
        flow.record.away = True
        for _ in range(2):
            await flow.acknowledge(sync_request_id=new_id("syn"))
        await flow.retry()
        flow.record.away = False
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_message_that_the_derms_refuses_waits_for_a_person(enroll: EnrollOne) -> None:
    async with enroll(moods="refuses answers") as flow:
        assert "derms-refused" in await flow.parked()
        await flow.retry()
        assert (await flow.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(flow.record.registrations.values()) == {RegistrationState.REGISTERED}
