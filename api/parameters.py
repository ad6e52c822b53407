"""Parameters that many routes share, with their limits."""

from collections import Counter
from typing import Annotated

from fastapi import Header, Path, Query, Request
from pydantic import StringConstraints

from models.errors import Invalid, Pointer
from models.ids import (
    CustomerId,
    DeviceId,
    EnrollmentId,
    OutboxMessageId,
    ProcessFlowId,
    ServiceCallId,
    ShipmentId,
    SyncRequestId,
    UnenrollmentId,
    WorkOrderId,
)
from models.values import Code, Described, ExternalId, Printable

Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page.")]
Cursor = Annotated[
    Annotated[
        str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-]+$"), Described("next_cursor of the page before")
    ]
    | None,
    Query(description="next_cursor of the page before."),
]
SearchText = Annotated[
    str | None,
    Query(max_length=200, description="Words of a name, e-mail or address, or a CIS id."),
    Printable,
]
IdempotencyKey = Annotated[
    Annotated[
        str,
        StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"),
        Described("a text of 1 to 255 printable ASCII characters without spaces"),
    ]
    | None,
    Header(alias="Idempotency-Key", description="Names the request: the same key again gives the same answer."),
]
ShipmentPath = Annotated[ShipmentId, Path(description="shp_…")]
EnrollmentPath = Annotated[EnrollmentId, Path(description="enr_…")]
CustomerPath = Annotated[CustomerId, Path(description="cus_…")]
SyncRequestPath = Annotated[SyncRequestId, Path(description="syn_…")]
ServiceCallPath = Annotated[ServiceCallId, Path(description="svc_…")]
UnenrollmentPath = Annotated[UnenrollmentId, Path(description="unr_…")]
OutboxMessagePath = Annotated[OutboxMessageId, Path(description="msg_…")]
WorkOrderPath = Annotated[WorkOrderId, Path(description="wo_…")]
DevicePath = Annotated[DeviceId, Path(description="dev_…")]
CodeFilter = Annotated[Code | None, Query()]
ExternalIdFilter = Annotated[ExternalId | None, Query()]
ProcessFlowPath = Annotated[ProcessFlowId, Path(description="pf_…")]
PanelPath = Annotated[Code, Path(description="the panel's code")]


def reject_unknown_parameters(request: Request) -> None:
    """A parameter that a door does not have is misspelt, and of two only one would count: neither must seem heeded.

    Raises:
        Invalid: naming each, and those there are.
    """
    described = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    known = [one["name"] for one in described.get("parameters", ()) if one["in"] == "query"]
    possible = f"there is no such parameter; possible: {', '.join(known) or 'none'}"
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [Pointer(f"query/{name}", possible) for name in given if name not in known]
    faults += [Pointer(f"query/{name}", "is given more than once") for name in known if given[name] > 1]
    if faults:
        raise Invalid("The request has parameters that would not be heeded.", pointers=faults)


def parse_if_match(etag: str | None) -> int | None:
    """The version that an If-Match header names; None when it names none.

    Raises:
        Invalid: it is no ETag that was given out.
    """
    if etag is None or etag == "*":
        return None
    number = etag.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid(
            "If-Match is no ETag of ours.",
            fix='Send the ETag that the GET gave, such as "3".',
            pointers=[Pointer("header/If-Match", "is none that was given out")],
        )
    return int(number)
