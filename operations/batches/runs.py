"""Runs of the batches: start one, record its pages, end it. The work of a page is in the batch's own module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import BATCHES, BatchName
from models.errors import ContentMismatch, NotFound
from models.ids import batch_workflow_id, new_id
from models.messages.batch import WORKFLOW, BatchInput, BatchProgress
from models.messages.workflow_start import WorkflowStart
from models.scope import Scope
from models.states.batch_run import BATCH_RUN_TRANSITIONS, BatchRunState
from models.tables.batch_run import BatchRun
from operations.platform import outbox
from operations.platform.audit import AuditTrail

MAX_FINDINGS = 500
"""The most findings that a run stores; all are counted."""

STEPS: Mapping[BatchName, tuple[str, ...]] = {
    BatchName.INITIAL_LOAD: (
        "subscriptions_never_announced",
        "replacements_never_announced",
        "move_outs",
        "enrollments",
        "unenrollments",
        "service_calls",
        "sync_requests",
    ),
    BatchName.SYNC_REQUEST_MONITOR: ("send_together", "release", "overdue", "drafts", "standing"),
    BatchName.RECONCILIATION: ("listed_by_derms", "missing_in_derms"),
}
"""The steps of each batch, in order."""

EXTERNAL_STEPS = frozenset(
    {"enrollments", "unenrollments", "service_calls", "sync_requests", "send_together", "listed_by_derms"}
)
"""The steps that call Temporal or the DERMS."""

_STALLED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StartedRun:
    """The run that a request to start a batch led to; `is_new` says that this very request started it."""

    run_id: str
    state: BatchRunState
    is_new: bool


@dataclass(frozen=True, slots=True)
class PageResult:
    """The result of one page. `cursor` is where the next page begins; None when the step has no more."""

    cursor: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    findings: tuple[dict[str, Any], ...] = ()


async def start_run(session: AsyncSession, scope: Scope, name: BatchName, *, idempotency_key: str | None) -> StartedRun:
    """Create a run and have its workflow started. Several runs of one batch may go on at once.

    Raises:
        ContentMismatch: the key was used before to start another batch.
    """
    run_id = new_id("bat")
    workflow_id = batch_workflow_id(name, run_id)
    made = await _insert_run(session, name, run_id, workflow_id, scope, idempotency_key)
    if not made:
        return await _get_earlier_run(session, scope, name, idempotency_key)
    start = WorkflowStart(
        workflow=WORKFLOW,
        workflow_id=workflow_id,
        input=BatchInput(name=name),
        summary=f"{name}, started by hand",
        details=BATCHES[name].description,
        attributes={},
    )
    await outbox.enqueue_starts(session, [start])
    return StartedRun(run_id, BatchRunState.RUNNING, is_new=True)


async def _insert_run(
    session: AsyncSession, name: BatchName, run_id: str, workflow_id: str, scope: Scope, key: str | None
) -> bool:
    now = datetime.now(UTC)
    statement = insert(BatchRun).values(
        id=run_id,
        name=name,
        workflow_id=workflow_id,
        started_by=scope.actor,
        idempotency_key=key,
        state=BatchRunState.RUNNING,
        page=1,
        step=STEPS[name][0],
        cursor="",
        counts={},
        findings=[],
        started_at=now,
        updated_at=now,
    )
    made = await session.scalar(statement.on_conflict_do_nothing().returning(col(BatchRun.id)))
    if made is None:
        return False
    trail = AuditTrail(scope, now, run_id)
    trail.note(run_id, "bat:running", details={"batch": name})
    await trail.write(session)
    return True


async def _get_earlier_run(session: AsyncSession, scope: Scope, name: BatchName, key: str | None) -> StartedRun:
    found = await session.scalar(
        select(BatchRun).where(col(BatchRun.started_by) == scope.actor, col(BatchRun.idempotency_key) == key)
    )
    if found is None or found.name != name:
        raise ContentMismatch(
            "This Idempotency-Key was used before to start another batch.", fix="Send a new key for a new run."
        )
    return StartedRun(found.id, found.state, is_new=False)


async def begin_run(session: AsyncSession, scope: Scope, name: BatchName, workflow_id: str) -> BatchProgress:
    """Return the status of a workflow's run. A workflow that a schedule started gets its run here."""
    run = await _get_workflow_run_for_update(session, scope, name, workflow_id)
    await _fail_stalled_runs(session, scope, name)
    return to_run_status(run)


