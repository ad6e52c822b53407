"""Our operations on the running stack's database, committed as a worker does, or rolled back: they show what the API
does not."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.messages.synchronization import SYNC_TURN
from models.scope import OperatorScope
from models.states.sync_request import SyncKind
from models.tables.messages import OutboxMessage
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform.audit import AuditTrail
from operations.platform.database import Sessions, create_engine, create_sessions
from operations.platform.lifecycle import RequestRef
from operations.synchronization import enqueue, sync_requests
from operations.synchronization.sync_requests import PreparedMessage
from tests.integration.clients.running_stack import RunningStack

SCOPE = OperatorScope(actor="tester")


class SubscriptionTransaction:
    """One subscription in a transaction that is never committed."""

    def __init__(self, session: AsyncSession, enrollment: str) -> None:
        self.session = session
        self.catalogs = CatalogCache()
        self._enrollment = enrollment

    async def get_subscription(self) -> ProgramSubscription:
        wanted = select(ProgramSubscription).where(col(ProgramSubscription.enrollment_id) == self._enrollment)
        return (await self.session.scalars(wanted)).one()

    async def list_subscription_devices(self) -> list[SubscriptionDevice]:
        of_it = col(SubscriptionDevice.subscription_id) == (await self.get_subscription()).id
        wanted = select(SubscriptionDevice).where(of_it).execution_options(populate_existing=True)
        return list(await self.session.scalars(wanted))

    async def request_sync(self, kind: SyncKind = SyncKind.UPDATE, **how: Any) -> SyncRequest:
        """Request a synchronization of a changed subscription, for a workflow of its own."""
        now, service_call = datetime.now(UTC), new_id("svc")
        journey = RequestRef(service_call, f"service-call/{service_call}")
        trail = AuditTrail(SCOPE, now, service_call)
        subscription = await self.get_subscription()
        made = await enqueue.enqueue_sync(self.session, trail, self.catalogs, subscription, kind, journey, now, **how)
        await trail.write(self.session)
        return await self.get_sync_request(made)

    async def get_sync_request(self, sync_request_id: str) -> SyncRequest:
        return (await self.session.scalars(select(SyncRequest).where(col(SyncRequest.id) == sync_request_id))).one()

    async def get_first_sync_request(self) -> SyncRequest:
        wanted = select(SyncRequest).where(col(SyncRequest.enrollment_id) == self._enrollment)
        return (await self.session.scalars(wanted.where(col(SyncRequest.sequence) == 1))).one()

    async def start_sending(self, request: SyncRequest) -> PreparedMessage:
        """Ask for the message to send, as a workflow does."""
        ready = await sync_requests.start_sending(self.session, SCOPE, self.catalogs, request.id)
        await self.session.flush()
        return ready

    async def list_notified_workflows(self) -> list[str]:
        """Return the workflows that were signaled to check whether it is their turn."""
        wanted = select(col(OutboxMessage.workflow_id)).where(col(OutboxMessage.name) == SYNC_TURN)
        return list(await self.session.scalars(wanted.order_by(col(OutboxMessage.id))))


@asynccontextmanager
async def open_subscription(stack: RunningStack, enrollment: str) -> AsyncGenerator[SubscriptionTransaction]:
    engine = create_engine(stack.description["database_url"], pool_size=1)
    try:
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
            yield SubscriptionTransaction(session, enrollment)
    finally:
        await engine.dispose()


def run_on_database(stack: RunningStack, do: Callable[[Sessions], Awaitable[Any]]) -> Any:
    """Run an operation as a worker does; its commits stay."""

    async def connected() -> Any:
        engine = create_engine(stack.description["database_url"], pool_size=1)
        try:
            return await do(create_sessions(engine))
        finally:
            await engine.dispose()

    return asyncio.run(connected())
