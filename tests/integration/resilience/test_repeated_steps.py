"""A worker was killed after a step on our own record, before Temporal recorded it, and perhaps after later steps. The
repeated step returns the current state, so that the workflow continues."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from activities.site_visit import SiteVisitActivities
from connectors.field_work.protocol import DispatchOrder
from models.messages.site_visit import AwaitedVisit
from models.scope import SystemScope
from operations.catalog.versions import CatalogCache
from operations.enrollment import device_setup, self_installation, utility_installation
from operations.platform.database import Sessions, transaction
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.own_database import run_on_database
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

SCOPE = SystemScope(actor="enroll")


def again(stack: RunningStack, step: Callable[..., Awaitable[Any]], *subjects: str) -> Any:
    async def do(sessions: Sessions) -> Any:
        async with transaction(sessions) as session:
            return await step(session, SCOPE, CatalogCache(), *subjects)

    return run_on_database(stack, do)


def test_repeating_the_confirmation_of_a_returned_device(setup: DeviceSetupClient) -> None:
    parcels = [setup.enroll_with_shipment() for _ in range(2)]
    device = setup.build_device()
    setup.head_end.set_device_state(device, "silent")
    for enrollment, shipment in parcels:
        setup.post(shipment, "confirmed", confirmed_by="customer", **device).raise_for_status()
        since = setup.stack.get_enrollment(enrollment)
        wait_for(lambda since=since: setup.head_end.list_requests_since(device, since=since))
    setup.head_end.set_device_state(device, "online")
    enrollment, shipment = wait_for(
        lambda: next((one for one in parcels if setup.get_shipment(one[1])["sent_back"]), None)
    )
    sent_back = setup.get_shipment(shipment)
    installed = again(setup.stack, self_installation.associate_shipped_device, enrollment, shipment)
    assert installed.verdict == sent_back["sent_back"]
    assert setup.get_shipment(shipment) == sent_back


def test_repeating_the_association_of_a_refused_installation(stack: RunningStack) -> None:
    field = InstallationClient(stack)
    (enrollment, order), _ = field.report_one_device_twice()
    sent_back = field.get_order(order)
    installed = again(stack, utility_installation.associate_installed_device, enrollment, order)
    assert installed.verdict == sent_back["sent_back"]
    assert field.get_order(order) == sent_back


def test_repeating_the_shipment_of_a_confirmed_device(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    setup.stack.wait_for_enrollment(enrollment, "enrolled")
    assert again(setup.stack, device_setup.order_new_shipment, enrollment).shipment_id == shipment


def test_repeating_the_order_of_a_completed_installation(stack: RunningStack) -> None:
    field = InstallationClient(stack)
    enrollment, order = field.enroll_with_order()
    field.post_accepted_completion(order)
    stack.wait_for_enrollment(enrollment, "enrolled")
    assert again(stack, device_setup.order_new_visit, enrollment).work_order_id == order


def test_repeating_the_order_of_an_ended_enrollment(stack: RunningStack) -> None:
    enrollment, order = InstallationClient(stack).enroll_with_order()
    stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "moved"}).raise_for_status()
    stack.wait_for_enrollment(enrollment, "cancelled")
    assert again(stack, device_setup.order_new_visit, enrollment).work_order_id == order


class NoDesk:
    """A field-work system that must receive no order."""

    async def dispatch(self, order: DispatchOrder) -> str:
        raise AssertionError(order.number)


@pytest.mark.parametrize("state", ["dispatched", "cancelled"])
def test_repeating_the_dispatch_of_an_order(stack: RunningStack, state: str) -> None:
    field = InstallationClient(stack)
    enrollment, order = field.enroll_with_order()
    if state == "cancelled":
        field.post(order, "cancel", reason="The crew is ill.").raise_for_status()
    field.wait_for_order(enrollment, state)
    visit = AwaitedVisit(work_order_id=order, remind_after_days=1, escalate_after_days=2)

    async def dispatch(sessions: Sessions) -> Any:
        return await SiteVisitActivities(sessions, CatalogCache(), NoDesk()).dispatch_work_order(visit)

    assert run_on_database(stack, dispatch).state == state
