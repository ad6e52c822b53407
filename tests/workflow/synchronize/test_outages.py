"""However long the DERMS or the database is down, the workflow waits visibly, resumes by itself, and never fails."""

from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

from models.errors import Refused
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from tests.workflow.stand_ins.enrollment_run import StartEnrollment
from workflows import policies


async def test_an_enrollment_synchronizes_after_thirty_days_without_the_derms(
    enroll: StartEnrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Thousands of attempts prove no more than hundreds.
    monkeypatch.setitem(policies.DERMS_SEND, "retry_policy", RetryPolicy(initial_interval=timedelta(hours=1)))
    async with enroll(moods="is_down") as run:
        for _ in range(30):
            await run.skip_time(days=1)
        while run.record.errors.count("derms-unreachable") <= 20:  # a slow machine is behind the skipped time
            await run.skip_time(days=1)
        run.derms.moods = [run.derms.answers]
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert set(run.derms.sent) == {run.record.key}
        assert await run.count_events() < 3000


async def test_an_evening_without_the_derms_parks_nothing(enroll: StartEnrollment) -> None:
    async with enroll(moods="is_down") as run:
        await run.skip_time(hours=5)
        run.derms.moods = [run.derms.answers]
        await run.result()
        assert run.record.errors == []


async def test_a_derms_that_cannot_be_queried_parks_and_is_retried(enroll: StartEnrollment) -> None:
    async with enroll(moods="takes answers") as run:
        run.derms.mute = Refused("The DERMS has no such page.", code="derms-refused")
        await run.wait_for_acknowledgement_wait()
        await run.skip_time(minutes=16)
        assert "derms-refused" in await run.wait_until_parked()
        run.derms.mute = None
        await run.retry_sync_request()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_an_undecided_request_is_parked_and_decided_an_hour_later(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", decisions=[Refused("The catalog is broken.", code="broken"), "enrolled"]) as f:
        assert "The catalog is broken." in await f.wait_until_parked()
        assert f.record.enrollment is EnrollmentState.NEEDS_ATTENTION
        assert (await f.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_database_outage_from_the_start_parks_and_recovers(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers", away=True) as run:
        await run.wait_until_parked()
        await run.skip_time(hours=12)
        run.record.away = False
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED


async def test_a_database_outage_at_the_acknowledgement_parks_and_recovers(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        run.record.away = True
        await run.acknowledge()
        assert "The database is away." in await run.wait_until_parked()
        await run.skip_time(hours=12)
        run.record.away = False
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert len(run.derms.sent) == 1
