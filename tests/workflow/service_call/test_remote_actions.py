"""A service call acts on the device through its head-end, which answers late or never.

See docs/domain.md#service-call.
"""

from temporalio.testing import WorkflowEnvironment

from models.states.head_end import HeadEndOutcome
from models.states.work_order import ServiceCallState
from tests.workflow.stand_ins.service_call import run_service_call

_C = ServiceCallState
_OK, _OFFLINE = HeadEndOutcome.OK, HeadEndOutcome.OFFLINE
_WAITS = "Waiting for the head-end"


async def test_an_immediate_answer_closes_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[_OK]) as flow:
        assert (await flow.result()).state is _C.CLOSED
        assert len(flow.call.head_end.asked) == 1


async def test_an_answer_by_callback_closes_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        await flow.wait_for_details(_WAITS)
        await flow.answer_head_end_request(_OK)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_lost_callback_is_queried(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        await flow.wait_for_details(_WAITS)
        await flow.answer_head_end_request(_OK, told=False)
        await flow.skip_time(minutes=16)
        assert (await flow.result()).state is _C.CLOSED


async def test_a_failed_remote_action_leaves_the_choice_to_a_person(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[_OFFLINE, _OK]) as flow:
        await flow.wait_for_details("Waiting for a decision")
        await flow.choose_action("remote_action")
        assert (await flow.result()).state is _C.CLOSED
        assert len(set(flow.call.head_end.asked)) == 2


async def test_a_silent_head_end_parks_the_call_and_a_retry_asks_again(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[None, _OK]) as flow:
        await flow.wait_for_details(_WAITS)
        await flow.skip_time(minutes=16)
        await flow.wait_until_parked()
        await flow.retry_service_call()
        assert (await flow.result()).state is _C.CLOSED
        assert len(set(flow.call.head_end.asked)) == 2


async def test_the_latest_answer_deadline_counts(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        minutes = 16
        for told in (60.0, None, None):
            await flow.wait_for_details(_WAITS)
            await flow.skip_time(minutes=minutes)
            await flow.wait_until_parked()
            flow.call.head_end.answer_within, minutes = told, 2
            await flow.retry_service_call()


async def test_a_retry_uses_the_same_key_when_the_outcome_cannot_be_queried(
    environment: WorkflowEnvironment,
) -> None:
    async with run_service_call(environment, "remote_action", answers=[None, _OK]) as flow:
        await flow.wait_for_details(_WAITS)
        flow.call.head_end.refuses = True
        await flow.skip_time(minutes=16)
        await flow.wait_until_parked()
        flow.call.head_end.refuses = False
        await flow.retry_service_call()
        assert (await flow.result()).state is _C.CLOSED
        assert len(flow.call.head_end.asked) == 2
        assert len(set(flow.call.head_end.asked)) == 1


async def test_an_answer_after_the_deadline_still_counts(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        await flow.wait_for_details(_WAITS)
        await flow.skip_time(minutes=16)
        await flow.wait_until_parked()
        await flow.answer_head_end_request(_OK)
        assert (await flow.result()).state is _C.CLOSED


async def test_an_answer_to_an_abandoned_request_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        await flow.wait_for_details(_WAITS)
        await flow.skip_time(minutes=16)
        await flow.wait_until_parked()
        await flow.choose_action("work_request")
        await flow.wait_for_visit()
        await flow.answer_head_end_request(_OK)
        await flow.cancel_order()
        await flow.wait_until_parked()
        assert flow.call.state is _C.NEEDS_ATTENTION


async def test_a_call_is_cancelled_while_the_head_end_is_silent(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as flow:
        await flow.wait_for_details(_WAITS)
        await flow.cancel_service_call()
        assert (await flow.result()).state is _C.CANCELLED
