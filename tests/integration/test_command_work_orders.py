"""`gridenroll work-orders`: the office and the technician at the command line."""

import pytest

from tests.integration.commands import Commands
from tests.integration.doors import Doors
from tests.integration.installing import Installing


@pytest.fixture
def command(doors: Doors) -> Commands:
    return Commands(doors)


@pytest.fixture
def field(doors: Doors) -> Installing:
    return Installing(doors)


def test_an_installation_from_the_appointment_to_the_report(doors: Doors, field: Installing, command: Commands) -> None:
    enrollment, order = field.ordered()
    window = ("--start", "2030-01-01T09:00:00-06:00", "--end", "2030-01-01T11:00:00-06:00")
    assert command.document("work-orders", "appoint", order, *window, "--technician", "Crew 7")["state"] == "scheduled"
    assert "Crew 7" in command.says("work-orders", "list", "--journey", enrollment)
    device = ("--specification", "eaton-lcr-6600s", "--serial-number", doors.name("LCR"), "--location", "garage")
    command.says(
        "work-orders", "complete", order, "--outcome", "completed_as_ordered", "--technician", "Crew 7", *device
    )
    doors.told(enrollment, "synchronized")
    assert "reported" in command.says("work-orders", "show", order)


def test_a_list_is_the_apis_own_document(doors: Doors, field: Installing, command: Commands) -> None:
    enrollment, _ = field.ordered()
    listed = command.document("work-orders", "list", "--journey", enrollment)
    assert listed == doors.api.get("/v1/work-orders", params={"journey": enrollment}).json()


def test_a_refused_report_says_what_to_correct(field: Installing, command: Commands) -> None:
    _, order = field.ordered()
    report = ("--outcome", "completed_as_ordered", "--technician", "Crew 7", "--notes", "Ada Lovelace was at home")
    told = command.refuses("work-orders", "complete", order, *report)
    assert "device_installed" in told
    assert "Ada Lovelace" not in told


def test_a_report_that_says_too_little_is_not_sent(command: Commands) -> None:
    assert "--outcome" in command.refuses("work-orders", "complete", "wo_1")


def test_no_orders_are_told_in_words(command: Commands) -> None:
    assert "There are no such work orders." in command.says("work-orders", "list", "--technician", "Nobody")
