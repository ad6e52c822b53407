"""The steps of the initial load that create missing sync requests (docs/domain.md#batches)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import Scope
from models.states.service_call import ServiceCallState
from models.states.subscription import SubscriptionState
from models.states.sync_request import SyncKind
from models.tables.service_call import ServiceCall
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.synchronization.standalone_sync import enqueue_standalone_syncs

_ROWS_PER_WINDOW = 1000


async def enqueue_subscription_syncs(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, cursor: str
) -> PageResult:
    """Create the sync requests of active subscriptions that have none."""
    window = await _get_id_window(session, select(col(ProgramSubscription.id)), col(ProgramSubscription.id), cursor)
    has_sync_request = exists().where(col(SyncRequest.subscription_id) == col(ProgramSubscription.id))
    statement = (
        select(ProgramSubscription)
        .where(
            col(ProgramSubscription.id).in_(window),
            col(ProgramSubscription.state) == SubscriptionState.ACTIVE,
            ~has_sync_request,
        )
        .with_for_update(skip_locked=True)
    )
    found = (await session.scalars(statement)).all()
    enqueued = await _get_already_enqueued(session, col(SyncRequest.subscription_id), [one.id for one in found])
    missing = [(one, one.enrollment_id) for one in found if one.id not in enqueued]
    await enqueue_standalone_syncs(session, scope, catalogs, missing, SyncKind.ENROLL)
    return _build_page_result(window, len(missing))


async def enqueue_replacement_syncs(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, cursor: str
) -> PageResult:
    """Create the sync requests of finished device replacements that have none."""
    replacements = select(col(ServiceCall.id)).where(col(ServiceCall.replaced_by).is_not(None))
    window = await _get_id_window(session, replacements, col(ServiceCall.id), cursor)
    has_sync_request = exists().where(col(SyncRequest.journey) == col(ServiceCall.id))
    statement = (
        select(ProgramSubscription, col(ServiceCall.id))
        .join(ServiceCall, col(ServiceCall.subscription_id) == col(ProgramSubscription.id))
        .where(
            col(ServiceCall.id).in_(window),
            col(ServiceCall.state).in_((ServiceCallState.REPLACED, ServiceCallState.CLOSED)),
            col(ProgramSubscription.state) == SubscriptionState.ACTIVE,
            ~has_sync_request,
        )
        .with_for_update(skip_locked=True, of=ProgramSubscription)
    )
    found = (await session.execute(statement)).all()
    enqueued = await _get_already_enqueued(session, col(SyncRequest.journey), [call for _, call in found])
    missing = [(subscription, call) for subscription, call in found if call not in enqueued]
    await enqueue_standalone_syncs(session, scope, catalogs, missing, SyncKind.REPLACE_DEVICE)
    return _build_page_result(window, len(missing))


async def _get_id_window(session: AsyncSession, statement: Select[Any], key: Any, cursor: str) -> Sequence[str]:
    """Return the next ids to examine: a window, so that a run over a million rows is many short statements."""
    page = statement.where(key > cursor).order_by(key).limit(_ROWS_PER_WINDOW)
    return (await session.scalars(page)).all()


async def _get_already_enqueued(session: AsyncSession, key: Any, locked_ids: Sequence[str]) -> set[str]:
    """Return which of the rows just locked have a sync request after all: another run may have committed it since."""
    return set(await session.scalars(select(key).where(key.in_(locked_ids)))) if locked_ids else set()


def _build_page_result(window: Sequence[str], number: int) -> PageResult:
    cursor = window[-1] if len(window) == _ROWS_PER_WINDOW else None
    return PageResult(cursor, {"sync_requests_made": number})
