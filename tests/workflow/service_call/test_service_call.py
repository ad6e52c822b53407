"""The service-call workflow, over months (docs/domain.md#service-call)."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import WorkflowStage
from models.messages.synchronization import SyncOutcome
from models.states.service_call import ServiceCallState
from models.states.work_order import CompletionOutcome, WorkOrderState
from tests.workflow.stand_ins.service_call import run_service_call

_C = ServiceCallState
_O = CompletionOutcome


async def test_advice_closes_the_call_immediately(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "advice") as run:
        result = await run.result()
        assert (result.state, result.synchronization) == (_C.CLOSED, None)
        assert await run.count_events() <= 8


async def test_a_call_waits_months_for_a_decision(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "") as run:
        await run.wait_for_details("Waiting for a decision")
        await run.skip_time(days=90)
        await run.choose_action("advice")
        assert (await run.result()).state is _C.CLOSED


async def test_a_failed_remote_action_parks_the_call_and_another_action_is_chosen(
    environment: WorkflowEnvironment,
) -> None:
    async with run_service_call(environment, "remote_action") as run:
        run.call.head_end.refuses = True
        assert "/action" in await run.wait_until_parked()
        await run.choose_action("advice")
        assert (await run.result()).state is _C.CLOSED


@pytest.mark.parametrize("outcome", [_O.REPAIRED_ON_SITE, _O.NO_FAULT_FOUND, _O.CUSTOMER_REFUSED, _O.NOT_INSTALLABLE])
async def test_a_visit_months_later_closes_the_call(
    environment: WorkflowEnvironment, outcome: CompletionOutcome
) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        await run.skip_time(days=60)
        await run.report(outcome)
        assert (await run.result()).state is _C.CLOSED
        assert run.field.reminders == ["reminded", "escalated"]


async def test_a_replacement_is_synchronized_before_the_call_is_closed(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        await run.report(_O.DEVICE_REPLACED)
        result = await run.result()
        assert (result.state, result.synchronization) == (_C.CLOSED, SyncOutcome.SYNCHRONIZED)
        assert (run.call.past[-2:], run.call.sync_count) == ([_C.REPLACED, _C.CLOSED], 1)


async def test_removing_the_old_device_first_sends_two_messages_in_order(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, first=True) as run:
        await run.report(_O.DEVICE_REPLACED)
        assert (await run.result()).state is _C.CLOSED
        assert run.call.sync_count == 2


async def test_a_refused_replacement_returns_the_order_to_the_technician(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        run.field.refusals = ["read the serial number again"]
        await run.wait_for_visit()
        await run.report(_O.DEVICE_REPLACED)
        await run.wait_for_details("rescheduled")
        await run.report(_O.DEVICE_REPLACED)
        assert (await run.result()).state is _C.CLOSED


async def test_a_parked_replacement_resumes_after_a_retry(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        run.call.stuck = ["no room"]
        await run.report(_O.DEVICE_REPLACED)
        await run.wait_until_parked()
        await run.skip_time(days=30)
        await run.retry_service_call()
        assert (await run.result()).state is _C.CLOSED


async def test_the_last_failed_visit_parks_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as run:
        await run.wait_for_visit()
        await run.report(_O.NO_ACCESS)
        await run.wait_until_parked()
        assert run.call.state is _C.NEEDS_ATTENTION
        await run.retry_service_call()
        await run.wait_for_visit()
        await run.report(_O.NO_FAULT_FOUND)
        assert (await run.result()).state is _C.CLOSED


async def test_a_report_after_the_last_attempt_is_accepted(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as run:
        await run.wait_for_visit()
        await run.report(_O.NO_ACCESS)
        await run.wait_until_parked()
        await run.report(_O.REPAIRED_ON_SITE)
        assert (await run.result()).state is _C.CLOSED


async def test_a_report_of_another_order_is_ignored(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, attempts=1) as run:
        await run.wait_for_visit()
        await run.report(_O.NO_ACCESS)
        why = await run.wait_until_parked()
        await run.handle.signal("site_visit_completed", {"work_order_id": "wo_other", "completion_id": "visit_other"})
        assert await run.wait_until_parked() == why
        await run.retry_service_call()
        await run.wait_for_visit()
        await run.report(_O.NO_FAULT_FOUND)
        assert (await run.result()).state is _C.CLOSED


async def test_a_cancelled_visit_leaves_the_choice_to_a_person(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        await run.cancel_order()
        await run.wait_until_parked()
        await run.choose_action("advice")
        assert (await run.result()).state is _C.CLOSED


async def test_a_call_is_cancelled_while_it_waits_for_a_technician(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        await run.cancel()
        assert (await run.result()).state is _C.CANCELLED


async def test_a_call_is_not_cancelled_while_a_technician_is_on_site(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        run.field.move(WorkOrderState.EN_ROUTE)
        await run.cancel()
        await run.wait_for_details("which is en_route")
        await run.report(_O.REPAIRED_ON_SITE)
        assert (await run.result()).state is _C.CLOSED


async def test_a_temporal_cancellation_cancels_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment) as run:
        await run.wait_for_visit()
        await run.handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert run.call.state is _C.CANCELLED


async def test_an_undecodable_choice_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "") as run:
        await run.wait_for_details("Waiting for a decision")
        await run.handle.signal("action_chosen", [1, 2])
        await run.choose_action("advice")
        assert (await run.result()).state is _C.CLOSED


async def test_a_closed_call_is_shown_as_closed(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "advice") as run:
        await run.result()
        await run.wait_for_attributes(WorkflowStage.CLOSED)
