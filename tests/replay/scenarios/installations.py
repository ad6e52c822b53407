"""Scenarios for an installation by a technician, for every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.messages.enrollment import CancelRequested
from models.messages.site_visit import AppointmentChanged
from models.states.work_order import CompletionOutcome, WorkOrderState
from tests.workflow.stand_ins.site_visits import InstallationRun
from workflows.enroll import EnrollmentWorkflow


async def awaiting_a_technician(flow: InstallationRun) -> None:
    await flow.wait_for_visit()


async def installed(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def refused_at_the_door(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.CUSTOMER_REFUSED)
    await flow.result()


async def nobody_at_home(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.NO_ACCESS)
    await flow.wait_until_parked()


async def one_more_visit(flow: InstallationRun) -> None:
    await nobody_at_home(flow)
    await flow.retry_enrollment()
    await flow.wait_for_details("rescheduled")
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def appointed(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    flow.field.appoint(days=20)
    await flow.handle.signal(
        EnrollmentWorkflow.appointment_changed, AppointmentChanged(work_order_id=flow.field.order.id)
    )
    await flow.wait_for_details("scheduled")
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.result()


async def stuck(flow: InstallationRun) -> None:
    flow.field.stuck = ["The service point is billed to another account now."]
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.wait_until_parked()
    await flow.retry_enrollment()
    await flow.result()


async def sent_back(flow: InstallationRun) -> None:
    flow.field.refusals = ["The serial number is taken."]
    await flow.wait_for_visit()
    await flow.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await flow.wait_for_details("rescheduled")


async def order_made_anew(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    flow.field.move(WorkOrderState.CANCELLED)
    await flow.handle.signal(EnrollmentWorkflow.work_order_cancelled, {"work_order_id": flow.field.order.id})
    await flow.wait_until_parked()
    await flow.retry_enrollment()
    await flow.wait_for_visit()


async def expired(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.result()


async def cancelled(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.handle.signal(EnrollmentWorkflow.cancel_requested, CancelRequested())
    await flow.result()


async def canceled(flow: InstallationRun) -> None:
    await flow.wait_for_visit()
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


async def canceled_before_dispatch(flow: InstallationRun) -> None:
    flow.field.away = True
    await flow.wait_until(lambda: flow.field.tried > 0)
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


Installing = dict[str, tuple[Callable[[InstallationRun], Awaitable[object]], dict[str, Any]]]

INSTALLATION_SCENARIOS: Installing = {
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
"""Scenarios that take months."""
