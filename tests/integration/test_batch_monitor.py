"""The sync request monitor releases, hurries, lets expire."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.batches import at_rest, ran, rested
from tests.integration.doors import Doors
from tests.patience import wait_for


@pytest.fixture(autouse=True)
def by_hand_only(doors: Doors) -> Iterator[None]:
    """The schedule would be first now and then."""
    with at_rest(doors, BatchName.SYNC_REQUEST_MONITOR):
        yield


def test_messages_of_a_batched_program_wait_for_the_monitor(doors: Doors) -> None:
    program = doors.name("BATCHED")
    doors.offer(program, sync_policy="batched")
    enrollment = doors.accepted(doors.application(program=program))
    doors.reaches(enrollment, "enrolled")
    told = doors.told(enrollment, "pending")
    assert told["attempts"] == 0
    assert ran(doors, "sync-request-monitor")["counts"]["released"] >= 1
    doors.told(enrollment, "synchronized")


def test_an_overdue_answer_is_asked_for_at_once(doors: Doors) -> None:
    doors.faults(lost_acknowledgement_share=1)
    enrollment = doors.accepted(doors.application())
    sent = doors.told(enrollment, "awaiting_acknowledgement")["id"]
    # One that is asked before it has decided has nothing to say yet.
    messages = "/sync-messages"
    wait_for(lambda: [one for one in doors.listed(messages) if one["sync_request_id"] == sent and one["applied"]])
    rested(doors, enrollment)
    assert ran(doors, "sync-request-monitor")["counts"]["asked"] >= 1
    doors.told(enrollment, "synchronized")


def test_a_derms_that_was_asked_just_now_is_not_asked_again(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    doors.told(enrollment, "awaiting_acknowledgement")
    rested(doors, enrollment)
    assert ran(doors, "sync-request-monitor")["counts"]["asked"] >= 1
    assert ran(doors, "sync-request-monitor")["counts"]["asked"] == 0


def test_a_draft_whose_time_is_over_expires(doors: Doors) -> None:
    customer = doors.api.get("/v1/customers", params={"q": doors.customers.take()["cis_account_id"]}).json()["items"][0]
    begun = {"type": "enroll", "customer": customer["id"], "program": "TSTAT-DR"}
    draft = doors.api.post("/v1/process-flows", json=begun).raise_for_status()
    door = f"/v1/process-flows/{draft.json()['id']}"
    doors.database.execute(
        "UPDATE process_flow SET expires_at = now() - interval '1 day' WHERE id = $1", draft.json()["id"]
    )
    assert ran(doors, "sync-request-monitor")["counts"]["drafts_expired"] == 1
    assert doors.api.get(door).json()["state"] == "expired"


def test_a_run_tells_how_many_messages_stand_where(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    doors.told(doors.accepted(doors.application()), "awaiting_acknowledgement")
    assert ran(doors, "sync-request-monitor")["counts"]["now_awaiting_acknowledgement"] >= 1
