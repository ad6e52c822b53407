"""What cannot be decoded does no harm: a signal changes nothing, a start fails at once instead of being retried
forever."""

import gc

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from models.messages.enrollment import PLACE_FREED, WORKFLOW
from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED
from models.messages.synchronization import DERMS_ACKNOWLEDGED, SyncOutcome
from tests.workflow.stand_ins.enrollment_run import StartEnrollment

NONSENSE = ["not", "a", "message"]


@pytest.mark.parametrize("name", [CANCEL_REQUESTED, PLACE_FREED, RETRY_REQUESTED, DERMS_ACKNOWLEDGED])
async def test_an_unreadable_signal_changes_nothing_and_is_kept(enroll: StartEnrollment, name: str) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.signal(name, NONSENSE)
        await run.wait_until(lambda: bool(run.record.unreadable))
        (kept,) = run.record.unreadable
        assert (kept.workflow_id, kept.name, kept.payload) == (run.handle.id, name, NONSENSE)
        assert kept.error == "message: model_type"
        await run.wait_for_acknowledgement_wait()
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert run.record.outcomes[0] == "applied: positive"


@pytest.mark.parametrize("values", [[], [{}, {}]])
async def test_a_signal_with_no_value_or_two_stops_no_workflow(enroll: StartEnrollment, values: list[object]) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.signal(RETRY_REQUESTED, args=values)
        await run.acknowledge()
        assert (await run.result()).synchronization is SyncOutcome.SYNCHRONIZED
        assert [one.payload for one in run.record.unreadable] == [values]


async def test_a_signal_that_is_too_large_is_kept_without_its_content(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.signal(RETRY_REQUESTED, ["x" * 100_000])
        await run.wait_until(lambda: bool(run.record.unreadable))
        (kept,) = run.record.unreadable
        assert kept.payload is None
        assert "too many to be kept here" in kept.error


async def test_the_kept_reason_repeats_no_value(enroll: StartEnrollment) -> None:
    async with enroll() as run:
        await run.wait_for_acknowledgement_wait()
        await run.handle.signal(DERMS_ACKNOWLEDGED, {"message_id": "m", "result": "Jane Doe, 555-0100"})
        await run.wait_until(lambda: bool(run.record.unreadable))
        (kept,) = run.record.unreadable
        assert kept.error == "sync_request_id: missing; result: literal_error"


# The SDK never starts the `run` of a workflow whose __init__ fails, and Python warns about that coroutine.
@pytest.mark.filterwarnings("ignore:coroutine .*run_workflow' was never awaited")
async def test_an_undecodable_start_fails_the_workflow(enroll: StartEnrollment) -> None:
    async with enroll(moods="answers") as run:
        other = await run.environment.client.start_workflow(
            WORKFLOW, {"enrollment": 7}, id="enroll/undecodable", task_queue=run.handle.id
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await other.result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == "ValidationError"
        assert failed.value.cause.non_retryable
    del other, failed
    gc.collect()
