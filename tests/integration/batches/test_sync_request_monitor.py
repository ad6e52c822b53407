"""The sync request monitor releases held messages, queries overdue ones, and expires drafts."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.clients.batch_runs import backdate_enrollment, complete_run, pausing_schedule
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def by_hand_only(doors: RunningStack) -> Iterator[None]:
    """Pause the schedule, which would run first now and then."""
    with pausing_schedule(doors, BatchName.SYNC_REQUEST_MONITOR):
        yield


def test_messages_of_a_batched_program_wait_for_the_monitor(doors: RunningStack) -> None:
    program = doors.unique_name("BATCHED")
    doors.add_program(program, sync_policy="batched")
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "enrolled")
    told = doors.wait_for_sync_request(enrollment, "pending")
    assert told["attempts"] == 0
    assert complete_run(doors, "sync-request-monitor")["counts"]["released"] >= 1
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_an_overdue_acknowledgement_is_queried_immediately(doors: RunningStack) -> None:
    doors.set_derms_faults(lost_acknowledgement_share=1)
    enrollment = doors.submit_accepted(doors.build_application())
    sent = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["id"]
    # A request that is queried before its decision has no answer yet.
    messages = "/sync-messages"
    wait_for(
        lambda: [one for one in doors.list_from_derms(messages) if one["sync_request_id"] == sent and one["applied"]]
    )
    backdate_enrollment(doors, enrollment)
    assert complete_run(doors, "sync-request-monitor")["counts"]["asked"] >= 1
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_a_recently_queried_derms_is_not_queried_again(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    backdate_enrollment(doors, enrollment)
    assert complete_run(doors, "sync-request-monitor")["counts"]["asked"] >= 1
    assert complete_run(doors, "sync-request-monitor")["counts"]["asked"] == 0


def test_an_old_draft_expires(doors: RunningStack) -> None:
    customer = doors.api.get("/v1/customers", params={"q": doors.customers.take()["cis_account_id"]}).json()["items"][0]
    begun = {"type": "enroll", "customer": customer["id"], "program": "TSTAT-DR"}
    draft = doors.api.post("/v1/process-flows", json=begun).raise_for_status()
    door = f"/v1/process-flows/{draft.json()['id']}"
    doors.database.execute(
        "UPDATE process_flow SET expires_at = now() - interval '1 day' WHERE id = $1", draft.json()["id"]
    )
    assert complete_run(doors, "sync-request-monitor")["counts"]["drafts_expired"] == 1
    assert doors.api.get(door).json()["state"] == "expired"


def test_a_run_counts_messages_by_state(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    doors.wait_for_sync_request(doors.submit_accepted(doors.build_application()), "awaiting_acknowledgement")
    assert complete_run(doors, "sync-request-monitor")["counts"]["now_awaiting_acknowledgement"] >= 1
