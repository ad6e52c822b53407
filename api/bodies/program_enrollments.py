"""The bodies of the enrollment endpoints."""

from pydantic import BaseModel

from models.requests.enrollment import EnrollmentApplication
from models.states.enrollment import EnrollmentState


class ProgramEnrollmentRequest(EnrollmentApplication):
    """A request to enroll a customer in a program."""


class EnrollmentStatusView(BaseModel):
    """An enrollment's state right after the call. Its workflow continues in the background."""

    id: str
    state: EnrollmentState
    links: dict[str, str]
