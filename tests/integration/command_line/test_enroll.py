"""`gridenroll enroll`, `enrollments`, `unenroll` and `service-call`: joining, leaving and asking for help."""

import json

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture
def command(doors: RunningStack) -> CommandLine:
    return CommandLine(doors)


@pytest.fixture(scope="module")
def enrollment(running: RunningStack) -> str:
    return running.enroll()


def test_options_make_a_request(doors: RunningStack, command: CommandLine) -> None:
    who, serial = doors.customers.take(), doors.unique_name("SN")
    named = ("--account", who["cis_account_id"], "--service-point", who["cis_service_point_id"])
    device = ("--device", f"ecobee-premium:{serial}:main-living-area", "--accepted-by", "A tester")
    taken = command.run_for_json("enroll", "--program", "TSTAT-DR", *named, *device)
    doors.wait_for_sync_request(taken["id"], "synchronized")
    assert doors.get_enrollment(taken["id"])["subscription"]["devices"][0]["serial_number"] == serial


def test_a_file_holds_the_whole_request(doors: RunningStack, command: CommandLine) -> None:
    application = doors.build_application()
    taken = command.run_for_json("enroll", "-", typed=json.dumps(application))
    assert doors.get_enrollment(taken["id"])["transaction_id"] == application["transaction_id"]


def test_the_same_request_again_is_the_same_enrolment(doors: RunningStack, command: CommandLine) -> None:
    typed = json.dumps(doors.build_application())
    assert (
        command.run_for_json("enroll", "-", typed=typed)["id"] == command.run_for_json("enroll", "-", typed=typed)["id"]
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("enroll",), "--program"),
        (("enroll", "nowhere.json"), "There is no file"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--device", "x"), "names no device"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--answer", "x"), "is no answer"),
        (("enroll", "--program", "P", "--account", "A", "--service-point", "S", "--accepted-by", "x"), "no program P"),
        (("unenroll",), "Who shall leave?"),
        (("unenroll", "PS-1", "--removal", "keep"), "Of which devices?"),
        (("unenroll", "PS-NOBODY"), "There is no such subscription"),
        (("service-call",), "--problem"),
        (("service-call", "sub_1", "--problem", "offline"), "Which device?"),
        (("enrollments", "show", "enr_1"), "path/enrollment"),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(command: CommandLine, words: tuple[str, ...], told: str) -> None:
    assert told in command.run_and_fail(*words)


def test_the_list_is_the_apis_own_document(doors: RunningStack, command: CommandLine, enrollment: str) -> None:
    account = doors.get_enrollment(enrollment)["account"]
    listed = command.run_for_json("enrollments", "list", "--account", account)
    assert listed == doors.api.get("/v1/program-enrollments", params={"account": account}).json()


def test_what_was_rejected_says_what_would_change_that(doors: RunningStack, command: CommandLine) -> None:
    rejected = doors.submit_accepted(doors.build_application(terms=None))
    doors.wait_for_enrollment(rejected, "rejected")
    findings = doors.get_enrollment(rejected)["decision"]["findings"]
    (fix,) = [one["fix"] for one in findings if one["verdict"] == "failed"]
    assert fix in command.run_successfully("enrollments", "show", rejected)


def test_an_enrolment_is_shown_with_its_timeline(command: CommandLine, enrollment: str) -> None:
    said = command.run_successfully("enrollments", "show", enrollment)
    assert "Acknowledged by the DERMS" in said
    assert "Next: The customer is enrolled" in said
    assert "Temporal UI: http" in said


def test_an_empty_list_is_told_in_words(command: CommandLine) -> None:
    assert command.run_successfully("enrollments", "list", "--account", "A-NOBODY") == "There are no such enrolments.\n"


def test_a_list_goes_on_over_pages_as_far_as_is_wanted(command: CommandLine, doors: RunningStack) -> None:
    for _ in range(2):
        doors.submit_accepted(doors.build_application())
    assert "There are more than these 1" in command.run_successfully("enrollments", "list", "--limit", "1")
    everything = command.run_for_json("enrollments", "list", "--all")
    assert len(everything["items"]) >= 2
    assert everything["next_cursor"] is None


def test_leaving_by_the_enrolment_and_what_becomes_of_the_device(doors: RunningStack, command: CommandLine) -> None:
    enrollment = doors.enroll()
    asked = ("unenroll", enrollment, "--reason", "customer_opt_out", "--removal", "keep", "--note", "Moves away")
    left = UnenrollmentClient(doors).wait_for_end(command.run_for_json(*asked)["id"])
    assert [device["registration"] for device in left["devices"]] == ["kept"]


def test_the_only_device_of_an_enrolment_needs_no_naming(
    doors: RunningStack, command: CommandLine, enrollment: str
) -> None:
    call = command.run_for_json("service-call", enrollment, "--problem", "offline", "--text", "Dark since the storm")
    seen = ServiceCallClient(doors).get(call["id"])
    assert seen["device"] == doors.get_enrollment(enrollment)["subscription"]["devices"][0]["id"]
    assert seen["problem_text"] == "Dark since the storm"
