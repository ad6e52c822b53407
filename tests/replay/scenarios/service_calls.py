"""Scenarios for every point where the service-call workflow can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.messages.site_visit import APPOINTMENT_CHANGED, AppointmentChanged
from models.states.head_end import HeadEndOutcome
from models.states.work_order import CompletionOutcome
from tests.workflow.stand_ins.service_call import ServiceCallRun

OK = HeadEndOutcome.OK


async def finished(flow: ServiceCallRun) -> None:
    await flow.result()


async def undecided(flow: ServiceCallRun) -> None:
    await flow.wait_for_details("Waiting for a decision")


async def decided(flow: ServiceCallRun) -> None:
    await undecided(flow)
    await flow.choose_action("advice")
    await flow.result()


async def not_acted(flow: ServiceCallRun) -> None:
    flow.call.head_end.refuses = True
    await flow.wait_until_parked()
    await flow.choose_action("advice")
    await flow.result()


async def asked(flow: ServiceCallRun) -> None:
    await flow.wait_for_details("Waiting for the head-end")


async def answered(flow: ServiceCallRun) -> None:
    await asked(flow)
    await flow.answer_head_end_request(OK)
    await flow.result()


async def refused_by_the_head_end(flow: ServiceCallRun) -> None:
    flow.call.head_end.refuses = True
    await flow.wait_until_parked()
    flow.call.head_end.refuses, flow.call.head_end.answers = False, [OK]
    await flow.retry_service_call()
    await flow.result()


async def awaited(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()


async def repaired(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def replaced(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.result()


async def told_in_turn(flow: ServiceCallRun) -> None:
    flow.record.waits_for = "syn_earlier"
    flow.derms.moods = [flow.derms.takes]
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.wait_for_details("Waiting for syn_earlier")
    flow.record.waits_for = ""
    await flow.signal_sync_turn()
    await flow.wait_for_acknowledgement_wait()
    await flow.acknowledge()
    await flow.result()


async def appointed(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    flow.field.appoint(days=20)
    await flow.handle.signal(APPOINTMENT_CHANGED, AppointmentChanged(work_order_id=flow.field.order.id))
    await flow.wait_for_details("scheduled")
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def refused_to_the_technician(flow: ServiceCallRun) -> None:
    flow.field.refusals = ["The program does not accept it."]
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.wait_for_details("rescheduled")


async def stuck(flow: ServiceCallRun) -> None:
    flow.call.stuck = ["There is no room."]
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.wait_until_parked()
    await flow.retry_service_call()
    await flow.result()


async def nobody_at_home(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.NO_ACCESS)
    await flow.wait_until_parked()


async def reported_all_the_same(flow: ServiceCallRun) -> None:
    await nobody_at_home(flow)
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def one_more_visit(flow: ServiceCallRun) -> None:
    await nobody_at_home(flow)
    await flow.retry_service_call()
    await flow.wait_for_details("rescheduled")
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def called_off(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.cancel_order()
    await flow.wait_until_parked()


async def taken_back(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.cancel_service_call()
    await flow.result()


async def canceled(flow: ServiceCallRun) -> None:
    await flow.wait_for_visit()
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


async def taken_back_when_nobody_was_at_home(flow: ServiceCallRun) -> None:
    await nobody_at_home(flow)
    await flow.cancel_service_call()
    await flow.result()


SERVICE_CALL_SCENARIOS: dict[str, tuple[Callable[[ServiceCallRun], Awaitable[object]], dict[str, Any]]] = {
    "call_advice_given": (finished, {"action": "advice"}),
    "call_undecided": (undecided, {"action": ""}),
    "call_decided_later": (decided, {"action": ""}),
    "call_remote_action": (finished, {"action": "act_remotely"}),
    "call_head_end_did_not_act": (not_acted, {"action": "act_remotely"}),
    "call_remote_action_answered_at_once": (finished, {"action": "remote_action", "answers": [OK]}),
    "call_remote_action_answered_later": (answered, {"action": "remote_action"}),
    "call_remote_action_awaiting_an_answer": (asked, {"action": "remote_action"}),
    "call_remote_action_refused": (refused_by_the_head_end, {"action": "remote_action"}),
    "call_awaiting_a_technician": (awaited, {}),
    "call_repaired": (repaired, {}),
    "call_visit_appointed": (appointed, {}),
    "call_replaced": (replaced, {}),
    "call_replaced_old_one_first": (replaced, {"first": True}),
    "call_replaced_told_in_turn": (told_in_turn, {}),
    "call_sent_back": (refused_to_the_technician, {}),
    "call_replacement_stuck": (stuck, {}),
    "call_attempts_used_up": (nobody_at_home, {"attempts": 1}),
    "call_reported_all_the_same": (reported_all_the_same, {"attempts": 1}),
    "call_one_more_visit": (one_more_visit, {"attempts": 1}),
    "call_visit_called_off": (called_off, {}),
    "call_taken_back": (taken_back, {}),
    "call_taken_back_when_nobody_was_at_home": (taken_back_when_nobody_was_at_home, {"attempts": 1}),
    "call_canceled_in_temporal": (canceled, {}),
}
