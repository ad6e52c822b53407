"""Replace a device by another one at the same location: the subscription continues, the DERMS is notified.

See docs/domain.md#replace-a-device.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.errors import NotFound
from models.ids import new_id
from models.requests.completion import Completion, InstalledDevice
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState, SubscriptionState
from models.states.sync_request import SyncKind
from models.states.unenrollment import ENDED_UNENROLLMENTS
from models.tables.service_call import ServiceCall
from models.tables.subscription import (
    Device,
    DeviceInstallation,
    DeviceLocation,
    ProgramSubscription,
    SubscriptionDevice,
)
from models.tables.unenrollment import Unenrollment
from models.values import normalize_serial_number
from operations.catalog.capacity import release, reserve
from operations.catalog.eligibility_facts import get_held_devices
from operations.catalog.versions import CatalogCache
from operations.platform.audit import AuditTrail
from operations.service_call.service_calls import LIFECYCLE
from operations.synchronization.enqueue import enqueue_sync
from rules.capacity import CapacityNeed
from rules.device_states import states_when_enrolled, states_when_replaced
from rules.registration_states import states_when_released, states_when_unenrolled
from rules.synchronization.acknowledgements import REMOVAL_STATES

_D = DeviceState
_R = RegistrationState
_REMOVED_OR_KEPT = (_R.REMOVED, _R.KEPT)

_UNENROLLING = (
    "The device was replaced while it was leaving the program, so the new one does not take part. Cancel the service "
    "call, or cancel the unenrollment and retry."
)
_SERIAL_NUMBER_TAKEN = (
    "device_installed/serial_number: by now this is of a device that is enrolled or another customer's; read it again."
)
_NO_CAPACITY = "The new device has more power than is left in the program. Add places and retry, or cancel."


@dataclass(frozen=True, slots=True)
class ReplacementResult:
    """The new device and its sync request; or why it was refused: `verdict` is for the technician to
    correct, `stuck` for a person to decide."""

    device_id: str = ""
    sync_request_id: str = ""
    verdict: str = ""
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class _Replacement:
    """All that takes part in it."""

    call: ServiceCall
    program: Program
    completion: Completion
    subscription: ProgramSubscription
    old_device: Device
    old_registration: SubscriptionDevice
    specification: Specification
    new_device: InstalledDevice
    known_device_id: str | None
    """The new device's id, if it is in our record already."""

    @property
    def more_kw(self) -> Decimal:
        return self.specification.rated_kw - self.old_device.rated_kw


async def replace_device(
    session: AsyncSession,
    trail: AuditTrail,
    catalogs: CatalogCache,
    call: ServiceCall,
    report: Completion,
    now: datetime,
) -> ReplacementResult:
    """The removed device is closed at its location, the new one installed there and put on the subscription, what it
    takes of the program made exact, and a sync request created. The old one stays known to the DERMS until it has
    taken the new one; where the program removes first, `sync_new_device` sends the new one afterwards.

    Raises:
        Unavailable (when the transaction ends): another request took the serial number at the same moment.
    """
    catalog = await catalogs.get_version(session, call.catalog_version)
    program = catalog.get_program(call.program)
    installed = report.device_installed
    found = catalog.find_specification(installed.specification, None, None) if installed else None
    if installed is None or found is None:
        return ReplacementResult(verdict="The report names no device of the catalog as installed.")
    subscription, old, registered = await _get_subscribed_device_for_update(session, call)
    if subscription.state is not SubscriptionState.ACTIVE or registered.registration in (
        *REMOVAL_STATES,
        *_REMOVED_OR_KEPT,
    ):
        return ReplacementResult(stuck=_UNENROLLING)
    if await _is_unenrolling(session, call):
        return ReplacementResult(stuck=_UNENROLLING)
    key = (normalize_serial_number(installed.serial_number), found.manufacturer.casefold())
    held = await get_held_devices(session, [key])
    for device_id, holder in held.values():
        if (
            call.customer_id not in holder.customers
            or program.exclusion_group in holder.exclusions
            or device_id == old.id
        ):
            return ReplacementResult(verdict=_SERIAL_NUMBER_TAKEN)
        if holder.state is _D.RETIRED:
            return ReplacementResult(verdict="device_installed/serial_number: this device was retired; read it again.")
    known = next((device_id for device_id, _ in held.values()), None)
    swap = _Replacement(call, program, report, subscription, old, registered, found, installed, known)
    if swap.more_kw > 0 and not await reserve(
        session, program.code, CapacityNeed(customers=0, devices=0, kw=swap.more_kw)
    ):
        return ReplacementResult(stuck=_NO_CAPACITY)
    return await _apply_replacement(session, trail, catalogs, swap, now)


