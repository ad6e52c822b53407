"""A page of the batch that finds customers who have moved out (docs/domain.md#move-out)."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.scope import OperatorScope
from models.tables.enrollment import Enrollment
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.unenrollment.move_outs import HOLDER_CHANGED, apply_move_outs

_ENROLLMENTS_PER_PAGE = 1000
_MOVE_OUTS_PER_PAGE = 100
"""A page locks its service points, and updates from the CIS wait for it: it is kept small."""

_MOVE_OUT_CANDIDATES = text(
    f"""
    SELECT e.id, e.service_point FROM enrollment e
    JOIN service_point point ON point.cis_service_point_id = e.service_point
    JOIN account USING (cis_account_id)
    WHERE e.id = ANY(:enrollments) AND ({HOLDER_CHANGED.format(mine="e")} OR point.effective_to IS NOT NULL)
        AND (e.state NOT IN ('enrolled', 'rejected', 'cancelled', 'expired') OR EXISTS (
            SELECT FROM program_subscription s
            WHERE s.enrollment_id = e.id AND s.state IN ('active', 'suspended', 'ending')
        ))
    ORDER BY e.id LIMIT {_MOVE_OUTS_PER_PAGE}
    """  # noqa: S608 - constants of ours
)
"""Enrollments whose customer may have moved out and that can still end."""


async def sweep_move_outs(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, cursor: str
) -> PageResult:
    """Apply the move-outs of a page of enrollments: those that failed when the CIS reported them, and those whose day
    has come."""
    page = select(col(Enrollment.id)).where(col(Enrollment.id) > cursor).order_by(col(Enrollment.id))
    enrollment_ids = (await session.scalars(page.limit(_ENROLLMENTS_PER_PAGE))).all()
    candidates = (await session.execute(_MOVE_OUT_CANDIDATES, {"enrollments": list(enrollment_ids)})).all()
    done = await apply_move_outs(session, scope, catalogs, [one.service_point for one in candidates])
    counts = {"move_outs_begun": done.unenrollments_started, "enrollments_ended": done.enrollments_ended}
    if len(candidates) == _MOVE_OUTS_PER_PAGE:
        return PageResult(candidates[-1].id, counts)
    return PageResult(enrollment_ids[-1] if len(enrollment_ids) == _ENROLLMENTS_PER_PAGE else None, counts)
