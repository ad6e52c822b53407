"""The composition root of the worker process: workflows, activities, the task queue, limits and the relay."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.batches import BatchActivities
from activities.device_setup import DeviceSetupActivities
from activities.enrollment import EnrollmentActivities
from activities.errors import ErrorMapping
from activities.head_end import HeadEndActivities
from activities.registration import list_activities
from activities.service_call import ServiceCallActivities
from activities.signals import SignalActivities
from activities.site_visit import SiteVisitActivities
from activities.synchronize import SynchronizeActivities
from activities.unenrollment import UnenrollmentActivities
from connectors.derms.client import DermsClient
from connectors.derms.protocol import Derms
from connectors.field_work.built_in import BuiltInFieldWork
from connectors.head_end.client import HeadEndClient
from connectors.head_end.protocol import HeadEnd
from connectors.temporal.client import TASK_QUEUE, register_search_attributes
from connectors.temporal.schedules import provision_schedules
from models.errors import Unavailable
from models.time_limits import GRACEFUL_SHUTDOWN_TIMEOUT
from operations.catalog.versions import CatalogCache
from operations.platform.database import Sessions, StatementCount, create_engine, create_sessions
from relay.listener import OutboxListener
from relay.relay import Relay
from relay.supervisor import Supervisor
from settings.settings import Settings
from workflows.batch import BatchWorkflow
from workflows.enroll import EnrollmentWorkflow
from workflows.service_call import ServiceCallWorkflow
from workflows.sync_request import SyncRequestWorkflow
from workflows.unenroll import UnenrollmentWorkflow

RESERVED_CONNECTIONS = 3
"""Connections of the pool that local activities never take: one for the relay, two for the short transactions of the
regular activities, which hold no connection while they call another system."""

WORKFLOWS = (BatchWorkflow, EnrollmentWorkflow, SyncRequestWorkflow, ServiceCallWorkflow, UnenrollmentWorkflow)


def create_worker(
    client: Client,
    sessions: Sessions,
    derms: Derms,
    head_end: HeadEnd,
    *,
    task_queue: str = TASK_QUEUE,
    acknowledgement_timeout: timedelta = timedelta(minutes=15),
    head_end_answer_within: timedelta = timedelta(minutes=15),
    database_pool_size: int = 10,
) -> Worker:
    """Returns a worker for every workflow and activity.

    It runs as many local activities at once as find a connection in a pool of `database_pool_size`: one that waited for
    a connection would hold the slot of its workflow task meanwhile.
    """
    catalogs = CatalogCache()
    activities = list_activities(
        BatchActivities(sessions, catalogs, derms, client, acknowledgement_timeout),
        DeviceSetupActivities(sessions, catalogs),
        EnrollmentActivities(sessions, catalogs),
        HeadEndActivities(sessions, head_end, head_end_answer_within),
        ServiceCallActivities(sessions, catalogs),
        SignalActivities(sessions),
        SiteVisitActivities(sessions, catalogs, BuiltInFieldWork()),
        SynchronizeActivities(sessions, catalogs, derms),
        UnenrollmentActivities(sessions, catalogs),
    )
    return Worker(
        client,
        task_queue=task_queue,
        workflows=list(WORKFLOWS),
        activities=activities,
        # The tests prove that workflows are deterministic: docs/decisions/0011-no-sandbox-in-production.md
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[ErrorMapping()],
        max_concurrent_workflow_tasks=50,
        max_concurrent_activities=50,
        max_concurrent_local_activities=database_pool_size - RESERVED_CONNECTIONS,
        max_cached_workflows=2000,
        graceful_shutdown_timeout=GRACEFUL_SHUTDOWN_TIMEOUT,
    )


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A running worker: what its health and metrics endpoints read."""

    statements: StatementCount
    supervisor: Supervisor


async def prepare_namespace(client: Client) -> None:
    """Registers our search attributes and the schedules of the batches in the namespace. Safe to repeat.

    Raises:
        Unavailable: Temporal does not answer, or does not allow us to use its operator service.
    """
    try:
        await register_search_attributes(client)
        await provision_schedules(client)
    except RPCError as error:
        raise Unavailable(f"The Temporal namespace cannot be prepared: {error.status.name}.") from error


@asynccontextmanager
async def run_worker(settings: Settings, client: Client) -> AsyncGenerator[RunningWorker]:
    """Runs the worker and the relay until the block ends, then closes in order what it opened."""
    url = settings.database_url.get_secret_value()
    engine = create_engine(url, settings.database_pool_size)
    statements = StatementCount()
    statements.watch(engine)
    sessions = create_sessions(engine, acknowledgement_timeout=settings.acknowledgement_timeout)
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx.AsyncClient(limits=limits) as http:
        derms = DermsClient(http, settings.derms_url, settings.derms_secret.get_secret_value(), settings.derms_timeout)
        head_end = HeadEndClient(
            http, settings.head_end_url, settings.head_end_secret.get_secret_value(), settings.head_end_timeout
        )
        worker = create_worker(
            client,
            sessions,
            derms,
            head_end,
            acknowledgement_timeout=settings.acknowledgement_timeout,
            head_end_answer_within=settings.head_end_answer_within,
            database_pool_size=settings.database_pool_size,
        )
        async with worker, _run_relay(url, sessions, client) as supervisor:
            yield RunningWorker(statements, supervisor)
    await engine.dispose()


@asynccontextmanager
async def _run_relay(url: str, sessions: Sessions, client: Client) -> AsyncGenerator[Supervisor]:
    relay = Relay(client, sessions, lambda: prepare_namespace(client))
    engine = create_engine(url, pool_size=1)
    listener = OutboxListener(engine, relay.wake.set)
    supervisor = Supervisor()
    supervisor.start("relay", relay.run_once)
    supervisor.start("outbox listener", listener.run_once)
    try:
        yield supervisor
    finally:
        await supervisor.stop()
        await listener.close()
        await engine.dispose()
