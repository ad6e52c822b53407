"""The enrol flow brought to every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from models.errors import Refused
from models.messages.enroll import CancelRequested, Stage
from tests.flow.conftest import Flow
from workflows.enroll import Enroll

NO: dict[str, Any] = {"result": "negative", "code": "unknown-feeder", "text": "There is no such feeder.", "devices": ()}


class Journey(NamedTuple):
    """How the flow is started, and what is done to it until its history is kept."""

    carry: Callable[[Flow], Awaitable[object]]
    start: dict[str, Any]


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
}
