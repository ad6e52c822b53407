"""Read the state of the database, and the backlog of work in it."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from models.tables.sync_request import SyncRequest
from operations.platform import outbox

_OPEN = tuple(state for state, following in SYNC_TRANSITIONS.items() if following)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that is not done yet."""

    outbox: int
    outbox_oldest_seconds: float
    sync_requests: dict[SyncState, int]


async def get_migration(session: AsyncSession) -> str | None:
    """Return the migration of the database; None if it has none."""
    if await session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return await session.scalar(text("SELECT version_num FROM alembic_version"))


async def get_backlog(session: AsyncSession) -> Backlog:
    """Return how many messages wait and how many sync requests are not final."""
    count, oldest = await outbox.count_waiting(session), await outbox.get_oldest_age(session)
    states = col(SyncRequest.state)
    rows = await session.execute(select(states, func.count()).where(states.in_(_OPEN)).group_by(states))
    found = dict(rows.all())
    return Backlog(count, oldest, {state: found.get(state, 0) for state in _OPEN})
