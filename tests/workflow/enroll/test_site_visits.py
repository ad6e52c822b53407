"""An installation may take months of visits and reminders, and has one end."""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.enrollment import EnrollmentState
from models.states.work_order import CompletionOutcome, WorkOrderState
from tests.workflow.stand_ins.site_visits import SiteVisitRun, run_installation
from workflows.enroll import EnrollmentWorkflow

DONE, NO_ACCESS = CompletionOutcome.COMPLETED_AS_ORDERED, CompletionOutcome.NO_ACCESS
REFUSED = CompletionOutcome.CUSTOMER_REFUSED


async def _enrolled(run: SiteVisitRun) -> None:
    result = await run.result()
    assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)


async def test_a_report_after_two_months_enrolls(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.wait_for_attributes(WorkflowStage.AWAITING_SITE_VISIT)
        await run.skip_time(days=60)
        assert run.field.reminders == ["reminded", "escalated"]
        await run.report(DONE)
        await _enrolled(run)


async def test_a_report_before_the_workflow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.report(DONE)
        await _enrolled(run)


async def test_a_duplicate_report_is_accepted_once(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        report = await run.report(NO_ACCESS)
        await run.handle.signal(EnrollmentWorkflow.site_visit_completed, report)
        await run.wait_for_details("rescheduled")
        assert run.field.order.attempt == 2


async def test_a_report_of_another_order_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        message = {"work_order_id": "wo_another", "completion_id": "visit-1"}
        await run.handle.signal("site_visit_completed", message)
        await run.report(DONE)
        await _enrolled(run)
        assert "visit-1" not in run.field.verdicts


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
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.wait_for_attributes(WorkflowStage.AWAITING_SITE_VISIT)
        await run.handle.signal("site_visit_completed", message)
        await run.wait_until(lambda: bool(run.record.unreadable))
        (kept,) = run.record.unreadable
        assert (kept.workflow_id, kept.name, kept.payload) == (run.handle.id, "site_visit_completed", message)
        assert kept.error == fault
        await run.report(DONE)
        await _enrolled(run)


async def test_reminders_count_from_the_appointment(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        run.field.appoint(days=20)
        await run.handle.signal("appointment_changed", {"work_order_id": run.field.order.id})
        await run.wait_for_details("scheduled")
        await run.skip_time(days=20)
        assert run.field.reminders == []
        await run.skip_time(days=5)
        assert run.field.reminders == ["reminded"]


async def test_a_retry_orders_one_more_visit(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as run:
        await run.wait_for_visit()
        await run.report(NO_ACCESS)
        assert "attempts are used up" in await run.wait_until_parked()
        assert run.record.enrollment is EnrollmentState.NEEDS_ATTENTION
        await run.retry_enrollment()
        await run.wait_for_details("rescheduled")
        await run.report(DONE)
        await _enrolled(run)


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as run:
        await run.wait_for_visit()
        await run.report(NO_ACCESS)
        await run.wait_until_parked()
        await run.report(DONE)
        await _enrolled(run)


async def test_a_cancellation_signal_for_an_open_order_is_checked_once(environment: WorkflowEnvironment) -> None:
    """Somebody may send such a signal manually."""
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.handle.signal("work_order_cancelled", {"work_order_id": run.field.order.id})
        await run.report(DONE)
        await _enrolled(run)
        assert await run.count_events() < 60


async def test_a_cancelled_order_is_replaced_by_a_retry(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        run.field.move(WorkOrderState.CANCELLED)
        await run.handle.signal("work_order_cancelled", {"work_order_id": run.field.order.id})
        assert "a retry makes a new order" in await run.wait_until_parked()
        await run.retry_enrollment()
        await run.wait_for_visit()
        await run.report(DONE)
        await _enrolled(run)
        assert len(run.field.orders) == 2


async def test_a_refused_device_returns_the_order_to_the_technician(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        run.field.refusals = ["The serial number is taken."]
        await run.wait_for_visit()
        await run.report(DONE)
        await run.wait_for_details("rescheduled")
        await run.report(DONE)
        await _enrolled(run)


async def test_an_unresolvable_installation_is_parked(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        run.field.stuck = ["The service point is billed to another account now."]
        await run.wait_for_visit()
        await run.report(DONE)
        assert "another account" in await run.wait_until_parked()
        await run.retry_enrollment()
        await _enrolled(run)


@pytest.mark.parametrize("outcome", [REFUSED, CompletionOutcome.NOT_INSTALLABLE])
async def test_an_impossible_installation_ends_cancelled(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.report(outcome)
        assert (await run.result()).state is EnrollmentState.CANCELLED
        await run.wait_for_attributes(WorkflowStage.CANCELLED)


async def test_a_cancellation_while_waiting_for_a_technician_is_handled(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await run.result()).state is EnrollmentState.CANCELLED


async def test_a_cancellation_during_a_field_work_outage_is_handled(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        run.field.down = 1000
        assert "Field work does not take orders today." in await run.wait_until_parked()
        await run.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await run.result()).state is EnrollmentState.CANCELLED


async def test_an_order_is_dispatched_after_a_field_work_outage(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        run.field.down = 1
        await run.wait_until_parked()
        await run.skip_time(hours=2)
        await run.report(DONE)
        await _enrolled(run)


async def test_an_enrollment_expires(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as run:
        await run.wait_for_visit()
        await run.skip_time(days=91)
        assert (await run.result()).state is EnrollmentState.EXPIRED
        await run.wait_for_attributes(WorkflowStage.EXPIRED)


async def test_a_parked_enrollment_expires(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1, expire_after_days=90) as run:
        await run.wait_for_visit()
        await run.report(NO_ACCESS)
        await run.wait_until_parked()
        await run.skip_time(days=91)
        assert (await run.result()).state is EnrollmentState.EXPIRED


async def test_a_report_received_before_expiry_wins(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as run:
        await run.wait_for_visit()
        await run.report(DONE, signalled=False)
        await run.skip_time(days=91)
        await _enrolled(run)


async def test_a_last_minute_no_access_report_does_not_prevent_expiry(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as run:
        await run.wait_for_visit()
        await run.report(NO_ACCESS, signalled=False)
        await run.skip_time(days=91)
        assert (await run.result()).state is EnrollmentState.EXPIRED


async def test_a_report_waits_for_an_unavailable_database(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        run.record.away = True
        await run.report(DONE)
        await run.wait_until_parked()
        run.record.away = False
        await run.skip_time(hours=2)
        await _enrolled(run)


async def test_a_temporal_cancellation_undoes_the_setup(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as run:
        await run.wait_for_visit()
        await run.handle.cancel()
        await run.wait_for_attributes(WorkflowStage.CANCELLED)
        assert run.record.enrollment is EnrollmentState.CANCELLED
