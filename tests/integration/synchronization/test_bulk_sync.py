"""The messages of a batched program are sent in one call, and each is applied once however the call ends."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.clients.batch_runs import complete_run, pausing_schedule, start_run, wait_for_run
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

MONITOR = "sync-request-monitor"


@pytest.fixture
def held(doors: RunningStack) -> Iterator[list[str]]:
    """Three enrollments whose messages wait for the monitor, which runs only by hand."""
    with pausing_schedule(doors, BatchName.SYNC_REQUEST_MONITOR):
        complete_run(doors, MONITOR)
        yield three(doors)


def three(doors: RunningStack) -> list[str]:
    program = doors.unique_name("BATCHED")
    doors.add_program(program, sync_policy="batched")
    enrollments = [doors.submit_accepted(doors.build_application(program=program)) for _ in range(3)]
    for enrollment in enrollments:
        doors.wait_for_enrollment(enrollment, "enrolled")
        doors.wait_for_sync_request(enrollment, "pending")
    return enrollments


def keys(doors: RunningStack, enrollments: list[str]) -> set[str]:
    return {doors.get_enrollment(one)["sync_requests"][-1]["id"] for one in enrollments}


def calls(doors: RunningStack, wanted: set[str]) -> list[set[str]]:
    """Return the calls at the DERMS that contained any of these messages."""
    items = doors.derms.get("/deliveries").raise_for_status().json()["items"]
    return [wanted & set(call) for call in items if wanted & set(call)]


def all_synchronized(doors: RunningStack, enrollments: list[str]) -> None:
    """Assert that every message is acknowledged in the end, and that the DERMS holds one resource for each."""
    for enrollment in enrollments:
        doors.wait_for_sync_request(enrollment, "synchronized")
        (device,) = doors.get_enrollment(enrollment)["subscription"]["devices"]
        assert len(doors.search_derms(device["id"])) == 1
    wanted = keys(doors, enrollments)
    assert {
        message["applied"] for message in doors.list_from_derms("/sync-messages") if message["message_id"] in wanted
    } == {1}


def test_all_messages_are_sent_in_one_call(doors: RunningStack, held: list[str]) -> None:
    counts = complete_run(doors, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 3)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]


def test_immediately_acknowledged_messages_are_not_resent(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(acknowledge="at_once")
    complete_run(doors, MONITOR)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]


def test_workflows_query_lost_acknowledgements(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(acknowledge="never")
    complete_run(doors, MONITOR)
    for enrollment in held:
        assert doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["held"] is False
    doors.set_derms_faults(acknowledge="callback")
    all_synchronized(doors, held)


def test_a_derms_without_the_bulk_endpoint_gets_single_messages(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(no_batches=True)
    counts = complete_run(doors, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    all_synchronized(doors, held)
    assert sorted(map(len, calls(doors, keys(doors, held)))) == [1, 1, 1]


def test_a_catalog_without_bulk_sync_sends_single_messages(doors: RunningStack, held: list[str]) -> None:
    before = doors.get_catalog()
    services = [{**service, "batch_size": None} for service in before["web_services"]]
    doors.api.put("/v1/catalog", json={**before, "web_services": services}).raise_for_status()
    try:
        assert "sent_together" not in (counts := complete_run(doors, MONITOR)["counts"]) or counts["sent_together"] == 0
        all_synchronized(doors, held)
    finally:
        doors.api.put("/v1/catalog", json=before).raise_for_status()
    assert sorted(map(len, calls(doors, keys(doors, held)))) == [1, 1, 1]


def test_a_failed_bulk_call_is_retried_with_the_same_keys(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(error_share=1)
    door = start_run(doors, MONITOR)
    for enrollment in held:
        doors.wait_for_sync_request(enrollment, "sending")
    doors.set_derms_faults(error_share=0)
    assert wait_for_run(doors, door)["counts"]["sent_together"] == 3
    all_synchronized(doors, held)


def test_a_bulk_call_with_a_lost_response_duplicates_nothing(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(lose_response_share=1)
    door = start_run(doors, MONITOR)
    wanted = keys(doors, held)
    wait_for(lambda: len(calls(doors, wanted)) >= 1)
    doors.set_derms_faults(lose_response_share=0)
    wait_for_run(doors, door)
    all_synchronized(doors, held)


def test_after_a_few_attempts_each_message_is_sent_alone(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(lose_response_share=1, acknowledge="never")
    counts = wait_for_run(doors, start_run(doors, MONITOR))["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    doors.set_derms_faults(lose_response_share=0, acknowledge="callback")
    all_synchronized(doors, held)


def test_a_refused_message_delays_no_other(doors: RunningStack, held: list[str]) -> None:
    refused, *others = held
    broken = "jsonb_set(snapshot::jsonb, '{sequence}', '90071992547409930')"
    doors.database.execute(
        f"UPDATE sync_request SET snapshot = {broken}, created_at = now() WHERE enrollment_id = $1", refused
    )
    assert complete_run(doors, MONITOR)["counts"]["sent_together"] == 2
    all_synchronized(doors, others)
    assert doors.wait_for_sync_request(refused, "error")["error_code"] == "derms-refused"


def test_messages_selected_by_a_dead_worker_are_sent_by_the_next_run(doors: RunningStack, held: list[str]) -> None:
    """The worker died between marking the messages and recording their outcome."""
    taken = "UPDATE sync_request SET state = 'sending', attempts = 1 WHERE held AND enrollment_id = ANY($1)"
    doors.database.execute(taken, held)
    complete_run(doors, MONITOR)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]
