"""For those who run it: does the process live, can it work, what does it do."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest
from temporalio.service import RPCError

from api.auth import AsOperator
from api.bodies import Part, Readiness
from api.context import Context, InContext
from api.metrics import Metrics
from models.errors import Unavailable
from operations import outbox
from operations.database import transaction
from operations.queries import attention, health
from relay.health import Health
from relay.supervisor import Supervisor

router = APIRouter(tags=["operations"])

_LATE_SECONDS = 60
_UNKNOWN = Part(ready=False, detail="Unknown while the database is not ready.")


@router.get("/healthz", responses={503: {"model": Health}})
async def healthz(request: Request, response: Response) -> Health:
    """The process answers, and says how its background tasks do."""
    supervisor: Supervisor = request.app.state.supervisor
    health = Health.of(supervisor.health())
    response.status_code = health.status_code
    return health


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(context: InContext, response: Response) -> Readiness:
    """Which part is ready, which is not and why. Without Temporal, or while messages to workflows wait for long,
    requests are taken and wait: degraded."""
    (database, delivery), temporal = await asyncio.gather(_database(context), _temporal(context))
    status = "ready" if temporal.ready and delivery.ready else "degraded"
    if not database.ready:
        status, response.status_code = "not_ready", 503
    return Readiness(status=status, parts={"database": database, "temporal": temporal, "delivery": delivery})


async def _database(context: Context) -> tuple[Part, Part]:
    """The database, and what it says of the messages to workflows."""
    try:
        async with transaction(context.sessions) as session:
            found = await health.migration(session)
            delivery = _delivery(await outbox.oldest_age(session)) if found else _UNKNOWN
    except Unavailable as error:
        return Part(ready=False, detail=error.detail), _UNKNOWN
    if found is None:
        return Part(ready=False, detail="The database is not migrated; run `gridenroll db upgrade`."), delivery
    return Part(ready=True, detail=f"migration {found}"), delivery


def _delivery(oldest_seconds: float) -> Part:
    if oldest_seconds < _LATE_SECONDS:
        return Part(ready=True, detail="Messages reach their workflows.")
    return Part(ready=False, detail=f"A message to a workflow has waited for {oldest_seconds:.0f} seconds.")


async def _temporal(context: Context) -> Part:
    try:
        await context.temporal.service_client.check_health(timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        return Part(ready=False, detail="No Temporal server answers; requests are taken and start when it is back.")
    return Part(ready=True, detail=f"namespace {context.temporal.namespace}")


@router.get("/metrics", response_class=Response)
async def metrics(scope: AsOperator, request: Request, context: InContext) -> Response:
    """For Prometheus."""
    measured: Metrics = request.app.state.metrics
    async with transaction(context.sessions) as session:
        backlog = await health.backlog(session)
        waiting = await attention.counts(session)
    measured.statements.set(context.statements.sent)
    measured.outbox.set(backlog.outbox)
    measured.outbox_age.set(backlog.outbox_oldest_seconds)
    for state, count in backlog.sync_requests.items():
        measured.sync.labels(state).set(count)
    for kind, count in waiting.items():
        measured.attention.labels(kind).set(count)
    return Response(generate_latest(measured.registry), media_type="text/plain; version=0.0.4")
