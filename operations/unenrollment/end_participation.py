"""End the participation of devices: notify the DERMS, release capacity, and end the subscription with the last one."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.errors import Conflict
from models.scope import SystemScope
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from models.states.service_call import ServiceCallState
from models.states.subscription import REGISTRATION_TRANSITIONS, SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.states.sync_request import SyncKind
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, DeviceInstallation, ProgramSubscription, SubscriptionDevice
from operations.catalog.capacity import release
from operations.catalog.versions import CatalogCache
from operations.enrollment.subscriptions import select_devices
from operations.platform.audit import AuditTrail
from operations.service_call import decisions
from operations.synchronization.enqueue import enqueue_sync
from operations.unenrollment.unenrollments import LIFECYCLE
from rules.capacity import CapacityNeed
from rules.registration_states import states_when_released, states_when_unenrolled

_D = DeviceState
_C = ServiceCallState
_CANCELLABLE_CALLS = (_C.OPEN, _C.TROUBLESHOOTING, _C.WORK_REQUESTED, _C.AWAITING_SITE_VISIT)
_CANCEL_REASON = "The device has left the program."


@dataclass(frozen=True, slots=True)
class ParticipationEnd:
    """Which devices end their participation in a subscription.

    `ends_subscription`: no device is left on it then. `urgent`: control stops at once, whatever the sync policy says.
    """

    unenrollment_id: str
    subscription: ProgramSubscription
    program: Program
    devices: tuple[str, ...]
    ends_subscription: bool
    urgent: bool


async def end_participation(
    session: AsyncSession, trail: AuditTrail, catalogs: CatalogCache, what: ParticipationEnd, instant: datetime
) -> str:
    """Ends their participation at this instant and returns the sync request that notifies the DERMS."""
    registrations = await _list_registrations_for_update(session, what.subscription.id, what.devices)
    kw = Decimal(0)
    for device, registered in registrations:
        path = states_when_unenrolled(registered.registration)
        registered.registration = trail.transition(REGISTRATION_TRANSITIONS, device.id, registered.registration, *path)
        if device.state in (_D.ENROLLED, _D.FAULTY):
            device.state = trail.transition(DEVICE_TRANSITIONS, device.id, device.state, _D.INSTALLED)
        kw += device.rated_kw
    if what.ends_subscription:
        _end_subscription(trail, what.subscription, instant)
    await session.flush()
    request_ref = LIFECYCLE.ref(what.unenrollment_id)
    request = await enqueue_sync(
        session, trail, catalogs, what.subscription, SyncKind.UNENROLL, request_ref, instant, urgent=what.urgent
    )
    await _cancel_service_calls(session, what.devices)
    await release(
        session, what.program, CapacityNeed(devices=len(registrations), kw=kw, customers=int(what.ends_subscription))
    )
    return request


async def _cancel_service_calls(session: AsyncSession, devices: tuple[str, ...]) -> None:
    """Nobody is helped with a device that takes part no more. A call is left to people where a technician is or was
    there, where it waits for a person, or where somebody is just deciding on it: nobody waits for each other here."""
    of_these = col(ServiceCall.device_id).in_(devices), col(ServiceCall.state).in_(_CANCELLABLE_CALLS)
    open_calls = await session.scalars(select(col(ServiceCall.id)).where(*of_these).with_for_update(skip_locked=True))
    for call in open_calls.all():
        with suppress(Conflict):
            await decisions.cancel_service_call(session, SystemScope(actor="unenroll"), call, _CANCEL_REASON)


def _end_subscription(trail: AuditTrail, subscription: ProgramSubscription, instant: datetime) -> None:
    state = SubscriptionState
    path = (state.ENDED,) if subscription.state is state.ENDING else (state.ENDING, state.ENDED)
    subscription.state = trail.transition(SUBSCRIPTION_TRANSITIONS, subscription.id, subscription.state, *path)
    subscription.end_at = instant


async def _list_registrations_for_update(
    session: AsyncSession, subscription_id: str, devices: tuple[str, ...]
) -> list[tuple[Device, SubscriptionDevice]]:
    rows = await session.execute(select_devices(subscription_id).where(col(Device.id).in_(devices)).with_for_update())
    return list(rows)


async def record_device_removed(session: AsyncSession, trail: AuditTrail, device_id: str, instant: datetime) -> None:
    """The device hangs there no more."""
    device = await session.get(Device, device_id, with_for_update=True)
    if device is not None and _D.REMOVED in DEVICE_TRANSITIONS[device.state]:
        device.state = trail.transition(DEVICE_TRANSITIONS, device.id, device.state, _D.REMOVED)
    await session.execute(
        update(DeviceInstallation)
        .where(col(DeviceInstallation.device_id) == device_id, col(DeviceInstallation.removed_at).is_(None))
        .values(removed_at=instant)
    )


async def settle_registrations(
    session: AsyncSession, trail: AuditTrail, subscription_id: str, kept: dict[str, bool]
) -> None:
    """What the DERMS has let go of is removed or kept for good; `kept` says which of those that have left."""
    for device, registered in await _list_registrations_for_update(session, subscription_id, tuple(kept)):
        path = states_when_released(registered.registration, kept=kept[device.id])
        registered.registration = trail.transition(REGISTRATION_TRANSITIONS, device.id, registered.registration, *path)
