"""A device makes way for another at the same location: the subscription stays, the DERMS is told.

See docs/domain.md#replace-a-device.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog import Program, Specification
from models.completion import Completion, InstalledDevice
from models.errors import NotFound
from models.ids import new_id, service_call_workflow_id
from models.states import (
    DEVICE_TRANSITIONS,
    REGISTRATION_TRANSITIONS,
    DeviceState,
    RegistrationState,
    SubscriptionState,
    SyncKind,
)
from models.tables.service_call import ServiceCall
from models.tables.subscription import (
    Device,
    DeviceInstallation,
    DeviceLocation,
    ProgramSubscription,
    SubscriptionDevice,
)
from models.tables.unenrollment import Unenrollment
from models.values import normalised_serial
from operations.announcing import Journey, announce
from operations.audit import Trail
from operations.capacity import release, reserve
from operations.catalog import Catalogs
from operations.facts import held_devices
from operations.unenrollments import ENDED
from rules.acknowledgements import LEAVING
from rules.capacity import Need
from rules.device_paths import way_in, way_out
from rules.registrations_after import leaving, settled

_D = DeviceState
_R = RegistrationState
_GONE = (_R.REMOVED, _R.KEPT)

_LEAVING = (
    "The device was replaced while it was leaving the program, so the new one does not take part. Cancel the service "
    "call, or cancel the unenrolment and retry."
)
_TAKEN = (
    "device_installed/serial_number: by now this is of a device that is enrolled or another customer's; read it again."
)
_NO_ROOM = "The new device has more power than is left in the program. Add places and retry, or cancel."


@dataclass(frozen=True, slots=True)
class Replaced:
    """The device that came, and the sync request that tells of it; or why not: `verdict` is for the technician to
    correct, `stuck` for a person to decide."""

    device_id: str = ""
    sync_request_id: str = ""
    verdict: str = ""
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class _Swap:
    """All that takes part in it."""

    call: ServiceCall
    program: Program
    completion: Completion
    subscription: ProgramSubscription
    old: Device
    standing: SubscriptionDevice
    specification: Specification
    installed: InstalledDevice
    known: str | None
    """The new device's id, if it is in our record already."""

    @property
    def more_kw(self) -> Decimal:
        return self.specification.rated_kw - self.old.rated_kw


async def replace(
    session: AsyncSession, trail: Trail, catalogs: Catalogs, call: ServiceCall, report: Completion, now: datetime
) -> Replaced:
    """The removed device is closed at its location, the new one installed there and put on the subscription, what it
    takes of the program made exact, and the DERMS is to be told. The old one stays known to the DERMS until it has
    taken the new one; where the program removes first, the new one is told of by `tell_of_new` afterwards.

    Raises:
        Unavailable (when the transaction ends): another request took the serial number at the same moment.
    """
    catalog = await catalogs.version(session, call.catalog_version)
    program = catalog.program(call.program)
    installed = report.device_installed
    found = catalog.specification(installed.specification, None, None) if installed else None
    if installed is None or found is None:
        return Replaced(verdict="The report names no device of the catalogue as installed.")
    subscription, old, standing = await _standing(session, call)
    if subscription.state is not SubscriptionState.ACTIVE or standing.registration in (*LEAVING, *_GONE):
        return Replaced(stuck=_LEAVING)
    if await _asked_to_leave(session, call):
        return Replaced(stuck=_LEAVING)
    key = (normalised_serial(installed.serial_number), found.manufacturer.casefold())
    held = await held_devices(session, [key])
    for device_id, holder in held.values():
        if call.customer_id not in holder.customers or program.exclusion in holder.exclusions or device_id == old.id:
            return Replaced(verdict=_TAKEN)
        if holder.state is _D.RETIRED:
            return Replaced(verdict="device_installed/serial_number: this device was retired; read it again.")
    known = next((device_id for device_id, _ in held.values()), None)
    swap = _Swap(call, program, report, subscription, old, standing, found, installed, known)
    if swap.more_kw > 0 and not await reserve(session, program.code, Need(customers=0, devices=0, kw=swap.more_kw)):
        return Replaced(stuck=_NO_ROOM)
    return await _swap(session, trail, catalogs, swap, now)


async def _standing(session: AsyncSession, call: ServiceCall) -> tuple[ProgramSubscription, Device, SubscriptionDevice]:
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


async def _asked_to_leave(session: AsyncSession, call: ServiceCall) -> bool:
    """Whether this device leaves while others stay; where all leave, the new one leaves with them."""
    statement = select(col(Unenrollment.id)).where(
        col(Unenrollment.subscription_id) == call.subscription_id,
        col(Unenrollment.state).not_in(ENDED),
        ~col(Unenrollment.whole),
        col(Unenrollment.devices).contains([{"device": call.device_id}]),
    )
    return await session.scalar(statement) is not None


async def _swap(session: AsyncSession, trail: Trail, catalogs: Catalogs, swap: _Swap, now: datetime) -> Replaced:
    one_after_the_other = swap.program.remove_first
    location = await _taken_down(session, trail, swap, now)
    new = await _put_up(session, trail, swap, location, now)
    waits = _R.INSTALLED if one_after_the_other else _R.REGISTERING
    await _on_subscription(session, trail, swap, new, waits)
    swap.standing.registration = trail.moved(
        REGISTRATION_TRANSITIONS, swap.old.id, swap.standing.registration, *leaving(swap.standing.registration)
    )
    swap.standing.replaced_by = None if one_after_the_other else new.id
    await session.flush()
    kind = SyncKind.UNENROLL if one_after_the_other else SyncKind.REPLACE_DEVICE
    request = await announce(session, trail, catalogs, swap.subscription, kind, _journey(swap.call), now)
    if swap.more_kw < 0:
        await release(session, swap.program, Need(customers=0, devices=0, kw=-swap.more_kw))
    return Replaced(new.id, request)


