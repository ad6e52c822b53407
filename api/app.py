"""The FastAPI application with its routes, middleware and lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

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

_DESCRIPTION = """Enroll customers and their devices in a utility's grid programs, and keep its DERMS up to date.

The API accepts every request at once (202), and a durable workflow carries it out. Errors are RFC 9457 problem details.

Values whose spelling is British are part of the contract: the state `cancelled` and the installation method `re_enrol`.
Requests may also say `re_enroll`."""


def create_app(
    *,
    database_url: str,
    pool_size: int,
    temporal: Client,
    token: str,
    derms_secret: str,
    head_end_secret: str,
    temporal_ui_url: str,
    acknowledgement_timeout: timedelta,
) -> FastAPI:
    """Returns the API over a database and a Temporal client. It opens and closes its own connections."""

    supervisor = Supervisor()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        engine = create_engine(database_url, pool_size)
        sessions = create_sessions(
            engine, delivers_within=outbox.HEAD_START, acknowledgement_timeout=acknowledgement_timeout
        )
        inline_delivery = InlineDelivery(temporal, sessions)
        app.state.context = Context(
            sessions=sessions,
            temporal=temporal,
            inline_delivery=inline_delivery,
            token=token,
            derms_secret=derms_secret,
            head_end_secret=head_end_secret,
            temporal_ui_url=temporal_ui_url,
        )
        app.state.context.statements.watch(engine)
        inline_delivery.start(supervisor)
        yield
        await supervisor.stop()
        await engine.dispose()

    app = FastAPI(
        title="gridenroll",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        dependencies=[Depends(reject_unknown_parameters)],
        generate_unique_id_function=openapi.get_operation_id,
    )
    app.state.metrics = Metrics(supervisor)
    app.state.supervisor = supervisor
    app.add_middleware(BodySizeLimit)
    app.add_middleware(MetricsMiddleware, metrics=app.state.metrics)
    problems.install_error_handlers(app)
    openapi.install_openapi(app)
    for subject in (
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
        app.include_router(subject.router)
    return app
