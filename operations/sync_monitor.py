"""The sync request monitor: releases what waits for a batch, hurries what is overdue, lets old drafts expire."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronize import SYNC_TURN, SyncTurn
from models.scope import Scope
from models.states import SyncState
from models.tables.sync_request import SyncRequest
from operations import outbox, process_flows
from operations.batches import Done
from operations.catalog import Catalogs
from operations.sync_turns import release_held
from rules.sync_order import FINAL

ROWS_A_PAGE = 200


async def release(session: AsyncSession, scope: Scope, catalogs: Catalogs) -> Done:
    """Lets a page of held messages go, each by itself: those that are not sent together."""
    catalog = await catalogs.current(session)
    together = None if catalog.derms_batch_size is None else catalog.derms_endpoint
    released = await release_held(session, scope, None, ROWS_A_PAGE, apart_from=together)
    return _page("released", released)


async def hurry(session: AsyncSession, patience: timedelta) -> Done:
    """Has the flows of overdue messages ask the DERMS now, the longest waiting first.

    Each is hurried again only after a quarter of its age: a DERMS that is silent for weeks is asked more and more
    rarely, and no history grows without end.
    """
    now = datetime.now(UTC)
    age = (now - col(SyncRequest.created_at)).op("/", precedence=8)(4)  # SQLAlchemy divides no interval by itself
    since = func.greatest(patience, age)
    overdue = (
        select(col(SyncRequest.id))
        .where(
            col(SyncRequest.state) == SyncState.AWAITING_ACKNOWLEDGEMENT,
            col(SyncRequest.updated_at) < now - patience,  # says where the index ends, which the next one cannot
            now - col(SyncRequest.updated_at) > since,
        )
        .order_by(col(SyncRequest.updated_at))
        .limit(ROWS_A_PAGE)
        .with_for_update(skip_locked=True)
    )
    hurried = await session.execute(
        update(SyncRequest)
        .where(col(SyncRequest.id).in_(overdue.scalar_subquery()))
        .values(updated_at=now)
        .returning(col(SyncRequest.id), col(SyncRequest.workflow_id))
        .execution_options(synchronize_session=False)
    )
    signals = [(flow, SyncTurn(sync_request_id=one, ask=True)) for one, flow in hurried.all()]
    await outbox.signal(session, SYNC_TURN, signals)
    return _page("asked", len(signals))


async def expire_drafts(session: AsyncSession, scope: Scope) -> Done:
    """Ends a page of guided flows that nobody finished in time."""
    return _page("drafts_expired", await process_flows.expire(session, scope, ROWS_A_PAGE))


async def count(session: AsyncSession) -> Done:
    """How many messages stand where, those apart that have settled."""
    rows = await session.execute(
        select(col(SyncRequest.state), func.count())
        .where(col(SyncRequest.state).in_([state for state in SyncState if state not in FINAL]))
        .group_by(col(SyncRequest.state))
    )
    return Done(counts={f"now_{state}": number for state, number in rows.all()})


def _page(what: str, number: int) -> Done:
    """A full page may have another behind it."""
    return Done(cursor=what if number == ROWS_A_PAGE else None, counts={what: number})
