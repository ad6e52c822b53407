"""The messages of a batched program are sent in one call, and each is applied once however the call ends."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.clients.batch_runs import complete_run, pausing_schedule, start_run, wait_for_run
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

MONITOR = "sync-request-monitor"


@pytest.fixture
def enrollment_ids(stack: RunningStack) -> Iterator[list[str]]:
    """Three enrollments whose messages wait for the monitor, which runs only by hand."""
    with pausing_schedule(stack, BatchName.SYNC_REQUEST_MONITOR):
        complete_run(stack, MONITOR)
        yield three(stack)


def three(stack: RunningStack) -> list[str]:
    program = stack.unique_name("BATCHED")
    stack.add_program(program, sync_policy="batched")
    enrollments = [stack.submit_accepted(stack.build_application(program=program)) for _ in range(3)]
    for enrollment in enrollments:
        stack.wait_for_enrollment(enrollment, "enrolled")
        stack.wait_for_sync_request(enrollment, "pending")
    return enrollments


def keys(stack: RunningStack, enrollments: list[str]) -> set[str]:
    return {stack.get_enrollment(one)["sync_requests"][-1]["id"] for one in enrollments}


def calls(stack: RunningStack, wanted: set[str]) -> list[set[str]]:
    """Return the calls at the DERMS that contained any of these messages."""
    items = stack.derms.get("/deliveries").raise_for_status().json()["items"]
    return [wanted & set(call) for call in items if wanted & set(call)]


def all_synchronized(stack: RunningStack, enrollments: list[str]) -> None:
    """Assert that every message is acknowledged in the end, and that the DERMS holds one resource for each."""
    for enrollment in enrollments:
        stack.wait_for_sync_request(enrollment, "synchronized")
        (device,) = stack.get_enrollment(enrollment)["subscription"]["devices"]
        assert len(stack.search_derms(device["id"])) == 1
    wanted = keys(stack, enrollments)
    assert {
        message["applied"] for message in stack.list_from_derms("/sync-messages") if message["message_id"] in wanted
    } == {1}


def test_all_messages_are_sent_in_one_call(stack: RunningStack, enrollment_ids: list[str]) -> None:
    counts = complete_run(stack, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 3)
    all_synchronized(stack, enrollment_ids)
    assert calls(stack, keys(stack, enrollment_ids)) == [keys(stack, enrollment_ids)]


def test_immediately_acknowledged_messages_are_not_resent(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(acknowledge="at_once")
    complete_run(stack, MONITOR)
    all_synchronized(stack, enrollment_ids)
    assert calls(stack, keys(stack, enrollment_ids)) == [keys(stack, enrollment_ids)]


def test_workflows_query_lost_acknowledgements(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(acknowledge="never")
    complete_run(stack, MONITOR)
    for enrollment in enrollment_ids:
        assert stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["held"] is False
    stack.set_derms_faults(acknowledge="callback")
    all_synchronized(stack, enrollment_ids)


def test_a_derms_without_the_bulk_endpoint_gets_single_messages(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(no_batches=True)
    counts = complete_run(stack, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    all_synchronized(stack, enrollment_ids)
    assert sorted(map(len, calls(stack, keys(stack, enrollment_ids)))) == [1, 1, 1]


def test_a_catalog_without_bulk_sync_sends_single_messages(stack: RunningStack, enrollment_ids: list[str]) -> None:
    before = stack.get_catalog()
    services = [{**service, "batch_size": None} for service in before["web_services"]]
    stack.api.put("/v1/catalog", json={**before, "web_services": services}).raise_for_status()
    try:
        assert "sent_together" not in (counts := complete_run(stack, MONITOR)["counts"]) or counts["sent_together"] == 0
        all_synchronized(stack, enrollment_ids)
    finally:
        stack.api.put("/v1/catalog", json=before).raise_for_status()
    assert sorted(map(len, calls(stack, keys(stack, enrollment_ids)))) == [1, 1, 1]


def test_a_failed_bulk_call_is_retried_with_the_same_keys(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(error_share=1)
    path = start_run(stack, MONITOR)
    for enrollment in enrollment_ids:
        stack.wait_for_sync_request(enrollment, "sending")
    stack.set_derms_faults(error_share=0)
    assert wait_for_run(stack, path)["counts"]["sent_together"] == 3
    all_synchronized(stack, enrollment_ids)


def test_a_bulk_call_with_a_lost_response_duplicates_nothing(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(lose_response_share=1)
    path = start_run(stack, MONITOR)
    wanted = keys(stack, enrollment_ids)
    wait_for(lambda: len(calls(stack, wanted)) >= 1)
    stack.set_derms_faults(lose_response_share=0)
    wait_for_run(stack, path)
    all_synchronized(stack, enrollment_ids)


def test_after_a_few_attempts_each_message_is_sent_alone(stack: RunningStack, enrollment_ids: list[str]) -> None:
    stack.set_derms_faults(lose_response_share=1, acknowledge="never")
    counts = wait_for_run(stack, start_run(stack, MONITOR))["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    stack.set_derms_faults(lose_response_share=0, acknowledge="callback")
    all_synchronized(stack, enrollment_ids)


def test_a_refused_message_delays_no_other(stack: RunningStack, enrollment_ids: list[str]) -> None:
    refused, *others = enrollment_ids
    broken = "jsonb_set(snapshot::jsonb, '{sequence}', '90071992547409930')"
    stack.database.execute(
        f"UPDATE sync_request SET snapshot = {broken}, created_at = now() WHERE enrollment_id = $1", refused
    )
    assert complete_run(stack, MONITOR)["counts"]["sent_together"] == 2
    all_synchronized(stack, others)
    assert stack.wait_for_sync_request(refused, "error")["error_code"] == "derms-refused"


def test_messages_selected_by_a_dead_worker_are_sent_by_the_next_run(
    stack: RunningStack, enrollment_ids: list[str]
) -> None:
    """The worker died between marking the messages and recording their outcome."""
    taken = "UPDATE sync_request SET state = 'sending', attempts = 1 WHERE held AND enrollment_id = ANY($1)"
    stack.database.execute(taken, enrollment_ids)
    complete_run(stack, MONITOR)
    all_synchronized(stack, enrollment_ids)
    assert calls(stack, keys(stack, enrollment_ids)) == [keys(stack, enrollment_ids)]
