"""The service-call workflow, over months (docs/domain.md#service-call)."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.messages.enrollment import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.work_order import CompletionOutcome, ServiceCallState, WorkOrderState
from tests.workflow.stand_ins.service_call import run_service_call

_C = ServiceCallState
_O = CompletionOutcome


async def test_advice_closes_the_call_immediately(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "advice") as flow:
        result = await flow.result()
        assert (result.state, result.synchronization) == (_C.CLOSED, None)
        assert await flow.count_events() <= 8


async def test_a_call_waits_months_for_a_decision(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "") as flow:
        await flow.wait_for_details("Waiting for a decision")
        await flow.skip_time(days=90)
        await flow.choose_action("advice")
        assert (await flow.result()).state is _C.CLOSED


async def test_a_failed_remote_action_parks_the_call_and_another_action_is_chosen(
    environment: WorkflowEnvironment,
) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        flow.call.head_end.refuses = True
        assert "/action" in await flow.wait_until_parked()
        await flow.choose_action("advice")
        assert (await flow.result()).state is _C.CLOSED


@pytest.mark.parametrize("outcome", [_O.REPAIRED_ON_SITE, _O.NO_FAULT_FOUND, _O.CUSTOMER_REFUSED, _O.NOT_INSTALLABLE])
async def test_a_visit_months_later_closes_the_call(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        await flow.skip_time(days=60)
        await flow.report(outcome)
        assert (await flow.result()).state is _C.CLOSED
        assert flow.field.reminders == ["reminded", "escalated"]


async def test_a_replacement_is_synchronized_before_the_call_is_closed(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        await flow.report(_O.DEVICE_REPLACED)
        result = await flow.result()
        assert (result.state, result.synchronization) == (_C.CLOSED, SyncOutcome.SYNCHRONIZED)
        assert (flow.call.past[-2:], flow.call.told) == ([_C.REPLACED, _C.CLOSED], 1)


async def test_removing_the_old_device_first_sends_two_messages_in_order(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, first=True) as flow:
        await flow.report(_O.DEVICE_REPLACED)
        assert (await flow.result()).state is _C.CLOSED
        assert flow.call.told == 2


async def test_a_refused_replacement_returns_the_order_to_the_technician(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        flow.field.refusals = ["read the serial number again"]
        await flow.wait_for_visit()
        await flow.report(_O.DEVICE_REPLACED)
        await flow.wait_for_details("rescheduled")
        await flow.report(_O.DEVICE_REPLACED)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_parked_replacement_resumes_after_a_retry(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        flow.call.stuck = ["no room"]
        await flow.report(_O.DEVICE_REPLACED)
        await flow.wait_until_parked()
        await flow.skip_time(days=30)
        await flow.retry_service_call()
        assert (await flow.result()).state is _C.CLOSED


async def test_the_last_failed_visit_parks_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(_O.NO_ACCESS)
        await flow.wait_until_parked()
        assert flow.call.state is _C.NEEDS_ATTENTION
        await flow.retry_service_call()
        await flow.wait_for_visit()
        await flow.report(_O.NO_FAULT_FOUND)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(_O.NO_ACCESS)
        await flow.wait_until_parked()
        await flow.report(_O.REPAIRED_ON_SITE)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_report_of_another_order_is_ignored(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as flow:
        await flow.wait_for_visit()
        await flow.report(_O.NO_ACCESS)
        why = await flow.wait_until_parked()
        await flow.handle.signal("site_visit_completed", {"work_order_id": "wo_other", "completion_id": "visit_other"})
        assert await flow.wait_until_parked() == why
        await flow.retry_service_call()
        await flow.wait_for_visit()
        await flow.report(_O.NO_FAULT_FOUND)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_cancelled_visit_leaves_the_choice_to_a_person(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        await flow.cancel_order()
        await flow.wait_until_parked()
        await flow.choose_action("advice")
        assert (await flow.result()).state is _C.CLOSED


async def test_a_call_is_cancelled_while_it_waits_for_a_technician(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        await flow.cancel_service_call()
        assert (await flow.result()).state is _C.CANCELLED


async def test_a_call_is_not_cancelled_while_a_technician_is_on_site(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        flow.field.move(WorkOrderState.EN_ROUTE)
        await flow.cancel_service_call()
        await flow.wait_for_details("which is en_route")
        await flow.report(_O.REPAIRED_ON_SITE)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_temporal_cancellation_cancels_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as flow:
        await flow.wait_for_visit()
        await flow.handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await flow.result()
        assert flow.call.state is _C.CANCELLED


async def test_an_undecodable_choice_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "") as flow:
        await flow.wait_for_details("Waiting for a decision")
        await flow.handle.signal("action_chosen", [1, 2])
        await flow.choose_action("advice")
        assert (await flow.result()).state is _C.CLOSED


async def test_a_closed_call_is_shown_as_closed(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "advice") as flow:
        await flow.result()
        await flow.wait_for_attributes(WorkflowStage.CLOSED)
