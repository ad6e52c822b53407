"""Reading what head-ends were asked of devices."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.device_setup import HeadEndRequest
from models.views.device_setup import HeadEndRequestSummary
from wording.head_end import head_end_next_step
from wording.links import link_to


async def list_for_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[HeadEndRequestSummary, ...]:
    """What was asked for an enrolment and for all that followed from it, in the order in which it was asked."""
    statement = select(HeadEndRequest).where(col(HeadEndRequest.enrollment_id) == enrollment_id)
    return tuple(map(_to_summary, await session.scalars(statement.order_by(col(HeadEndRequest.id)))))


async def list_for_request(session: AsyncSession, journey: str) -> tuple[HeadEndRequestSummary, ...]:
    """What was asked for one request."""
    statement = select(HeadEndRequest).where(col(HeadEndRequest.journey) == journey)
    return tuple(map(_to_summary, await session.scalars(statement.order_by(col(HeadEndRequest.id)))))


def _to_summary(row: HeadEndRequest) -> HeadEndRequestSummary:
    same = HeadEndRequestSummary.model_fields.keys() & type(row).model_fields.keys()
    return HeadEndRequestSummary(
        **{name: getattr(row, name) for name in same},
        enrollment=row.enrollment_id,
        next_step=head_end_next_step(row.state, row.kind, row.outcome),
        links={"journey": link_to(row.journey)},
    )
