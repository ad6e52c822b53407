"""A manually sent signal that a workflow cannot read is kept with the undeliverable messages, and changes nothing."""

from typing import Any

from models.messages.signals import CANCEL_REQUESTED
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


def kept(stack: RunningStack, enrollment: str) -> list[dict[str, Any]]:
    return stack.database.rows(
        "SELECT name, payload, error FROM outbox_message WHERE state = 'undeliverable' AND workflow_id = $1",
        f"enroll/{enrollment}",
    )


def test_an_unreadable_signal_is_kept_and_changes_nothing(stack: RunningStack) -> None:
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "waitlisted")
    InstallationClient(stack).signal(enrollment, CANCEL_REQUESTED, {"reason": {"code": 7}})
    (one,) = wait_for(lambda: kept(stack, enrollment))
    assert (one["name"], one["error"]) == (CANCEL_REQUESTED, "reason: string_type")
    assert stack.get_enrollment(enrollment)["state"] == "waitlisted"
    stack.database.execute("DELETE FROM outbox_message WHERE workflow_id = $1", f"enroll/{enrollment}")
