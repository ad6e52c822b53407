"""The reconciliation finds every difference between the DERMS and our record, and repairs what it can."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clients.batch_runs import complete_run
from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


class Store:
    """The DERMS simulator's database, changed without its knowledge."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def change(self, statement: str, device: str) -> None:
        with sqlite3.connect(self._path, timeout=5) as connection:
            connection.execute(statement, (device,))


@pytest.fixture
def store(data_dir: Path) -> Store:
    return Store(data_dir / "derms-simulator.sqlite")


def device_of(stack: RunningStack, enrollment: str) -> str:
    return stack.get_enrollment(enrollment)["subscription"]["devices"][0]["id"]


def about(run: dict[str, Any], device: str) -> list[dict[str, Any]]:
    return [finding for finding in run["findings"] if finding["subject"] == device]


def resent(stack: RunningStack, run: dict[str, Any]) -> list[str]:
    response = stack.api.post(run["links"]["resend"])
    assert response.status_code == 202, response.text
    return response.json()["sync_requests"]


def test_identical_records_have_no_differences(stack: RunningStack) -> None:
    device = device_of(stack, stack.enroll())
    assert about(complete_run(stack, "reconciliation"), device) == []


def test_a_device_that_the_derms_lost_is_found_and_resent(stack: RunningStack, store: Store) -> None:
    device = device_of(stack, stack.enroll())
    store.change("DELETE FROM der_history WHERE der IN (SELECT number FROM ders WHERE device_id = ?)", device)
    store.change("DELETE FROM ders WHERE device_id = ?", device)
    found = complete_run(stack, "reconciliation")
    assert [one["kind"] for one in about(found, device)] == ["missing_in_derms"]
    assert len(resent(stack, found)) >= 1
    wait_for(lambda: stack.search_derms(device))
    wait_for(lambda: about(complete_run(stack, "reconciliation"), device) == [])


def test_the_command_line_shows_how_to_resend(stack: RunningStack, store: Store) -> None:
    device = device_of(stack, stack.enroll())
    store.change("DELETE FROM der_history WHERE der IN (SELECT number FROM ders WHERE device_id = ?)", device)
    store.change("DELETE FROM ders WHERE device_id = ?", device)
    command = CommandLine(stack)
    (line,) = (
        one
        for one in command.run_successfully("batch", "run", "reconciliation", "--wait").splitlines()
        if "resend" in one
    )
    said = command.run_successfully(*line.removeprefix("  send again: gridenroll ").split())
    assert "gridenroll sync-requests show syn_" in said
    wait_for(lambda: stack.search_derms(device))


def test_a_resent_device_is_not_resent_again(stack: RunningStack, store: Store) -> None:
    enrollment = stack.enroll()
    store.change("UPDATE ders SET state = 'removed' WHERE device_id = ?", device_of(stack, enrollment))
    found = complete_run(stack, "reconciliation")
    assert len(resent(stack, found)) >= 1
    stack.wait_for_sync_request(enrollment, "synchronized")
    assert resent(stack, found) == []


def test_a_device_that_the_derms_ended_is_a_difference(stack: RunningStack, store: Store) -> None:
    device = device_of(stack, stack.enroll())
    store.change("UPDATE ders SET state = 'removed' WHERE device_id = ?", device)
    (found,) = about(complete_run(stack, "reconciliation"), device)
    assert (found["kind"], found["ours"], found["theirs"]) == ("state_differs", "registered", "removed")


def test_an_unenrolled_device_that_the_derms_keeps_is_a_difference(stack: RunningStack) -> None:
    device = device_of(stack, stack.enroll())
    stack.database.execute("UPDATE subscription_device SET registration = 'removed' WHERE device_id = $1", device)
    (found,) = about(complete_run(stack, "reconciliation"), device)
    assert (found["kind"], found["resendable"]) == ("state_differs", False)


def test_an_unknown_resource_is_a_difference(stack: RunningStack, store: Store) -> None:
    device = device_of(stack, stack.enroll())
    store.change("UPDATE ders SET subscription = 'SUB-OF-NOBODY' WHERE device_id = ?", device)
    found = about(complete_run(stack, "reconciliation"), device)
    assert {one["subscription"]: one["kind"] for one in found}["SUB-OF-NOBODY"] == "unknown_to_us"


def test_a_pending_change_is_not_a_difference(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    assert about(complete_run(stack, "reconciliation"), device_of(stack, enrollment)) == []
