"""The sync request monitor: releases held messages, asks about overdue ones, lets old drafts expire."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronization import SYNC_TURN, SyncTurn
from models.scope import Scope
from models.states.sync_request import SyncState
from models.tables.sync_request import SyncRequest
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.guided_flow import drafts
from operations.platform import outbox
from operations.synchronization.sync_queue import release_held
from rules.synchronization.order import FINAL_STATES

ROWS_PER_PAGE = 200


async def release_held_page(session: AsyncSession, scope: Scope, catalogs: CatalogCache) -> PageResult:
    """Release a page of held messages, each to its own workflow: those that are not sent in bulk."""
    catalog = await catalogs.get_current(session)
    bulk_endpoint = None if catalog.derms_batch_size is None else catalog.derms_endpoint
    released = await release_held(session, scope, None, ROWS_PER_PAGE, apart_from=bulk_endpoint)
    return _build_page_result("released", released)


async def ask_about_overdue(session: AsyncSession, patience: timedelta) -> PageResult:
    """Have the workflows of overdue messages ask the DERMS now, the longest waiting first.

    Each is asked for again only after a quarter of its age: a DERMS that is silent for weeks is asked more and more
    rarely, and no workflow history grows without end.
    """
    now = datetime.now(UTC)
    age = (now - col(SyncRequest.created_at)).op("/", precedence=8)(4)  # SQLAlchemy divides no interval by itself
    since = func.greatest(patience, age)
    overdue = (
        select(col(SyncRequest.id))
        .where(
            col(SyncRequest.state) == SyncState.AWAITING_ACKNOWLEDGEMENT,
            col(SyncRequest.updated_at) < now - patience,  # bounds the index scan, which the next condition cannot
            now - col(SyncRequest.updated_at) > since,
        )
        .order_by(col(SyncRequest.updated_at))
        .limit(ROWS_PER_PAGE)
        .with_for_update(skip_locked=True)
    )
    asked = await session.execute(
        update(SyncRequest)
        .where(col(SyncRequest.id).in_(overdue.scalar_subquery()))
        .values(updated_at=now)
        .returning(col(SyncRequest.id), col(SyncRequest.workflow_id))
        .execution_options(synchronize_session=False)
    )
    signals = [(workflow_id, SyncTurn(sync_request_id=one, ask=True)) for one, workflow_id in asked.all()]
    await outbox.enqueue_signals(session, SYNC_TURN, signals)
    return _build_page_result("asked", len(signals))


async def expire_drafts(session: AsyncSession, scope: Scope) -> PageResult:
    """Let a page of process flows expire that nobody finished in time."""
    return _build_page_result("drafts_expired", await drafts.expire_process_flows(session, scope, ROWS_PER_PAGE))


async def count_open(session: AsyncSession) -> PageResult:
    """Count the messages that are not final, by state."""
    rows = await session.execute(
        select(col(SyncRequest.state), func.count())
        .where(col(SyncRequest.state).in_([state for state in SyncState if state not in FINAL_STATES]))
        .group_by(col(SyncRequest.state))
    )
    return PageResult(counts={f"now_{state}": number for state, number in rows.all()})


def _build_page_result(what: str, number: int) -> PageResult:
    """Return the result of a page. More may follow a full page."""
    return PageResult(cursor=what if number == ROWS_PER_PAGE else None, counts={what: number})
