"""The flows brought to every point where they can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from models.errors import Refused
from models.messages.enroll import CancelRequested, Stage
from tests.flow.calling import calling
from tests.flow.conftest import Flow, enrolling, handing_over
from tests.flow.field_work import installing
from tests.flow.unenrolling import leaving
from tests.replay import batch_journeys, installing_journeys, leaving_journeys, setup_journeys, telling_journeys
from tests.replay.call_journeys import CALLS
from workflows.enroll import Enroll


class Journey(NamedTuple):
    """How the flow is started, and what is done to it until its history is kept. `late`: time has to pass in it."""

    begin: Callable[..., AbstractAsyncContextManager[Any]]
    carry: Callable[[Any], Awaitable[object]]
    start: dict[str, Any]
    late: bool = False


async def finished(flow: Flow) -> None:
    await flow.result()


async def waitlisted(flow: Flow) -> None:
    await flow.until_stage(Stage.WAITLISTED)


async def admitted(flow: Flow) -> None:
    await waitlisted(flow)
    await flow.handle.signal(Enroll.place_freed, {})
    await flow.result()


async def cancelled(flow: Flow) -> None:
    await waitlisted(flow)
    await flow.handle.signal(Enroll.cancel_requested, CancelRequested())
    await flow.result()


async def parked(flow: Flow) -> None:
    await flow.parked()


DECISIONS: dict[str, tuple[Callable[[Flow], Awaitable[object]], dict[str, Any]]] = {
    "rejected": (finished, {"decisions": ["rejected"]}),
    "waitlisted": (waitlisted, {"decisions": ["waitlisted"]}),
    "admitted_from_the_waitlist": (admitted, {"moods": "answers", "decisions": ["waitlisted", "enrolled"]}),
    "cancelled_while_waitlisted": (cancelled, {"decisions": ["waitlisted"]}),
    "parked_undecided": (parked, {"decisions": [Refused("The catalogue is broken.", code="broken")]}),
}

_SOON = (
    (enrolling, DECISIONS),
    (enrolling, telling_journeys.BY_THE_ENROLMENT),
    (handing_over, telling_journeys.BY_ITSELF),
    (installing, installing_journeys.INSTALLATIONS),
    (leaving, leaving_journeys.LEAVING),
    (calling, CALLS),
    (setup_journeys.begun, setup_journeys.SETUPS),
    (batch_journeys.begun, batch_journeys.BATCHES),
)
_LATE = (
    (enrolling, telling_journeys.LATE),
    (installing, installing_journeys.LATE),
    (leaving, leaving_journeys.LATE),
    (setup_journeys.begun, setup_journeys.LATE),
)
JOURNEYS: dict[str, Journey] = {
    name: Journey(begin, carry, start, late)
    for late, begun in ((False, _SOON), (True, _LATE))
    for begin, journeys in begun
    for name, (carry, start) in journeys.items()
}
