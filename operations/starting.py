"""Starting the flows of requests again that Temporal does not have, or that were broken off."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.ids import enrollment_workflow_id
from models.messages import enroll, service_call, unenroll
from models.scope import Scope
from models.tables.enrollment import Enrollment
from models.tables.service_call import ServiceCall
from models.tables.unenrollment import Unenrollment
from operations import enrollments, outbox, service_calls, unenrollments
from operations.audit import Trail

Startable = Enrollment | Unenrollment | ServiceCall
Start = tuple[str, dict[str, Any]]


def _enrollment(row: Any, timeout: float) -> Start:
    application = EnrollmentApplication.model_validate(row.application)
    return enrollment_workflow_id(row.id), enrollments.start_of_flow(row.id, application, timeout)


def _unenrollment(row: Any, timeout: float) -> Start:
    return unenrollments.start_of_flow(row.model_dump(), timeout)


def _service_call(row: Any, timeout: float) -> Start:
    return service_calls.start_of_flow(row.model_dump(), timeout)


_FLOWS: Mapping[type[Startable], tuple[str, Callable[[Any, float], Start]]] = {
    Enrollment: (enroll.WORKFLOW, _enrollment),
    Unenrollment: (unenroll.WORKFLOW, _unenrollment),
    ServiceCall: (service_call.WORKFLOW, _service_call),
}


async def start_again(
    session: AsyncSession,
    scope: Scope,
    kind: type[Startable],
    ids: Sequence[str],
    done: Collection[Any],
    timeout: float,
) -> int:
    """Has the flows of those requests started that are not done and that nobody works on; gives how many.

    A flow begins at its beginning; each of its steps finds what was done before and leaves it as it is.
    """
    name, start_of = _FLOWS[kind]
    statement = select(kind).where(col(kind.id).in_(ids), col(kind.state).not_in(done))
    rows = (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    starts = [start_of(row, timeout) for row in rows]
    again = [(flow, {**payload, "again": True}) for flow, payload in starts]
    await outbox.put(session, "start", name, again)
    trail = Trail(scope, datetime.now(UTC), "")
    for row in rows:
        trail.beside(row.id).noted(row.id, f"{row.id.partition('_')[0]}:flow_started_again")
    await trail.write(session)
    return len(rows)
