"""The initial load: starts the workflows that are missing (docs/domain.md#batches). See also missing_syncs.

It may run at any time, beside live traffic and beside another run: it skips rows that another transaction has locked,
and Temporal runs a workflow id once. It leaves alone what changed within GRACE_PERIOD, because that is under way.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import BatchFindingKind
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.messages.workflow_status import WorkflowStatus
from models.scope import Scope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.outbox import OutboxState
from models.states.service_call import ServiceCallState
from models.states.unenrollment import ENDED_UNENROLLMENTS
from models.tables.messages import OutboxMessage
from models.tables.sync_request import SyncRequest
from operations.batches.restart_workflows import restart_workflows
from operations.batches.runs import PageResult
from operations.enrollment.submission import ENROLLMENT
from operations.platform.audit import AuditTrail
from operations.platform.submission import RequestKind, RequestTable
from operations.service_call.submission import SERVICE_CALL
from operations.synchronization.standalone_sync import start_sync_workflow
from operations.unenrollment.submission import UNENROLLMENT
from rules.synchronization.order import FINAL_STATES
from rules.workflow_repair import WorkflowRepair, choose_repair

GRACE_PERIOD = timedelta(minutes=5)
_ROWS_PER_PAGE = 100


class OpenWork(NamedTuple):
    """Work that is not done, and the workflow that should do it."""

    id: str
    workflow_id: str


class OpenWorkPage(NamedTuple):
    """A page of such work, and where the next page begins."""

    items: tuple[OpenWork, ...]
    cursor: str | None


_DONE_ENROLLMENT_STATES = frozenset(
    {state for state, after in ENROLLMENT_TRANSITIONS.items() if not after} | {EnrollmentState.ENROLLED}
)
_DONE_SERVICE_CALL_STATES = (ServiceCallState.CLOSED, ServiceCallState.CANCELLED)


class _RestartableKind(NamedTuple):
    """Requests of one kind, the states in which their work is done, and the id of each one's workflow."""

    kind: RequestKind[Any]
    done_states: Collection[StrEnum]
    workflow_id: Callable[[str], str]

    @property
    def table(self) -> type[RequestTable]:
        return self.kind.table


_REQUEST_KINDS: Mapping[str, _RestartableKind] = {
    "enrollments": _RestartableKind(ENROLLMENT, _DONE_ENROLLMENT_STATES, enrollment_workflow_id),
    "unenrollments": _RestartableKind(UNENROLLMENT, ENDED_UNENROLLMENTS, unenrollment_workflow_id),
    "service_calls": _RestartableKind(SERVICE_CALL, _DONE_SERVICE_CALL_STATES, service_call_workflow_id),
}


async def list_open_work(session: AsyncSession, step: str, cursor: str) -> OpenWorkPage:
    """Return a page of work that is not done, has not changed for a while, and whose workflow is not being started."""
    found = await _get_open_work(session, step, cursor)
    starting = await session.scalars(
        select(col(OutboxMessage.workflow_id)).where(
            col(OutboxMessage.workflow_id).in_([one.workflow_id for one in found]),
            col(OutboxMessage.kind) == "start",
            # A person decides on an undeliverable start; a second start would come before the decision.
            col(OutboxMessage.state) != OutboxState.GIVEN_UP,
        )
    )
    workflows_starting = set(starting)
    items = tuple(one for one in found if one.workflow_id not in workflows_starting)
    return OpenWorkPage(items, found[-1].id if len(found) == _ROWS_PER_PAGE else None)


async def _get_open_work(session: AsyncSession, step: str, cursor: str) -> list[OpenWork]:
    if step == "sync_requests":
        statement = select(SyncRequest).where(*_match_open_sync_requests())
        rows = await session.scalars(_select_page(statement, SyncRequest, cursor))
        return [OpenWork(one.id, one.workflow_id) for one in rows]
    kind = _REQUEST_KINDS[step]
    table = kind.table
    unchanged = col(table.updated_at) < datetime.now(UTC) - GRACE_PERIOD
    statement = select(col(table.id)).where(_is_open(kind), unchanged)
    ids = await session.scalars(_select_page(statement, table, cursor))
    return [OpenWork(one, kind.workflow_id(one)) for one in ids]


def _is_open(kind: _RestartableKind) -> ColumnElement[bool]:
    return col(kind.table.state).not_in(kind.done_states)


def _match_open_sync_requests() -> tuple[ColumnElement[bool], ...]:
    return (
        col(SyncRequest.state).not_in(FINAL_STATES),
        col(SyncRequest.updated_at) < datetime.now(UTC) - GRACE_PERIOD,
    )


def _select_page(statement: Select[Any], kind: Any, cursor: str) -> Select[Any]:
    return statement.where(col(kind.id) > cursor).order_by(col(kind.id)).limit(_ROWS_PER_PAGE)


async def repair(
    session: AsyncSession, scope: Scope, step: str, page: OpenWorkPage, statuses: Mapping[str, WorkflowStatus]
) -> PageResult:
    """Start the workflows that do not run, and report what only a person can judge."""
    only_sync = step == "sync_requests"
    repairs: dict[WorkflowRepair, list[str]] = defaultdict(list)
    for one in page.items:
        if one.workflow_id in statuses:
            repairs[choose_repair(statuses[one.workflow_id], only_sync=only_sync)].append(one.id)
    counts = {"looked_at": len(page.items)}
    if ids := repairs[WorkflowRepair.SEND_SYNC_REQUEST]:
        counts["handed_over"] = await _start_sync_workflows(session, scope, ids)
    if ids := repairs[WorkflowRepair.START]:
        restartable = _REQUEST_KINDS[step]
        counts["started"] = await restart_workflows(session, scope, restartable.kind, ids, restartable.done_states)
    if unclear := repairs[WorkflowRepair.REPORT]:
        counts["flows_ended_early"] = len(unclear)
    return PageResult(page.cursor, counts, tuple(_build_finding(one) for one in unclear))


async def _start_sync_workflows(session: AsyncSession, scope: Scope, ids: Sequence[str]) -> int:
    """Start workflows for sync requests, but not for those of an open request: that request's workflow sends them, and
    is started again itself."""
    statement = (
        select(SyncRequest)
        .where(col(SyncRequest.id).in_(ids), *_match_open_sync_requests())
        .where(
            *(
                ~exists().where(col(kind.table.id) == col(SyncRequest.journey), _is_open(kind))
                for kind in _REQUEST_KINDS.values()
            )
        )
        .with_for_update(skip_locked=True)
    )
    requests = (await session.scalars(statement)).all()
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    for request in requests:
        await start_sync_workflow(session, request)
        request.updated_at = now
        trail.for_request(request.journey).note(request.id, "syn:handed_over")
    await trail.write(session)
    return len(requests)


def _build_finding(subject: str) -> dict[str, Any]:
    return {
        "kind": BatchFindingKind.FLOW_ENDED_EARLY,
        "subject": subject,
        "help": "The workflow ended, but its request is still open. Check both, then cancel or resubmit it.",
    }
