"""The bodies of the sync request endpoints."""

from typing import Annotated

from pydantic import BaseModel, Field

from models.ids import SubscriptionId
from models.requests.sync_request import SyncRequestFilter
from models.states.sync_request import SyncState
from models.values import Value


class SubscriptionSyncRequest(Value):
    """The subscription whose devices the DERMS should receive again."""

    subscription: SubscriptionId


class SyncRetriesRequest(Value):
    """Which sync requests in error to retry. A dry run, the default, only counts them."""

    filter: SyncRequestFilter = SyncRequestFilter()
    dry_run: bool = True
    limit: Annotated[int, Field(ge=1, le=500, description="Retry at most this many, oldest first.")] = 500


class SyncRetriesView(BaseModel):
    """How many sync requests in error match the filter, and how many of them this call retried."""

    matching: int
    retried: int


class SyncRequestStatusView(BaseModel):
    """A sync request's state right after the call."""

    id: str
    state: SyncState
    links: dict[str, str]