async def _get_workflow_run_for_update(
    session: AsyncSession, scope: Scope, name: BatchName, workflow_id: str
) -> BatchRun:
    await _insert_run(session, name, new_id("bat"), workflow_id, scope, None)
    found = select(BatchRun).where(col(BatchRun.workflow_id) == workflow_id).with_for_update()
    return (await session.execute(found)).scalar_one()


async def _fail_stalled_runs(session: AsyncSession, scope: Scope, name: BatchName) -> None:
    """Fail the runs that made no progress for a day, because somebody terminated their workflow for example."""
    now = datetime.now(UTC)
    stalled = (
        col(BatchRun.name) == name,
        col(BatchRun.state) == BatchRunState.RUNNING,
        col(BatchRun.updated_at) < now - _STALLED_AFTER,
    )
    reason = "It made no progress for a day."
    failed = await session.scalars(
        update(BatchRun)
        .where(*stalled)
        .values(state=BatchRunState.FAILED, reason=reason, finished_at=now, updated_at=now)
        .returning(col(BatchRun.id))
    )
    trail = AuditTrail(scope, now, "")
    for run_id in failed:
        path = (BatchRunState.RUNNING, BatchRunState.FAILED)
        trail.for_request(run_id).transition(BATCH_RUN_TRANSITIONS, run_id, *path, reason=reason)
    await trail.write(session)


def to_run_status(run: BatchRun) -> BatchProgress:
    """Return how far a run is."""
    ended = run.state is not BatchRunState.RUNNING
    step = None if ended else run.step
    return BatchProgress(
        run_id=run.id,
        state=run.state,
        page=run.page,
        step=step,
        cursor=run.cursor,
        asks=step in EXTERNAL_STEPS,
        counts=run.counts,
    )


async def get_run_for_update(session: AsyncSession, at: BatchProgress) -> BatchRun:
    """Return the run, locked until the transaction ends. If its page is not the one of `at`, that page is done already.

    Raises:
        NotFound: there is none.
    """
    run = await session.get(BatchRun, at.run_id, with_for_update=True)
    if run is None:
        raise NotFound(f"There is no batch run {at.run_id}.")
    return run


async def record_page(session: AsyncSession, scope: Scope, run: BatchRun, done: PageResult) -> BatchProgress:
    """Add the result of a page to the run and go on to the next; the last page ends the run."""
    now = datetime.now(UTC)
    run.counts = {
        name: run.counts.get(name, 0) + done.counts.get(name, 0) for name in dict.fromkeys((*run.counts, *done.counts))
    }
    run.findings = [*run.findings, *done.findings][:MAX_FINDINGS]
    run.page += 1
    run.cursor = done.cursor or ""
    if done.cursor is None:
        run.step = _find_step_after(BatchName(run.name), run.step)
    run.updated_at = now
    if run.step is None:
        await _end_run(session, scope, run, BatchRunState.COMPLETED, "", now)
    return to_run_status(run)


def _find_step_after(name: BatchName, step: str | None) -> str | None:
    steps = (*STEPS[name], None)
    return steps[steps.index(step) + 1] if step in STEPS[name] else None


async def fail_run(
    session: AsyncSession, scope: Scope, name: BatchName, workflow_id: str, reason: str
) -> BatchRunState:
    """Record that the run of a workflow cannot go on. A run that has ended stays as it is."""
    run = await _get_workflow_run_for_update(session, scope, name, workflow_id)
    if run.state is BatchRunState.RUNNING:
        await _end_run(session, scope, run, BatchRunState.FAILED, reason, datetime.now(UTC))
    return run.state


async def _end_run(
    session: AsyncSession, scope: Scope, run: BatchRun, state: BatchRunState, reason: str, now: datetime
) -> None:
    trail = AuditTrail(scope, now, run.id)
    run.state = trail.transition(BATCH_RUN_TRANSITIONS, run.id, run.state, state, reason=reason)
    run.reason = reason or None
    run.finished_at = run.updated_at = now
    await trail.write(session)
