"""Which sync requests a person means: the same words for a list and for a retry of many."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from models.ids import EnrollmentId, SubscriptionId
from models.states.sync_request import SyncKind, SyncState
from models.values import Code, Instant, Line, Value

Age = Annotated[timedelta, Field(ge=timedelta(), le=timedelta(days=36_500))]


class SyncRequestFilter(Value):
    """All that is said must hold; what is not said does not matter."""

    state: SyncState | None = None
    kind: SyncKind | None = None
    program: Code | None = None
    subscription: SubscriptionId | None = None
    enrollment: EnrollmentId | None = None
    error_code: Line | None = None
    created_before: Instant | None = None
    older_than: Age | None = Field(default=None, description="ISO 8601 duration such as PT2H, or seconds")
