"""The API, put together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from temporalio.client import Client

from api import openapi, problems
from api.body_limit import BodySizeLimit
from api.context import Context
from api.metrics import Metrics, MetricsMiddleware
from api.parameters import reject_unknown_parameters
from api.routes import (
    attention,
    batches,
    catalog,
    customers,
    derms,
    head_end,
    monitoring,
    outbox_messages,
    process_flows,
    program_enrollments,
    program_unenrollments,
    service_calls,
    shipments,
    sync_requests,
    work_orders,
)
from operations.platform import outbox
from operations.platform.database import create_engine, create_sessions
from relay.inline_delivery import InlineDelivery
from relay.supervisor import Supervisor

_DESCRIPTION = """Enrol customers and their devices into a utility's grid programs, kept in step with its DERMS.

Every request is taken at once (202) and carried through by a durable flow. Errors are RFC 9457 problem details."""


def create_app(
    *,
    database_url: str,
    pool_size: int,
    temporal: Client,
    token: str,
    derms_secret: str,
    head_end_secret: str,
    temporal_ui_url: str,
    acknowledgement_timeout_seconds: float,
) -> FastAPI:
    """The API over a database and a Temporal client; it opens and closes its own connections."""

    supervisor = Supervisor()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        engine = create_engine(database_url, pool_size)
        sessions = create_sessions(engine, delivers_within=outbox.HEAD_START)
        courier = InlineDelivery(temporal, sessions)
        app.state.context = Context(
            sessions=sessions,
            temporal=temporal,
            courier=courier,
            token=token,
            derms_secret=derms_secret,
            head_end_secret=head_end_secret,
            temporal_ui_url=temporal_ui_url,
            acknowledgement_timeout_seconds=acknowledgement_timeout_seconds,
        )
        app.state.context.statements.watch(engine)
        courier.start(supervisor)
        yield
        await supervisor.stop()
        await engine.dispose()

    app = FastAPI(
        title="gridenroll",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        dependencies=[Depends(reject_unknown_parameters)],
    )
    app.state.metrics = Metrics(supervisor)
    app.state.supervisor = supervisor
    app.add_middleware(BodySizeLimit)
    app.add_middleware(MetricsMiddleware, metrics=app.state.metrics)
    problems.install_error_handlers(app)
    openapi.install_openapi(app)
    for part in (
        batches,
        program_enrollments,
        program_unenrollments,
        process_flows,
        customers,
        catalog,
        sync_requests,
        work_orders,
        service_calls,
        shipments,
        attention,
        outbox_messages,
        derms,
        head_end,
        monitoring,
    ):
        app.include_router(part.router)
    return app
