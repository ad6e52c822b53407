"""The customer has installed the device that was sent to them: it is validated like any device, and associated."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.application import EnrollmentApplication
from models.errors import IllegalTransition, Invalid, NotFound, Pointer
from models.messages.site_visit import Installed
from models.scope import Scope, SystemScope
from models.shipment import SelfInstallation
from models.tables.device_setup import DeviceShipment
from models.task_states import ShipmentState
from operations import shipments
from operations.acceptance import load, standing, taken_up
from operations.audit import Trail
from operations.brought_devices import WAITING, as_requested, candidate, settle
from operations.catalog import Catalogs
from rules.eligibility.decide import device_failures
from rules.shipment_guidance import instead_of_confirming

_H = ShipmentState


async def confirm(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, shipment_id: str, confirmation: SelfInstallation
) -> DeviceShipment:
    """Takes the customer's confirmation. The same again changes nothing.

    Raises:
        NotFound: there is no such shipment.
        Invalid: the device cannot be taken; nothing is kept, so that the customer reads its numbers again.
        IllegalTransition: another device was confirmed before, or the shipment has ended.
    """
    now = datetime.now(UTC)
    # The enrolment before its shipment, as whoever ends it locks them.
    shipment = await session.get(DeviceShipment, shipment_id)
    if shipment is None:
        raise NotFound(f"There is no shipment {shipment_id}.", fix="GET /v1/shipments lists them.")
    loaded = await load(session, shipment.enrollment_id)
    row = await shipments.locked(session, shipment_id)
    body = confirmation.model_dump(mode="json")
    if row.state is _H.CONFIRMED and row.confirmation == body:
        return row
    if row.state not in shipments.UNDER_WAY:
        raise IllegalTransition(
            f"The shipment is {row.state}; it cannot be confirmed any more.",
            fix=instead_of_confirming(row.state, row.enrollment_id),
        )
    one = await candidate(session, catalogs, now, loaded, (as_requested(confirmation),), confirmation.confirmed_by)
    if faults := [
        Pointer(f"/{pointer.rpartition('/')[2]}", f"{finding.reason} {finding.fix}")
        for finding in device_failures(one.what.facts)
        for pointer in finding.pointers or ("/serial_number",)
    ]:
        raise Invalid(
            "The device cannot be taken; nothing was stored.",
            fix="Read the numbers on the device again and correct what the pointers name.",
            code="confirmation-refused",
            pointers=faults,
        )
    trail = Trail(scope, now, row.journey)
    shipments.moved(trail, row, now, *shipments.way_to_delivered(row), _H.CONFIRMED)
    row.confirmation, row.sent_back = body, None
    await trail.write(session)
    await session.flush()
    await shipments.tell(session, row)
    return row


async def associate_shipped(
    session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str, shipment_id: str
) -> Installed:
    """The device that the customer confirmed is associated. One that cannot be taken after all is theirs again. Done
    again, it says what came of it.

    Raises:
        NotFound: no such enrolment or shipment.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    loaded = await taken_up(session, scope, enrollment_id)
    if loaded[0].state not in WAITING:
        here = await standing(session, enrollment_id)
        return Installed(state=here.state, sync_request_id=here.sync_request_id)
    row = await shipments.locked(session, shipment_id)
    if row.state is not _H.CONFIRMED:
        return Installed(state=loaded[0].state, verdict=row.sent_back or f"{row.number} is {row.state}.")
    confirmed = SelfInstallation.model_validate(row.confirmation)
    one = await candidate(session, catalogs, now, loaded, (as_requested(confirmed),), "customer")
    installed = await settle(session, scope, now, one)
    if installed.verdict:
        await shipments.send_back(session, scope, shipment_id, installed.verdict)
    return installed


async def associate_own(session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str) -> Installed:
    """The devices that the application names, checked meanwhile, are associated.

    Raises:
        NotFound: no such enrolment.
        Unavailable: another request took a serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    loaded: tuple[Any, Any] = await taken_up(session, scope, enrollment_id)
    if loaded[0].state not in WAITING:
        here = await standing(session, enrollment_id)
        return Installed(state=here.state, sync_request_id=here.sync_request_id)
    asked = EnrollmentApplication.model_validate(loaded[0].application)
    one = await candidate(session, catalogs, now, loaded, asked.devices, "customer")
    installed = await settle(session, scope, now, one)
    if installed.verdict:
        return Installed(state=installed.state, stuck=f"A device cannot be taken any more. {installed.verdict}"[:900])
    return installed
