"""An installation takes as long as it takes: months of visits, reminders and second thoughts, each with one end."""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import WorkflowStage
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


async def test_a_report_after_two_months_enrols(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.wait_for_attributes(WorkflowStage.AWAITING_SITE_VISIT)
        await flow.skip_time(days=60)
        assert flow.field.reminders == ["reminded", "escalated"]
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_before_the_flow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.report(DONE)
        await _enrolled(flow)


async def test_the_same_report_twice_is_one(environment: WorkflowEnvironment) -> None:
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
async def test_a_report_that_cannot_be_read_changes_nothing_and_is_kept(
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


async def test_a_person_has_one_more_visit_made(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        assert "attempts are used up" in await flow.wait_until_parked()
        assert flow.record.enrollment is EnrollmentState.NEEDS_ATTENTION
        await flow.retry_enrollment()
        await flow.wait_for_details("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_after_the_last_attempt_is_taken_all_the_same(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        await flow.wait_until_parked()
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_word_that_an_order_is_off_which_stands_is_looked_at_once(environment: WorkflowEnvironment) -> None:
    """As somebody may send by hand."""
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.signal("work_order_cancelled", {"work_order_id": flow.field.order.id})
        await flow.report(DONE)
        await _enrolled(flow)
        assert await flow.count_events() < 60


async def test_an_order_called_off_is_made_anew_by_a_person(environment: WorkflowEnvironment) -> None:
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


async def test_a_device_that_cannot_be_taken_after_all_sends_the_order_back(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.refusals = ["The serial number is taken."]
        await flow.wait_for_visit()
        await flow.report(DONE)
        await flow.wait_for_details("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_what_only_a_person_can_settle_waits_for_one(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.stuck = ["The service point is billed to another account now."]
        await flow.wait_for_visit()
        await flow.report(DONE)
        assert "another account" in await flow.wait_until_parked()
        await flow.retry_enrollment()
        await _enrolled(flow)


@pytest.mark.parametrize("outcome", [REFUSED, CompletionOutcome.NOT_INSTALLABLE])
async def test_what_cannot_be_installed_ends_cancelled(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.report(outcome)
        assert (await flow.result()).state is EnrollmentState.CANCELLED
        await flow.wait_for_attributes(WorkflowStage.CANCELLED)


async def test_who_cancels_while_a_technician_is_awaited_is_heard(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_who_cancels_while_field_work_is_down_is_heard(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.down = 1000
        assert "Field work does not take orders today." in await flow.wait_until_parked()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_field_work_that_was_down_gets_the_order_later(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        flow.field.down = 1
        await flow.wait_until_parked()
        await flow.skip_time(hours=2)
        await flow.report(DONE)
        await _enrolled(flow)


async def test_the_time_allowed_runs_out(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED
        await flow.wait_for_attributes(WorkflowStage.EXPIRED)


async def test_the_time_runs_out_for_one_that_waits_for_a_person_too(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, attempts=1, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS)
        await flow.wait_until_parked()
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_report_received_before_the_time_ran_out_wins(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(DONE, signalled=False)
        await flow.skip_time(days=91)
        await _enrolled(flow)


async def test_a_last_minute_report_of_a_closed_door_does_not_save_it(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment, expire_after_days=90) as flow:
        await flow.wait_for_visit()
        await flow.report(NO_ACCESS, signalled=False)
        await flow.skip_time(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_record_that_is_away_makes_the_report_wait(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        flow.record.away = True
        await flow.report(DONE)
        await flow.wait_until_parked()
        flow.record.away = False
        await flow.skip_time(hours=2)
        await _enrolled(flow)


async def test_a_flow_cancelled_in_temporal_undoes_the_setup(environment: WorkflowEnvironment) -> None:
    async with run_installation(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.cancel()
        await flow.wait_for_attributes(WorkflowStage.CANCELLED)
        assert flow.record.enrollment is EnrollmentState.CANCELLED
