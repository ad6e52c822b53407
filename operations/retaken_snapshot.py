"""Taking a sync request's snapshot again, from our record as it is now: data was corrected since."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.errors import NotFound
from models.tables.customer import ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.association import snapshot
from operations.catalog import Catalogs
from operations.facts import place_of


async def retaken_snapshot(
    session: AsyncSession, catalogs: Catalogs, request: SyncRequest, instant: datetime
) -> dict[str, Any]:
    """The snapshot as a JSON document.

    Raises:
        NotFound: the subscription is gone.
    """
    statement = (
        place_of(ProgramSubscription, col(Enrollment.transaction_id))
        .join(ProgramSubscription, col(ProgramSubscription.service_point) == col(ServicePoint.cis_service_point_id))
        .join(Enrollment, col(Enrollment.id) == col(ProgramSubscription.enrollment_id))
        .where(col(ProgramSubscription.id) == request.subscription_id)
    )
    row = (await session.exec(statement)).first()
    if row is None:
        raise NotFound(f"The subscription of sync request {request.id} is gone.")
    devices = await session.exec(
        select(Device)
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(col(SubscriptionDevice.subscription_id) == request.subscription_id)
        .order_by(col(Device.id))
    )
    subscription: ProgramSubscription = row[0]
    picture = snapshot(
        row,
        await catalogs.current(session),
        subscription.model_dump(),
        [device.model_dump() for device in devices.scalars()],
        kind=request.kind,
        sequence=request.sequence,
        transaction_id=row.transaction_id,
        instant=instant,
    )
    return picture.model_dump(mode="json")
