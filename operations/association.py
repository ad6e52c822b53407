"""Associating customer and devices with the program, and the sync request that tells the DERMS, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, or_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.catalog import Specification
from models.errors import Unavailable
from models.ids import enrollment_workflow_id, new_id
from models.snapshot import (
    Snapshot,
    SyncedCustomer,
    SyncedDevice,
    SyncedLocation,
    SyncedProgram,
    SyncedSubscription,
)
from models.states import (
    DEVICE_TRANSITIONS,
    REGISTRATION_TRANSITIONS,
    SUBSCRIPTION_TRANSITIONS,
    DeviceState,
    RegistrationState,
    SubscriptionState,
    SyncKind,
    SyncState,
)
from models.tables.catalog import ProgramCapacity
from models.tables.subscription import (
    Device,
    DeviceInstallation,
    DeviceLocation,
    ProgramSubscription,
    SubscriptionDevice,
)
from models.tables.sync_request import SyncRequest
from models.values import normalised_serial
from operations.audit import Trail
from operations.catalog import IndexedCatalog
from rules.capacity import Need
from rules.eligibility.facts import Facts
from rules.snapshots import snapshot_hash


@dataclass(frozen=True, slots=True)
class Association:
    """What is to be associated: the accepted enrolment with the facts it was accepted on."""

    row: Row[Any]
    facts: Facts
    catalog: IndexedCatalog
    known_devices: dict[int, str]
    """Devices in our record already, by their position in the application."""


async def associate(session: AsyncSession, trail: Trail, instant: datetime, what: Association) -> str:
    """Subscription active, devices installed at their places, sync request pending; gives the latter's id."""
    row, facts = what.row, what.facts
    subscription_id = new_id("sub")
    subscription = {
        "id": subscription_id,
        "number": f"PS-{subscription_id[-10:].upper()}",
        "enrollment_id": row.id,
        "program": facts.program.code,
        "exclusion": facts.program.exclusion,
        "customer_id": facts.site.customer_id,
        "account": facts.site.account,
        "service_point": facts.site.service_point,
        "state": SubscriptionState.ACTIVE,
        "start_at": row.start_at,
    }
    devices = _device_rows(what)
    await session.exec(insert(ProgramSubscription).values(subscription))
    await _store_devices(session, devices)
    await _install(session, instant, what, devices, trail)
    await session.exec(
        insert(SubscriptionDevice).values(
            [
                {
                    "subscription_id": subscription_id,
                    "device_id": device["id"],
                    "exclusion": facts.program.exclusion,
                    "registration": RegistrationState.REGISTERING,
                    "message": "",
                }
                for device in devices
            ]
        )
    )
    trail.moved(SUBSCRIPTION_TRANSITIONS, subscription_id, SubscriptionState.PENDING, SubscriptionState.ACTIVE)
    for device in devices:
        trail.moved(DEVICE_TRANSITIONS, device["id"], DeviceState.INSTALLED, DeviceState.ENROLLED)
        path = (RegistrationState.INSTALLED, RegistrationState.REGISTERING)
        trail.moved(REGISTRATION_TRANSITIONS, device["id"], RegistrationState.PROPOSED, *path)
    return await _request_synchronization(session, trail, instant, what, subscription, devices)


def _device_rows(what: Association) -> list[dict[str, Any]]:
    facts = what.facts
    rows: list[dict[str, Any]] = []
    for position, (asked, found) in enumerate(zip(facts.devices, facts.specifications, strict=True)):
        if found is None or facts.application is None:
            raise ValueError("an application was accepted with a device that is not in the catalogue")
        rows.append(
            {
                "id": what.known_devices.get(position) or new_id("dev"),
                "manufacturer": found.manufacturer,
                "manufacturer_key": found.manufacturer.casefold(),
                "model": found.model,
                "serial_number": asked.serial_number,
                "serial_key": normalised_serial(asked.serial_number),
                "nic_id": asked.nic_id,
                "badge_number": asked.badge_number,
                "specification": found.code,
                "asset_type": found.asset_type,
                "head_end": found.head_end,
                "ownership": facts.application.asset_ownership,
                "rated_kw": found.rated_kw,
                "capacity_kwh": found.capacity_kwh,
                "customer_id": facts.site.customer_id,
                "state": DeviceState.ENROLLED,
            }
        )
    return rows


async def _store_devices(session: AsyncSession, devices: list[dict[str, Any]]) -> None:
    statement = upsert(Device).values(devices)
    changed = ("serial_number", "nic_id", "badge_number", "specification", "model", "head_end", "rated_kw", "state")
    stored = await session.exec(
        statement.on_conflict_do_update(
            constraint="one_holder_of_a_serial",
            set_={name: statement.excluded[name] for name in changed},
            where=(col(Device.customer_id) == statement.excluded.customer_id)
            & (col(Device.id) == statement.excluded.id),
        ).returning(col(Device.id))
    )
    if len(stored.all()) < len(devices):
        raise Unavailable("Another request took one of these serial numbers at the same moment.", code="raced")


