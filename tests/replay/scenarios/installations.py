"""Scenarios for an installation by a technician, for every point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.states.work_order import CompletionOutcome
from tests.workflow.stand_ins.site_visits import SiteVisitRun


async def awaiting_a_technician(run: SiteVisitRun) -> None:
    await run.wait_for_visit()


async def installed(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await run.result()


async def refused_by_customer(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.CUSTOMER_REFUSED)
    await run.result()


async def nobody_at_home(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.report(CompletionOutcome.NO_ACCESS)
    await run.wait_until_parked()


async def one_more_visit(run: SiteVisitRun) -> None:
    await nobody_at_home(run)
    await run.retry_enrollment()
    await run.wait_for_details("rescheduled")
    await run.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await run.result()


async def appointed(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.schedule_visit()
    await run.wait_for_details("scheduled")
    await run.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await run.result()


async def stuck(run: SiteVisitRun) -> None:
    run.field.stuck = ["The service point is billed to another account now."]
    await run.wait_for_visit()
    await run.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await run.wait_until_parked()
    await run.retry_enrollment()
    await run.result()


async def sent_back(run: SiteVisitRun) -> None:
    run.field.refusals = ["The serial number is taken."]
    await run.wait_for_visit()
    await run.report(CompletionOutcome.COMPLETED_AS_ORDERED)
    await run.wait_for_details("rescheduled")


async def order_made_anew(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.cancel_order()
    await run.wait_until_parked()
    await run.retry_enrollment()
    await run.wait_for_visit()


async def expired(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.result()


async def cancelled(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.cancel()
    await run.result()


async def canceled(run: SiteVisitRun) -> None:
    await run.wait_for_visit()
    await run.handle.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def canceled_before_dispatch(run: SiteVisitRun) -> None:
    run.field.away = True
    await run.wait_until(lambda: run.field.tried > 0)
    await run.handle.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


Installing = dict[str, tuple[Callable[[SiteVisitRun], Awaitable[object]], dict[str, Any]]]

INSTALLATION_SCENARIOS: Installing = {
    "awaiting_a_technician": (awaiting_a_technician, {}),
    "installed_by_a_technician": (installed, {}),
    "installation_appointed": (appointed, {}),
    "installation_refused": (refused_by_customer, {}),
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
