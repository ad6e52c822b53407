"""The sync request monitor releases held messages, queries overdue ones, and expires drafts."""

from collections.abc import Iterator

import pytest

from models.batches import BatchName
from tests.integration.clients.batch_runs import backdate_enrollment, complete_run, pausing_schedule
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def by_hand_only(stack: RunningStack) -> Iterator[None]:
    """Pause the schedule, which would run first now and then."""
    with pausing_schedule(stack, BatchName.SYNC_REQUEST_MONITOR):
        yield


def test_messages_of_a_batched_program_wait_for_the_monitor(stack: RunningStack) -> None:
    program = stack.unique_name("BATCHED")
    stack.add_program(program, sync_policy="batched")
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "enrolled")
    texts = stack.wait_for_sync_request(enrollment, "pending")
    assert texts["attempts"] == 0
    assert complete_run(stack, "sync-request-monitor")["counts"]["released"] >= 1
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_overdue_acknowledgement_is_queried_immediately(stack: RunningStack) -> None:
    stack.set_derms_faults(lost_acknowledgement_share=1)
    enrollment = stack.submit_accepted(stack.build_application())
    sent = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["id"]
    # A request that is queried before its decision has no answer yet.
    messages = "/sync-messages"
    wait_for(
        lambda: [one for one in stack.list_from_derms(messages) if one["sync_request_id"] == sent and one["applied"]]
    )
    backdate_enrollment(stack, enrollment)
    assert complete_run(stack, "sync-request-monitor")["counts"]["asked"] >= 1
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_recently_queried_derms_is_not_queried_again(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    backdate_enrollment(stack, enrollment)
    assert complete_run(stack, "sync-request-monitor")["counts"]["asked"] >= 1
    assert complete_run(stack, "sync-request-monitor")["counts"]["asked"] == 0


def test_an_old_draft_expires(stack: RunningStack) -> None:
    customer = stack.api.get("/v1/customers", params={"q": stack.customers.take()["cis_account_id"]}).json()["items"][0]
    begun = {"type": "enroll", "customer": customer["id"], "program": "TSTAT-DR"}
    draft = stack.api.post("/v1/process-flows", json=begun).raise_for_status()
    path = f"/v1/process-flows/{draft.json()['id']}"
    stack.database.execute(
        "UPDATE process_flow SET expires_at = now() - interval '1 day' WHERE id = $1", draft.json()["id"]
    )
    assert complete_run(stack, "sync-request-monitor")["counts"]["drafts_expired"] == 1
    assert stack.api.get(path).json()["state"] == "expired"


def test_a_run_counts_messages_by_state(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    stack.wait_for_sync_request(stack.submit_accepted(stack.build_application()), "awaiting_acknowledgement")
    assert complete_run(stack, "sync-request-monitor")["counts"]["now_awaiting_acknowledgement"] >= 1
