"""A step on our own record was done, and so perhaps were later ones, when the worker was killed before Temporal heard
of it. Done again it says where everything stands, so that its flow goes on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from activities.site_visit import SiteVisitActivities
from connectors.field_work.protocol import Order
from models.messages.site_visit import Visit
from models.scope import SystemScope
from operations import device_setup, installation, self_installation
from operations.catalog import Catalogs
from operations.database import Sessions, transaction
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.record import on_its_database
from tests.integration.setting_up import Setup
from tests.patience import wait_for

FLOW = SystemScope(actor="enroll")


def again(doors: Doors, step: Callable[..., Awaitable[Any]], *subjects: str) -> Any:
    async def do(sessions: Sessions) -> Any:
        async with transaction(sessions) as session:
            return await step(session, FLOW, Catalogs(), *subjects)

    return on_its_database(doors, do)


def test_a_confirmed_device_was_sent_back(setup: Setup) -> None:
    parcels = [setup.shipped() for _ in range(2)]
    device = setup.device()
    setup.cloud.tell(device, "silent")
    for enrollment, shipment in parcels:
        setup.do(shipment, "confirmed", confirmed_by="customer", **device).raise_for_status()
        since = setup.doors.enrollment(enrollment)
        wait_for(lambda since=since: setup.cloud.asked(device, since=since))
    setup.cloud.tell(device, "online")
    enrollment, shipment = wait_for(lambda: next((one for one in parcels if setup.shipment(one[1])["sent_back"]), None))
    sent_back = setup.shipment(shipment)
    installed = again(setup.doors, self_installation.associate_shipped, enrollment, shipment)
    assert installed.verdict == sent_back["sent_back"]
    assert setup.shipment(shipment) == sent_back


def test_what_a_technician_installed_was_sent_back(doors: Doors) -> None:
    field = Installing(doors)
    (enrollment, order), _ = field.rivals()
    sent_back = field.order(order)
    installed = again(doors, installation.associate_installed, enrollment, order)
    assert installed.verdict == sent_back["sent_back"]
    assert field.order(order) == sent_back


def test_another_parcel_was_sent_and_confirmed(setup: Setup) -> None:
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "confirmed", confirmed_by="customer", **setup.device()).raise_for_status()
    setup.doors.reaches(enrollment, "enrolled")
    assert again(setup.doors, device_setup.ship_again, enrollment).shipment_id == shipment


def test_another_order_was_made_and_carried_out(doors: Doors) -> None:
    field = Installing(doors)
    enrollment, order = field.ordered()
    field.reported(order)
    doors.reaches(enrollment, "enrolled")
    assert again(doors, device_setup.order_again, enrollment).work_order_id == order


def test_another_order_was_made_and_the_enrolment_ended(doors: Doors) -> None:
    enrollment, order = Installing(doors).ordered()
    doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}).raise_for_status()
    doors.reaches(enrollment, "cancelled")
    assert again(doors, device_setup.order_again, enrollment).work_order_id == order


class NoDesk:
    """A field-work system to which no order must be handed."""

    async def dispatch(self, order: Order) -> str:
        raise AssertionError(order.number)


@pytest.mark.parametrize("state", ["dispatched", "cancelled"])
def test_an_order_was_handed_over_or_called_off_meanwhile(doors: Doors, state: str) -> None:
    field = Installing(doors)
    enrollment, order = field.ordered()
    if state == "cancelled":
        field.do(order, "cancel", reason="The crew is ill.").raise_for_status()
    field.order_of(enrollment, state)
    visit = Visit(work_order_id=order, remind_after_days=1, escalate_after_days=2)

    async def dispatch(sessions: Sessions) -> Any:
        return await SiteVisitActivities(sessions, Catalogs(), NoDesk()).dispatch_work_order(visit)

    assert on_its_database(doors, dispatch).state == state
