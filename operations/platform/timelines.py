"""Read the audit trail as a timeline: what happened to requests that belong together, in order and in words."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.tables.audit import AuditEntry
from models.tables.enrollment import Enrollment
from models.tables.service_call import ServiceCall
from models.tables.unenrollment import Unenrollment
from models.views.enrollment import RelatedRequest
from models.views.view import Page, TimelineEntry
from operations.platform.paging import decode_cursor, encode_cursor, invalid_cursor
from wording.links import link_to
from wording.timeline import describe_action

_MAX_ENTRIES = 1000
_MAX_DIGITS = 18
_FOLLOWING = (Unenrollment, ServiceCall)


async def get_timeline(session: AsyncSession, *request_ids: str) -> tuple[TimelineEntry, ...]:
    """Return everything that happened to these requests, in order."""
    statement = select(AuditEntry).where(col(AuditEntry.journey).in_(request_ids)).order_by(col(AuditEntry.id))
    return tuple(map(_to_entry, (await session.scalars(statement.limit(_MAX_ENTRIES))).all()))


async def list_following_requests(session: AsyncSession, enrollment_id: str) -> tuple[RelatedRequest, ...]:
    """Return the requests that followed an enrollment: unenrollments and service calls."""
    parts = [
        select(
            col(table.id), cast(col(table.state), Text).label("state"), col(table.reason), col(table.submitted_at)
        ).where(col(table.enrollment_id) == enrollment_id)
        for table in _FOLLOWING
    ]
    found = union_all(*parts).subquery()
    rows = await session.execute(select(found).order_by(found.c.submitted_at, found.c.id))
    return tuple(
        RelatedRequest(
            id=row.id,
            state=row.state,
            reason=row.reason,
            submitted_at=row.submitted_at,
            links={"self": link_to(row.id)},
        )
        for row in rows
    )


async def list_customer_timeline(
    session: AsyncSession, scope: OperatorScope, customer_id: str, *, limit: int, cursor: str | None
) -> Page[TimelineEntry]:
    """Return a page of everything that happened to a customer's requests, newest first. An operator reads all."""
    journeys = union_all(
        *(select(col(table.id)).where(col(table.customer_id) == customer_id) for table in (Enrollment, *_FOLLOWING))
    )
    statement = select(AuditEntry).where(col(AuditEntry.journey).in_(journeys))
    if cursor is not None:
        statement = statement.where(col(AuditEntry.id) < _decode_entry_id(cursor))
    rows = (await session.scalars(statement.order_by(col(AuditEntry.id).desc()).limit(limit + 1))).all()
    return Page(items=tuple(map(_to_entry, rows[:limit])), next_cursor=_get_next_cursor(rows, limit))


def _get_next_cursor(rows: Sequence[AuditEntry], limit: int) -> str | None:
    return encode_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None


def _decode_entry_id(cursor: str) -> int:
    found = decode_cursor(cursor)
    if not (found.isascii() and found.isdigit() and len(found) <= _MAX_DIGITS):
        raise invalid_cursor()
    return int(found)


def _to_entry(row: AuditEntry) -> TimelineEntry:
    return TimelineEntry(
        at=row.at,
        what=describe_action(row.action, row.before),
        subject=row.subject,
        journey=row.journey,
        state=row.after,
        reason=row.reason,
        actor=row.actor,
        link=link_to(row.subject) or None,
    )
