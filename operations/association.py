"""Associating customer and devices with the program, and the sync request that tells the DERMS: all of it at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import Unavailable
from models.ids import enrollment_workflow_id, new_id
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
from models.tables.subscription import Device, DeviceLocation, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.values import normalised_serial
from operations.audit import Trail
from operations.catalog import IndexedCatalog
from operations.rows import as_json, insert_from
from operations.snapshots import snapshot
from rules.device_paths import way_in
from rules.eligibility.facts import Facts
from rules.snapshots import snapshot_hash

_LEAVE = text(
    "UPDATE device_installation SET removed_at = :instant WHERE device_id = ANY(:devices) AND removed_at IS NULL"
)

_ASSOCIATE = text(
    f"""
    WITH subscribed AS ({insert_from(ProgramSubscription, "subscriptions")}),
    held AS (
        {insert_from(Device, "devices")}
        ON CONFLICT ON CONSTRAINT one_holder_of_a_serial DO UPDATE SET
            serial_number = excluded.serial_number, nic_id = excluded.nic_id, badge_number = excluded.badge_number,
            specification = excluded.specification, model = excluded.model, head_end = excluded.head_end,
            rated_kw = excluded.rated_kw, state = excluded.state, customer_id = excluded.customer_id
        WHERE device.id = excluded.id
        RETURNING id
    ),
    places AS (
        {insert_from(DeviceLocation, "places")}
        ON CONFLICT ON CONSTRAINT one_location_of_a_kind_and_position DO UPDATE SET position = excluded.position
        RETURNING id, location_type, position
    ),
    installed AS (
        INSERT INTO device_installation (id, device_id, location_id, installed_at, installed_by)
        SELECT i.id, i.device_id, places.id, i.installed_at, i.installed_by
        FROM jsonb_to_recordset(CAST(:installations AS jsonb))
            AS i(id text, device_id text, location_type text, position int, installed_at timestamptz, installed_by text)
        JOIN places USING (location_type, position)
    ),
    registered AS ({insert_from(SubscriptionDevice, "registrations")}),
    told AS ({insert_from(SyncRequest, "sync_requests")})
    SELECT count(*) FROM held
    """  # noqa: S608 - names of our own tables
)
"""Places outlive the devices in them. A serial number that another holds is not among `held`."""


@dataclass(frozen=True, slots=True)
class Association:
    """What is to be associated: the accepted enrolment with the facts it was accepted on."""

    row: Row[Any]
    facts: Facts
    catalog: IndexedCatalog
    known_devices: dict[int, str]
    """Devices in our record already, by their position in the application."""
    subscription: ProgramSubscription | None = None
    """The one that waits since acceptance, if the device had to be set up first."""
    installed_by: str = "customer"


async def associate(session: AsyncSession, trail: Trail, instant: datetime, what: Association) -> str:
    """Subscription active, devices installed at their places, sync request pending; gives the latter's id.

    Raises:
        Unavailable: another request took a serial number at the same moment.
    """
    subscription = _activated(what, instant)
    await session.flush()
    devices = _devices(what)
    places = _places(what)
    request = _sync_request(what, subscription, devices, instant)
    if what.known_devices:
        await session.execute(_LEAVE, {"instant": instant, "devices": list(what.known_devices.values())})
    held = await session.scalar(
        _ASSOCIATE,
        {
            "subscriptions": as_json([] if what.subscription else [subscription]),
            "devices": as_json(devices),
            "places": as_json(places),
            "installations": as_json(
                {
                    "id": new_id("ins"),
                    "device_id": device["id"],
                    "location_type": place["location_type"],
                    "position": place["position"],
                    "installed_at": instant,
                    "installed_by": what.installed_by,
                }
                for device, place in zip(devices, places, strict=True)
            ),
            "registrations": as_json(_registration(subscription, device) for device in devices),
            "sync_requests": as_json([request]),
        },
    )
    if held != len(devices):
        raise Unavailable("Another request took one of these serial numbers at the same moment.", code="raced")
    _note(trail, what, subscription["id"], devices, request["id"])
    return request["id"]


def _note(
    trail: Trail, what: Association, subscription_id: str, devices: list[dict[str, Any]], request_id: str
) -> None:
    trail.moved(SUBSCRIPTION_TRANSITIONS, subscription_id, SubscriptionState.PENDING, SubscriptionState.ACTIVE)
    known = {held.position: held.state for held in what.facts.held}
    for position, device in enumerate(devices):
        before = known.get(position, DeviceState.NEW)
        trail.moved(DEVICE_TRANSITIONS, device["id"], before, *way_in(before))
        ahead = (RegistrationState.INSTALLED, RegistrationState.REGISTERING)
        trail.moved(REGISTRATION_TRANSITIONS, device["id"], RegistrationState.PROPOSED, *ahead)
    trail.noted(request_id, "syn:pending", details={"kind": SyncKind.ENROLL})


def _activated(what: Association, instant: datetime) -> dict[str, Any]:
    """The subscription as it is from now on; it begins no earlier, however long it was waited for."""
    if what.subscription is None:
        made = subscription_of(what, SubscriptionState.ACTIVE)
        return made | {"start_at": max(made["start_at"], instant)}
    what.subscription.state = SubscriptionState.ACTIVE
    what.subscription.start_at = max(what.subscription.start_at, instant)
    return what.subscription.model_dump()


def subscription_of(what: Association, state: SubscriptionState) -> dict[str, Any]:
    """A new subscription of the accepted enrolment."""
    facts, subscription_id = what.facts, new_id("sub")
    return {
        "id": subscription_id,
        "number": f"PS-{subscription_id[-10:].upper()}",
        "enrollment_id": what.row.id,
        "program": facts.program.code,
        "exclusion": facts.program.exclusion,
        "customer_id": facts.site.customer_id,
        "account": facts.site.account,
        "service_point": facts.site.service_point,
        "state": state,
        "start_at": what.row.start_at,
    }


def _devices(what: Association) -> list[dict[str, Any]]:
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


def _places(what: Association) -> list[dict[str, Any]]:
    """One place for each device: the first, second … of its kind at the service point."""
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for asked in what.facts.devices:
        kind = asked.device_location_type or "unspecified"
        counts[kind] = counts.get(kind, 0) + 1
        point = what.facts.site.service_point
        rows.append({"id": new_id("loc"), "service_point": point, "location_type": kind, "position": counts[kind]})
    return rows


def _registration(subscription: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    return {
        "subscription_id": subscription["id"],
        "device_id": device["id"],
        "exclusion": subscription["exclusion"],
        "registration": RegistrationState.REGISTERING,
        "message": "",
        "replaced_by": None,
    }


def _sync_request(
    what: Association, subscription: dict[str, Any], devices: list[dict[str, Any]], instant: datetime
) -> dict[str, Any]:
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
    return {
        "id": new_id("syn"),
        "kind": SyncKind.ENROLL,
        "subscription_id": subscription["id"],
        "sequence": 1,
        "enrollment_id": what.row.id,
        "journey": what.row.id,
        "workflow_id": enrollment_workflow_id(what.row.id),
        "program": subscription["program"],
        "state": SyncState.PENDING,
        "revision": 1,
        "endpoint": what.catalog.derms_endpoint,
        "snapshot": picture,
        "snapshot_hash": snapshot_hash(picture),
        "held": what.facts.program.sync_policy == "batched",
        "attempts": 0,
        "created_at": instant,
        "updated_at": instant,
    }
