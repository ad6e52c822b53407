"""Parameters that many routes share, with their limits and descriptions."""

from collections import Counter
from typing import Annotated

from fastapi import Header, Path, Query, Request
from pydantic import StringConstraints

from models.errors import Invalid, Pointer
from models.ids import (
    BatchRunId,
    CustomerId,
    DeviceId,
    EnrollmentId,
    OutboxMessageId,
    ProcessFlowId,
    ServiceCallId,
    ShipmentId,
    SubscriptionId,
    SyncRequestId,
    UnenrollmentId,
    WorkOrderId,
)
from models.values import Code, Described, ExternalId, Printable

# Lists
Limit = Annotated[int, Query(ge=1, le=200, description="The maximum number of items on the page.")]
Cursor = Annotated[
    Annotated[
        str,
        StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-]+$"),
        Described("next_cursor of the page before"),
    ]
    | None,
    Query(description="`next_cursor` of the previous page."),
]
SearchText = Annotated[
    str | None,
    Query(max_length=200, description="Words of a name, e-mail or address, or a CIS id."),
    Printable,
]
AccountFilter = Annotated[ExternalId | None, Query(description="Only those of this CIS account.")]
CustomerFilter = Annotated[CustomerId | None, Query(description="Only those of this customer.")]
DeviceFilter = Annotated[DeviceId | None, Query(description="Only those for this device.")]
EnrollmentFilter = Annotated[EnrollmentId | None, Query(description="Only those of this enrollment.")]
ProgramFilter = Annotated[Code | None, Query(description="Only those of this program.")]
ServicePointFilter = Annotated[ExternalId | None, Query(description="Only this CIS service point.")]
SubscriptionFilter = Annotated[SubscriptionId | None, Query(description="Only those of this subscription.")]
TransactionIdFilter = Annotated[ExternalId | None, Query(description="Only those submitted with this transaction id.")]
StateFilter = Query(description="Only those in this state.")
KindFilter = Query(description="Only those of this kind.")

# Paths
BatchRunPath = Annotated[BatchRunId, Path(description="The batch run's id: bat_…")]
CustomerPath = Annotated[CustomerId, Path(description="The customer's id: cus_…")]
DevicePath = Annotated[DeviceId, Path(description="The device's id: dev_…")]
EnrollmentPath = Annotated[EnrollmentId, Path(description="The enrollment's id: enr_…")]
OutboxMessagePath = Annotated[OutboxMessageId, Path(description="The message's id: msg_…")]
PanelPath = Annotated[Code, Path(description="The panel's code.")]
ProcessFlowPath = Annotated[ProcessFlowId, Path(description="The process flow's id: pf_…")]
ServiceCallPath = Annotated[ServiceCallId, Path(description="The service call's id: svc_…")]
ShipmentPath = Annotated[ShipmentId, Path(description="The shipment's id: shp_…")]
SyncRequestPath = Annotated[SyncRequestId, Path(description="The sync request's id: syn_…")]
UnenrollmentPath = Annotated[UnenrollmentId, Path(description="The unenrollment's id: unr_…")]
WorkOrderPath = Annotated[WorkOrderId, Path(description="The work order's id: wo_…")]

# Headers
IdempotencyKey = Annotated[
    Annotated[
        str,
        StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"),
        Described("a text of 1 to 255 printable ASCII characters without spaces"),
    ]
    | None,
    Header(alias="Idempotency-Key", description="Identifies the request: the same key again returns the same answer."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=40,
        description="The ETag of the version that the change is based on. Without it, the last change wins.",
    ),
]


def reject_unknown_parameters(request: Request) -> None:
    """Reject query parameters that the endpoint does not have, and repeated ones.

    A misspelled parameter, or the first of two, would otherwise be ignored without a word.

    Raises:
        Invalid: it names each such parameter, and those that exist.
    """
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    unknown = f"there is no such parameter; possible: {', '.join(known) or 'none'}"
    counts = Counter(name for name, _ in request.query_params.multi_items())
    faults = [Pointer(f"query/{name}", unknown) for name in counts if name not in known]
    faults += [Pointer(f"query/{name}", "is given more than once") for name in known if counts[name] > 1]
    if faults:
        raise Invalid("The request has query parameters that this endpoint would ignore.", pointers=faults)


def parse_if_match(etag: str | None) -> int | None:
    """Returns the version in an If-Match header, or None when the header names none.

    Raises:
        Invalid: the header is not an ETag of this API.
    """
    if etag is None or etag == "*":
        return None
    number = etag.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid(
            "If-Match is not an ETag of this API.",
            fix='Send the ETag that the GET returned, such as "3".',
            pointers=[Pointer("header/If-Match", "is not an ETag that this API returned")],
        )
    return int(number)
