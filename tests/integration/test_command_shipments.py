"""`gridenroll shipments`: the warehouse, the carrier and the customer at the command line."""

import pytest

from tests.integration.commands import Commands
from tests.integration.doors import Doors
from tests.integration.setting_up import Setup


@pytest.fixture
def command(doors: Doors) -> Commands:
    return Commands(doors)


def test_a_parcel_from_the_warehouse_to_the_customer(doors: Doors, setup: Setup, command: Commands) -> None:
    enrollment, shipment = setup.shipped()
    parcel = ("--carrier", "Parcel Post", "--tracking-reference", "PP-9")
    assert "shipped" in command.says("shipments", "shipped", shipment, *parcel)
    listed = command.document("shipments", "list", "--enrollment", enrollment, "--state", "shipped")
    assert listed["items"]
    assert listed == doors.api.get("/v1/shipments", params={"enrollment": enrollment}).json()
    device = ("--specification", "sensi-lite", "--serial-number", doors.name("KIT"), "--location", "main-living-area")
    command.says("shipments", "confirmed", shipment, *device, "--confirmed-by", "the customer")
    doors.told(enrollment, "synchronized")
    seen = command.says("shipments", "show", shipment)
    assert "PP-9" in seen
    assert "Next: The device is installed; its enrolment goes on." in seen


def test_what_cannot_be_taken_says_what_to_correct(setup: Setup, command: Commands) -> None:
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "delivered").raise_for_status()
    wrong = ("--specification", "nest-thermostat", "--serial-number", "N-1", "--confirmed-by", "Ada Lovelace")
    told = command.refuses("shipments", "confirmed", shipment, *wrong)
    assert "/specification" in told
    assert "Ada Lovelace" not in told
    assert "returned" in command.says("shipments", "returned", shipment, "--reason", "The wrong device")
    setup.doors.reaches(enrollment, "needs_attention")
    setup.doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "tested"}).raise_for_status()
