"""Devices are removed in parallel; each waits for its own technician, shipment or person.

See docs/domain.md#unenroll.
"""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.enrollment import WorkflowStage
from models.states.work_order import UnenrollmentState, WorkOrderState
from tests.workflow.stand_ins.unenrollment_run import run_unenrollment

_U = UnenrollmentState
ONE, TWO = "dev_0", "dev_1"
FETCHED = "completed_as_ordered"


async def test_a_removed_device_ends_its_participation(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        assert flow.record.told == []
        await flow.report(ONE, FETCHED, times=2)
        assert (await flow.result()).state is _U.UNENROLLED
        assert (flow.record.ended, len(flow.record.synchronized)) == ({ONE: False}, 1)


async def test_a_report_before_the_workflow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", decision="awaiting_approval") as flow:
        await flow.report(ONE, FETCHED)
        await flow.approve()
        assert (await flow.result()).state is _U.UNENROLLED


async def test_all_devices_are_removed_in_parallel(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal", "ship_back", "keep") as flow:
        await flow.wait_until(lambda: set(flow.record.orders.values()) == {WorkOrderState.DISPATCHED})
        await flow.report_received("dev_2")
        await flow.report(TWO, FETCHED)
        await flow.wait_until(lambda: len(flow.record.synchronized) == 3)
        assert flow.record.state is _U.REMOVING
        await flow.report(ONE, FETCHED)
        await flow.result()
        assert flow.record.synchronized == flow.record.told
        assert len(flow.record.told) == 4


async def test_two_simultaneous_removals_are_both_synchronized(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, FETCHED)
        await flow.report(TWO, FETCHED)
        await flow.result()
        assert flow.record.synchronized == flow.record.told
        assert len(flow.record.told) == 2


async def test_control_stops_before_the_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True) as flow:
        await flow.wait_until(lambda: len(flow.record.synchronized) == 1)
        assert flow.record.ended == {}
        await flow.report(ONE, FETCHED)
        await flow.result()
        assert len(flow.record.told) == 1


@pytest.mark.parametrize("outcome", ["customer_refused", "not_installable"])
async def test_an_outcome_that_no_visit_helps_is_parked(environment: WorkflowEnvironment, outcome: str) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, outcome)
        await flow.wait_until_parked()
        assert outcome in flow.record.refusals[0]
        await flow.report_kept(ONE)
        assert (await flow.result()).state is _U.UNENROLLED
        assert flow.record.ended == {ONE: True}
        assert (await flow.get_attributes())[1] is False


async def test_exhausted_visits_are_parked_until_one_more_is_requested(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "no_access")
        await flow.report(ONE, "no_access")
        await flow.wait_until_parked()
        await flow.retry()
        await flow.wait_until(lambda: flow.record.state is _U.REMOVING)
        await flow.report(ONE, FETCHED)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "no_access")
        await flow.report(ONE, "no_access")
        await flow.wait_until_parked()
        await flow.report(ONE, FETCHED)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_refused_visit_may_be_repeated(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "customer_refused")
        await flow.wait_until_parked()
        await flow.retry()
        await flow.report(ONE, FETCHED)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_cancelled_order_is_parked(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_until(lambda: WorkOrderState.DISPATCHED in flow.record.orders.values())
        await flow.cancel_order(ONE)
        await flow.wait_until_parked()
        await flow.retry()
        await flow.wait_until(lambda: WorkOrderState.DISPATCHED in flow.record.orders.values())
        await flow.report(ONE, FETCHED)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_failed_removal_after_control_stopped_is_a_recovery(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True) as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "customer_refused")
        await flow.wait_until_parked()
        assert flow.record.state is _U.RECOVERY_PENDING
        await flow.report_kept(ONE)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_removal_that_failed_before_control_stopped_still_needs_attention_afterwards(
    environment: WorkflowEnvironment,
) -> None:
    async with run_unenrollment(environment, "utility_removal", first=True, waits_for="syn_earlier") as flow:
        await flow.wait_until(lambda: bool(flow.record.told) and bool(flow.record.orders))
        await flow.report(ONE, "customer_refused")
        await flow.wait_until_parked()
        await flow.signal_sync_turn()
        await flow.wait_for_details("Waiting for the DERMS")
        await flow.acknowledge()
        await flow.wait_until(lambda: len(flow.record.synchronized) == 1)
        await flow.wait_for_details("**Needs attention.**")
        await flow.wait_until_parked()
        await flow.report_kept(ONE)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_repaired_sync_request_starts_no_second_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "customer_refused")
        await flow.wait_until_parked()
        await flow.retry("syn_x/1/1")
        await flow.skip_time(days=1)
        await flow.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)
        assert flow.record.orders[flow.record.get_order_id(ONE)] is WorkOrderState.INCOMPLETE


async def test_a_parked_removal_delays_no_other(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report(ONE, "customer_refused")
        await flow.wait_until_parked()
        await flow.report(TWO, FETCHED)
        await flow.wait_until(lambda: len(flow.record.synchronized) == 1)
        await flow.wait_for_attributes(WorkflowStage.NEEDS_ATTENTION, needs_attention=True)
        await flow.report_kept(ONE)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_two_parked_removals_need_attention_until_both_are_resolved(
    environment: WorkflowEnvironment,
) -> None:
    async with run_unenrollment(environment, "utility_removal", "utility_removal") as flow:
        await flow.report(ONE, "customer_refused")
        await flow.report(TWO, "customer_refused")
        await flow.wait_until(lambda: len(flow.record.refusals) == 2)
        await flow.report_kept(ONE)
        await flow.wait_until(lambda: ONE in flow.record.ended)
        assert (await flow.get_attributes())[1] is True
        await flow.report_kept(TWO)
        assert (await flow.result()).state is _U.UNENROLLED


async def test_a_missing_return_shipment_is_reminded_and_expires(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "ship_back") as flow:
        await flow.wait_for_removal()
        await flow.skip_time(days=61)
        await flow.wait_until_parked()
        assert flow.record.reminders == [(ONE, False), (ONE, True)]
        assert "60 days" in flow.record.refusals[0]
        await flow.report_received(ONE)
        await flow.result()
        assert flow.record.ended == {ONE: False}


async def test_a_return_shipment_is_received_once(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "ship_back") as flow:
        await flow.wait_for_removal()
        await flow.skip_time(days=10)
        await flow.report_received(ONE)
        await flow.report_received(ONE)
        await flow.result()
        assert (flow.record.ended, flow.record.refusals) == ({ONE: False}, [])


async def test_an_unenrollment_is_cancelled_during_removal(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal", "ship_back") as flow:
        await flow.wait_until(lambda: WorkOrderState.DISPATCHED in flow.record.orders.values())
        await flow.cancel()
        assert ((await flow.result()).state, flow.record.told) == (_U.CANCELLED, [])


async def test_a_stray_signal_ends_nothing(environment: WorkflowEnvironment) -> None:
    async with run_unenrollment(environment, "utility_removal") as flow:
        await flow.wait_for_removal()
        await flow.report("dev_9", FETCHED)
        await flow.report_received("dev_9")
        await flow.handle.signal("device_received", {"nonsense": True})
        await flow.skip_time(days=1)
        assert flow.record.state is _U.REMOVING
        await flow.report(ONE, FETCHED)
        assert (await flow.result()).state is _U.UNENROLLED
