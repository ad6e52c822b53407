"""`gridenroll` for open requests: show, decide, repair."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


def _attention(command: CommandLine, program: str) -> list[list[str]]:
    """Return the commands that the attention list offers for a program, with a reason where they need one."""
    lines = command.run_successfully("attention", "--program", program).splitlines()
    return [line.split()[1:] for line in lines if line.strip().startswith("gridenroll ")]


def test_an_unenrollment_is_approved_or_rejected(stack: RunningStack, command: CommandLine) -> None:
    unenrollments = UnenrollmentClient(stack)
    for decided, end in (("approve", "unenrolled"), ("refuse", "rejected")):
        enrollment = stack.enroll()
        asked = unenrollments.submit_accepted(enrollment, reason="non_participation")
        unenrollments.wait_for_state(asked, "awaiting_approval")
        assert asked in command.run_successfully("unenrollments", "list", "--state", "awaiting_approval", "--all")
        assert "Possible: approve, refuse, cancel" in command.run_successfully("unenrollments", "show", asked)
        assert command.run_for_json("unenrollments", decided, asked, "--reason", "so it is")["state"] == end
        assert "so it is" in command.run_successfully("unenrollments", "show", asked)


def test_a_device_with_a_failed_removal_is_kept(stack: RunningStack, command: CommandLine) -> None:
    unenrollments = UnenrollmentClient(stack)
    program = unenrollments.add_lending_program()
    asked = unenrollments.submit_accepted(unenrollments.enroll_lent(program), reason="device_removed")
    unenrollments.signal_completion(asked, unenrollments.wait_for_order(asked), "customer_refused")
    unenrollments.wait_for_state(asked, "needs_attention")
    assert command.run_for_json("unenrollments", "retry", asked)["state"] == "removing"
    unenrollments.signal_completion(asked, unenrollments.wait_for_order(asked, state="rescheduled"), "not_installable")
    unenrollments.wait_for_state(asked, "needs_attention")
    (kept,) = [words for words in _attention(command, program) if words[1] == "kept"]
    device = unenrollments.get(asked)["devices"][0]
    assert kept[2:4] == [asked, device["id"]]
    assert f"device {device['id']}" in command.run_successfully("unenrollments", "show", asked)
    assert command.run_for_json(*kept[:4], "--reason", "nobody opens")["state"] == "unenrolled"


def test_a_returned_device_is_received(stack: RunningStack, command: CommandLine) -> None:
    unenrollments = UnenrollmentClient(stack)
    asked = unenrollments.submit_accepted(stack.enroll(), reason="device_removed")
    unenrollments.wait_for_end(asked)
    output = command.run_and_fail("unenrollments", "received", asked, unenrollments.get(asked)["devices"][0]["id"])
    assert "not awaited" in output


def test_an_unenrollment_is_cancelled(stack: RunningStack, command: CommandLine) -> None:
    unenrollments = UnenrollmentClient(stack)
    asked = unenrollments.submit_accepted(stack.enroll(), effective_date="2031-07-01")
    unenrollments.wait_for_state(asked, "scheduled")
    assert command.run_for_json("unenrollments", "cancel", asked, "--reason", "stays")["state"] == "cancelled"


def test_a_service_call_gets_an_action_and_is_cancelled(stack: RunningStack, command: CommandLine) -> None:
    service_calls = ServiceCallClient(stack)
    enrollment = service_calls.enroll_battery()
    call = service_calls.submit_accepted(enrollment)
    service_calls.wait_for_state(call, "troubleshooting")
    listed = command.run_for_json(
        "service-calls", "list", "--subscription", service_calls.get_subscription(enrollment)["id"]
    )
    assert [one["id"] for one in listed["items"]] == [call]
    assert "can be chosen" in command.run_successfully("service-calls", "show", call)
    command.run_successfully(
        "service-calls", "action", call, "--action", "work_request", "--access-notes", "Ring twice."
    )
    service_calls.wait_for_order(call)
    assert command.run_for_json("service-calls", "cancel", call, "--reason", "works again")["state"] == "cancelled"
    assert "nothing to retry" in command.run_and_fail("service-calls", "retry", call)


def test_a_parked_enrollment_is_retried_or_cancelled(stack: RunningStack, command: CommandLine) -> None:
    installations = InstallationClient(stack)
    program = installations.add_program(attempts=1)
    enrollment, order = installations.enroll_with_order(program=program)
    installations.post_accepted_completion(order, "no_access")
    stack.wait_for_enrollment(enrollment, "needs_attention")
    assert _attention(command, program) == [
        ["enrollments", "cancel", enrollment, "--reason", "<why>"],
        ["enrollments", "retry", enrollment],
    ]
    command.run_successfully("enrollments", "retry", enrollment)
    installations.wait_for_order(enrollment, "rescheduled")
    assert command.run_for_json("enrollments", "cancel", enrollment, "--reason", "moved")["state"] == "cancelled"


def test_an_unclaimed_installation_is_settled(stack: RunningStack, command: CommandLine) -> None:
    installations = InstallationClient(stack)
    program = installations.add_program()
    enrollment, order = installations.enroll_with_order(program=program)
    assert command.run_for_json("work-orders", "progress", order, "--step", "on_site")["state"] == "on_site"
    assert "cannot" in command.run_and_fail("work-orders", "cancel", order, "--reason", "too late")
    command.run_successfully("enrollments", "cancel", enrollment, "--reason", "moved")
    installations.post_accepted_completion(order)
    assert _attention(command, program) == [["work-orders", "settle", order, "--reason", "<why>"]]
    command.run_successfully("work-orders", "settle", order, "--reason", "fetched the same day")
    assert _attention(command, program) == []


def test_a_missing_return_shipment_is_settled(setup: DeviceSetupClient, command: CommandLine) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    command.run_successfully("shipments", "delivered", shipment)
    command.run_successfully("enrollments", "cancel", enrollment, "--reason", "moved")
    assert "Possible: returned, settle" in command.run_successfully("shipments", "show", shipment)
    command.run_successfully("shipments", "settle", shipment, "--reason", "the customer keeps it")
    assert "Possible" not in command.run_successfully("shipments", "show", shipment)
