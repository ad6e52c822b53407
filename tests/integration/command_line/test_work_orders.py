"""`gridenroll work-orders`: the office and the technician at the command line."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


@pytest.fixture
def installations(stack: RunningStack) -> InstallationClient:
    return InstallationClient(stack)


def test_an_installation_from_the_appointment_to_the_report(
    stack: RunningStack, installations: InstallationClient, command: CommandLine
) -> None:
    enrollment, order = installations.enroll_with_order()
    window = ("--start", "2030-01-01T09:00:00-06:00", "--end", "2030-01-01T11:00:00-06:00")
    assert (
        command.run_for_json("work-orders", "appoint", order, *window, "--technician", "Crew 7")["state"] == "scheduled"
    )
    assert "Crew 7" in command.run_successfully("work-orders", "list", "--journey", enrollment)
    device = ("--specification", "eaton-lcr-6600s", "--serial-number", stack.unique_name("LCR"), "--location", "garage")
    command.run_successfully(
        "work-orders", "complete", order, "--outcome", "completed_as_ordered", "--technician", "Crew 7", *device
    )
    stack.wait_for_sync_request(enrollment, "synchronized")
    assert "reported" in command.run_successfully("work-orders", "show", order)


def test_the_json_list_is_the_api_response(
    stack: RunningStack, installations: InstallationClient, command: CommandLine
) -> None:
    enrollment, _ = installations.enroll_with_order()
    listed = command.run_for_json("work-orders", "list", "--journey", enrollment)
    assert listed == stack.api.get("/v1/work-orders", params={"journey": enrollment}).json()


def test_a_refused_report_says_what_to_correct(installations: InstallationClient, command: CommandLine) -> None:
    _, order = installations.enroll_with_order()
    report = ("--outcome", "completed_as_ordered", "--technician", "Crew 7", "--notes", "Ada Lovelace was at home")
    output = command.run_and_fail("work-orders", "complete", order, *report)
    assert "device_installed" in output
    assert "Ada Lovelace" not in output


def test_an_incomplete_report_is_not_sent(command: CommandLine) -> None:
    assert "--outcome" in command.run_and_fail("work-orders", "complete", "wo_1")


def test_an_empty_list_of_orders_prints_a_sentence(command: CommandLine) -> None:
    assert "There are no such work orders." in command.run_successfully("work-orders", "list", "--technician", "Nobody")
