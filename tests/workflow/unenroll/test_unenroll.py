"""The unenroll workflow from its request to its acknowledgement, over months.

See docs/domain.md#unenroll.
"""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.unenrollment import UnenrollmentState
from tests.workflow.stand_ins.unenrollment_run import UnenrollmentRun, run_unenrollment

_U = UnenrollmentState
YEAR = 365.0 * 24 * 3600


async def test_devices_that_stay_in_place_are_unenrolled_immediately(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", "keep") as run:
        result = await run.result()
        assert (result.state, result.synchronization) == (_U.UNENROLLED, SyncOutcome.SYNCHRONIZED)
        assert (run.record.synchronized, run.record.settled) == (run.record.sync_request_ids, 1)
        assert (await run.handle.describe()).history_length <= 21


async def test_a_rejected_unenrollment_sends_nothing(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="rejected") as run:
        result = await run.result()
        assert (result.state, result.failed_rules, run.record.sync_request_ids) == (_U.REJECTED, ("minimum_term",), [])


async def test_an_unenrollment_waits_a_year_for_its_effective_date(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as run:
        await run.wait_for_attributes(WorkflowStage.SCHEDULED)
        await run.skip_time(days=300)
        assert run.record.state is _U.SCHEDULED
        assert (await run.result()).state is _U.UNENROLLED


async def test_an_earlier_effective_date_shortens_the_wait(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as run:
        await run.wait_for_attributes(WorkflowStage.SCHEDULED)
        await run.handle.signal("day_changed", {})
        await run.wait_until(lambda: run.record.state is _U.UNENROLLED)
        assert (await run.result()).state is _U.UNENROLLED


async def test_an_effective_date_changed_before_the_wait_counts(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR, decision="awaiting_approval") as run:
        await run.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await run.handle.signal("day_changed", {})
        await run.approve()
        await run.wait_until(lambda: run.record.state is _U.UNENROLLED)


async def test_an_unenrollment_cancelled_before_its_effective_date_changes_nothing(
    environment: WorkflowEnvironment,
) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as run:
        await run.wait_for_attributes(WorkflowStage.SCHEDULED)
        await run.cancel()
        assert ((await run.result()).state, run.record.sync_request_ids) == (_U.CANCELLED, [])


async def canceled(run: UnenrollmentRun) -> None:
    """Wait until the workflow has ended as canceled, in Temporal and in the record."""
    with pytest.raises(WorkflowFailureError) as ended:
        await run.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert (run.record.state, await run.get_attributes()) in (
        (_U.CANCELLED, (WorkflowStage.CANCELLED, None)),
        (_U.CANCELLED, (WorkflowStage.CANCELLED, False)),
    )


async def test_a_temporal_cancellation_before_the_effective_date_cancels_it(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as run:
        await run.wait_for_attributes(WorkflowStage.SCHEDULED)
        await run.handle.cancel()
        await canceled(run)


async def test_a_temporal_cancellation_while_parked_cancels_it(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", away=True) as run:
        await run.wait_until_parked()
        await run.handle.cancel()
        await canceled(run)


async def test_an_unenrollment_waits_months_for_approval(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as run:
        await run.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await run.skip_time(days=90)
        await run.approve()
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_rejected_approval_ends_the_unenrollment(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as run:
        await run.approve(approved=False)
        assert ((await run.result()).state, run.record.sync_request_ids) == (_U.REJECTED, [])


async def test_an_unenrollment_is_cancelled_while_it_waits_for_approval(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as run:
        await run.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await run.cancel()
        assert (await run.result()).state is _U.CANCELLED


async def test_an_unavailable_database_fails_no_workflow(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", away=True) as run:
        await run.wait_until_parked()
        run.record.away = False
        await run.retry()
        assert (await run.result()).state is _U.UNENROLLED
