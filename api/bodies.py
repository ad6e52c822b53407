"""What is sent and answered at the API's doors, with examples that docs and clients are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from models.catalog.catalog import Catalog
from models.ids import SubscriptionId
from models.requests.enrollment import EnrollmentApplication
from models.requests.sync_request import SyncRequestFilter
from models.states.enrollment import EnrollmentState
from models.states.sync_request import SyncState
from models.values import Sentence, Value

_ENROLLMENT_EXAMPLE: dict[str, Any] = {
    "transaction_id": "ext-123",
    "account": "A-2000001",
    "service_point": "SP-4000001",
    "program": "TSTAT-DR",
    "installation_method": "bring_your_own",
    "asset_ownership": "customer_owned",
    "devices": [{"specification": "ecobee-premium", "serial_number": "5112-0000-1234"}],
    "terms": {"version": "2026-01", "accepted_by": "Account holder", "accepted_at": "2026-06-01T09:30:00-05:00"},
    "answers": {},
}


class ProgramEnrollmentRequest(EnrollmentApplication):
    """A request to take part in a program."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENROLLMENT_EXAMPLE]})


class EnrollmentAccepted(BaseModel):
    """The request was taken; its flow goes on by itself."""

    id: str
    state: EnrollmentState
    links: dict[str, str]


class ReasonRequest(Value):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The customer changed their mind."}]})

    reason: Sentence


class EnrollmentStatusView(BaseModel):
    """Where the enrolment stands now."""

    id: str
    state: EnrollmentState
    links: dict[str, str]


class SyncRequestStatusView(BaseModel):
    """Where the sync request stands now."""

    id: str
    state: SyncState
    links: dict[str, str]


class SubscriptionSyncRequest(Value):
    """Whose devices the DERMS is told of once more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subscription": "sub_01k5w3zt8be9atvs7xwcq5n8gm"}]})

    subscription: SubscriptionId


class SyncRetriesRequest(Value):
    """Which requests in error to retry. Look first: a dry run tells how many there are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"program": "TSTAT-DR", "older_than": "PT2H"}, "dry_run": True}]}
    )

    filter: SyncRequestFilter = SyncRequestFilter()
    dry_run: bool = True
    limit: Annotated[int, Field(ge=1, le=500, description="so many are retried at once, the oldest first")] = 500


class SyncRetriesView(BaseModel):
    """How many requests in error match, and how many of them were retried."""

    matching: int
    retried: int


class CatalogRequest(Catalog):
    """The whole catalogue; what is not in it is no more."""


class CatalogView(BaseModel):
    """The catalogue in force; version 0 is the empty one before the first."""

    version: int
    catalog: Catalog


class CustomerImportRequest(Value):
    """Records from the CIS. Each is taken or refused by itself."""

    customers: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=20_000)] = Field(
        json_schema_extra={"items": {"$ref": "#/components/schemas/CisRecord"}}
    )


class RecordError(BaseModel):
    """Why one record was not taken: its position (0 is the first), the field, the reason."""

    position: int
    field: str
    reason: str


class CustomerImportView(BaseModel):
    """What the upsert came to. `created` and `updated` count customers, accounts, premises and service points."""

    received: int
    taken: int
    created: int
    updated: int
    errors: list[RecordError]


class AcknowledgementsReceivedView(BaseModel):
    """The acknowledgements are kept; their flows are being told."""

    received: int
    new: int


class ComponentStatus(BaseModel):
    """One part that the API needs."""

    ready: bool
    detail: str


class ReadinessView(BaseModel):
    """`ready`; `degraded`: requests are taken and wait; `not_ready`: requests cannot be taken."""

    status: str
    parts: dict[str, ComponentStatus]
