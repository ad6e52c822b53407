"""Associate customer and devices with the program and create the sync request, in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import Unavailable
from models.ids import new_id
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from models.states.subscription import (
    REGISTRATION_TRANSITIONS,
    SUBSCRIPTION_TRANSITIONS,
    RegistrationState,
    SubscriptionState,
)
from models.states.sync_request import SyncKind
from models.tables.subscription import Device, DeviceLocation, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.values import normalize_serial_number
from operations.catalog.versions import IndexedCatalog
from operations.enrollment.enrollments import LIFECYCLE
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from operations.synchronization.enqueue import build_sync_request
from operations.synchronization.snapshots import assemble_snapshot
from rules.device_states import states_when_enrolled
from rules.eligibility.facts import EligibilityFacts

_CLOSE_INSTALLATIONS = text(
    "UPDATE device_installation SET removed_at = :instant WHERE device_id = ANY(:devices) AND removed_at IS NULL"
)

_ASSOCIATE = text(
    f"""
    WITH subscribed AS ({build_insert(ProgramSubscription, "subscriptions")}),
    held AS (
        {build_insert(Device, "devices")}
        ON CONFLICT ON CONSTRAINT one_holder_of_a_serial DO UPDATE SET
            serial_number = excluded.serial_number, nic_id = excluded.nic_id, badge_number = excluded.badge_number,
            specification = excluded.specification, model = excluded.model, head_end = excluded.head_end,
            rated_kw = excluded.rated_kw, state = excluded.state, customer_id = excluded.customer_id
        WHERE device.id = excluded.id
        RETURNING id
    ),
    places AS (
        {build_insert(DeviceLocation, "places")}
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
    registered AS ({build_insert(SubscriptionDevice, "registrations")}),
    synced AS ({build_insert(SyncRequest, "sync_requests")})
    SELECT count(*) FROM held
    """  # noqa: S608 - names of our own tables
)
"""Places outlive the devices in them. A serial number that another holds is not among `held`."""


@dataclass(frozen=True, slots=True)
class Association:
    """What is to be associated: the accepted enrollment with the facts it was accepted on."""

    enrollment: Row[Any]
    facts: EligibilityFacts
    catalog: IndexedCatalog
    known_devices: dict[int, str]
    """Devices in our record already, by their position in the application."""
    subscription: ProgramSubscription | None = None
    """The one that waits since acceptance, if the device had to be set up first."""
    installed_by: str = "customer"


async def associate_devices(session: AsyncSession, trail: AuditTrail, instant: datetime, what: Association) -> str:
    """Subscription active, devices installed at their places, sync request pending; gives the latter's id.

    Raises:
        Unavailable: another request took a serial number at the same moment.
    """
    subscription = _activate_subscription(what, instant)
    await session.flush()
    devices = _build_device_rows(what)
    places = _build_location_rows(what)
    request = _build_sync_request_row(what, subscription, devices, instant)
    if what.known_devices:
        await session.execute(_CLOSE_INSTALLATIONS, {"instant": instant, "devices": list(what.known_devices.values())})
    held = await session.scalar(
        _ASSOCIATE,
        {
            "subscriptions": to_json([] if what.subscription else [subscription]),
            "devices": to_json(devices),
            "places": to_json(places),
            "installations": to_json(
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
            "registrations": to_json(_build_registration_row(subscription, device) for device in devices),
            "sync_requests": to_json([request]),
        },
    )
    if held != len(devices):
        raise Unavailable("Another request took one of these serial numbers at the same moment.", code="raced")
    _audit_association(trail, what, subscription["id"], devices, request["id"])
    return request["id"]


def _audit_association(
    trail: AuditTrail, what: Association, subscription_id: str, devices: list[dict[str, Any]], request_id: str
) -> None:
    trail.transition(SUBSCRIPTION_TRANSITIONS, subscription_id, SubscriptionState.PENDING, SubscriptionState.ACTIVE)
    known = {held.position: held.state for held in what.facts.known_devices}
    for position, device in enumerate(devices):
        before = known.get(position, DeviceState.NEW)
        trail.transition(DEVICE_TRANSITIONS, device["id"], before, *states_when_enrolled(before))
        ahead = (RegistrationState.INSTALLED, RegistrationState.REGISTERING)
        trail.transition(REGISTRATION_TRANSITIONS, device["id"], RegistrationState.PROPOSED, *ahead)
    trail.note(request_id, "syn:pending", details={"kind": SyncKind.ENROLL})


def _activate_subscription(what: Association, instant: datetime) -> dict[str, Any]:
    """The subscription as it is from now on; it begins no earlier, however long it was waited for."""
    if what.subscription is None:
        made = build_subscription(what, SubscriptionState.ACTIVE)
        return made | {"start_at": max(made["start_at"], instant)}
    what.subscription.state = SubscriptionState.ACTIVE
    what.subscription.start_at = max(what.subscription.start_at, instant)
    return what.subscription.model_dump()


def build_subscription(what: Association, state: SubscriptionState) -> dict[str, Any]:
    """A new subscription of the accepted enrollment."""
    facts, subscription_id = what.facts, new_id("sub")
    return {
        "id": subscription_id,
        "number": f"PS-{subscription_id[-10:].upper()}",
        "enrollment_id": what.enrollment.id,
        "program": facts.program.code,
        "exclusion": facts.program.exclusion_group,
        "customer_id": facts.site.customer_id,
        "account": facts.site.account,
        "service_point": facts.site.service_point,
        "state": state,
        "start_at": what.enrollment.start_at,
    }


def _build_device_rows(what: Association) -> list[dict[str, Any]]:
    facts = what.facts
    rows: list[dict[str, Any]] = []
    for position, (asked, found) in enumerate(zip(facts.devices, facts.specifications, strict=True)):
        if found is None or facts.application is None:
            raise ValueError("an application was accepted with a device that is not in the catalog")
        rows.append(
            {
                "id": what.known_devices.get(position) or new_id("dev"),
                "manufacturer": found.manufacturer,
                "manufacturer_key": found.manufacturer.casefold(),
                "model": found.model,
                "serial_number": asked.serial_number,
                "serial_key": normalize_serial_number(asked.serial_number),
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


def _build_location_rows(what: Association) -> list[dict[str, Any]]:
    """One place for each device: the first, second … of its kind at the service point."""
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for asked in what.facts.devices:
        kind = asked.device_location_type or "unspecified"
        counts[kind] = counts.get(kind, 0) + 1
        point = what.facts.site.service_point
        rows.append({"id": new_id("loc"), "service_point": point, "location_type": kind, "position": counts[kind]})
    return rows


def _build_registration_row(subscription: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    return {
        "subscription_id": subscription["id"],
        "device_id": device["id"],
        "exclusion": subscription["exclusion"],
        "registration": RegistrationState.REGISTERING,
        "message": "",
        "replaced_by": None,
    }


def _build_sync_request_row(
    what: Association, subscription: dict[str, Any], devices: list[dict[str, Any]], instant: datetime
) -> dict[str, Any]:
    snapshot = assemble_snapshot(
        what.enrollment,
        what.catalog,
        subscription,
        devices,
        kind=SyncKind.ENROLL,
        sequence=1,
        transaction_id=what.enrollment.transaction_id,
        instant=instant,
    )
    ref = LIFECYCLE.ref(what.enrollment.id)
    return build_sync_request(subscription, snapshot.model_dump(mode="json"), ref, what.catalog, instant)
