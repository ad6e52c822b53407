"""Ids: TypeIDs, a UUIDv7 with a prefix that says of what. They sort by time, and are safe in URLs and logs."""

from typing import Annotated

from pydantic import StringConstraints
from typeid import TypeID


def new_id(prefix: str) -> str:
    """A new id such as `enr_01m85mj6eyegf98b35jr8cf23b`."""
    return str(TypeID(prefix=prefix))


def _id(prefix: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$")


EnrollmentId = Annotated[str, _id("enr")]
CustomerId = Annotated[str, _id("cus")]
SubscriptionId = Annotated[str, _id("sub")]
DeviceId = Annotated[str, _id("dev")]
SyncRequestId = Annotated[str, _id("syn")]
UnenrollmentId = Annotated[str, _id("unr")]
ServiceCallId = Annotated[str, _id("svc")]
WorkOrderId = Annotated[str, _id("wo")]
ProcessFlowId = Annotated[str, _id("pf")]
ShipmentId = Annotated[str, _id("shp")]
BatchRunId = Annotated[str, _id("bat")]


def enrollment_workflow_id(enrollment_id: str) -> str:
    """The one Temporal workflow of an enrolment: `enroll/enr_…`."""
    return f"enroll/{enrollment_id}"


def unenrollment_workflow_id(unenrollment_id: str) -> str:
    """The one Temporal workflow of an unenrolment: `unenroll/unr_…`."""
    return f"unenroll/{unenrollment_id}"


def service_call_workflow_id(service_call_id: str) -> str:
    """The one Temporal workflow of a service call: `service-call/svc_…`."""
    return f"service-call/{service_call_id}"


def batch_workflow_id(name: str, run_id: str) -> str:
    """The Temporal workflow of one batch run: `batch/initial-load/bat_…`."""
    return f"batch/{name}/{run_id}"


def hand_over_workflow_id(sync_request_id: str) -> str:
    """The flow that tells the DERMS of a sync request whose own flow is no more: `hand-over/syn_…`."""
    return f"hand-over/{sync_request_id}"
