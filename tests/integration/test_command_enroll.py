"""`gridenroll enroll`, `enrollments`, `unenroll` and `service-call`: joining, leaving and asking for help."""

import json

import pytest

from tests.integration.calling import Calling
from tests.integration.commands import Commands
from tests.integration.doors import Doors
from tests.integration.leaving import Leaving


@pytest.fixture
def command(doors: Doors) -> Commands:
    return Commands(doors)


@pytest.fixture(scope="module")
def enrollment(running: Doors) -> str:
    return running.enrolled()


def test_options_make_a_request(doors: Doors, command: Commands) -> None:
    who, serial = doors.customers.take(), doors.name("SN")
    named = ("--account", who["cis_account_id"], "--service-point", who["cis_service_point_id"])
    device = ("--device", f"ecobee-premium:{serial}:main-living-area", "--accepted-by", "A tester")
    taken = command.document("enroll", "--program", "TSTAT-DR", *named, *device)
    doors.told(taken["id"], "synchronized")
    assert doors.enrollment(taken["id"])["subscription"]["devices"][0]["serial_number"] == serial


def test_a_file_holds_the_whole_request(doors: Doors, command: Commands) -> None:
    application = doors.application()
    taken = command.document("enroll", "-", typed=json.dumps(application))
    assert doors.enrollment(taken["id"])["transaction_id"] == application["transaction_id"]


def test_the_same_request_again_is_the_same_enrolment(doors: Doors, command: Commands) -> None:
    typed = json.dumps(doors.application())
    assert command.document("enroll", "-", typed=typed)["id"] == command.document("enroll", "-", typed=typed)["id"]


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
def test_what_is_wrong_is_told_with_the_way_out(command: Commands, words: tuple[str, ...], told: str) -> None:
    assert told in command.refuses(*words)


def test_the_list_is_the_apis_own_document(doors: Doors, command: Commands, enrollment: str) -> None:
    account = doors.enrollment(enrollment)["account"]
    listed = command.document("enrollments", "list", "--account", account)
    assert listed == doors.api.get("/v1/program-enrollments", params={"account": account}).json()


def test_what_was_rejected_says_what_would_change_that(doors: Doors, command: Commands) -> None:
    rejected = doors.accepted(doors.application(terms=None))
    doors.reaches(rejected, "rejected")
    findings = doors.enrollment(rejected)["decision"]["findings"]
    (fix,) = [one["fix"] for one in findings if one["verdict"] == "failed"]
    assert fix in command.says("enrollments", "show", rejected)


def test_an_enrolment_is_shown_with_its_timeline(command: Commands, enrollment: str) -> None:
    said = command.says("enrollments", "show", enrollment)
    assert "Acknowledged by the DERMS" in said
    assert "Next: The customer is enrolled" in said
    assert "Temporal UI: http" in said


def test_an_empty_list_is_told_in_words(command: Commands) -> None:
    assert command.says("enrollments", "list", "--account", "A-NOBODY") == "There are no such enrolments.\n"


def test_a_list_goes_on_over_pages_as_far_as_is_wanted(command: Commands, doors: Doors) -> None:
    for _ in range(2):
        doors.accepted(doors.application())
    assert "There are more than these 1" in command.says("enrollments", "list", "--limit", "1")
    everything = command.document("enrollments", "list", "--all")
    assert len(everything["items"]) >= 2
    assert everything["next_cursor"] is None


def test_leaving_by_the_enrolment_and_what_becomes_of_the_device(doors: Doors, command: Commands) -> None:
    enrollment = doors.enrolled()
    asked = ("unenroll", enrollment, "--reason", "customer_opt_out", "--removal", "keep", "--note", "Moves away")
    left = Leaving(doors).over(command.document(*asked)["id"])
    assert [device["registration"] for device in left["devices"]] == ["kept"]


def test_the_only_device_of_an_enrolment_needs_no_naming(doors: Doors, command: Commands, enrollment: str) -> None:
    call = command.document("service-call", enrollment, "--problem", "offline", "--text", "Dark since the storm")
    seen = Calling(doors).seen(call["id"])
    assert seen["device"] == doors.enrollment(enrollment)["subscription"]["devices"][0]["id"]
    assert seen["problem_text"] == "Dark since the storm"
