"""What every route needs. The application makes it once, when it starts."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client

from operations.catalog.versions import CatalogCache
from operations.platform import outbox
from operations.platform.database import Sessions, StatementCount
from relay.inline_delivery import InlineDelivery


@dataclass(frozen=True, slots=True)
class Context:
    """The API's resources and settings."""

    sessions: Sessions
    temporal: Client
    inline_delivery: InlineDelivery
    token: str
    derms_secret: str
    head_end_secret: str
    temporal_ui_url: str
    statements: StatementCount = field(default_factory=StatementCount)
    catalogs: CatalogCache = field(default_factory=CatalogCache)

    def deliver(self, session: AsyncSession) -> None:
        """Start delivering the messages to workflows that the committed session has put into the outbox."""
        self.inline_delivery.enqueue(outbox.pop_deliveries(session))


def _get_context(request: Request) -> Context:
    return request.app.state.context


InContext = Annotated[Context, Depends(_get_context)]
