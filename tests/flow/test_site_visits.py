"""An installation takes as long as it takes: months of visits, reminders and second thoughts, each with one end."""

import pytest
from temporalio.testing import WorkflowEnvironment

from models.messages.enroll import Stage
from models.messages.synchronize import SyncOutcome
from models.states import EnrollmentState
from models.task_states import CompletionOutcome, WorkOrderState
from tests.flow.field_work import Installation, installing
from workflows.enroll import Enroll

DONE, NO_ACCESS = CompletionOutcome.COMPLETED_AS_ORDERED, CompletionOutcome.NO_ACCESS
REFUSED = CompletionOutcome.CUSTOMER_REFUSED


async def _enrolled(flow: Installation) -> None:
    result = await flow.result()
    assert (result.state, result.synchronization) == (EnrollmentState.ENROLLED, SyncOutcome.SYNCHRONIZED)


async def test_a_report_after_two_months_enrols(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        await flow.shows(Stage.AWAITING_SITE_VISIT)
        await flow.skip(days=60)
        assert flow.field.reminders == ["reminded", "escalated"]
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_before_the_flow_waits_is_kept(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.report(DONE)
        await _enrolled(flow)


async def test_the_same_report_twice_is_one(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        report = await flow.report(NO_ACCESS)
        await flow.handle.signal(Enroll.site_visit_completed, report)
        await flow.says("rescheduled")
        assert flow.field.order.attempt == 2


async def test_a_report_of_another_order_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
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
    async with installing(environment) as flow:
        await flow.visits()
        await flow.shows(Stage.AWAITING_SITE_VISIT)
        await flow.handle.signal("site_visit_completed", message)
        await flow.until(lambda: bool(flow.record.unreadable))
        (kept,) = flow.record.unreadable
        assert (kept.workflow_id, kept.name, kept.payload) == (flow.handle.id, "site_visit_completed", message)
        assert kept.error == fault
        await flow.report(DONE)
        await _enrolled(flow)


async def test_reminders_count_from_the_appointment(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        flow.field.appoint(days=20)
        await flow.handle.signal("appointment_changed", {"work_order_id": flow.field.order.id})
        await flow.says("scheduled")
        await flow.skip(days=20)
        assert flow.field.reminders == []
        await flow.skip(days=5)
        assert flow.field.reminders == ["reminded"]


async def test_a_person_has_one_more_visit_made(environment: WorkflowEnvironment) -> None:
    async with installing(environment, attempts=1) as flow:
        await flow.visits()
        await flow.report(NO_ACCESS)
        assert "attempts are used up" in await flow.parked()
        assert flow.record.enrollment is EnrollmentState.NEEDS_ATTENTION
        await flow.again()
        await flow.says("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_report_after_the_last_attempt_is_taken_all_the_same(environment: WorkflowEnvironment) -> None:
    async with installing(environment, attempts=1) as flow:
        await flow.visits()
        await flow.report(NO_ACCESS)
        await flow.parked()
        await flow.report(DONE)
        await _enrolled(flow)


async def test_a_word_that_an_order_is_off_which_stands_is_looked_at_once(environment: WorkflowEnvironment) -> None:
    """As somebody may send by hand."""
    async with installing(environment) as flow:
        await flow.visits()
        await flow.handle.signal("work_order_cancelled", {"work_order_id": flow.field.order.id})
        await flow.report(DONE)
        await _enrolled(flow)
        assert await flow.length() < 60


async def test_an_order_called_off_is_made_anew_by_a_person(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        flow.field.move(WorkOrderState.CANCELLED)
        await flow.handle.signal("work_order_cancelled", {"work_order_id": flow.field.order.id})
        assert "a retry makes a new order" in await flow.parked()
        await flow.again()
        await flow.visits()
        await flow.report(DONE)
        await _enrolled(flow)
        assert len(flow.field.orders) == 2


async def test_a_device_that_cannot_be_taken_after_all_sends_the_order_back(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        flow.field.refusals = ["The serial number is taken."]
        await flow.visits()
        await flow.report(DONE)
        await flow.says("rescheduled")
        await flow.report(DONE)
        await _enrolled(flow)


async def test_what_only_a_person_can_settle_waits_for_one(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        flow.field.stuck = ["The service point is billed to another account now."]
        await flow.visits()
        await flow.report(DONE)
        assert "another account" in await flow.parked()
        await flow.again()
        await _enrolled(flow)


@pytest.mark.parametrize("outcome", [REFUSED, CompletionOutcome.NOT_INSTALLABLE])
async def test_what_cannot_be_installed_ends_cancelled(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        await flow.report(outcome)
        assert (await flow.result()).state is EnrollmentState.CANCELLED
        await flow.shows(Stage.CANCELLED)


async def test_who_cancels_while_a_technician_is_awaited_is_heard(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_who_cancels_while_field_work_is_down_is_heard(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        flow.field.down = 1000
        assert "Field work does not take orders today." in await flow.parked()
        await flow.handle.signal("cancel_requested", {"reason": "changed their mind"})
        assert (await flow.result()).state is EnrollmentState.CANCELLED


async def test_field_work_that_was_down_gets_the_order_later(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        flow.field.down = 1
        await flow.parked()
        await flow.skip(hours=2)
        await flow.report(DONE)
        await _enrolled(flow)


async def test_the_time_allowed_runs_out(environment: WorkflowEnvironment) -> None:
    async with installing(environment, expire_after_days=90) as flow:
        await flow.visits()
        await flow.skip(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED
        await flow.shows(Stage.EXPIRED)


async def test_the_time_runs_out_for_one_that_waits_for_a_person_too(environment: WorkflowEnvironment) -> None:
    async with installing(environment, attempts=1, expire_after_days=90) as flow:
        await flow.visits()
        await flow.report(NO_ACCESS)
        await flow.parked()
        await flow.skip(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_report_received_before_the_time_ran_out_wins(environment: WorkflowEnvironment) -> None:
    async with installing(environment, expire_after_days=90) as flow:
        await flow.visits()
        await flow.report(DONE, signalled=False)
        await flow.skip(days=91)
        await _enrolled(flow)


async def test_a_last_minute_report_of_a_closed_door_does_not_save_it(environment: WorkflowEnvironment) -> None:
    async with installing(environment, expire_after_days=90) as flow:
        await flow.visits()
        await flow.report(NO_ACCESS, signalled=False)
        await flow.skip(days=91)
        assert (await flow.result()).state is EnrollmentState.EXPIRED


async def test_a_record_that_is_away_makes_the_report_wait(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        flow.record.away = True
        await flow.report(DONE)
        await flow.parked()
        flow.record.away = False
        await flow.skip(hours=2)
        await _enrolled(flow)


async def test_a_flow_cancelled_in_temporal_undoes_the_setup(environment: WorkflowEnvironment) -> None:
    async with installing(environment) as flow:
        await flow.visits()
        await flow.handle.cancel()
        await flow.shows(Stage.CANCELLED)
        assert flow.record.enrollment is EnrollmentState.CANCELLED
