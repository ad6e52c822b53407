"""The flows brought to every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from models.errors import Refused
from models.messages.enroll import CancelRequested, Stage
from models.task_states import CompletionOutcome, WorkOrderState
from tests.flow.calling import calling
from tests.flow.conftest import Flow, enrolling
from tests.flow.field_work import Installation, installing
from tests.flow.unenrolling import leaving
from tests.replay import batch_journeys, setup_journeys
from tests.replay.call_journeys import CALLS
from tests.replay.leaving_journeys import LEAVING
from workflows.enroll import Enroll

NO: dict[str, Any] = {"result": "negative", "code": "unknown-feeder", "text": "There is no such feeder.", "devices": ()}


class Journey(NamedTuple):
    """How the flow is started, and what is done to it until its history is kept."""

    carry: Callable[[Any], Awaitable[object]]
    start: dict[str, Any]
    begin: Callable[..., AbstractAsyncContextManager[Any]] = enrolling


async def finished(flow: Flow) -> None:
    await flow.result()


async def acknowledged(flow: Flow) -> None:
    await flow.waits()
    await flow.acknowledge()
    await flow.result()


async def waiting(flow: Flow) -> None:
    await flow.waits()


async def overdue(flow: Flow) -> None:
    await flow.waits()
    await flow.until(lambda: flow.derms.asked > 0)
    await flow.acknowledge()
    await flow.result()


async def waitlisted(flow: Flow) -> None:
    await flow.until_stage(Stage.WAITLISTED)


async def admitted(flow: Flow) -> None:
    await flow.until_stage(Stage.WAITLISTED)
    await flow.handle.signal(Enroll.place_freed, {})
    await flow.result()


async def parked(flow: Flow) -> None:
    await flow.parked()


async def retried(flow: Flow) -> None:
    await flow.parked()
    flow.activities.answer = {}
    await flow.retry()
    await flow.result()


async def given_up(flow: Flow) -> None:
    await flow.parked()
    await flow.give_up()
    await flow.result()


async def cancelled(flow: Flow) -> None:
    await flow.until_stage(Stage.WAITLISTED)
    await flow.handle.signal(Enroll.cancel_requested, CancelRequested())
    await flow.result()


async def interrupted(flow: Flow) -> None:
    await flow.waits()
    await flow.handle.cancel()
    await flow.parked()


async def awaiting_a_technician(flow: Installation) -> None:
    await flow.visits()


async def installed(flow: Installation) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def refused_at_the_door(flow: Installation) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.CUSTOMER_REFUSED)
    await flow.result()


async def nobody_at_home(flow: Installation) -> None:
    await flow.visits()
    await flow.report(CompletionOutcome.NO_ACCESS)
    await flow.parked()


async def sent_back(flow: Installation) -> None:
    flow.field.refusals = ["The serial number is taken."]
    await flow.visits()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.says("rescheduled")


async def order_made_anew(flow: Installation) -> None:
    await flow.visits()
    flow.field.move(WorkOrderState.CANCELLED)
    await flow.handle.signal(Enroll.work_order_cancelled, {"work_order_id": flow.field.order.id})
    await flow.parked()
    await flow.again()
    await flow.visits()


async def installation_cancelled(flow: Installation) -> None:
    await flow.visits()
    await flow.handle.signal(Enroll.cancel_requested, CancelRequested())
    await flow.result()


JOURNEYS: dict[str, Journey] = {
    "acknowledged_by_callback": Journey(acknowledged, {}),
    "acknowledged_in_the_response": Journey(finished, {"moods": "answers"}),
    "waiting_for_acknowledgement": Journey(waiting, {}),
    "asked_when_overdue": Journey(overdue, {"acknowledgement_timeout_seconds": 1}),
    "rejected": Journey(finished, {"decisions": ["rejected"]}),
    "waitlisted": Journey(waitlisted, {"decisions": ["waitlisted"]}),
    "admitted_from_the_waitlist": Journey(admitted, {"moods": "answers", "decisions": ["waitlisted", "enrolled"]}),
    "cancelled_while_waitlisted": Journey(cancelled, {"decisions": ["waitlisted"]}),
    "parked_undecided": Journey(parked, {"decisions": [Refused("The catalogue is broken.", code="broken")]}),
    "parked_by_a_negative_answer": Journey(parked, {"moods": "answers", **NO}),
    "negative_then_retried": Journey(retried, {"moods": "answers", **NO}),
    "negative_then_given_up": Journey(given_up, {"moods": "answers", **NO}),
    "interrupted_in_temporal": Journey(interrupted, {}),
    "awaiting_a_technician": Journey(awaiting_a_technician, {}, installing),
    "installed_by_a_technician": Journey(installed, {}, installing),
    "installation_refused": Journey(refused_at_the_door, {}, installing),
    "installation_attempts_used_up": Journey(nobody_at_home, {"attempts": 1}, installing),
    "installation_sent_back": Journey(sent_back, {}, installing),
    "installation_ordered_again": Journey(order_made_anew, {}, installing),
    "installation_cancelled": Journey(installation_cancelled, {}, installing),
    **{name: Journey(carry, start, leaving) for name, (carry, start) in LEAVING.items()},
    **{name: Journey(carry, start, calling) for name, (carry, start) in CALLS.items()},
    **{name: Journey(carry, start, setup_journeys.begun) for name, (carry, start) in setup_journeys.SETUPS.items()},
    **{name: Journey(carry, start, batch_journeys.begun) for name, (carry, start) in batch_journeys.BATCHES.items()},
}
