"""The batches: list them, start one, read its runs, and resend what a reconciliation found different."""

from fastapi import APIRouter, Response

from api.auth import AsOperator
from api.context import InContext
from api.parameters import BatchRunPath, Cursor, IdempotencyKey, Limit
from api.problem_responses import problem_responses
from models.batches import BatchName
from models.views.batch import BatchRunStarted, BatchRunSummary, BatchRunView, BatchView, ResendResult
from models.views.view import Page
from operations.batches import queries, reconciliation, runs
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/batches", tags=["batches"])


@router.get("")
async def list_batches(scope: AsOperator, context: InContext) -> Page[BatchView]:
    """Returns the batches, each with its schedule and its last run."""
    async with transaction(context.sessions) as session:
        return Page(items=await queries.list_batches(session, scope))


@router.post("/{name}/runs", status_code=202, responses=problem_responses(409))
async def start_batch_run(
    name: BatchName, response: Response, scope: AsOperator, context: InContext, idempotency_key: IdempotencyKey = None
) -> BatchRunStarted:
    """Start a run of a batch now. A run is safe beside scheduled runs, other runs and live traffic."""
    async with transaction(context.sessions) as session:
        started = await runs.start_run(session, scope, name, idempotency_key=idempotency_key)
    context.deliver(session)
    links = queries.build_run_links(name, started.run_id)
    response.headers["Location"] = links["self"]
    return BatchRunStarted(id=started.run_id, batch=name, state=started.state, links=links)


@router.get("/{name}/runs")
async def list_batch_runs(
    name: BatchName, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[BatchRunSummary]:
    """Returns the runs of a batch, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.list_batch_runs(session, scope, name, limit=limit, cursor=cursor)


@router.get("/{name}/runs/{run}", responses=problem_responses(404))
async def get_batch_run(name: BatchName, run: BatchRunPath, scope: AsOperator, context: InContext) -> BatchRunView:
    """Returns one run: its progress, its counts and its findings."""
    async with transaction(context.sessions) as session:
        return await queries.get_batch_run(session, scope, name, run)


@router.post("/reconciliation/runs/{run}/resend", status_code=202, responses=problem_responses(404, 409))
async def resend_reconciliation_differences(run: BatchRunPath, scope: AsOperator, context: InContext) -> ResendResult:
    """Send the DERMS every subscription that the run found different, where sending it again may correct it."""
    async with transaction(context.sessions) as session:
        sync_requests = await reconciliation.resend(session, scope, context.catalogs, run)
    context.deliver(session)
    return ResendResult(run=run, sync_requests=sync_requests)
