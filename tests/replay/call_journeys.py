"""The service-call flow brought to every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.head_end import HeadEndOutcome
from models.messages.site_visit import APPOINTMENT_CHANGED, AppointmentChanged
from models.task_states import CompletionOutcome
from tests.flow.calling import Calling

OK = HeadEndOutcome.OK


async def finished(flow: Calling) -> None:
    await flow.result()


async def undecided(flow: Calling) -> None:
    await flow.says("Waiting for a decision")


async def decided(flow: Calling) -> None:
    await undecided(flow)
    await flow.choose("advice")
    await flow.result()


async def not_acted(flow: Calling) -> None:
    flow.call.cloud.refuses = True
    await flow.parked()
    await flow.choose("advice")
    await flow.result()


async def asked(flow: Calling) -> None:
    await flow.says("Waiting for the head-end")


async def answered(flow: Calling) -> None:
    await asked(flow)
    await flow.answer(OK)
    await flow.result()


async def refused_by_the_head_end(flow: Calling) -> None:
    flow.call.cloud.refuses = True
    await flow.parked()
    flow.call.cloud.refuses, flow.call.cloud.answers = False, [OK]
    await flow.again()
    await flow.result()


async def awaited(flow: Calling) -> None:
    await flow.visits()


async def repaired(flow: Calling) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def replaced(flow: Calling) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.result()


async def told_in_turn(flow: Calling) -> None:
    flow.record.waits_for = "syn_earlier"
    flow.derms.moods = [flow.derms.takes]
    await flow.visits()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.says("Waiting for syn_earlier")
    flow.record.waits_for = ""
    await flow.turn()
    await flow.waits()
    await flow.acknowledge()
    await flow.result()


async def appointed(flow: Calling) -> None:
    await flow.visits()
    flow.field.appoint(days=20)
    await flow.handle.signal(APPOINTMENT_CHANGED, AppointmentChanged(work_order_id=flow.field.order.id))
    await flow.says("scheduled")
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def refused_to_the_technician(flow: Calling) -> None:
    flow.field.refusals = ["The program does not accept it."]
    await flow.visits()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.says("rescheduled")


async def stuck(flow: Calling) -> None:
    flow.call.stuck = ["There is no room."]
    await flow.visits()
    await flow.report(CompletionOutcome.DEVICE_REPLACED)
    await flow.parked()
    await flow.again()
    await flow.result()


async def nobody_at_home(flow: Calling) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.NO_ACCESS)
    await flow.parked()


async def reported_all_the_same(flow: Calling) -> None:
    await nobody_at_home(flow)
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def one_more_visit(flow: Calling) -> None:
    await nobody_at_home(flow)
    await flow.again()
    await flow.says("rescheduled")
    await flow.report(CompletionOutcome.REPAIRED_ON_SITE)
    await flow.result()


async def called_off(flow: Calling) -> None:
    await flow.visits()
    await flow.call_off()
    await flow.parked()


async def taken_back(flow: Calling) -> None:
    await flow.visits()
    await flow.take_back()
    await flow.result()


async def canceled(flow: Calling) -> None:
    await flow.visits()
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


CALLS: dict[str, tuple[Callable[[Calling], Awaitable[object]], dict[str, Any]]] = {
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
    "call_canceled_in_temporal": (canceled, {}),
}
