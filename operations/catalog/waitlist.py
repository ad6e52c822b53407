"""The waitlist of a program: notify the next in line when a place becomes free."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.ids import enrollment_workflow_id
from models.messages.enrollment import PLACE_FREED, PlaceFreed
from models.states.enrollment import EnrollmentState
from models.tables.catalog import ProgramCapacity
from models.tables.enrollment import Enrollment
from operations.platform import outbox
from rules.capacity import CapacityNeed, select_from_waitlist, with_current_limits

_MAX_CANDIDATES = 500


async def notify_next_in_line(session: AsyncSession, program: Program) -> int:
    """Notify the enrollments that fit now, in the order of the waitlist. Return how many.

    Each enrollment's workflow validates it again, so that one that no longer qualifies leaves the place to the next.
    """
    if not program.capacity.waitlist:
        return 0
    held = await session.get(ProgramCapacity, program.code, with_for_update=True)
    if held is None:
        return 0
    statement = (
        select(col(Enrollment.id), col(Enrollment.needed_devices), col(Enrollment.needed_kw))
        .where(col(Enrollment.program) == program.code, col(Enrollment.state) == EnrollmentState.WAITLISTED)
        .order_by(col(Enrollment.waitlisted_at), col(Enrollment.id))
        .limit(_MAX_CANDIDATES)
    )
    rows = (await session.execute(statement)).all()
    waiting = [(enrollment_id, CapacityNeed(devices=devices, kw=kw)) for enrollment_id, devices, kw in rows]
    today = with_current_limits(
        program, customers=held.maximum_customers, devices=held.maximum_devices, kw=held.maximum_kw
    )
    woken = select_from_waitlist(today.capacity, held, waiting)
    message = PlaceFreed()
    await outbox.enqueue_signals(session, PLACE_FREED, [(enrollment_workflow_id(one), message) for one in woken])
    return len(woken)
