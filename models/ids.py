"""Ids: TypeIDs, a UUIDv7 with a prefix that says of what. They sort by time, and are safe in URLs and logs."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from typeid import TypeID

from models.values import Described

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Of a TypeID: five bits each, in the order of their characters. The first ten say when, in milliseconds."""


def new_id(prefix: str) -> str:
    """A new id such as `enr_01m85mj6eyegf98b35jr8cf23b`."""
    return str(TypeID(prefix=prefix))


def first_id_at(prefix: str, instant: datetime) -> str:
    """Returns the id that sorts before every id of that prefix made at the instant or later."""
    milliseconds = max(0, int(instant.timestamp() * 1000))
    time = "".join(_LETTERS[milliseconds >> bits & 31] for bits in range(45, -1, -5))
    return f"{prefix}_{time}{'0' * 16}"


def _type_id_pattern(prefix: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$")


def _type_id_description(prefix: str) -> Described:
    return Described(f"an id such as {prefix}_01m85mj6eyegf98b35jr8cf23b")


EnrollmentId = Annotated[str, _type_id_pattern("enr"), _type_id_description("enr")]
CustomerId = Annotated[str, _type_id_pattern("cus"), _type_id_description("cus")]
SubscriptionId = Annotated[str, _type_id_pattern("sub"), _type_id_description("sub")]
DeviceId = Annotated[str, _type_id_pattern("dev"), _type_id_description("dev")]
SyncRequestId = Annotated[str, _type_id_pattern("syn"), _type_id_description("syn")]
UnenrollmentId = Annotated[str, _type_id_pattern("unr"), _type_id_description("unr")]
ServiceCallId = Annotated[str, _type_id_pattern("svc"), _type_id_description("svc")]
WorkOrderId = Annotated[str, _type_id_pattern("wo"), _type_id_description("wo")]
ProcessFlowId = Annotated[str, _type_id_pattern("pf"), _type_id_description("pf")]
ShipmentId = Annotated[str, _type_id_pattern("shp"), _type_id_description("shp")]
OutboxMessageId = Annotated[
    str, StringConstraints(pattern=r"^msg_[1-9][0-9]{0,17}$"), Described("an id such as msg_4711")
]
BatchRunId = Annotated[str, _type_id_pattern("bat"), _type_id_description("bat")]


def enrollment_workflow_id(enrollment_id: str) -> str:
    """Return the id of an enrollment's workflow: `enroll/enr_…`."""
    return f"enroll/{enrollment_id}"


def unenrollment_workflow_id(unenrollment_id: str) -> str:
    """Return the id of an unenrollment's workflow: `unenroll/unr_…`."""
    return f"unenroll/{unenrollment_id}"


def service_call_workflow_id(service_call_id: str) -> str:
    """The one Temporal workflow of a service call: `service-call/svc_…`."""
    return f"service-call/{service_call_id}"


def batch_workflow_id(name: str, run_id: str) -> str:
    """The Temporal workflow of one batch run: `batch/initial-load/bat_…`."""
    return f"batch/{name}/{run_id}"


def sync_request_workflow_id(sync_request_id: str) -> str:
    """Return the id of the workflow that sends a sync request whose own workflow has ended: `hand-over/syn_…`."""
    return f"hand-over/{sync_request_id}"
