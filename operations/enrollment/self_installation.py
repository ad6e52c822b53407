"""The customer has installed the device that was sent to them: it is validated like any device, and associated."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import IllegalTransition, Invalid, Pointer
from models.messages.site_visit import InstallationResult
from models.requests.enrollment import EnrollmentApplication
from models.requests.shipment import SelfInstallation
from models.scope import Scope, SystemScope
from models.states.shipment import ShipmentState
from models.tables.device_setup import DeviceShipment
from operations.catalog.versions import CatalogCache
from operations.enrollment.acceptance import load_and_resume, load_enrollment
from operations.enrollment.association_after_setup import (
    AWAITING_DEVICE,
    associate_candidate,
    get_earlier_result,
    load_candidate,
    to_requested_device,
)
from operations.field_work import shipments
from operations.platform.audit import AuditTrail
from rules.eligibility.decide import find_device_failures
from rules.field_work_states import states_when_delivered
from wording.findings.decisions import describe_findings
from wording.problems.not_found import not_found
from wording.shipment import suggest_instead_of_confirmation

_H = ShipmentState


async def confirm_self_installation(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, shipment_id: str, confirmation: SelfInstallation
) -> DeviceShipment:
    """Takes the customer's confirmation. The same again changes nothing.

    Raises:
        NotFound: there is no such shipment.
        Invalid: the device cannot be taken; nothing is kept, so that the customer reads its numbers again.
        IllegalTransition: another device was confirmed before, or the shipment has ended.
    """
    now = datetime.now(UTC)
    # The enrollment before its shipment, as whoever ends it locks them.
    shipment = await session.get(DeviceShipment, shipment_id)
    if shipment is None:
        raise not_found("shipment", shipment_id)
    loaded = await load_enrollment(session, shipment.enrollment_id)
    row = await shipments.get_for_update(session, shipment_id)
    body = confirmation.model_dump(mode="json")
    if row.state is _H.CONFIRMED and row.confirmation == body:
        return row
    if row.state not in shipments.UNDER_WAY_STATES:
        raise IllegalTransition(
            f"The shipment is {row.state}; it cannot be confirmed any more.",
            fix=suggest_instead_of_confirmation(row.state, row.enrollment_id),
        )
    one = await load_candidate(
        session, catalogs, now, loaded, (to_requested_device(confirmation),), confirmation.confirmed_by
    )
    if faults := [
        Pointer(f"/{pointer.rpartition('/')[2]}", f"{finding.reason} {finding.fix}")
        for finding in describe_findings(find_device_failures(one.association.facts))
        for pointer in finding.pointers or ("/serial_number",)
    ]:
        raise Invalid(
            "The device cannot be taken; nothing was stored.",
            fix="Read the numbers on the device again and correct what the pointers name.",
            code="confirmation-refused",
            pointers=faults,
        )
    trail = AuditTrail(scope, now, row.journey)
    shipments.transition(trail, row, now, *states_when_delivered(row.state), _H.CONFIRMED)
    row.confirmation, row.sent_back = body, None
    await trail.write(session)
    await session.flush()
    await shipments.notify_workflow(session, row)
    return row


async def associate_shipped_device(
    session: AsyncSession, scope: SystemScope, catalogs: CatalogCache, enrollment_id: str, shipment_id: str
) -> InstallationResult:
    """The device that the customer confirmed is associated. One that cannot be taken after all is theirs again. Done
    again, it says what came of it.

    Raises:
        NotFound: no such enrollment or shipment.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    loaded = await load_and_resume(session, scope, enrollment_id)
    if loaded[0].state not in AWAITING_DEVICE:
        return await get_earlier_result(session, enrollment_id)
    row = await shipments.get_for_update(session, shipment_id)
    if row.state is not _H.CONFIRMED:
        return InstallationResult(state=loaded[0].state, verdict=row.sent_back or f"{row.number} is {row.state}.")
    confirmed = SelfInstallation.model_validate(row.confirmation)
    one = await load_candidate(session, catalogs, now, loaded, (to_requested_device(confirmed),), "customer")
    installed = await associate_candidate(session, scope, now, one)
    if installed.verdict:
        await shipments.send_back(session, scope, shipment_id, installed.verdict)
    return installed


async def associate_own_devices(
    session: AsyncSession, scope: SystemScope, catalogs: CatalogCache, enrollment_id: str
) -> InstallationResult:
    """The devices that the application names, checked meanwhile, are associated.

    Raises:
        NotFound: no such enrollment.
        Unavailable: another request took a serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    loaded = await load_and_resume(session, scope, enrollment_id)
    if loaded[0].state not in AWAITING_DEVICE:
        return await get_earlier_result(session, enrollment_id)
    asked = EnrollmentApplication.model_validate(loaded[0].application)
    one = await load_candidate(session, catalogs, now, loaded, asked.devices, "customer")
    installed = await associate_candidate(session, scope, now, one)
    if installed.verdict:
        return InstallationResult(
            state=installed.state, stuck=f"A device cannot be taken any more. {installed.verdict}"[:900]
        )
    return installed
