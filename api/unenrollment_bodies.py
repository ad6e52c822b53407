"""What is sent and answered at the doors of unenrolments."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from models.requests.unenrollment import UnenrollmentApplication
from models.states.unenrollment import UnenrollmentState
from models.values import Sentence, Value

_UNENROLLMENT_EXAMPLE: dict[str, Any] = {
    "transaction_id": "ext-456",
    "subscription": "PS-8B35JR8CF2",
    "reason": "customer_opt_out",
    "devices": [],
}


class ProgramUnenrollmentRequest(UnenrollmentApplication):
    """A request to leave a program, with all devices or some."""

    model_config = ConfigDict(json_schema_extra={"examples": [_UNENROLLMENT_EXAMPLE]})


class ApprovalRequest(Value):
    """What a program manager decided, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approved": True, "reason": "The term is nearly over."}]}
    )

    approved: bool
    reason: Sentence


class UnenrollmentStatusView(BaseModel):
    """Where the unenrolment stands now; its flow goes on by itself."""

    id: str
    state: UnenrollmentState
    links: dict[str, str]
