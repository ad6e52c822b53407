"""Shipments of devices to customers: create one, record its progress and its reminders, cancel it.

See docs/domain.md#device-setup.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.service_tasks import ServiceLevel
from models.ids import new_id
from models.messages.shipment import SHIPMENT_CHANGED, AwaitedShipment, ShipmentChanged, ShipmentStatus
from models.requests.shipment import ShipmentDispatch
from models.scope import Scope
from models.states.shipment import SHIPMENT_TRANSITIONS, ShipmentState
from models.tables.device_setup import DeviceShipment
from models.tables.subscription import ProgramSubscription
from operations.field_work.context import build_context
from operations.field_work.reminders import mark_reminded
from operations.field_work.unclaimed_work import mark_unclaimed
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import Lifecycle, RequestRef
from rules.field_work_states import states_when_delivered

_H = ShipmentState
UNDER_WAY_STATES = (_H.ORDERED, _H.SHIPPED, _H.DELIVERED)


async def create_shipment(
    session: AsyncSession,
    trail: AuditTrail,
    subscription: ProgramSubscription,
    request: RequestRef,
    catalog_version: int,
    level: ServiceLevel,
    instant: datetime,
) -> AwaitedShipment:
    """Have a device sent. The workflow that asked for it waits until the customer has installed it."""
    shipment_id = new_id("shp")
    session.add(
        DeviceShipment(
            id=shipment_id,
            number=f"SH-{shipment_id[-10:].upper()}",
            **build_context(request, subscription, catalog_version),
            state=_H.ORDERED,
            created_at=instant,
            updated_at=instant,
        )
    )
    trail.note(shipment_id, "shp:ordered")
    await session.flush()
    return to_shipment_message(shipment_id, level)


def to_shipment_message(shipment_id: str, level: ServiceLevel) -> AwaitedShipment:
    """Return the shipment as its workflow waits for it."""
    return AwaitedShipment(
        shipment_id=shipment_id,
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
    )


LIFECYCLE = Lifecycle(table=DeviceShipment, kind="shipment", transitions=SHIPMENT_TRANSITIONS)
get_for_update = LIFECYCLE.get_for_update


async def get_latest_of_enrollment(session: AsyncSession, enrollment_id: str) -> DeviceShipment | None:
    """Return the newest shipment of an enrollment."""
    statement = select(DeviceShipment).where(col(DeviceShipment.journey) == enrollment_id)
    return await session.scalar(statement.order_by(col(DeviceShipment.id).desc()).limit(1))


def transition(
    trail: AuditTrail, row: DeviceShipment, instant: datetime, *path: ShipmentState, reason: str = ""
) -> None:
    """Move a shipment along a path of states. The wait for it begins again, and it no longer needs attention."""
    LIFECYCLE.transition(trail, row, instant, *path, reason=reason)
    row.escalated_at = None
    row.unclaimed = None if row.state is _H.RETURNED else row.unclaimed


async def notify_workflow(session: AsyncSession, row: DeviceShipment) -> None:
    """Notify the workflow that waits for the shipment."""
    message = ShipmentChanged(shipment_id=row.id, message_id=f"{row.id}/{row.version}")
    await outbox.enqueue_signals(session, SHIPMENT_CHANGED, [(row.workflow_id, message)])


async def record_shipped(
    session: AsyncSession, scope: Scope, shipment_id: str, dispatch: ShipmentDispatch
) -> DeviceShipment:
    """Record that the device left the warehouse.

    While the parcel is on its way, a repetition adds or corrects the carrier and the tracking reference; what it does
    not name stays.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is further, or has ended.
    """
    row = await get_for_update(session, shipment_id)
    before = (row.carrier, row.tracking_reference)
    row.carrier = dispatch.carrier or row.carrier
    row.tracking_reference = dispatch.tracking_reference or row.tracking_reference
    if row.state is not _H.SHIPPED:
        return await _transition_and_notify(session, scope, row, _H.SHIPPED)
    after = (row.carrier, row.tracking_reference)
    if after != before:
        now = datetime.now(UTC)
        trail = AuditTrail(scope, now, row.journey)
        row.updated_at, row.version = now, row.version + 1
        trail.note(row.id, "shp:tracked", details={"before": before, "after": after})
        await trail.write(session)
    return row


async def record_delivered(session: AsyncSession, scope: Scope, shipment_id: str) -> DeviceShipment:
    """Record that the parcel has arrived. A repetition changes nothing, nor does it after the customer has confirmed.

    Raises:
        NotFound: there is none.
        IllegalTransition: it has ended.
    """
    row = await get_for_update(session, shipment_id)
    if row.state in (_H.DELIVERED, _H.CONFIRMED):
        return row
    return await _transition_and_notify(session, scope, row, *states_when_delivered(row.state) or (_H.DELIVERED,))


async def record_returned(session: AsyncSession, scope: Scope, shipment_id: str, reason: str) -> DeviceShipment:
    """Record that the device came back. A repetition changes nothing.

    Raises:
        NotFound: there is none.
        IllegalTransition: it never left, or is installed.
    """
    row = await get_for_update(session, shipment_id)
    return (
        row
        if row.state is _H.RETURNED
        else await _transition_and_notify(session, scope, row, _H.RETURNED, reason=reason)
    )


async def _transition_and_notify(
    session: AsyncSession, scope: Scope, row: DeviceShipment, *path: ShipmentState, reason: str = ""
) -> DeviceShipment:
    """Move the shipment along a path of states and notify the workflow that waits for it."""
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, row.journey)
    transition(trail, row, now, *path, reason=reason)
    await trail.write(session)
    await notify_workflow(session, row)
    return row


async def record_reminder(session: AsyncSession, scope: Scope, shipment_id: str, *, escalate: bool) -> DeviceShipment:
    """Note that the shipment has waited too long. An escalated one is on the list of what needs attention.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, shipment_id)
    if row.state not in UNDER_WAY_STATES:
        return row
    trail = AuditTrail(scope, now, row.journey)
    mark_reminded(trail, row, now, escalate=escalate)
    await trail.write(session)
    return row


