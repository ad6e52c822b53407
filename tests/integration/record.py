"""The house's operations on the stack's own database, as a worker carries them out, or undone afterwards: what no door
shows can be seen."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.messages.synchronize import SYNC_TURN
from models.scope import OperatorScope
from models.states import SyncKind
from models.tables.messages import OutboxMessage
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations import announcing, sync_requests
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.database import Sessions, create_engine, create_sessions
from operations.sync_requests import ToSend
from tests.integration.doors import Doors

SCOPE = OperatorScope(actor="tester")


class Record:
    """One subscription in a transaction that is never committed."""

    def __init__(self, session: AsyncSession, enrollment: str) -> None:
        self.session = session
        self.catalogs = Catalogs()
        self._enrollment = enrollment

    async def subscription(self) -> ProgramSubscription:
        wanted = select(ProgramSubscription).where(col(ProgramSubscription.enrollment_id) == self._enrollment)
        return (await self.session.scalars(wanted)).one()

    async def subscription_devices(self) -> list[SubscriptionDevice]:
        of_it = col(SubscriptionDevice.subscription_id) == (await self.subscription()).id
        wanted = select(SubscriptionDevice).where(of_it).execution_options(populate_existing=True)
        return list(await self.session.scalars(wanted))

    async def announce(self, kind: SyncKind = SyncKind.UPDATE, **how: Any) -> SyncRequest:
        """Something about the subscription has changed; a flow of its own tells the DERMS."""
        now, flow = datetime.now(UTC), new_id("svc")
        journey = announcing.Journey(flow, f"service-call/{flow}")
        trail = Trail(SCOPE, now, flow)
        subscription = await self.subscription()
        made = await announcing.announce(self.session, trail, self.catalogs, subscription, kind, journey, now, **how)
        await trail.write(self.session)
        return await self.request(made)

    async def request(self, sync_request_id: str) -> SyncRequest:
        return (await self.session.scalars(select(SyncRequest).where(col(SyncRequest.id) == sync_request_id))).one()

    async def first(self) -> SyncRequest:
        wanted = select(SyncRequest).where(col(SyncRequest.enrollment_id) == self._enrollment)
        return (await self.session.scalars(wanted.where(col(SyncRequest.sequence) == 1))).one()

    async def send(self, request: SyncRequest) -> ToSend:
        """A flow asks for the message to send."""
        ready = await sync_requests.start_sending(self.session, SCOPE, self.catalogs, request.id)
        await self.session.flush()
        return ready

    async def woken(self) -> list[str]:
        """The flows that are told to look whether it is their turn."""
        wanted = select(col(OutboxMessage.workflow_id)).where(col(OutboxMessage.name) == SYNC_TURN)
        return list(await self.session.scalars(wanted.order_by(col(OutboxMessage.id))))


@asynccontextmanager
async def record_of(doors: Doors, enrollment: str) -> AsyncGenerator[Record]:
    engine = create_engine(doors.stack["database_url"], pool_size=1)
    try:
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
            yield Record(session, enrollment)
    finally:
        await engine.dispose()


def on_its_database(doors: Doors, do: Callable[[Sessions], Awaitable[Any]]) -> Any:
    """As a worker does; what is committed stays."""

    async def connected() -> Any:
        engine = create_engine(doors.stack["database_url"], pool_size=1)
        try:
            return await do(create_sessions(engine))
        finally:
            await engine.dispose()

    return asyncio.run(connected())
