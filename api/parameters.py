"""Parameters that many routes share, with their limits."""

from typing import Annotated

from fastapi import Header, Path, Query

from models.errors import Invalid
from models.ids import (
    CustomerId,
    DeviceId,
    EnrollmentId,
    ProcessFlowId,
    ServiceCallId,
    ShipmentId,
    SyncRequestId,
    UnenrollmentId,
    WorkOrderId,
)
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
ShipmentPath = Annotated[ShipmentId, Path(description="shp_…")]
EnrollmentPath = Annotated[EnrollmentId, Path(description="enr_…")]
CustomerPath = Annotated[CustomerId, Path(description="cus_…")]
SyncRequestPath = Annotated[SyncRequestId, Path(description="syn_…")]
ServiceCallPath = Annotated[ServiceCallId, Path(description="svc_…")]
UnenrollmentPath = Annotated[UnenrollmentId, Path(description="unr_…")]
WorkOrderPath = Annotated[WorkOrderId, Path(description="wo_…")]
DevicePath = Annotated[DeviceId, Path(description="dev_…")]
ByCode = Annotated[Code | None, Query()]
ByExternalId = Annotated[ExternalId | None, Query()]
ProcessFlowPath = Annotated[ProcessFlowId, Path(description="pf_…")]
PanelPath = Annotated[Code, Path(description="the panel's code")]


def version_of(etag: str | None) -> int | None:
    """The version that an If-Match header names; None when it names none.

    Raises:
        Invalid: it is no ETag that was given out.
    """
    if etag is None or etag == "*":
        return None
    number = etag.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid("If-Match is no ETag of ours.", fix='Send the ETag that the GET gave, such as "3".')
    return int(number)