async def send_back(session: AsyncSession, scope: Scope, shipment_id: str, reason: str) -> DeviceShipment:
    """Return the shipment to the customer, with the reason why the device that they confirmed cannot be used.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, shipment_id)
    trail = AuditTrail(scope, now, row.journey)
    transition(trail, row, now, _H.DELIVERED, reason=reason)
    row.sent_back, row.confirmation = reason, None
    await trail.write(session)
    return row


async def cancel_open_shipments(
    session: AsyncSession, trail: AuditTrail, request_id: str, instant: datetime, reason: str, *, expired: bool
) -> None:
    """End the shipments of a request that no longer needs them. A device that left the warehouse may still come
    back."""
    end = _H.EXPIRED if expired else _H.CANCELLED
    statement = select(DeviceShipment).where(
        col(DeviceShipment.journey) == request_id, col(DeviceShipment.state).in_((*UNDER_WAY_STATES, _H.CONFIRMED))
    )
    for row in (await session.execute(statement.with_for_update())).scalars():
        if row.state is not _H.ORDERED:
            mark_unclaimed(trail, row, instant, f"A device was sent to the customer, who does not take part: {reason}")
        transition(trail, row, instant, end if end in SHIPMENT_TRANSITIONS[row.state] else _H.CANCELLED, reason=reason)


def to_shipment_status(row: DeviceShipment) -> ShipmentStatus:
    """Return the status of the shipment, as its workflow needs it."""
    return ShipmentStatus(
        shipment_id=row.id, state=row.state, waits=row.state in UNDER_WAY_STATES, verdict=(row.sent_back or "")[:500]
    )
