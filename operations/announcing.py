"""Writing down that the DERMS must learn of a change: one sync request, with the snapshot as it is now."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.states import SyncKind, SyncState
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.snapshots import taken
from rules.snapshots import snapshot_hash


class Journey(NamedTuple):
    """The request a change belongs to (`enr_…`, `unr_…`, `svc_…`), and the flow that tells the DERMS of it."""

    id: str
    workflow_id: str


async def announce(
    session: AsyncSession,
    trail: Trail,
    catalogs: Catalogs,
    subscription: ProgramSubscription,
    kind: SyncKind,
    journey: Journey,
    instant: datetime,
) -> str:
    """Makes the sync request, next in its subscription's sequence; gives its id. Flush what it shall show before.

    Raises:
        Unavailable (when the transaction ends): another change of the subscription took the same place in the sequence.
    """
    last = await session.scalar(
        select(func.max(SyncRequest.sequence)).where(col(SyncRequest.subscription_id) == subscription.id)
    )
    sequence = (last or 0) + 1
    picture = await taken(session, catalogs, subscription.id, kind, sequence, instant)
    catalog = await catalogs.current(session)
    request = SyncRequest(
        id=new_id("syn"),
        kind=kind,
        subscription_id=subscription.id,
        sequence=sequence,
        enrollment_id=subscription.enrollment_id,
        journey=journey.id,
        workflow_id=journey.workflow_id,
        program=subscription.program,
        state=SyncState.PENDING,
        endpoint=catalog.derms_endpoint,
        snapshot=picture,
        snapshot_hash=snapshot_hash(picture),
        created_at=instant,
        updated_at=instant,
    )
    session.add(request)
    trail.noted(request.id, "syn:pending", details={"kind": kind})
    await session.flush()
    return request.id
