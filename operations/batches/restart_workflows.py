"""Starting the flows of requests again that Temporal does not have, or that were broken off."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import enrollment_workflow_id
from models.messages import enrollment, service_call, unenrollment
from models.requests.enrollment import EnrollmentApplication
from models.scope import Scope
from models.tables.enrollment import Enrollment
from models.tables.service_call import ServiceCall
from models.tables.unenrollment import Unenrollment
from operations.enrollment import enrollments
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.service_call import service_calls
from operations.unenrollment import unenrollments

RestartableRequest = Enrollment | Unenrollment | ServiceCall
Start = tuple[str, dict[str, Any]]


def _build_enrollment_start(row: Any, timeout: float) -> Start:
    application = EnrollmentApplication.model_validate(row.application)
    return enrollment_workflow_id(row.id), enrollments.build_workflow_start(row.id, application, timeout)


def _build_unenrollment_start(row: Any, timeout: float) -> Start:
    return unenrollments.build_workflow_start(row.model_dump(), timeout)


def _build_service_call_start(row: Any, timeout: float) -> Start:
    return service_calls.build_workflow_start(row.model_dump(), timeout)


_WORKFLOWS: Mapping[type[RestartableRequest], tuple[str, Callable[[Any, float], Start]]] = {
    Enrollment: (enrollment.WORKFLOW, _build_enrollment_start),
    Unenrollment: (unenrollment.WORKFLOW, _build_unenrollment_start),
    ServiceCall: (service_call.WORKFLOW, _build_service_call_start),
}


async def restart_workflows(
    session: AsyncSession,
    scope: Scope,
    kind: type[RestartableRequest],
    ids: Sequence[str],
    done: Collection[Any],
    timeout: float,
) -> int:
    """Start the workflows of the requests that are not done, skipping those that another transaction has locked. Return
    how many.

    A workflow begins at its beginning; each of its steps finds what was done before and leaves it as it is.
    """
    name, start_of = _WORKFLOWS[kind]
    statement = select(kind).where(col(kind.id).in_(ids), col(kind.state).not_in(done))
    rows = (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    starts = [start_of(row, timeout) for row in rows]
    again = [(flow, {**payload, "again": True}) for flow, payload in starts]
    await outbox.enqueue(session, "start", name, again)
    trail = AuditTrail(scope, datetime.now(UTC), "")
    for row in rows:
        trail.for_request(row.id).note(row.id, f"{row.id.partition('_')[0]}:flow_started_again")
    await trail.write(session)
    return len(rows)
