"""`gridenroll enroll`, `enrollments`, `unenroll` and `service-call`."""

import json

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


@pytest.fixture(scope="module")
def enrollment(running: RunningStack) -> str:
    return running.enroll()


def test_options_build_a_request(stack: RunningStack, command: CommandLine) -> None:
    customer, serial = stack.customers.take(), stack.unique_name("SN")
    named = ("--account", customer["cis_account_id"], "--service-point", customer["cis_service_point_id"])
    device = ("--device", f"ecobee-premium:{serial}:main-living-area", "--accepted-by", "A tester")
    taken = command.run_for_json("enroll", "--program", "TSTAT-DR", *named, *device)
    stack.wait_for_sync_request(taken["id"], "synchronized")
    assert stack.get_enrollment(taken["id"])["subscription"]["devices"][0]["serial_number"] == serial


def test_a_file_holds_the_whole_request(stack: RunningStack, command: CommandLine) -> None:
    application = stack.build_application()
    taken = command.run_for_json("enroll", "-", typed=json.dumps(application))
    assert stack.get_enrollment(taken["id"])["transaction_id"] == application["transaction_id"]


def test_a_repeated_request_returns_the_same_enrollment(stack: RunningStack, command: CommandLine) -> None:
    typed = json.dumps(stack.build_application())
    assert (
        command.run_for_json("enroll", "-", typed=typed)["id"] == command.run_for_json("enroll", "-", typed=typed)["id"]
    )


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (("enroll",), "--program"),
        (("enroll", "nowhere.json"), "There is no file"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--device", "x"), "names no device"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--answer", "x"), "is not an answer"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--accepted-by", "x"), "no program P"),
        (("unenroll",), "Which subscription?"),
        (("unenroll", "PS-1", "--removal", "keep"), "Which devices?"),
        (("unenroll", "PS-NOBODY"), "There is no such subscription"),
        (("service-call",), "--problem"),
        (("service-call", "sub_1", "--problem", "offline"), "Which device?"),
        (("enrollments", "show", "enr_1"), "path/enrollment"),
    ],
)
def test_an_error_is_printed_with_its_fix(command: CommandLine, words: tuple[str, ...], output: str) -> None:
    assert output in command.run_and_fail(*words)


def test_the_json_list_is_the_api_response(stack: RunningStack, command: CommandLine, enrollment: str) -> None:
    account = stack.get_enrollment(enrollment)["account"]
    listed = command.run_for_json("enrollments", "list", "--account", account)
    assert listed == stack.api.get("/v1/program-enrollments", params={"account": account}).json()


def test_a_rejection_is_printed_with_its_fix(stack: RunningStack, command: CommandLine) -> None:
    rejected = stack.submit_accepted(stack.build_application(terms=None))
    stack.wait_for_enrollment(rejected, "rejected")
    findings = stack.get_enrollment(rejected)["decision"]["findings"]
    (fix,) = [one["fix"] for one in findings if one["verdict"] == "failed"]
    assert fix in command.run_successfully("enrollments", "show", rejected)


def test_an_enrollment_is_shown_with_its_timeline(command: CommandLine, enrollment: str) -> None:
    said = command.run_successfully("enrollments", "show", enrollment)
    assert "Acknowledged by the DERMS" in said
    assert "Next: The customer is enrolled" in said
    assert "Temporal UI: http" in said


def test_an_empty_list_prints_a_sentence(command: CommandLine) -> None:
    assert (
        command.run_successfully("enrollments", "list", "--account", "A-NOBODY") == "There are no such enrollments.\n"
    )


def test_a_list_follows_pages_up_to_its_limit(command: CommandLine, stack: RunningStack) -> None:
    for _ in range(2):
        stack.submit_accepted(stack.build_application())
    assert "There are more than these 1" in command.run_successfully("enrollments", "list", "--limit", "1")
    everything = command.run_for_json("enrollments", "list", "--all")
    assert len(everything["items"]) >= 2
    assert everything["next_cursor"] is None


def test_an_unenrollment_by_enrollment_with_a_removal_method(stack: RunningStack, command: CommandLine) -> None:
    enrollment = stack.enroll()
    asked = ("unenroll", enrollment, "--reason", "customer_opt_out", "--removal", "keep", "--note", "Moves away")
    left = UnenrollmentClient(stack).wait_for_end(command.run_for_json(*asked)["id"])
    assert [device["registration"] for device in left["devices"]] == ["kept"]


def test_the_only_device_of_an_enrollment_is_the_default(
    stack: RunningStack, command: CommandLine, enrollment: str
) -> None:
    call = command.run_for_json("service-call", enrollment, "--problem", "offline", "--text", "Dark since the storm")
    view = ServiceCallClient(stack).get(call["id"])
    assert view["device"] == stack.get_enrollment(enrollment)["subscription"]["devices"][0]["id"]
    assert view["problem_text"] == "Dark since the storm"
