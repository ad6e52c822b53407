"""`gridenroll shipments`: the warehouse, the carrier and the customer at the command line."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def command(doors: RunningStack) -> CommandLine:
    return CommandLine(doors)


def test_a_parcel_from_the_warehouse_to_the_customer(
    doors: RunningStack, setup: DeviceSetupClient, command: CommandLine
) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    parcel = ("--carrier", "Parcel Post", "--tracking-reference", "PP-9")
    assert "shipped" in command.run_successfully("shipments", "shipped", shipment, *parcel)
    listed = command.run_for_json("shipments", "list", "--enrollment", enrollment, "--state", "shipped")
    assert listed["items"]
    assert listed == doors.api.get("/v1/shipments", params={"enrollment": enrollment}).json()
    device = (
        "--specification",
        "sensi-lite",
        "--serial-number",
        doors.unique_name("KIT"),
        "--location",
        "main-living-area",
    )
    command.run_successfully("shipments", "confirmed", shipment, *device, "--confirmed-by", "the customer")
    doors.wait_for_sync_request(enrollment, "synchronized")
    seen = command.run_successfully("shipments", "show", shipment)
    assert "PP-9" in seen
    assert "Next: The device is installed; its enrollment goes on." in seen


def test_what_cannot_be_taken_says_what_to_correct(setup: DeviceSetupClient, command: CommandLine) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "delivered").raise_for_status()
    wrong = ("--specification", "nest-thermostat", "--serial-number", "N-1", "--confirmed-by", "Ada Lovelace")
    told = command.run_and_fail("shipments", "confirmed", shipment, *wrong)
    assert "/specification" in told
    assert "Ada Lovelace" not in told
    assert "returned" in command.run_successfully("shipments", "returned", shipment, "--reason", "The wrong device")
    setup.stack.wait_for_enrollment(enrollment, "needs_attention")
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "tested"}).raise_for_status()
