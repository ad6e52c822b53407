"""What the office and the operator do at the command line with requests that are under way: see, decide, repair."""

import pytest

from tests.integration.calling import Calling
from tests.integration.commands import Commands
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.setting_up import Setup


@pytest.fixture
def command(doors: Doors) -> Commands:
    return Commands(doors)


def _attention(command: Commands, program: str) -> list[list[str]]:
    """What can be typed, of all that the list shows of a program, with a reason where one is asked for."""
    lines = command.says("attention", "--program", program).splitlines()
    return [line.split()[1:] for line in lines if line.strip().startswith("gridenroll ")]


def test_who_leaves_with_approval_is_seen_and_approved_or_refused(doors: Doors, command: Commands) -> None:
    leaving = Leaving(doors)
    for decided, end in (("approve", "unenrolled"), ("refuse", "rejected")):
        enrollment = doors.enrolled()
        asked = leaving.asked(enrollment, reason="non_participation")
        leaving.reaches(asked, "awaiting_approval")
        assert asked in command.says("unenrollments", "list", "--state", "awaiting_approval", "--all")
        assert "Possible: approve, refuse, cancel" in command.says("unenrollments", "show", asked)
        assert command.document("unenrollments", decided, asked, "--reason", "so it is")["state"] == end
        assert "so it is" in command.says("unenrollments", "show", asked)


def test_a_device_that_could_not_be_fetched_stays_where_it_is(doors: Doors, command: Commands) -> None:
    leaving = Leaving(doors)
    program = leaving.lend()
    asked = leaving.asked(leaving.lent(program), reason="device_removed")
    leaving.report(asked, leaving.order(asked), "customer_refused")
    leaving.reaches(asked, "needs_attention")
    assert command.document("unenrollments", "retry", asked)["state"] == "removing"
    leaving.report(asked, leaving.order(asked, state="rescheduled"), "not_installable")
    leaving.reaches(asked, "needs_attention")
    (kept,) = [words for words in _attention(command, program) if words[1] == "kept"]
    device = leaving.seen(asked)["devices"][0]
    assert kept[2:4] == [asked, device["id"]]
    assert f"device {device['id']}" in command.says("unenrollments", "show", asked)
    assert command.document(*kept[:4], "--reason", "nobody opens")["state"] == "unenrolled"


def test_a_device_that_comes_back_by_parcel_is_received(doors: Doors, command: Commands) -> None:
    leaving = Leaving(doors)
    asked = leaving.asked(doors.enrolled(), reason="device_removed")
    leaving.over(asked)
    told = command.refuses("unenrollments", "received", asked, leaving.seen(asked)["devices"][0]["id"])
    assert "not awaited" in told


def test_an_unenrolment_is_taken_back(doors: Doors, command: Commands) -> None:
    leaving = Leaving(doors)
    asked = leaving.asked(doors.enrolled(), effective_date="2031-07-01")
    leaving.reaches(asked, "scheduled")
    assert command.document("unenrollments", "cancel", asked, "--reason", "stays")["state"] == "cancelled"


def test_a_service_call_is_decided_and_taken_back(doors: Doors, command: Commands) -> None:
    calling = Calling(doors)
    enrollment = calling.battery()
    call = calling.opened(enrollment)
    calling.reaches(call, "troubleshooting")
    listed = command.document("service-calls", "list", "--subscription", calling.subscription(enrollment)["id"])
    assert [one["id"] for one in listed["items"]] == [call]
    assert "can be chosen" in command.says("service-calls", "show", call)
    command.says("service-calls", "action", call, "--action", "work_request", "--access-notes", "Ring twice.")
    calling.order(call)
    assert command.document("service-calls", "cancel", call, "--reason", "works again")["state"] == "cancelled"
    assert "nothing to retry" in command.refuses("service-calls", "retry", call)


def test_an_enrolment_that_needs_attention_is_retried_or_cancelled(doors: Doors, command: Commands) -> None:
    field = Installing(doors)
    program = field.offer(attempts=1)
    enrollment, order = field.ordered(program=program)
    field.reported(order, "no_access")
    doors.reaches(enrollment, "needs_attention")
    assert _attention(command, program) == [
        ["enrollments", "cancel", enrollment, "--reason", "<why>"],
        ["enrollments", "retry", enrollment],
    ]
    command.says("enrollments", "retry", enrollment)
    field.order_of(enrollment, "rescheduled")
    assert command.document("enrollments", "cancel", enrollment, "--reason", "moved")["state"] == "cancelled"


def test_what_a_technician_did_in_vain_is_settled(doors: Doors, command: Commands) -> None:
    field = Installing(doors)
    program = field.offer()
    enrollment, order = field.ordered(program=program)
    assert command.document("work-orders", "progress", order, "--step", "on_site")["state"] == "on_site"
    assert "cannot" in command.refuses("work-orders", "cancel", order, "--reason", "too late")
    command.says("enrollments", "cancel", enrollment, "--reason", "moved")
    field.reported(order)
    assert _attention(command, program) == [["work-orders", "settle", order, "--reason", "<why>"]]
    command.says("work-orders", "settle", order, "--reason", "fetched the same day")
    assert _attention(command, program) == []


def test_a_parcel_that_does_not_come_back_is_settled(setup: Setup, command: Commands) -> None:
    enrollment, shipment = setup.shipped()
    command.says("shipments", "delivered", shipment)
    command.says("enrollments", "cancel", enrollment, "--reason", "moved")
    assert "Possible: returned, settle" in command.says("shipments", "show", shipment)
    command.says("shipments", "settle", shipment, "--reason", "the customer keeps it")
    assert "Possible" not in command.says("shipments", "show", shipment)
