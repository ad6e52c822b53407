"""Build the snapshot of a subscription that is sent to the DERMS: when it changes, and again after data was
corrected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import NotFound
from models.snapshot import (
    Snapshot,
    SyncedCustomer,
    SyncedDevice,
    SyncedLocation,
    SyncedProgram,
    SyncedSubscription,
)
from models.states.subscription import RegistrationState
from models.states.sync_request import SyncKind
from models.tables.customer import Customer, Premise, ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from operations.catalog.versions import CatalogCache, IndexedCatalog
from rules.synchronization.acknowledgements import REMOVAL_STATES, REPORTED_STATES

OFF_SUBSCRIPTION = (RegistrationState.REMOVED, RegistrationState.KEPT)
"""Devices in these states are off the subscription for good; messages to the DERMS name them no more."""

_PLACE_COLUMNS = ("cis_premise_id", "feeder", "transformer", "substation", "latitude", "longitude", "time_zone")


def assemble_snapshot(
    place: Row[Any],
    catalog: IndexedCatalog,
    subscription: Mapping[str, Any],
    devices: Sequence[Mapping[str, Any]],
    *,
    kind: SyncKind,
    sequence: int,
    transaction_id: str,
    instant: datetime,
) -> Snapshot:
    """Return what the DERMS must hold. `place` is a row with the columns of the customer and the place."""
    return Snapshot(
        sent_at=instant,
        kind=kind,
        transaction_id=transaction_id,
        sequence=sequence,
        customer=_to_synced_customer(place, subscription["account"], with_contact=catalog.includes_contact),
        location=SyncedLocation(
            cis_service_point_id=subscription["service_point"],
            **{name: getattr(place, name) for name in _PLACE_COLUMNS},
        ),
        program=SyncedProgram(code=subscription["program"]),
        subscription=SyncedSubscription(
            number=subscription["number"], start=subscription["start_at"], end=subscription.get("end_at")
        ),
        devices=tuple(_to_synced_device(device) for device in devices),
    )


def _to_synced_customer(place: Row[Any], account: str, *, with_contact: bool) -> SyncedCustomer:
    return SyncedCustomer(
        cis_person_id=place.cis_person_id,
        cis_account_id=account,
        name=place.name,
        email=place.email if with_contact else None,
        phone=place.phone if with_contact else None,
    )


def _to_synced_device(row: Mapping[str, Any]) -> SyncedDevice:
    status = {"state": row.get("device_state", "enrolled"), "replaced_by": row.get("replaced_by")}
    same = SyncedDevice.model_fields.keys() & row.keys() - status.keys()
    return SyncedDevice(device_id=row["id"], **status, **{name: row[name] for name in same})


_SELECT_SUBSCRIPTIONS = (
    select(
        ProgramSubscription,
        col(Enrollment.transaction_id),
        col(Customer.cis_person_id),
        col(Customer.name),
        col(Customer.email),
        col(Customer.phone),
        col(Premise.cis_premise_id),
        col(Premise.time_zone),
        col(ServicePoint.feeder),
        col(ServicePoint.transformer),
        col(ServicePoint.substation),
        col(ServicePoint.latitude),
        col(ServicePoint.longitude),
    )
    .join(Enrollment, col(Enrollment.id) == col(ProgramSubscription.enrollment_id))
    .join(Customer, col(Customer.id) == col(ProgramSubscription.customer_id))
    .join(ServicePoint, col(ServicePoint.cis_service_point_id) == col(ProgramSubscription.service_point))
    .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
)
"""The customer is the one of the subscription: after a move-out, another one may live at the service point."""


class SnapshotRequest(NamedTuple):
    """Which snapshot to build: of a subscription, for a kind of change, at a place in its order."""

    subscription_id: str
    kind: SyncKind
    sequence: int


async def build_snapshot(
    session: AsyncSession,
    catalogs: CatalogCache,
    subscription_id: str,
    kind: SyncKind,
    sequence: int,
    instant: datetime,
) -> dict[str, Any]:
    """Return the snapshot of a subscription as our record is now, as a JSON document.

    Raises:
        NotFound: there is no such subscription.
    """
    found = await build_snapshots(session, catalogs, [SnapshotRequest(subscription_id, kind, sequence)], instant)
    if not found:
        raise NotFound(f"There is no subscription {subscription_id}.")
    return found[0]


async def build_snapshots(
    session: AsyncSession, catalogs: CatalogCache, wanted: Sequence[SnapshotRequest], instant: datetime
) -> list[dict[str, Any]]:
    """Return the snapshots of subscriptions as our record is now, in the order asked for. Missing ones are left out."""
    ids = [one.subscription_id for one in wanted]
    found: Sequence[Any] = (
        await session.execute(_SELECT_SUBSCRIPTIONS.where(col(ProgramSubscription.id).in_(ids)))
    ).all()
    rows = {row[0].id: row for row in found}
    devices = await _get_devices(session, ids)
    catalog = await catalogs.get_current(session)
    return [
        assemble_snapshot(
            rows[one.subscription_id],
            catalog,
            rows[one.subscription_id][0].model_dump(),
            devices.get(one.subscription_id, []),
            kind=one.kind,
            sequence=one.sequence,
            transaction_id=rows[one.subscription_id].transaction_id,
            instant=instant,
        ).model_dump(mode="json")
        for one in wanted
        if one.subscription_id in rows
    ]


async def _get_devices(session: AsyncSession, subscription_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the devices on each subscription, and those being removed from it. Devices that are not installed yet, or
    off it for good, are left out."""
    rows = await session.execute(
        select(
            Device,
            col(SubscriptionDevice.subscription_id),
            col(SubscriptionDevice.registration),
            col(SubscriptionDevice.replaced_by),
        )
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id).in_(subscription_ids),
            col(SubscriptionDevice.registration).in_(REPORTED_STATES),
        )
        .order_by(col(Device.id))
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for device, subscription, registration, replaced_by in rows.all():
        status = {"device_state": _get_device_state(registration, replaced_by), "replaced_by": replaced_by}
        found.setdefault(subscription, []).append({**device.model_dump(), **status})
    return found


def _get_device_state(registration: RegistrationState, replaced_by: str | None) -> str:
    if registration not in REMOVAL_STATES:
        return "enrolled"
    return "replaced" if replaced_by else "removed"
