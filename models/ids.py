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


def enrollment_workflow_id(enrollment_id: str) -> str:
    """The one Temporal workflow of an enrolment: `enroll/enr_…`."""
    return f"enroll/{enrollment_id}"
