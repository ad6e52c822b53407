"""Devices are removed in parallel; each waits for its own technician, shipment or person.

See docs/domain.md#unenroll.
"""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import WorkflowStage
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderState
from tests.workflow.stand_ins.unenrollment_run import run_unenrollment

_U = UnenrollmentState
ONE, TWO = "dev_0", "dev_1"
FETCHED = "completed_as_ordered"


async def test_a_removed_device_ends_its_participation(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        assert run.record.sync_request_ids == []
        await run.report(ONE, FETCHED, times=2)
        assert (await run.result()).state is _U.UNENROLLED
        assert (run.record.ended, len(run.record.synchronized)) == ({ONE: False}, 1)


async def test_a_report_before_the_workflow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", decision="awaiting_approval") as run:
        await run.report(ONE, FETCHED)
        await run.approve()
        assert (await run.result()).state is _U.UNENROLLED


async def test_all_devices_are_removed_in_parallel(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal", "ship_back", "keep") as run:
        await run.wait_until(lambda: set(run.record.orders.values()) == {WorkOrderState.DISPATCHED})
        await run.report_received("dev_2")
        await run.report(TWO, FETCHED)
        await run.wait_until(lambda: len(run.record.synchronized) == 3)
        assert run.record.state is _U.REMOVING
        await run.report(ONE, FETCHED)
        await run.result()
        assert run.record.synchronized == run.record.sync_request_ids
        assert len(run.record.sync_request_ids) == 4


async def test_two_simultaneous_removals_are_both_synchronized(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, FETCHED)
        await run.report(TWO, FETCHED)
        await run.result()
        assert run.record.synchronized == run.record.sync_request_ids
        assert len(run.record.sync_request_ids) == 2


async def test_control_stops_before_the_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True) as run:
        await run.wait_until(lambda: len(run.record.synchronized) == 1)
        assert run.record.ended == {}
        await run.report(ONE, FETCHED)
        await run.result()
        assert len(run.record.sync_request_ids) == 1


@pytest.mark.parametrize("outcome", ["customer_refused", "not_installable"])
async def test_an_outcome_that_no_visit_helps_is_parked(environment: WorkflowEnvironment, outcome: str) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, outcome)
        await run.wait_until_parked()
        assert outcome in run.record.refusals[0]
        await run.report_kept(ONE)
        assert (await run.result()).state is _U.UNENROLLED
        assert run.record.ended == {ONE: True}
        assert (await run.get_attributes())[1] is False


async def test_exhausted_visits_are_parked_until_one_more_is_requested(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, "no_access")
        await run.report(ONE, "no_access")
        await run.wait_until_parked()
        await run.retry()
        await run.wait_until(lambda: run.record.state is _U.REMOVING)
        await run.report(ONE, FETCHED)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, "no_access")
        await run.report(ONE, "no_access")
        await run.wait_until_parked()
        await run.report(ONE, FETCHED)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_refused_visit_may_be_repeated(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, "customer_refused")
        await run.wait_until_parked()
        await run.retry()
        await run.report(ONE, FETCHED)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_cancelled_order_is_parked(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_until(lambda: WorkOrderState.DISPATCHED in run.record.orders.values())
        await run.cancel_order(ONE)
        await run.wait_until_parked()
        await run.retry()
        await run.wait_until(lambda: WorkOrderState.DISPATCHED in run.record.orders.values())
        await run.report(ONE, FETCHED)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_failed_removal_after_control_stopped_is_a_recovery(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True) as run:
        await run.wait_for_removal()
        await run.report(ONE, "customer_refused")
        await run.wait_until_parked()
        assert run.record.state is _U.RECOVERY_PENDING
        await run.report_kept(ONE)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_removal_that_failed_before_control_stopped_still_needs_attention_afterwards(
    environment: WorkflowEnvironment,
) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True, waits_for="syn_earlier") as run:
        await run.wait_until(lambda: bool(run.record.sync_request_ids) and bool(run.record.orders))
        await run.report(ONE, "customer_refused")
        await run.wait_until_parked()
        await run.signal_sync_turn()
        await run.wait_for_details("Waiting for the DERMS")
        await run.acknowledge()
        await run.wait_until(lambda: len(run.record.synchronized) == 1)
        await run.wait_for_details("**Needs attention.**")
        await run.wait_until_parked()
        await run.report_kept(ONE)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_repaired_sync_request_starts_no_second_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, "customer_refused")
        await run.wait_until_parked()
        await run.retry("syn_x/1/1")
        await run.skip_time(days=1)
        await run.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)
        assert run.record.orders[run.record.get_order_id(ONE)] is WorkOrderState.INCOMPLETE


async def test_a_parked_removal_delays_no_other(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as run:
        await run.wait_for_removal()
        await run.report(ONE, "customer_refused")
        await run.wait_until_parked()
        await run.report(TWO, FETCHED)
        await run.wait_until(lambda: len(run.record.synchronized) == 1)
        await run.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)
        await run.report_kept(ONE)
        assert (await run.result()).state is _U.UNENROLLED


async def test_two_parked_removals_need_attention_until_both_are_resolved(
    environment: WorkflowEnvironment,
) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as run:
        await run.report(ONE, "customer_refused")
        await run.report(TWO, "customer_refused")
        await run.wait_until(lambda: len(run.record.refusals) == 2)
        await run.report_kept(ONE)
        await run.wait_until(lambda: ONE in run.record.ended)
        assert (await run.get_attributes())[1] is True
        await run.report_kept(TWO)
        assert (await run.result()).state is _U.UNENROLLED


async def test_a_missing_return_shipment_is_reminded_and_expires(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "ship_back") as run:
        await run.wait_for_removal()
        await run.skip_time(days=61)
        await run.wait_until_parked()
        assert run.record.reminders == [(ONE, False), (ONE, True)]
        assert "60 days" in run.record.refusals[0]
        await run.report_received(ONE)
        await run.result()
        assert run.record.ended == {ONE: False}


async def test_a_return_shipment_is_received_once(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "ship_back") as run:
        await run.wait_for_removal()
        await run.skip_time(days=10)
        await run.report_received(ONE)
        await run.report_received(ONE)
        await run.result()
        assert (run.record.ended, run.record.refusals) == ({ONE: False}, [])


async def test_an_unenrollment_is_cancelled_during_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "ship_back") as run:
        await run.wait_until(lambda: WorkOrderState.DISPATCHED in run.record.orders.values())
        await run.cancel()
        assert ((await run.result()).state, run.record.sync_request_ids) == (_U.CANCELLED, [])


async def test_a_stray_signal_ends_nothing(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as run:
        await run.wait_for_removal()
        await run.report("dev_9", FETCHED)
        await run.report_received("dev_9")
        await run.handle.signal("device_received", {"nonsense": True})
        await run.skip_time(days=1)
        assert run.record.state is _U.REMOVING
        await run.report(ONE, FETCHED)
        assert (await run.result()).state is _U.UNENROLLED
