"""Taking the snapshot of a subscription: when it changes, and again after data was corrected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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
from models.states import RegistrationState, SyncKind
from models.tables.customer import ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from operations.catalog import Catalogs, IndexedCatalog
from operations.facts import place_of

GONE = (RegistrationState.REMOVED, RegistrationState.KEPT)
"""Off the subscription for good; the DERMS is told of them no more."""

_LEAVING = (RegistrationState.REMOVING, RegistrationState.DEREGISTERED)


def snapshot(
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
        devices=tuple(_device(device) for device in devices),
    )


def _device(row: Mapping[str, Any]) -> SyncedDevice:
    told = {"state": row.get("told_as", "enrolled"), "replaced_by": row.get("replaced_by")}
    same = SyncedDevice.model_fields.keys() & row.keys() - told.keys()
    return SyncedDevice(device_id=row["id"], **told, **{name: row[name] for name in same})


async def taken(
    session: AsyncSession, catalogs: Catalogs, subscription_id: str, kind: SyncKind, sequence: int, instant: datetime
) -> dict[str, Any]:
    """The snapshot of a subscription as our record is now, as a JSON document.

    Raises:
        NotFound: the subscription is gone.
    """
    statement = (
        place_of(ProgramSubscription, col(Enrollment.transaction_id))
        .join(ProgramSubscription, col(ProgramSubscription.service_point) == col(ServicePoint.cis_service_point_id))
        .join(Enrollment, col(Enrollment.id) == col(ProgramSubscription.enrollment_id))
        .where(col(ProgramSubscription.id) == subscription_id)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound(f"There is no subscription {subscription_id}.")
    subscription: ProgramSubscription = row[0]
    picture = snapshot(
        row,
        await catalogs.current(session),
        subscription.model_dump(),
        await _devices(session, subscription_id),
        kind=kind,
        sequence=sequence,
        transaction_id=row.transaction_id,
        instant=instant,
    )
    return picture.model_dump(mode="json")


async def _devices(session: AsyncSession, subscription_id: str) -> list[dict[str, Any]]:
    """Those on the subscription, and those on their way out; who is gone for good is told no more."""
    rows = await session.execute(
        select(Device, col(SubscriptionDevice.registration), col(SubscriptionDevice.replaced_by))
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == subscription_id,
            col(SubscriptionDevice.registration).not_in(GONE),
        )
        .order_by(col(Device.id))
    )
    return [
        {**device.model_dump(), "told_as": _told_as(registration, replaced_by), "replaced_by": replaced_by}
        for device, registration, replaced_by in rows.all()
    ]


def _told_as(registration: RegistrationState, replaced_by: str | None) -> str:
    if registration not in _LEAVING:
        return "enrolled"
    return "replaced" if replaced_by else "removed"
