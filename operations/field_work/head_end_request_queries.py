"""Read the requests to head-ends."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.device_setup import HeadEndRequest
from models.views.device_setup import HeadEndRequestSummary
from operations.platform.views import copy_columns
from wording.head_end import head_end_next_step
from wording.links import link_to


async def list_for_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[HeadEndRequestSummary, ...]:
    """Return the requests for an enrollment and for all that followed it, oldest first."""
    return await _list(session, col(HeadEndRequest.enrollment_id) == enrollment_id)


async def list_for_request(session: AsyncSession, request_id: str) -> tuple[HeadEndRequestSummary, ...]:
    """Return the requests to head-ends that were made for one request, oldest first."""
    return await _list(session, col(HeadEndRequest.journey) == request_id)


async def _list(session: AsyncSession, which: ColumnElement[bool]) -> tuple[HeadEndRequestSummary, ...]:
    statement = select(HeadEndRequest).where(which).order_by(col(HeadEndRequest.id))
    return tuple(map(_to_summary, await session.scalars(statement)))


def _to_summary(row: HeadEndRequest) -> HeadEndRequestSummary:
    return HeadEndRequestSummary(
        **copy_columns(row, HeadEndRequestSummary),
        next_step=head_end_next_step(row.state, row.kind, row.outcome),
        links={"journey": link_to(row.journey)},
    )
