"""The batches: what there is, start one, see its runs, send again what the DERMS lost."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.auth import AsOperator
from api.context import InContext
from api.parameters import Cursor, IdempotencyKey, Limit
from models.batches import BatchName
from models.ids import BatchRunId
from models.views.batch import BatchRunStarted, BatchRunSummary, BatchRunView, BatchView, ResendResult
from models.views.view import Page
from operations.batches import queries, reconciliation, runs
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/batches", tags=["batches"])

RunPath = Annotated[BatchRunId, Path(description="bat_…")]


@router.get("")
async def list_batches(scope: AsOperator, context: InContext) -> Page[BatchView]:
    """The batches, when each runs by itself, and its last run."""
    async with transaction(context.sessions) as session:
        return Page(items=await queries.list_batches(session, scope))


@router.post("/{name}/runs", status_code=202)
async def start_batch_run(
    name: BatchName, response: Response, scope: AsOperator, context: InContext, idempotency_key: IdempotencyKey = None
) -> BatchRunStarted:
    """Run a batch now. Safe beside its own schedule, beside another run and beside live traffic."""
    async with transaction(context.sessions) as session:
        made = await runs.start_run(session, scope, name, idempotency_key=idempotency_key)
    context.courier.enqueue(outbox.pop_deliveries(session))
    links = queries.build_run_links(name, made.run_id)
    response.headers["Location"] = links["self"]
    return BatchRunStarted(id=made.run_id, batch=name, state=made.state, links=links)


@router.get("/{name}/runs")
async def list_batch_runs(
    name: BatchName, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[BatchRunSummary]:
    """A batch's runs, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_batch_runs(session, scope, name, limit=limit, cursor=cursor)


@router.get("/{name}/runs/{run}")
async def get_batch_run(name: BatchName, run: RunPath, scope: AsOperator, context: InContext) -> BatchRunView:
    """One run: how far it is, what it counted, what it found."""
    async with transaction(context.sessions) as session:
        return await queries.get_batch_run(session, scope, name, run)


@router.post("/reconciliation/runs/{run}/resend", status_code=202)
async def resend_reconciliation_differences(run: RunPath, scope: AsOperator, context: InContext) -> ResendResult:
    """Tell the DERMS again of every subscription that the run found different, where that may set it right."""
    async with transaction(context.sessions) as session:
        made = await reconciliation.resend(
            session, scope, context.catalogs, run, context.acknowledgement_timeout_seconds
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    return ResendResult(run=run, sync_requests=made)
