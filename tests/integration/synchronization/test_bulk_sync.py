"""The messages of a batched program go to the DERMS many in one call, each applied once, however the call goes."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.clients.batch_runs import complete_run, pausing_schedule, start_run, wait_for_run
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

MONITOR = "sync-request-monitor"


@pytest.fixture
def held(doors: RunningStack) -> Iterator[list[str]]:
    """Three enrolments whose messages, and no others, wait for the monitor, which runs only when it is told to."""
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
    """The calls at the DERMS that brought any of these."""
    items = doors.derms.get("/deliveries").raise_for_status().json()["items"]
    return [wanted & set(call) for call in items if wanted & set(call)]


def all_synchronized(doors: RunningStack, enrollments: list[str]) -> None:
    """Every one is told in the end, and the DERMS holds one resource of each."""
    for enrollment in enrollments:
        doors.wait_for_sync_request(enrollment, "synchronized")
        (device,) = doors.get_enrollment(enrollment)["subscription"]["devices"]
        assert len(doors.search_derms(device["id"])) == 1
    wanted = keys(doors, enrollments)
    assert {
        message["applied"] for message in doors.list_from_derms("/sync-messages") if message["message_id"] in wanted
    } == {1}


def test_all_go_in_one_call(doors: RunningStack, held: list[str]) -> None:
    counts = complete_run(doors, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 3)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]


def test_answered_at_once_they_are_sent_no_more(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(acknowledge="at_once")
    complete_run(doors, MONITOR)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]


def test_where_the_answers_are_lost_the_flows_ask(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(acknowledge="never")
    complete_run(doors, MONITOR)
    for enrollment in held:
        assert doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["held"] is False
    doors.set_derms_faults(acknowledge="callback")
    all_synchronized(doors, held)


def test_a_derms_without_the_door_is_sent_them_one_by_one(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(no_batches=True)
    counts = complete_run(doors, MONITOR)["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    all_synchronized(doors, held)
    assert sorted(map(len, calls(doors, keys(doors, held)))) == [1, 1, 1]


def test_where_the_catalogue_offers_no_batches_they_go_one_by_one(doors: RunningStack, held: list[str]) -> None:
    before = doors.get_catalog()
    services = [{**service, "batch_size": None} for service in before["web_services"]]
    doors.api.put("/v1/catalog", json={**before, "web_services": services}).raise_for_status()
    try:
        assert "sent_together" not in (counts := complete_run(doors, MONITOR)["counts"]) or counts["sent_together"] == 0
        all_synchronized(doors, held)
    finally:
        doors.api.put("/v1/catalog", json=before).raise_for_status()
    assert sorted(map(len, calls(doors, keys(doors, held)))) == [1, 1, 1]


def test_a_call_that_fails_is_tried_again_with_the_same_keys(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(error_share=1)
    door = start_run(doors, MONITOR)
    for enrollment in held:
        doors.wait_for_sync_request(enrollment, "sending")
    doors.set_derms_faults(error_share=0)
    assert wait_for_run(doors, door)["counts"]["sent_together"] == 3
    all_synchronized(doors, held)


def test_a_call_whose_answer_is_lost_tells_nobody_twice(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(lose_response_share=1)
    door = start_run(doors, MONITOR)
    wanted = keys(doors, held)
    wait_for(lambda: len(calls(doors, wanted)) >= 1)
    doors.set_derms_faults(lose_response_share=0)
    wait_for_run(doors, door)
    all_synchronized(doors, held)


def test_after_a_few_tries_each_goes_by_itself(doors: RunningStack, held: list[str]) -> None:
    doors.set_derms_faults(lose_response_share=1, acknowledge="never")
    counts = wait_for_run(doors, start_run(doors, MONITOR))["counts"]
    assert (counts["released"], counts["sent_together"]) == (3, 0)
    doors.set_derms_faults(lose_response_share=0, acknowledge="callback")
    all_synchronized(doors, held)


def test_one_that_the_derms_refuses_holds_no_other_up(doors: RunningStack, held: list[str]) -> None:
    refused, *others = held
    broken = "jsonb_set(snapshot::jsonb, '{sequence}', '90071992547409930')"
    doors.database.execute(
        f"UPDATE sync_request SET snapshot = {broken}, created_at = now() WHERE enrollment_id = $1", refused
    )
    assert complete_run(doors, MONITOR)["counts"]["sent_together"] == 2
    all_synchronized(doors, others)
    assert doors.wait_for_sync_request(refused, "error")["error_code"] == "derms-refused"


def test_what_a_dead_worker_had_taken_out_goes_with_the_next_run(doors: RunningStack, held: list[str]) -> None:
    """It died between marking the messages and writing down what became of them."""
    taken = "UPDATE sync_request SET state = 'sending', attempts = 1 WHERE held AND enrollment_id = ANY($1)"
    doors.database.execute(taken, held)
    complete_run(doors, MONITOR)
    all_synchronized(doors, held)
    assert calls(doors, keys(doors, held)) == [keys(doors, held)]
