"""Scenarios for every point where the unenroll workflow can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.messages.search_attributes import WorkflowStage
from models.states.unenrollment import UnenrollmentState
from tests.workflow.stand_ins.unenrollment_run import UnenrollmentRun

ONE, TWO = "dev_0", "dev_1"
TECHNICIAN = "Waiting for a technician's report"
PARCEL = "to be shipped back"
EARLIER = "syn_earlier"
YEAR = 365.0 * 24 * 3600


async def finished(run: UnenrollmentRun) -> None:
    await run.result()


async def awaiting_approval(run: UnenrollmentRun) -> None:
    await run.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)


async def approved(run: UnenrollmentRun) -> None:
    await awaiting_approval(run)
    await run.approve()
    await run.result()


async def scheduled(run: UnenrollmentRun) -> None:
    await run.wait_for_attributes(WorkflowStage.SCHEDULED)


async def brought_forward(run: UnenrollmentRun) -> None:
    await scheduled(run)
    await run.handle.signal("day_changed", {})
    await run.wait_until(lambda: run.record.state is UnenrollmentState.UNENROLLED)
    await run.result()


async def taken_back(run: UnenrollmentRun) -> None:
    await scheduled(run)
    await run.cancel()
    await run.result()


async def canceled(run: UnenrollmentRun) -> None:
    await run.handle.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def canceled_before_its_day(run: UnenrollmentRun) -> None:
    await scheduled(run)
    await canceled(run)


async def canceled_while_parked(run: UnenrollmentRun) -> None:
    await run.wait_until_parked()
    await canceled(run)


async def sent_nonsense(run: UnenrollmentRun) -> None:
    await awaiting_approval(run)
    await run.handle.signal("approval_decided", "yes")
    await run.wait_until(lambda: bool(run.record.unreadable))
    await approved(run)


async def awaited(run: UnenrollmentRun) -> None:
    await run.wait_for_details(TECHNICIAN)


async def fetched(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.report(ONE, "completed_as_ordered")
    await run.result()


async def called_back(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.cancel()
    await run.result()


async def removal_cancelled(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.cancel_order(ONE)
    await run.wait_until_parked()


async def appointed(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.schedule_visit(ONE)
    await run.wait_for_details("scheduled")
    await run.report(ONE, "completed_as_ordered")
    await run.result()


async def refused(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.report(ONE, "customer_refused")
    await run.wait_until_parked()


async def kept(run: UnenrollmentRun) -> None:
    await refused(run)
    await run.report_kept(ONE)
    await run.result()


async def retried(run: UnenrollmentRun) -> None:
    await refused(run)
    await run.retry()
    await run.wait_until(lambda: run.record.state is UnenrollmentState.REMOVING)
    await awaited(run)
    await run.report(ONE, "completed_as_ordered")
    await run.result()


async def nobody_met(run: UnenrollmentRun) -> None:
    await awaited(run)
    await run.report(ONE, "no_access")
    await run.wait_for_details("rescheduled")
    await run.report(ONE, "no_access")
    await run.wait_until_parked()


async def reported_all_the_same(run: UnenrollmentRun) -> None:
    await nobody_met(run)
    await run.report(ONE, "completed_as_ordered")
    await run.result()


async def one_more_visit(run: UnenrollmentRun) -> None:
    await nobody_met(run)
    await run.retry()
    await run.wait_for_details("rescheduled")
    await run.report(ONE, "completed_as_ordered")
    await run.result()


async def synchronized_in_turn(run: UnenrollmentRun) -> None:
    await run.wait_for_details(f"Waiting for {EARLIER}")
    await run.signal_sync_turn()
    await run.wait_for_details("Waiting for the DERMS")
    await run.acknowledge()
    await run.result()


async def parcel_awaited(run: UnenrollmentRun) -> None:
    await run.wait_for_details(PARCEL)


async def parcel_received(run: UnenrollmentRun) -> None:
    await parcel_awaited(run)
    await run.report_received(ONE)
    await run.result()


async def parcel_missed(run: UnenrollmentRun) -> None:
    await parcel_awaited(run)
    await run.skip_time(days=61)
    await run.wait_until_parked()
    await run.report_kept(ONE)
    await run.result()


async def parcel_after_all(run: UnenrollmentRun) -> None:
    await run.wait_until(lambda: len(run.record.synchronized) == 1)
    await run.wait_for_attributes(WorkflowStage.REMOVING)
    await run.report_received(ONE)
    await run.result()


async def one_after_the_other(run: UnenrollmentRun) -> None:
    await parcel_awaited(run)
    await run.report_received(ONE)
    await run.wait_until(lambda: len(run.record.synchronized) == 1)
    await run.wait_for_attributes(WorkflowStage.REMOVING)
    await run.report_received(TWO)
    await run.result()


async def parked(run: UnenrollmentRun) -> None:
    await run.wait_until_parked()


UNENROLLMENT_SCENARIOS: dict[str, tuple[Callable[[UnenrollmentRun], Awaitable[object]], dict[str, Any]]] = {
    "left_at_once": (finished, {"methods": "keep keep"}),
    "unenrolment_rejected": (finished, {"methods": "keep", "decision": "rejected"}),
    "unenrolment_awaiting_approval": (awaiting_approval, {"methods": "keep", "decision": "awaiting_approval"}),
    "unenrolment_approved": (approved, {"methods": "keep", "decision": "awaiting_approval"}),
    "unenrolment_scheduled": (scheduled, {"methods": "keep", "seconds": YEAR}),
    "unenrolment_on_its_day": (finished, {"methods": "keep", "seconds": 0.5}),
    "unenrolment_told_in_turn": (synchronized_in_turn, {"methods": "keep", "waits_for": EARLIER}),
    "unenrolment_brought_forward": (brought_forward, {"methods": "keep", "seconds": YEAR}),
    "unenrolment_taken_back": (taken_back, {"methods": "keep", "seconds": YEAR}),
    "unenrollment_canceled_in_temporal": (canceled_before_its_day, {"methods": "keep", "seconds": YEAR}),
    "unenrollment_canceled_while_parked": (canceled_while_parked, {"methods": "keep", "away": True}),
    "unenrollment_sent_nonsense": (sent_nonsense, {"methods": "keep", "decision": "awaiting_approval"}),
    "removal_awaited": (awaited, {"methods": "utility_removal"}),
    "removal_done": (fetched, {"methods": "utility_removal"}),
    "removal_called_back": (called_back, {"methods": "utility_removal"}),
    "removal_called_off": (removal_cancelled, {"methods": "utility_removal"}),
    "removal_appointed": (appointed, {"methods": "utility_removal"}),
    "removal_refused": (refused, {"methods": "utility_removal"}),
    "removal_refused_then_kept": (kept, {"methods": "utility_removal"}),
    "removal_refused_then_retried": (retried, {"methods": "utility_removal"}),
    "removal_attempts_used_up": (nobody_met, {"methods": "utility_removal"}),
    "removal_reported_all_the_same": (reported_all_the_same, {"methods": "utility_removal"}),
    "removal_tried_once_more": (one_more_visit, {"methods": "utility_removal"}),
    "parcel_awaited": (parcel_awaited, {"methods": "ship_back"}),
    "parcel_received": (parcel_received, {"methods": "ship_back"}),
    "parcel_after_control_stopped": (parcel_after_all, {"methods": "ship_back", "first": True}),
    "parcels_received_one_after_the_other": (one_after_the_other, {"methods": "ship_back ship_back"}),
    "unenrolment_parked_undecided": (parked, {"methods": "keep", "away": True}),
}

LATE: dict[str, tuple[Callable[[UnenrollmentRun], Awaitable[object]], dict[str, Any]]] = {
    "parcel_never_came": (parcel_missed, {"methods": "ship_back"}),
}
"""Scenarios that take weeks."""