def _journey(call: ServiceCall) -> Journey:
    return Journey(call.id, service_call_workflow_id(call.id))


async def _taken_down(session: AsyncSession, trail: Trail, swap: _Swap, now: datetime) -> str:
    """Closes the old device at its location; gives the location."""
    removed = swap.completion.device_removed
    path = way_out(swap.old.state, swap.old.ownership, removed.condition if removed else None)
    swap.old.state = trail.moved(DEVICE_TRANSITIONS, swap.old.id, swap.old.state, *path, reason="replaced")
    hangs = await session.scalar(
        select(DeviceInstallation)
        .where(col(DeviceInstallation.device_id) == swap.old.id, col(DeviceInstallation.removed_at).is_(None))
        .with_for_update()
    )
    if hangs is None:
        return await _some_location(session, swap)
    hangs.removed_at = max(hangs.installed_at, min(swap.completion.finished_at, now))
    return hangs.location_id


async def _some_location(session: AsyncSession, swap: _Swap) -> str:
    """Where it hung last; a device that never hung anywhere gets a place of no name."""
    last = await session.scalar(
        select(col(DeviceInstallation.location_id))
        .where(col(DeviceInstallation.device_id) == swap.old.id)
        .order_by(col(DeviceInstallation.installed_at).desc())
        .limit(1)
    )
    if last is not None:
        return last
    place = DeviceLocation(
        id=new_id("loc"), service_point=swap.subscription.service_point, location_type=f"after-{swap.old.id}"
    )
    session.add(place)
    await session.flush()
    return place.id


async def _put_up(session: AsyncSession, trail: Trail, swap: _Swap, location: str, now: datetime) -> Device:
    """The new device, in our record and at the location."""
    device = await session.get(Device, swap.known, with_for_update=True) if swap.known else None
    if device is None:
        device = _unknown_device(swap)
        session.add(device)
    else:
        _brought_up_to_date(device, swap)
    device.state = trail.moved(DEVICE_TRANSITIONS, device.id, device.state, *way_in(device.state))
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


def _unknown_device(swap: _Swap) -> Device:
    installed, found = swap.installed, swap.specification
    return Device(
        id=new_id("dev"),
        manufacturer=found.manufacturer,
        manufacturer_key=found.manufacturer.casefold(),
        model=found.model,
        serial_number=installed.serial_number,
        serial_key=normalised_serial(installed.serial_number),
        nic_id=installed.nic_id,
        badge_number=installed.badge_number,
        specification=found.code,
        asset_type=found.asset_type,
        head_end=found.head_end,
        ownership=swap.old.ownership,
        rated_kw=found.rated_kw,
        capacity_kwh=found.capacity_kwh,
        customer_id=swap.call.customer_id,
        state=_D.NEW,
    )


def _brought_up_to_date(device: Device, swap: _Swap) -> None:
    """A device that we knew: as the technician found it now."""
    installed, found = swap.installed, swap.specification
    device.serial_number, device.nic_id = installed.serial_number, installed.nic_id or device.nic_id
    device.badge_number = installed.badge_number or device.badge_number
    device.specification, device.model, device.asset_type = found.code, found.model, found.asset_type
    device.head_end, device.ownership = found.head_end, swap.old.ownership
    device.rated_kw, device.capacity_kwh = found.rated_kw, found.capacity_kwh
    device.customer_id = swap.call.customer_id


async def _on_subscription(
    session: AsyncSession, trail: Trail, swap: _Swap, device: Device, registration: RegistrationState
) -> None:
    """The new device takes part; one that came back takes part anew."""
    path = (_R.INSTALLED,) if registration is _R.INSTALLED else (_R.INSTALLED, _R.REGISTERING)
    trail.moved(REGISTRATION_TRANSITIONS, device.id, _R.PROPOSED, *path)
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


async def tell_of_new(
    session: AsyncSession, trail: Trail, catalogs: Catalogs, call: ServiceCall, now: datetime
) -> str | None:
    """Where the old device was to leave the DERMS first: has the new one told of now; gives the sync request, or none
    if that was done before."""
    if call.replaced_by is None:
        return None
    new = await session.get(SubscriptionDevice, (call.subscription_id, call.replaced_by), with_for_update=True)
    subscription = await session.get(ProgramSubscription, call.subscription_id)
    if new is None or subscription is None or new.registration is not _R.INSTALLED:
        return None
    new.registration = trail.moved(REGISTRATION_TRANSITIONS, call.replaced_by, new.registration, _R.REGISTERING)
    old = await session.get(SubscriptionDevice, (call.subscription_id, call.device_id), with_for_update=True)
    if old is not None:
        old.replaced_by = call.replaced_by
    await session.flush()
    return await announce(session, trail, catalogs, subscription, SyncKind.ENROLL, _journey(call), now)


async def let_go(session: AsyncSession, trail: Trail, call: ServiceCall) -> None:
    """The old device is off the subscription for good, once the DERMS has let go of it."""
    old = await session.get(SubscriptionDevice, (call.subscription_id, call.device_id), with_for_update=True)
    if old is not None:
        path = settled(old.registration, kept=False)
        old.registration = trail.moved(REGISTRATION_TRANSITIONS, call.device_id, old.registration, *path)
