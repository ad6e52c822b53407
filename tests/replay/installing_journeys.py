"""An installation by a technician, brought to every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.messages.enroll import CancelRequested
from models.messages.site_visit import AppointmentChanged
from models.task_states import CompletionOutcome, WorkOrderState
from tests.flow.field_work import Installation
from workflows.enroll import Enroll


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


async def one_more_visit(flow: Installation) -> None:
    await nobody_at_home(flow)
    await flow.again()
    await flow.says("rescheduled")
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def appointed(flow: Installation) -> None:
    await flow.visits()
    flow.field.appoint(days=20)
    await flow.handle.signal(Enroll.appointment_changed, AppointmentChanged(work_order_id=flow.field.order.id))
    await flow.says("scheduled")
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def stuck(flow: Installation) -> None:
    flow.field.stuck = ["The service point is billed to another account now."]
    await flow.visits()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.parked()
    await flow.again()
    await flow.result()


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


async def expired(flow: Installation) -> None:
    await flow.visits()
    await flow.result()


async def cancelled(flow: Installation) -> None:
    await flow.visits()
    await flow.handle.signal(Enroll.cancel_requested, CancelRequested())
    await flow.result()


async def canceled(flow: Installation) -> None:
    await flow.visits()
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


async def canceled_before_dispatch(flow: Installation) -> None:
    flow.field.away = True
    await flow.until(lambda: flow.field.tried > 0)
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


Installing = dict[str, tuple[Callable[[Installation], Awaitable[object]], dict[str, Any]]]

INSTALLATIONS: Installing = {
    "awaiting_a_technician": (awaiting_a_technician, {}),
    "installed_by_a_technician": (installed, {}),
    "installation_appointed": (appointed, {}),
    "installation_refused": (refused_at_the_door, {}),
    "installation_attempts_used_up": (nobody_at_home, {"attempts": 1}),
    "installation_tried_once_more": (one_more_visit, {"attempts": 1}),
    "installation_sent_back": (sent_back, {}),
    "installation_stuck": (stuck, {}),
    "installation_ordered_again": (order_made_anew, {}),
    "installation_cancelled": (cancelled, {}),
    "installation_canceled_in_temporal": (canceled, {}),
    "installation_canceled_before_dispatch": (canceled_before_dispatch, {}),
}

LATE: Installing = {"installation_expired": (expired, {})}
"""Those that take months."""
