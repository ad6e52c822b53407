"""The bodies of the unenrollment endpoints."""

from pydantic import BaseModel

from models.requests.unenrollment import UnenrollmentApplication
from models.states.unenrollment import UnenrollmentState
from models.values import Sentence, Value


class ProgramUnenrollmentRequest(UnenrollmentApplication):
    """A request to unenroll a customer from a program, with all devices or some of them."""


class ApprovalRequest(Value):
    """A program manager's decision and the reason for it."""

    approved: bool
    reason: Sentence


class UnenrollmentStatusView(BaseModel):
    """An unenrollment's state right after the call. Its workflow continues in the background."""

    id: str
    state: UnenrollmentState
    links: dict[str, str]
