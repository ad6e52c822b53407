"""The unenrol flow from its request to a DERMS that knows, over months where it takes them.

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


async def test_devices_that_stay_leave_at_once(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", "keep") as flow:
        result = await flow.result()
        assert (result.state, result.synchronization) == (_U.UNENROLLED, SyncOutcome.SYNCHRONIZED)
        assert (flow.record.synchronized, flow.record.settled) == (flow.record.told, 1)
        assert (await flow.handle.describe()).history_length <= 21


async def test_what_cannot_stand_is_told_to_nobody(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="rejected") as flow:
        result = await flow.result()
        assert (result.state, result.failed_rules, flow.record.told) == (_U.REJECTED, ("minimum_term",), [])


async def test_it_waits_a_year_for_its_day(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as flow:
        await flow.wait_for_attributes(WorkflowStage.SCHEDULED)
        await flow.skip_time(days=300)
        assert flow.record.state is _U.SCHEDULED
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_day_that_is_brought_forward_is_waited_for_no_longer(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as flow:
        await flow.wait_for_attributes(WorkflowStage.SCHEDULED)
        await flow.handle.signal("day_changed", {})
        await flow.wait_until(lambda: flow.record.state is _U.UNENROLLED)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_day_that_changes_before_it_is_waited_for_counts(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR, decision="awaiting_approval") as flow:
        await flow.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await flow.handle.signal("day_changed", {})
        await flow.approve()
        await flow.wait_until(lambda: flow.record.state is _U.UNENROLLED)


async def test_taken_back_before_its_day_nothing_happened(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as flow:
        await flow.wait_for_attributes(WorkflowStage.SCHEDULED)
        await flow.cancel()
        assert ((await flow.result()).state, flow.record.told) == (_U.CANCELLED, [])


async def canceled(flow: UnenrollmentRun) -> None:
    """Waits until the workflow ended as canceled, in Temporal and in the record."""
    with pytest.raises(WorkflowFailureError) as ended:
        await flow.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert (flow.record.state, await flow.get_attributes()) in (
        (_U.CANCELLED, (WorkflowStage.CANCELLED, None)),
        (_U.CANCELLED, (WorkflowStage.CANCELLED, False)),
    )


async def test_canceled_in_temporal_before_its_day_it_is_taken_back(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", seconds=YEAR) as flow:
        await flow.wait_for_attributes(WorkflowStage.SCHEDULED)
        await flow.handle.cancel()
        await canceled(flow)


async def test_canceled_in_temporal_while_it_is_parked_it_is_taken_back(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", away=True) as flow:
        await flow.wait_until_parked()
        await flow.handle.cancel()
        await canceled(flow)


async def test_it_waits_months_for_approval(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as flow:
        await flow.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await flow.skip_time(days=90)
        await flow.approve()
        assert (await flow.result()).state is _U.UNENROLLED


async def test_turned_down_it_ends(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as flow:
        await flow.approve(approved=False)
        assert ((await flow.result()).state, flow.record.told) == (_U.REJECTED, [])


async def test_taken_back_while_it_waits_for_approval(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", decision="awaiting_approval") as flow:
        await flow.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)
        await flow.cancel()
        assert (await flow.result()).state is _U.CANCELLED


async def test_a_record_that_is_away_fails_no_flow(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "keep", away=True) as flow:
        await flow.wait_until_parked()
        flow.record.away = False
        await flow.retry()
        assert (await flow.result()).state is _U.UNENROLLED