async def _get_subscribed_device_for_update(
    session: AsyncSession, call: ServiceCall
) -> tuple[ProgramSubscription, Device, SubscriptionDevice]:
    statement = (
        select(ProgramSubscription, Device, SubscriptionDevice)
        .join(SubscriptionDevice, col(SubscriptionDevice.subscription_id) == col(ProgramSubscription.id))
        .join(Device, col(Device.id) == col(SubscriptionDevice.device_id))
        .where(col(ProgramSubscription.id) == call.subscription_id, col(Device.id) == call.device_id)
        .with_for_update()
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise NotFound(f"{call.device_id} is not on {call.subscription_id}.")
    return found.tuple()


async def _is_unenrolling(session: AsyncSession, call: ServiceCall) -> bool:
    """Whether this device leaves while others stay; where all leave, the new one leaves with them."""
    statement = select(col(Unenrollment.id)).where(
        col(Unenrollment.subscription_id) == call.subscription_id,
        col(Unenrollment.state).not_in(ENDED_UNENROLLMENTS),
        ~col(Unenrollment.whole),
        type_coerce(col(Unenrollment.devices), JSONB).contains([{"device": call.device_id}]),
    )
    return await session.scalar(statement) is not None


async def _apply_replacement(
    session: AsyncSession, trail: AuditTrail, catalogs: CatalogCache, swap: _Replacement, now: datetime
) -> ReplacementResult:
    one_after_the_other = swap.program.remove_first
    location = await _remove_old_device(session, trail, swap, now)
    new = await _install_new_device(session, trail, swap, location, now)
    waits = _R.INSTALLED if one_after_the_other else _R.REGISTERING
    await _register_device(session, trail, swap, new, waits)
    swap.old_registration.registration = trail.transition(
        REGISTRATION_TRANSITIONS,
        swap.old_device.id,
        swap.old_registration.registration,
        *states_when_unenrolled(swap.old_registration.registration),
    )
    swap.old_registration.replaced_by = None if one_after_the_other else new.id
    await session.flush()
    kind = SyncKind.UNENROLL if one_after_the_other else SyncKind.REPLACE_DEVICE
    request = await enqueue_sync(session, trail, catalogs, swap.subscription, kind, LIFECYCLE.ref(swap.call.id), now)
    if swap.more_kw < 0:
        await release(session, swap.program, CapacityNeed(customers=0, devices=0, kw=-swap.more_kw))
    return ReplacementResult(new.id, request)


async def _remove_old_device(session: AsyncSession, trail: AuditTrail, swap: _Replacement, now: datetime) -> str:
    """Closes the old device at its location; gives the location."""
    removed = swap.completion.device_removed
    path = states_when_replaced(
        swap.old_device.state, swap.old_device.ownership, removed.condition if removed else None
    )
    swap.old_device.state = trail.transition(
        DEVICE_TRANSITIONS, swap.old_device.id, swap.old_device.state, *path, reason="replaced"
    )
    hangs = await session.scalar(
        select(DeviceInstallation)
        .where(col(DeviceInstallation.device_id) == swap.old_device.id, col(DeviceInstallation.removed_at).is_(None))
        .with_for_update()
    )
    if hangs is None:
        return await _get_last_location(session, swap)
    hangs.removed_at = max(hangs.installed_at, min(swap.completion.finished_at, now))
    return hangs.location_id


async def _get_last_location(session: AsyncSession, swap: _Replacement) -> str:
    """Where it hung last; a device that never hung anywhere gets a place of no name."""
    last = await session.scalar(
        select(col(DeviceInstallation.location_id))
        .where(col(DeviceInstallation.device_id) == swap.old_device.id)
        .order_by(col(DeviceInstallation.installed_at).desc())
        .limit(1)
    )
    if last is not None:
        return last
    place = DeviceLocation(
        id=new_id("loc"), service_point=swap.subscription.service_point, location_type=f"after-{swap.old_device.id}"
    )
    session.add(place)
    await session.flush()
    return place.id


async def _install_new_device(
    session: AsyncSession, trail: AuditTrail, swap: _Replacement, location: str, now: datetime
) -> Device:
    """The new device, in our record and at the location."""
    device = await session.get(Device, swap.known_device_id, with_for_update=True) if swap.known_device_id else None
    if device is None:
        device = _build_device(swap)
        session.add(device)
    else:
        _update_known_device(device, swap)
    device.state = trail.transition(DEVICE_TRANSITIONS, device.id, device.state, *states_when_enrolled(device.state))
    await session.execute(
        update(DeviceInstallation)
        .where(col(DeviceInstallation.device_id) == device.id, col(DeviceInstallation.removed_at).is_(None))
        .values(removed_at=now)
    )
    await session.flush()
    session.add(
        DeviceInstallation(
            id=new_id("ins"),
            device_id=device.id,
            location_id=location,
            installed_at=min(swap.completion.finished_at, now),
            installed_by=swap.completion.technician,
        )
    )
    return device


def _build_device(swap: _Replacement) -> Device:
    installed, found = swap.new_device, swap.specification
    return Device(
        id=new_id("dev"),
        manufacturer=found.manufacturer,
        manufacturer_key=found.manufacturer.casefold(),
        model=found.model,
        serial_number=installed.serial_number,
        serial_key=normalize_serial_number(installed.serial_number),
        nic_id=installed.nic_id,
        badge_number=installed.badge_number,
        specification=found.code,
        asset_type=found.asset_type,
        head_end=found.head_end,
        ownership=swap.old_device.ownership,
        rated_kw=found.rated_kw,
        capacity_kwh=found.capacity_kwh,
        customer_id=swap.call.customer_id,
        state=_D.NEW,
    )


def _update_known_device(device: Device, swap: _Replacement) -> None:
    """A device that we knew: as the technician found it now."""
    installed, found = swap.new_device, swap.specification
    device.serial_number, device.nic_id = installed.serial_number, installed.nic_id or device.nic_id
    device.badge_number = installed.badge_number or device.badge_number
    device.specification, device.model, device.asset_type = found.code, found.model, found.asset_type
    device.head_end, device.ownership = found.head_end, swap.old_device.ownership
    device.rated_kw, device.capacity_kwh = found.rated_kw, found.capacity_kwh
    device.customer_id = swap.call.customer_id


async def _register_device(
    session: AsyncSession, trail: AuditTrail, swap: _Replacement, device: Device, registration: RegistrationState
) -> None:
    """The new device takes part; one that came back takes part anew."""
    path = (_R.INSTALLED,) if registration is _R.INSTALLED else (_R.INSTALLED, _R.REGISTERING)
    trail.transition(REGISTRATION_TRANSITIONS, device.id, _R.PROPOSED, *path)
    await session.flush()
    again = await session.get(SubscriptionDevice, (swap.subscription.id, device.id), with_for_update=True)
    if again is not None:
        again.registration, again.message, again.replaced_by = registration, "", None
        return
    session.add(
        SubscriptionDevice(
            subscription_id=swap.subscription.id,
            device_id=device.id,
            exclusion=swap.subscription.exclusion,
            registration=registration,
        )
    )


async def sync_new_device(
    session: AsyncSession, trail: AuditTrail, catalogs: CatalogCache, call: ServiceCall, now: datetime
) -> str | None:
    """Where the old device leaves the DERMS first: creates the sync request of the new one now, and returns it, or none
    if that was done before."""
    if call.replaced_by is None:
        return None
    new = await session.get(SubscriptionDevice, (call.subscription_id, call.replaced_by), with_for_update=True)
    subscription = await session.get(ProgramSubscription, call.subscription_id)
    if new is None or subscription is None or new.registration is not _R.INSTALLED:
        return None
    new.registration = trail.transition(REGISTRATION_TRANSITIONS, call.replaced_by, new.registration, _R.REGISTERING)
    old = await session.get(SubscriptionDevice, (call.subscription_id, call.device_id), with_for_update=True)
    if old is not None:
        old.replaced_by = call.replaced_by
    await session.flush()
    return await enqueue_sync(session, trail, catalogs, subscription, SyncKind.ENROLL, LIFECYCLE.ref(call.id), now)


async def settle_old_registration(session: AsyncSession, trail: AuditTrail, call: ServiceCall) -> None:
    """The old device is off the subscription for good, once the DERMS has let go of it."""
    old = await session.get(SubscriptionDevice, (call.subscription_id, call.device_id), with_for_update=True)
    if old is not None:
        path = states_when_released(old.registration, kept=False)
        old.registration = trail.transition(REGISTRATION_TRANSITIONS, call.device_id, old.registration, *path)
