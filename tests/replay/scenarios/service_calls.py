"""Scenarios for every point where the service-call workflow can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.states.head_end import HeadEndOutcome
from models.states.work_order import CompletionOutcome
from tests.workflow.stand_ins.service_call import ServiceCallRun

OK = HeadEndOutcome.OK


async def finished(run: ServiceCallRun) -> None:
    await run.result()


async def undecided(run: ServiceCallRun) -> None:
    await run.wait_for_details("Waiting for a decision")


async def decided(run: ServiceCallRun) -> None:
    await undecided(run)
    await run.choose_action("advice")
    await run.result()


async def not_acted(run: ServiceCallRun) -> None:
    run.call.head_end.refuses = True
    await run.wait_until_parked()
    await run.choose_action("advice")
    await run.result()


async def asked(run: ServiceCallRun) -> None:
    await run.wait_for_details("Waiting for the head-end")


async def answered(run: ServiceCallRun) -> None:
    await asked(run)
    await run.answer_head_end_request(OK)
    await run.result()


async def refused_by_the_head_end(run: ServiceCallRun) -> None:
    run.call.head_end.refuses = True
    await run.wait_until_parked()
    run.call.head_end.refuses, run.call.head_end.answers = False, [OK]
    await run.retry_service_call()
    await run.result()


async def awaited(run: ServiceCallRun) -> None:
    await run.wait_for_visit()


async def repaired(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.REPAIRED_ON_SITE)
    await run.result()


async def replaced(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.DEVICE_REPLACED)
    await run.result()


async def synchronized_in_turn(run: ServiceCallRun) -> None:
    run.record.waits_for = "syn_earlier"
    run.derms.moods = [run.derms.takes]
    await run.wait_for_visit()
    await run.report(CompletionOutcome.DEVICE_REPLACED)
    await run.wait_for_details("Waiting for syn_earlier")
    run.record.waits_for = ""
    await run.signal_sync_turn()
    await run.wait_for_acknowledgement_wait()
    await run.acknowledge()
    await run.result()


async def appointed(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.schedule_visit()
    await run.wait_for_details("scheduled")
    await run.report(CompletionOutcome.REPAIRED_ON_SITE)
    await run.result()


async def refused_to_the_technician(run: ServiceCallRun) -> None:
    run.field.refusals = ["The program does not accept it."]
    await run.wait_for_visit()
    await run.report(CompletionOutcome.DEVICE_REPLACED)
    await run.wait_for_details("rescheduled")


async def stuck(run: ServiceCallRun) -> None:
    run.call.stuck = ["There is no room."]
    await run.wait_for_visit()
    await run.report(CompletionOutcome.DEVICE_REPLACED)
    await run.wait_until_parked()
    await run.retry_service_call()
    await run.result()


async def nobody_at_home(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.NO_ACCESS)
    await run.wait_until_parked()


async def reported_all_the_same(run: ServiceCallRun) -> None:
    await nobody_at_home(run)
    await run.report(CompletionOutcome.REPAIRED_ON_SITE)
    await run.result()


async def one_more_visit(run: ServiceCallRun) -> None:
    await nobody_at_home(run)
    await run.retry_service_call()
    await run.wait_for_details("rescheduled")
    await run.report(CompletionOutcome.REPAIRED_ON_SITE)
    await run.result()


async def visit_cancelled(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.cancel_order()
    await run.wait_until_parked()


async def taken_back(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.cancel()
    await run.result()


async def canceled(run: ServiceCallRun) -> None:
    await run.wait_for_visit()
    await run.handle.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def taken_back_when_nobody_was_at_home(run: ServiceCallRun) -> None:
    await nobody_at_home(run)
    await run.cancel()
    await run.result()


SERVICE_CALL_SCENARIOS: dict[str, tuple[Callable[[ServiceCallRun], Awaitable[object]], dict[str, Any]]] = {
    "call_advice_given": (finished, {"action": "advice"}),
    "call_undecided": (undecided, {"action": ""}),
    "call_decided_later": (decided, {"action": ""}),
    "call_head_end_did_not_act": (not_acted, {"action": "remote_action"}),
    "call_remote_action_answered_at_once": (finished, {"action": "remote_action", "answers": [OK]}),
    "call_remote_action_answered_later": (answered, {"action": "remote_action"}),
    "call_remote_action_awaiting_an_answer": (asked, {"action": "remote_action"}),
    "call_remote_action_refused": (refused_by_the_head_end, {"action": "remote_action"}),
    "call_awaiting_a_technician": (awaited, {}),
    "call_repaired": (repaired, {}),
    "call_visit_appointed": (appointed, {}),
    "call_replaced": (replaced, {}),
    "call_replaced_old_one_first": (replaced, {"first": True}),
    "call_replaced_told_in_turn": (synchronized_in_turn, {}),
    "call_sent_back": (refused_to_the_technician, {}),
    "call_replacement_stuck": (stuck, {}),
    "call_attempts_used_up": (nobody_at_home, {"attempts": 1}),
    "call_reported_all_the_same": (reported_all_the_same, {"attempts": 1}),
    "call_one_more_visit": (one_more_visit, {"attempts": 1}),
    "call_visit_called_off": (visit_cancelled, {}),
    "call_taken_back": (taken_back, {}),
    "call_taken_back_when_nobody_was_at_home": (taken_back_when_nobody_was_at_home, {"attempts": 1}),
    "call_canceled_in_temporal": (canceled, {}),
}
