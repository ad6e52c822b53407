"""An installation may take months of visits and reminders, and has one end."""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.enrollment import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from models.states.work_order import CompletionOutcome, WorkOrderState
from tests.workflow.stand_ins.site_visits import InstallationRun, run_installation
from workflows.enroll import EnrollmentWorkflow

DONE, NO_ACCESS = CompletionOutcome.COMPLETED_AS_ORDERED, CompletionOutcome.NO_ACCESS
REFUSED = CompletionOutcome.CUSTOMER_REFUSED


async def _enrolled(flow: InstallationRun) -> None:
    result = await flow.result()
    assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)


async def test_a_report_after_two_months_enrolls(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.wait_for_attributes(WorkflowStage.AWAITING_SITE_VISIT)
        await flow.skip_time(days=60)
        assert flow.field.reminders == ["reminded", "escalated"]
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_before_the_workflow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_duplicate_report_is_accepted_once(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        report = await flow.report(NO_ACCESS)
        await flow.handle.signal(EnrollmentWorkflow.site_visit_completed, report)
        await flow.wait_for_details("rescheduled")
        assert flow.field.order.attempt == 2


async def test_a_report_of_another_order_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        message = {"work_order_id": "wo_another", "completion_id": "visit-1"}
        await flow.handle.signal("site_visit_completed", message)
        await flow.report(DONE)
        await _enrolled(flow)
        assert "visit-1" not in flow.field.verdicts


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"work_order_id": [1, 2]}, "work_order_id: string_type; completion_id: missing"),
        ("nonsense", "message: model_type"),
    ],
)
async def test_an_unreadable_report_changes_nothing_and_is_kept(
    environment: WorkflowEnvironment, message: object, fault: str
) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.wait_for_attributes(WorkflowStage.AWAITING_SITE_VISIT)
        await flow.handle.signal("site_visit_completed", message)
        await flow.wait_until(lambda: bool(flow.record.unreadable))
        (kept,) = flow.record.unreadable
        assert (kept.workflow_id, kept.name, kept.payload) == (flow.handle.id, "site_visit_completed", message)
        assert kept.error == fault
        await flow.report(DONE)
        await _enrolled(flow)


async def test_reminders_count_from_the_appointment(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        flow.field.appoint(days=20)
        await flow.handle.signal("appointment_changed", {"work_order_id": flow.field.order.id})
        await flow.wait_for_details("scheduled")
        await flow.skip_time(days=20)
        assert flow.field.reminders == []
        await flow.skip_time(days=5)
        assert flow.field.reminders == ["reminded"]


async def test_a_retry_orders_one_more_visit(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        assert "attempts are used up" in await flow.wait_until_parked()
        assert flow.record.enrollment is EnrollmentState.NEEDS_ATTENTION
        await flow.retry_enrollment()
        await flow.wait_for_details("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        await flow.wait_until_parked()
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_cancellation_signal_for_an_open_order_is_checked_once(environment: WorkflowEnvironment) -> None:
    """Somebody may send such a signal manually."""
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.signal("work_order_cancelled", {"work_order_id": flow.field.order.id})
        await flow.report(DONE)
        await _enrolled(flow)
        assert await flow.count_events() < 60


async def test_a_cancelled_order_is_replaced_by_a_retry(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        flow.field.move(WorkOrderState.CANCELLED)
        await flow.handle.signal("work_order_cancelled", {"work_order_id": flow.field.order.id})
        assert "a retry makes a new order" in await flow.wait_until_parked()
        await flow.retry_enrollment()
        await flow.wait_for_visit()
        await flow.report(DONE)
        await _enrolled(flow)
        assert len(flow.field.orders) == 2


async def test_a_refused_device_returns_the_order_to_the_technician(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.refusals = ["The serial number is taken."]
        await flow.wait_for_visit()
        await flow.report(DONE)
        await flow.wait_for_details("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_an_unresolvable_installation_is_parked(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.stuck = ["The service point is billed to another account now."]
        await flow.wait_for_visit()
        await flow.report(DONE)
        assert "another account" in await flow.wait_until_parked()
        await flow.retry_enrollment()
        await _enrolled(flow)


@pytest.mark.parametrize("outcome", [REFUSED, CompletionOutcome.NOT_INSTALLABLE])
async def test_an_impossible_installation_ends_cancelled(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.report(outcome)
        assert (await flow.result()).state is EnrollmentState.CANCELLED
        await flow.wait_for_attributes(WorkflowStage.CANCELLED)


async def test_a_cancellation_while_waiting_for_a_technician_is_handled(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_a_cancellation_during_a_field_work_outage_is_handled(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.down = 1000
        assert "Field work does not take orders today." in await flow.wait_until_parked()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_an_order_is_dispatched_after_a_field_work_outage(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.down = 1
        await flow.wait_until_parked()
        await flow.skip_time(hours=2)
        await flow.report(DONE)
        await _enrolled(flow)


async def test_an_enrollment_expires(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED
        await flow.wait_for_attributes(WorkflowStage.EXPIRED)


async def test_a_parked_enrollment_expires(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        await flow.wait_until_parked()
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_report_received_before_expiry_wins(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(DONE, signalled=False)
        await flow.skip_time(days=91)
        await _enrolled(flow)


async def test_a_last_minute_no_access_report_does_not_prevent_expiry(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS, signalled=False)
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_report_waits_for_an_unavailable_database(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        flow.record.away = True
        await flow.report(DONE)
        await flow.wait_until_parked()
        flow.record.away = False
        await flow.skip_time(hours=2)
        await _enrolled(flow)


async def test_a_temporal_cancellation_undoes_the_setup(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.cancel()
        await flow.wait_for_attributes(WorkflowStage.CANCELLED)
        assert flow.record.enrollment is EnrollmentState.CANCELLED
