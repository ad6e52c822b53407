"""Scenarios for every point where synchronization can wait or end: in the enroll workflow, and in one of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from models.states.sync_request import SyncState
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun

NO: dict[str, Any] = {"result": "negative", "code": "unknown-feeder", "text": "There is no such feeder.", "devices": ()}
BATCH, EARLIER = "the batch", "syn_earlier"


async def finished(run: EnrollmentRun) -> None:
    await run.result()


async def waiting(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()


async def acknowledged(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    await run.acknowledge()
    await run.result()


async def overdue(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    await run.skip_time(minutes=16)
    await run.wait_until(lambda: run.derms.asked > 0)
    await acknowledged(run)


async def hurried(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    await run.signal_sync_turn(ask=True)
    await run.wait_until(lambda: run.derms.asked > 0)
    await acknowledged(run)


async def interrupted(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    await run.handle.cancel()
    await run.wait_until_parked()


async def parked(run: EnrollmentRun) -> None:
    await run.wait_until_parked()


async def retried(run: EnrollmentRun) -> None:
    await run.wait_until_parked()
    await run.correct_data()
    await run.retry_sync_request()
    await run.result()


async def given_up(run: EnrollmentRun) -> None:
    await run.wait_until_parked()
    await run.cancel_sync_request()
    await run.result()


async def unwritten(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    run.record.away = True
    await run.acknowledge()
    await run.wait_until_parked()
    run.record.away = False
    await run.handle.signal("retry_requested", {})
    await run.result()


async def sent_nonsense_while_the_record_is_away(run: EnrollmentRun) -> None:
    await run.wait_for_acknowledgement_wait()
    run.record.away = True
    await run.handle.signal("retry_requested", "please")
    await run.skip_time(minutes=1)
    run.record.away = False
    await run.skip_time(hours=1)
    await run.wait_until(lambda: bool(run.record.unreadable))
    await acknowledged(run)


async def in_the_queue(run: EnrollmentRun) -> None:
    await run.wait_for_details(f"Waiting for {run.record.waits_for}")


async def in_turn(run: EnrollmentRun) -> None:
    await in_the_queue(run)
    run.record.waits_for = ""
    await run.signal_sync_turn()
    await acknowledged(run)


async def sent_in_batch(run: EnrollmentRun) -> None:
    await in_the_queue(run)
    await run.send_in_bulk()
    await run.wait_for_acknowledgement_wait()


async def sent_in_batch_and_acknowledged(run: EnrollmentRun) -> None:
    await sent_in_batch(run)
    await run.acknowledge()
    await run.result()


async def answered_within_the_batch(run: EnrollmentRun) -> None:
    await in_the_queue(run)
    run.record.move(SyncState.SENDING)
    await run.acknowledge()
    await run.result()


SyncScenarios = dict[str, tuple[Callable[[EnrollmentRun], Awaitable[object]], dict[str, Any]]]

ENROLLMENT_SYNC_SCENARIOS: SyncScenarios = {
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
    "handed_over_in_a_batch": (sent_in_batch, {"waits_for": BATCH}),
    "handed_over_in_a_batch_and_acknowledged": (sent_in_batch_and_acknowledged, {"waits_for": BATCH}),
    "answered_within_the_batch": (answered_within_the_batch, {"waits_for": BATCH}),
}

LATE: SyncScenarios = {
    "asked_when_overdue": (overdue, {}),
    "sent_nonsense_while_the_record_is_away": (
        sent_nonsense_while_the_record_is_away,
        {"acknowledgement_timeout_seconds": 86400},
    ),
}

SYNC_SCENARIOS: SyncScenarios = {
    "hand_over_acknowledged": (acknowledged, {}),
    "hand_over_awaiting_acknowledgement": (waiting, {}),
    "hand_over_asked_when_hurried": (hurried, {}),
    "hand_over_awaiting_its_turn": (in_the_queue, {"waits_for": EARLIER}),
    "hand_over_in_turn": (in_turn, {"waits_for": EARLIER}),
    "hand_over_in_a_batch": (sent_in_batch_and_acknowledged, {"waits_for": BATCH}),
    "hand_over_parked": (parked, {"moods": "answers", **NO}),
    "hand_over_retried": (retried, {"moods": "answers", **NO}),
    "hand_over_given_up": (given_up, {"moods": "answers", **NO}),
}