async def _install(
    session: AsyncSession, instant: datetime, what: Association, devices: list[dict[str, Any]], trail: Trail
) -> None:
    moved = [device["id"] for position, device in enumerate(devices) if position in what.known_devices]
    if moved:
        await session.exec(
            update(DeviceInstallation)
            .where(col(DeviceInstallation.device_id).in_(moved), col(DeviceInstallation.removed_at).is_(None))
            .values(removed_at=instant)
        )
    places = await _places(session, what)
    await session.exec(
        insert(DeviceInstallation).values(
            [
                {
                    "id": new_id("ins"),
                    "device_id": device["id"],
                    "location_id": place,
                    "installed_at": instant,
                    "installed_by": "customer",
                }
                for device, place in zip(devices, places, strict=True)
            ]
        )
    )
    for position, device in enumerate(devices):
        if position not in what.known_devices:
            trail.moved(DEVICE_TRANSITIONS, device["id"], DeviceState.NEW, DeviceState.INSTALLED)


async def _places(session: AsyncSession, what: Association) -> list[str]:
    """The ids of the devices' locations, made where they are new: places outlive the devices in them."""
    counts: dict[str, int] = {}
    keys: list[tuple[str, int]] = []
    for asked in what.facts.devices:
        kind = asked.device_location_type or "unspecified"
        counts[kind] = counts.get(kind, 0) + 1
        keys.append((kind, counts[kind]))
    point = what.facts.site.service_point
    rows = [
        {"id": new_id("loc"), "service_point": point, "location_type": kind, "position": position}
        for kind, position in keys
    ]
    statement = upsert(DeviceLocation).values(rows)
    found = await session.exec(
        statement.on_conflict_do_update(
            constraint="one_location_of_a_kind_and_position",
            set_={"service_point": statement.excluded.service_point},
        ).returning(col(DeviceLocation.location_type), col(DeviceLocation.position), col(DeviceLocation.id))
    )
    ids = {(kind, position): place for kind, position, place in found.all()}
    return [ids[key] for key in keys]


async def reserve(session: AsyncSession, program: str, need: Need) -> bool:
    """Takes a place if there still is one. The condition and the table's checks are evaluated under the row's lock."""
    held, caps = (
        ProgramCapacity,
        (
            (col(ProgramCapacity.maximum_customers), ProgramCapacity.customers + need.customers),
            (col(ProgramCapacity.maximum_devices), ProgramCapacity.devices + need.devices),
            (col(ProgramCapacity.maximum_kw), ProgramCapacity.kw + need.kw),
        ),
    )
    statement = (
        update(held)
        .where(col(held.program) == program, *(or_(maximum.is_(None), wanted <= maximum) for maximum, wanted in caps))
        .values(customers=caps[0][1], devices=caps[1][1], kw=caps[2][1])
        .returning(col(held.program))
    )
    return (await session.exec(statement)).first() is not None


def _synced_device(row: dict[str, Any]) -> SyncedDevice:
    return SyncedDevice(
        device_id=row["id"],
        asset_type=row["asset_type"],
        specification=row["specification"],
        manufacturer=row["manufacturer"],
        model=row["model"],
        serial_number=row["serial_number"],
        nic_id=row["nic_id"],
        badge_number=row["badge_number"],
        ownership=row["ownership"],
        head_end=row["head_end"],
        rated_kw=row["rated_kw"],
        capacity_kwh=row["capacity_kwh"],
        state="enrolled",
    )


def snapshot(
    place: Row[Any],
    catalog: IndexedCatalog,
    subscription: dict[str, Any],
    devices: list[dict[str, Any]],
    *,
    kind: SyncKind,
    sequence: int,
    transaction_id: str,
    instant: datetime,
) -> Snapshot:
    """What the DERMS must hold; `place` is a row of `facts.place_of`."""
    contact = catalog.tells_contact
    return Snapshot(
        sent_at=instant,
        kind=kind,
        transaction_id=transaction_id,
        sequence=sequence,
        customer=SyncedCustomer(
            cis_person_id=place.cis_person_id,
            cis_account_id=subscription["account"],
            name=place.name,
            email=place.email if contact else None,
            phone=place.phone if contact else None,
        ),
        location=SyncedLocation(
            cis_premise_id=place.cis_premise_id,
            cis_service_point_id=subscription["service_point"],
            feeder=place.feeder,
            transformer=place.transformer,
            substation=place.substation,
            latitude=place.latitude,
            longitude=place.longitude,
            time_zone=place.time_zone,
        ),
        program=SyncedProgram(code=subscription["program"]),
        subscription=SyncedSubscription(
            number=subscription["number"], start=subscription["start_at"], end=subscription.get("end_at")
        ),
        devices=tuple(_synced_device(device) for device in devices),
    )


async def _request_synchronization(
    session: AsyncSession,
    trail: Trail,
    instant: datetime,
    what: Association,
    subscription: dict[str, Any],
    devices: list[dict[str, Any]],
) -> str:
    picture = snapshot(
        what.row,
        what.catalog,
        subscription,
        devices,
        kind=SyncKind.ENROLL,
        sequence=1,
        transaction_id=what.row.transaction_id,
        instant=instant,
    ).model_dump(mode="json")
    request_id = new_id("syn")
    await session.exec(
        insert(SyncRequest).values(
            {
                "id": request_id,
                "kind": SyncKind.ENROLL,
                "subscription_id": subscription["id"],
                "sequence": 1,
                "enrollment_id": what.row.id,
                "workflow_id": enrollment_workflow_id(what.row.id),
                "program": subscription["program"],
                "state": SyncState.PENDING,
                "revision": 1,
                "endpoint": what.catalog.derms_endpoint,
                "snapshot": picture,
                "snapshot_hash": snapshot_hash(picture),
                "attempts": 0,
                "created_at": instant,
                "updated_at": func.now(),
            }
        )
    )
    trail.noted(request_id, "syn:pending", details={"kind": SyncKind.ENROLL})
    return request_id
