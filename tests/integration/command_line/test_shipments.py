"""`gridenroll shipments`: the warehouse, the carrier and the customer at the command line."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


def test_a_shipment_from_the_warehouse_to_the_customer(
    stack: RunningStack, setup: DeviceSetupClient, command: CommandLine
) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    parcel = ("--carrier", "Parcel Post", "--tracking-reference", "PP-9")
    assert "shipped" in command.run_successfully("shipments", "shipped", shipment, *parcel)
    listed = command.run_for_json("shipments", "list", "--enrollment", enrollment, "--state", "shipped")
    assert listed["items"]
    assert listed == stack.api.get("/v1/shipments", params={"enrollment": enrollment}).json()
    device = (
        "--specification",
        "sensi-lite",
        "--serial-number",
        stack.unique_name("KIT"),
        "--location",
        "main-living-area",
    )
    command.run_successfully("shipments", "confirmed", shipment, *device, "--confirmed-by", "the customer")
    stack.wait_for_sync_request(enrollment, "synchronized")
    view = command.run_successfully("shipments", "show", shipment)
    assert "PP-9" in view
    assert "Next: The device is installed; its enrollment goes on." in view


def test_a_refused_confirmation_says_what_to_correct(setup: DeviceSetupClient, command: CommandLine) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "delivered").raise_for_status()
    wrong = ("--specification", "nest-thermostat", "--serial-number", "N-1", "--confirmed-by", "Ada Lovelace")
    output = command.run_and_fail("shipments", "confirmed", shipment, *wrong)
    assert "/specification" in output
    assert "Ada Lovelace" not in output
    assert "returned" in command.run_successfully("shipments", "returned", shipment, "--reason", "The wrong device")
    setup.stack.wait_for_enrollment(enrollment, "needs_attention")
    setup.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "tested"}).raise_for_status()
