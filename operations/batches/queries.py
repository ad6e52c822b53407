"""Read batches and their runs."""

from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import BATCHES, BatchName, schedule_id
from models.scope import OperatorScope
from models.states.batch_run import BatchRunState
from models.tables.batch_run import BatchRun
from models.views.batch import BatchFinding, BatchRunSummary, BatchRunView, BatchView
from models.views.view import Page
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from wording.links import link_to_batch_run, link_to_batch_runs
from wording.problems.not_found import not_found


def select_readable(scope: OperatorScope) -> Select[BatchRun]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(BatchRun)


async def list_batches(session: AsyncSession, scope: OperatorScope) -> tuple[BatchView, ...]:
    """Return every batch with its last run."""
    # One subquery for each batch: its newest run is one step in the index, however many ran before it.
    newest = [select(func.max(BatchRun.id)).where(col(BatchRun.name) == name).scalar_subquery() for name in BATCHES]
    last = select_readable(scope).where(or_(*(col(BatchRun.id) == one for one in newest)))
    runs = {run.name: run for run in (await session.scalars(last)).all()}
    return tuple(
        BatchView(
            name=name,
            description=batch.description,
            schedule=schedule_id(name),
            every_seconds=int(batch.schedule.interval.total_seconds()),
            last_run=_to_summary(runs[name]) if name in runs else None,
            links={"runs": link_to_batch_runs(name)},
        )
        for name, batch in BATCHES.items()
    )


async def list_batch_runs(
    session: AsyncSession, scope: OperatorScope, name: BatchName, *, limit: int, cursor: str | None
) -> Page[BatchRunSummary]:
    """Return a page of a batch's runs, newest first."""
    statement = select_readable(scope).where(col(BatchRun.name) == name)
    return await fetch_page(session, statement, col(BatchRun.id), _to_summary, limit=limit, cursor=cursor)


async def get_batch_run(session: AsyncSession, scope: OperatorScope, name: BatchName, run_id: str) -> BatchRunView:
    """Return one run, as far as it is.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await session.scalar(
        select_readable(scope).where(col(BatchRun.name) == name).where(col(BatchRun.id) == run_id)
    )
    if row is None:
        raise not_found("batch_run", run_id, batch=name)
    findings = tuple(BatchFinding.model_validate(one) for one in row.findings)
    resendable = any(one.resendable and not one.resent for one in findings) and row.state is not BatchRunState.RUNNING
    shared = _shared_fields(row)
    if resendable:
        shared["links"]["resend"] = f"{shared['links']['self']}/resend"
    return BatchRunView(**shared, findings=findings, available_actions=("resend",) if resendable else ())


def build_run_links(name: BatchName, run_id: str) -> dict[str, str]:
    """Where a run is seen."""
    return {"self": link_to_batch_run(name, run_id)}


def _to_summary(row: BatchRun) -> BatchRunSummary:
    return BatchRunSummary(**_shared_fields(row))


def _shared_fields(row: BatchRun) -> dict[str, Any]:
    name = BatchName(row.name)
    return copy_columns(row, BatchRunSummary) | {
        "batch": name,
        "step": row.step if row.state is BatchRunState.RUNNING else None,
        "links": build_run_links(name, row.id),
    }
