"""A service call acts on the device through its head-end, which answers late or never.

See docs/domain.md#service-call.
"""

from temporalio.testing import WorkflowEnvironment

from models.states.head_end import HeadEndOutcome
from models.states.service_call import ServiceCallState
from tests.workflow.stand_ins.service_call import run_service_call

_C = ServiceCallState
_OK, _OFFLINE = HeadEndOutcome.OK, HeadEndOutcome.OFFLINE
_WAITS = "Waiting for the head-end"


async def test_an_immediate_answer_closes_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[_OK]) as run:
        assert (await run.result()).state is _C.CLOSED
        assert len(run.call.head_end.asked) == 1


async def test_an_answer_by_callback_closes_the_call(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        await run.wait_for_details(_WAITS)
        await run.answer_head_end_request(_OK)
        assert (await run.result()).state is _C.CLOSED


async def test_a_lost_callback_is_queried(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        await run.wait_for_details(_WAITS)
        await run.answer_head_end_request(_OK, signaled=False)
        await run.skip_time(minutes=16)
        assert (await run.result()).state is _C.CLOSED


async def test_a_failed_remote_action_leaves_the_choice_to_a_person(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[_OFFLINE, _OK]) as run:
        await run.wait_for_details("Waiting for a decision")
        await run.choose_action("remote_action")
        assert (await run.result()).state is _C.CLOSED
        assert len(set(run.call.head_end.asked)) == 2


async def test_a_silent_head_end_parks_the_call_and_a_retry_asks_again(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action", answers=[None, _OK]) as run:
        await run.wait_for_details(_WAITS)
        await run.skip_time(minutes=16)
        await run.wait_until_parked()
        await run.retry_service_call()
        assert (await run.result()).state is _C.CLOSED
        assert len(set(run.call.head_end.asked)) == 2


async def test_the_latest_answer_deadline_counts(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        minutes = 16
        for seconds in (60.0, None, None):
            await run.wait_for_details(_WAITS)
            await run.skip_time(minutes=minutes)
            await run.wait_until_parked()
            run.call.head_end.answer_within, minutes = seconds, 2
            await run.retry_service_call()


async def test_a_retry_uses_the_same_key_when_the_outcome_cannot_be_queried(
    environment: WorkflowEnvironment,
) -> None:
    async with run_service_call(environment, "remote_action", answers=[None, _OK]) as run:
        await run.wait_for_details(_WAITS)
        run.call.head_end.refuses = True
        await run.skip_time(minutes=16)
        await run.wait_until_parked()
        run.call.head_end.refuses = False
        await run.retry_service_call()
        assert (await run.result()).state is _C.CLOSED
        assert len(run.call.head_end.asked) == 2
        assert len(set(run.call.head_end.asked)) == 1


async def test_an_answer_after_the_deadline_still_counts(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        await run.wait_for_details(_WAITS)
        await run.skip_time(minutes=16)
        await run.wait_until_parked()
        await run.answer_head_end_request(_OK)
        assert (await run.result()).state is _C.CLOSED


async def test_an_answer_to_an_abandoned_request_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        await run.wait_for_details(_WAITS)
        await run.skip_time(minutes=16)
        await run.wait_until_parked()
        await run.choose_action("work_request")
        await run.wait_for_visit()
        await run.answer_head_end_request(_OK)
        await run.cancel_order()
        await run.wait_until_parked()
        assert run.call.state is _C.NEEDS_ATTENTION


async def test_a_call_is_cancelled_while_the_head_end_is_silent(environment: WorkflowEnvironment) -> None:
    async with run_service_call(environment, "remote_action") as run:
        await run.wait_for_details(_WAITS)
        await run.cancel()
        assert (await run.result()).state is _C.CANCELLED
