"""Monitoring: whether the process lives, whether it can work, and its metrics."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest
from temporalio.service import RPCError

from api.auth import AsOperator
from api.bodies.monitoring import ComponentStatus, ReadinessView
from api.context import Context, InContext
from api.metrics import Metrics
from models.errors import Unavailable
from operations.attention import queries
from operations.platform import health, outbox
from operations.platform.database import transaction
from relay.health import Health
from relay.supervisor import Supervisor

router = APIRouter(tags=["operations"])

_DELIVERY_LATE_AFTER_SECONDS = 60
_METRICS_CONTENT = {
    "schema": {"type": "string"},
    "example": 'gridenroll_needs_attention{kind="approval_awaited"} 2.0\n',
}
_UNKNOWN_STATUS = ComponentStatus(ready=False, detail="Unknown while the database is not ready.")


@router.get("/healthz", responses={503: {"model": Health, "description": "A background task fails."}})
async def get_health(request: Request, response: Response) -> Health:
    """Returns whether the process lives, and the state of its background tasks."""
    supervisor: Supervisor = request.app.state.supervisor
    health = Health.from_tasks(supervisor.health())
    response.status_code = health.status_code
    return health


@router.get("/readyz", responses={503: {"model": ReadinessView, "description": "The API cannot accept requests."}})
async def get_readiness(context: InContext, response: Response) -> ReadinessView:
    """Returns which components are ready, and why the others are not.

    Without Temporal, or while messages to workflows wait for long, the API is `degraded`: it accepts requests, and
    they wait."""
    (database, delivery), temporal = await asyncio.gather(_check_database(context), _check_temporal(context))
    status = "ready" if temporal.ready and delivery.ready else "degraded"
    if not database.ready:
        status, response.status_code = "not_ready", 503
    return ReadinessView(status=status, parts={"database": database, "temporal": temporal, "delivery": delivery})


async def _check_database(context: Context) -> tuple[ComponentStatus, ComponentStatus]:
    """Returns the status of the database and of the delivery of messages to workflows."""
    try:
        async with transaction(context.sessions) as session:
            found = await health.get_migration(session)
            delivery = _check_delivery(await outbox.get_oldest_age(session)) if found else _UNKNOWN_STATUS
    except Unavailable as error:
        return ComponentStatus(ready=False, detail=error.detail), _UNKNOWN_STATUS
    if found is None:
        return ComponentStatus(
            ready=False, detail="The database is not migrated; run `gridenroll db upgrade`."
        ), delivery
    return ComponentStatus(ready=True, detail=f"migration {found}"), delivery


def _check_delivery(oldest_seconds: float) -> ComponentStatus:
    if oldest_seconds < _DELIVERY_LATE_AFTER_SECONDS:
        return ComponentStatus(ready=True, detail="Messages reach their workflows.")
    return ComponentStatus(ready=False, detail=f"A message to a workflow has waited for {oldest_seconds:.0f} seconds.")


async def _check_temporal(context: Context) -> ComponentStatus:
    try:
        await context.temporal.service_client.check_health(timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        return ComponentStatus(
            ready=False, detail="No Temporal server answers; the API accepts requests, which start when it is back."
        )
    return ComponentStatus(ready=True, detail=f"namespace {context.temporal.namespace}")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": _METRICS_CONTENT}}})
async def get_metrics(scope: AsOperator, request: Request, context: InContext) -> Response:
    """Returns the metrics in the format of Prometheus."""
    measured: Metrics = request.app.state.metrics
    async with transaction(context.sessions) as session:
        backlog = await health.get_backlog(session)
        waiting = await queries.count_attention_items(session)
    measured.sql_statements.set(context.statements.sent)
    measured.outbox_waiting.set(backlog.outbox)
    measured.outbox_oldest_seconds.set(backlog.outbox_oldest_seconds)
    for state, count in backlog.sync_requests.items():
        measured.sync_requests.labels(state).set(count)
    for kind, count in waiting.items():
        measured.attention_items.labels(kind).set(count)
    return Response(generate_latest(measured.registry), media_type="text/plain; version=0.0.4")
