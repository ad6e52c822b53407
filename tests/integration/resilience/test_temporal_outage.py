"""Requests submitted while Temporal is down are accepted, and processed once it is back."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@contextmanager
def _away(stack: RunningStack) -> Generator[None]:
    temporal = stack.description["pids"]["temporal"]
    os.kill(temporal, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(temporal, signal.SIGCONT)


def test_a_request_accepted_during_a_temporal_outage_starts_afterwards(stack: RunningStack) -> None:
    application = stack.build_application()
    with _away(stack):
        enrollment = stack.submit_accepted(application)
        left = "SELECT count(*) FROM outbox_message WHERE workflow_id = $1 AND attempts > 0"
        wait_for(lambda: stack.database.value(left, f"enroll/{enrollment}"))
        assert stack.get_enrollment(enrollment)["state"] == "submitted"
        assert stack.api.get("/readyz").json()["status"] == "degraded"
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_unprocessed_completion_blocks_a_contradicting_report(stack: RunningStack) -> None:
    field = InstallationClient(stack)
    enrollment, order = field.enroll_with_order()
    with _away(stack):
        report = field.post_accepted_completion(order)
        assert field.post(order, "completion", **report).status_code == 202
        other = field.post(order, "completion", **field.build_completion())
        assert (other.status_code, other.json()["type"].rpartition("#")[2]) == (409, "illegal-transition")
    stack.wait_for_sync_request(enrollment, "synchronized")
    assert [one["verdict"] for one in field.get_order(order)["completions"]] == ["taken"]
