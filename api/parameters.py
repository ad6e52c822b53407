"""Parameters that many routes share, with their limits."""

from typing import Annotated

from fastapi import Header, Path, Query

from models.ids import CustomerId, EnrollmentId, SyncRequestId
from models.values import Code, ExternalId, Printable

Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page.")]
Cursor = Annotated[
    str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="next_cursor of the page before.")
]
Words = Annotated[
    str | None,
    Query(max_length=200, description="Words of a name, e-mail or address, or a CIS id."),
    Printable,
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Names the request: the same key again gives the same answer.",
    ),
]
EnrollmentPath = Annotated[EnrollmentId, Path(description="enr_…")]
CustomerPath = Annotated[CustomerId, Path(description="cus_…")]
SyncRequestPath = Annotated[SyncRequestId, Path(description="syn_…")]
ByCode = Annotated[Code | None, Query()]
ByExternalId = Annotated[ExternalId | None, Query()]
