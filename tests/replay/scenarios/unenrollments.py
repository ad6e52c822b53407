"""Scenarios for every point where the unenroll workflow can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowFailureError

from models.messages.enrollment import WorkflowStage
from models.states.work_order import UnenrollmentState
from tests.workflow.stand_ins.unenrollment_run import UnenrollmentRun

ONE, TWO = "dev_0", "dev_1"
TECHNICIAN = "Waiting for a technician's report"
PARCEL = "to be shipped back"
EARLIER = "syn_earlier"
YEAR = 365.0 * 24 * 3600


async def finished(flow: UnenrollmentRun) -> None:
    await flow.result()


async def awaiting_approval(flow: UnenrollmentRun) -> None:
    await flow.wait_for_attributes(WorkflowStage.AWAITING_APPROVAL)


async def approved(flow: UnenrollmentRun) -> None:
    await awaiting_approval(flow)
    await flow.approve()
    await flow.result()


async def scheduled(flow: UnenrollmentRun) -> None:
    await flow.wait_for_attributes(WorkflowStage.SCHEDULED)


async def brought_forward(flow: UnenrollmentRun) -> None:
    await scheduled(flow)
    await flow.handle.signal("day_changed", {})
    await flow.wait_until(lambda: flow.record.state is UnenrollmentState.UNENROLLED)
    await flow.result()


async def taken_back(flow: UnenrollmentRun) -> None:
    await scheduled(flow)
    await flow.cancel()
    await flow.result()


async def canceled(flow: UnenrollmentRun) -> None:
    await flow.handle.cancel()
    with suppress(WorkflowFailureError):
        await flow.result()


async def canceled_before_its_day(flow: UnenrollmentRun) -> None:
    await scheduled(flow)
    await canceled(flow)


async def canceled_while_parked(flow: UnenrollmentRun) -> None:
    await flow.wait_until_parked()
    await canceled(flow)


async def sent_nonsense(flow: UnenrollmentRun) -> None:
    await awaiting_approval(flow)
    await flow.handle.signal("approval_decided", "yes")
    await flow.wait_until(lambda: bool(flow.record.unreadable))
    await approved(flow)


async def awaited(flow: UnenrollmentRun) -> None:
    await flow.wait_for_details(TECHNICIAN)


async def fetched(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.report(ONE, "completed_as_ordered")
    await flow.result()


async def called_back(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.cancel()
    await flow.result()


async def called_off(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.cancel_order(ONE)
    await flow.wait_until_parked()


async def appointed(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.schedule_visit(ONE)
    await flow.wait_for_details("scheduled")
    await flow.report(ONE, "completed_as_ordered")
    await flow.result()


async def refused(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.report(ONE, "customer_refused")
    await flow.wait_until_parked()


async def kept(flow: UnenrollmentRun) -> None:
    await refused(flow)
    await flow.report_kept(ONE)
    await flow.result()


async def retried(flow: UnenrollmentRun) -> None:
    await refused(flow)
    await flow.retry()
    await flow.wait_until(lambda: flow.record.state is UnenrollmentState.REMOVING)
    await awaited(flow)
    await flow.report(ONE, "completed_as_ordered")
    await flow.result()


async def nobody_met(flow: UnenrollmentRun) -> None:
    await awaited(flow)
    await flow.report(ONE, "no_access")
    await flow.wait_for_details("rescheduled")
    await flow.report(ONE, "no_access")
    await flow.wait_until_parked()


async def reported_all_the_same(flow: UnenrollmentRun) -> None:
    await nobody_met(flow)
    await flow.report(ONE, "completed_as_ordered")
    await flow.result()


async def one_more_visit(flow: UnenrollmentRun) -> None:
    await nobody_met(flow)
    await flow.retry()
    await flow.wait_for_details("rescheduled")
    await flow.report(ONE, "completed_as_ordered")
    await flow.result()


async def told_in_turn(flow: UnenrollmentRun) -> None:
    await flow.wait_for_details(f"Waiting for {EARLIER}")
    await flow.signal_sync_turn()
    await flow.wait_for_details("Waiting for the DERMS")
    await flow.acknowledge()
    await flow.result()


async def parcel_awaited(flow: UnenrollmentRun) -> None:
    await flow.wait_for_details(PARCEL)


async def parcel_received(flow: UnenrollmentRun) -> None:
    await parcel_awaited(flow)
    await flow.report_received(ONE)
    await flow.result()


async def parcel_missed(flow: UnenrollmentRun) -> None:
    await parcel_awaited(flow)
    await flow.skip_time(days=61)
    await flow.wait_until_parked()
    await flow.report_kept(ONE)
    await flow.result()


async def parcel_after_all(flow: UnenrollmentRun) -> None:
    await flow.wait_until(lambda: len(flow.record.synchronized) == 1)
    await flow.wait_for_attributes(WorkflowStage.REMOVING)
    await flow.report_received(ONE)
    await flow.result()


async def one_after_the_other(flow: UnenrollmentRun) -> None:
    await parcel_awaited(flow)
    await flow.report_received(ONE)
    await flow.wait_until(lambda: len(flow.record.synchronized) == 1)
    await flow.wait_for_attributes(WorkflowStage.REMOVING)
    await flow.report_received(TWO)
    await flow.result()


async def parked(flow: UnenrollmentRun) -> None:
    await flow.wait_until_parked()


UNENROLLMENT_SCENARIOS: dict[str, tuple[Callable[[UnenrollmentRun], Awaitable[object]], dict[str, Any]]] = {
    "left_at_once": (finished, {"methods": "keep keep"}),
    "unenrolment_rejected": (finished, {"methods": "keep", "decision": "rejected"}),
    "unenrolment_awaiting_approval": (awaiting_approval, {"methods": "keep", "decision": "awaiting_approval"}),
    "unenrolment_approved": (approved, {"methods": "keep", "decision": "awaiting_approval"}),
    "unenrolment_scheduled": (scheduled, {"methods": "keep", "seconds": YEAR}),
    "unenrolment_on_its_day": (finished, {"methods": "keep", "seconds": 0.5}),
    "unenrolment_told_in_turn": (told_in_turn, {"methods": "keep", "waits_for": EARLIER}),
    "unenrolment_brought_forward": (brought_forward, {"methods": "keep", "seconds": YEAR}),
    "unenrolment_taken_back": (taken_back, {"methods": "keep", "seconds": YEAR}),
    "unenrollment_canceled_in_temporal": (canceled_before_its_day, {"methods": "keep", "seconds": YEAR}),
    "unenrollment_canceled_while_parked": (canceled_while_parked, {"methods": "keep", "away": True}),
    "unenrollment_sent_nonsense": (sent_nonsense, {"methods": "keep", "decision": "awaiting_approval"}),
    "removal_awaited": (awaited, {"methods": "utility_removal"}),
    "removal_done": (fetched, {"methods": "utility_removal"}),
    "removal_called_back": (called_back, {"methods": "utility_removal"}),
    "removal_called_off": (called_off, {"methods": "utility_removal"}),
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
