"""Scenarios for every point where synchronization can wait or end: in the enroll workflow, and in one of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from models.states.enrollment import SyncState
from tests.workflow.conftest import EnrollmentRun

NO: dict[str, Any] = {"result": "negative", "code": "unknown-feeder", "text": "There is no such feeder.", "devices": ()}
BATCH, EARLIER = "the batch", "syn_earlier"


async def finished(flow: EnrollmentRun) -> None:
    await flow.result()


async def waiting(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()


async def acknowledged(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    await flow.acknowledge()
    await flow.result()


async def overdue(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    await flow.skip_time(minutes=16)
    await flow.wait_until(lambda: flow.derms.asked > 0)
    await acknowledged(flow)


async def hurried(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    await flow.signal_sync_turn(ask=True)
    await flow.wait_until(lambda: flow.derms.asked > 0)
    await acknowledged(flow)


async def interrupted(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    await flow.handle.cancel()
    await flow.wait_until_parked()


async def parked(flow: EnrollmentRun) -> None:
    await flow.wait_until_parked()


async def retried(flow: EnrollmentRun) -> None:
    await flow.wait_until_parked()
    flow.activities.answer = {}
    await flow.retry_sync_request()
    await flow.result()


async def given_up(flow: EnrollmentRun) -> None:
    await flow.wait_until_parked()
    await flow.cancel_sync_request()
    await flow.result()


async def unwritten(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    flow.record.away = True
    await flow.acknowledge()
    await flow.wait_until_parked()
    flow.record.away = False
    await flow.handle.signal("retry_requested", {})
    await flow.result()


async def sent_nonsense_while_the_record_is_away(flow: EnrollmentRun) -> None:
    await flow.wait_for_acknowledgement_wait()
    flow.record.away = True
    await flow.handle.signal("retry_requested", "please")
    await flow.skip_time(minutes=1)
    flow.record.away = False
    await flow.skip_time(hours=1)
    await flow.wait_until(lambda: bool(flow.record.unreadable))
    await acknowledged(flow)


async def in_the_queue(flow: EnrollmentRun) -> None:
    await flow.wait_for_details(f"Waiting for {flow.record.waits_for}")


async def in_turn(flow: EnrollmentRun) -> None:
    await in_the_queue(flow)
    flow.record.waits_for = ""
    await flow.signal_sync_turn()
    await acknowledged(flow)


async def handed_over(flow: EnrollmentRun) -> None:
    await in_the_queue(flow)
    await flow.send_in_bulk()
    await flow.wait_for_acknowledgement_wait()


async def handed_over_and_acknowledged(flow: EnrollmentRun) -> None:
    await handed_over(flow)
    await flow.acknowledge()
    await flow.result()


async def answered_within_the_batch(flow: EnrollmentRun) -> None:
    await in_the_queue(flow)
    flow.record.move(SyncState.SENDING)
    await flow.acknowledge()
    await flow.result()


Telling = dict[str, tuple[Callable[[EnrollmentRun], Awaitable[object]], dict[str, Any]]]

ENROLLMENT_SYNC_SCENARIOS: Telling = {
    "acknowledged_by_callback": (acknowledged, {}),
    "acknowledged_in_the_response": (finished, {"moods": "answers"}),
    "waiting_for_acknowledgement": (waiting, {}),
    "asked_when_hurried": (hurried, {}),
    "refused_by_the_derms": (parked, {"moods": "refuses"}),
    "parked_by_a_negative_answer": (parked, {"moods": "answers", **NO}),
    "negative_then_retried": (retried, {"moods": "answers", **NO}),
    "negative_then_given_up": (given_up, {"moods": "answers", **NO}),
    "interrupted_in_temporal": (interrupted, {}),
    "acknowledged_while_the_record_is_away": (unwritten, {}),
    "waiting_for_its_turn": (in_the_queue, {"waits_for": EARLIER}),
    "told_in_turn": (in_turn, {"waits_for": EARLIER}),
    "handed_over_in_a_batch": (handed_over, {"waits_for": BATCH}),
    "handed_over_in_a_batch_and_acknowledged": (handed_over_and_acknowledged, {"waits_for": BATCH}),
    "answered_within_the_batch": (answered_within_the_batch, {"waits_for": BATCH}),
}

LATE: Telling = {
    "asked_when_overdue": (overdue, {}),
    "sent_nonsense_while_the_record_is_away": (
        sent_nonsense_while_the_record_is_away,
        {"acknowledgement_timeout_seconds": 86400},
    ),
}

SYNC_SCENARIOS: Telling = {
    "hand_over_acknowledged": (acknowledged, {}),
    "hand_over_awaiting_acknowledgement": (waiting, {}),
    "hand_over_asked_when_hurried": (hurried, {}),
    "hand_over_awaiting_its_turn": (in_the_queue, {"waits_for": EARLIER}),
    "hand_over_in_turn": (in_turn, {"waits_for": EARLIER}),
    "hand_over_in_a_batch": (handed_over_and_acknowledged, {"waits_for": BATCH}),
    "hand_over_parked": (parked, {"moods": "answers", **NO}),
    "hand_over_retried": (retried, {"moods": "answers", **NO}),
    "hand_over_given_up": (given_up, {"moods": "answers", **NO}),
}
