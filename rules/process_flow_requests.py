"""Which request each guided flow makes."""

from pydantic import BaseModel

from models.application import EnrollmentApplication
from models.service_call import ServiceCallApplication
from models.unenrollment import UnenrollmentApplication

REQUESTS: dict[str, type[BaseModel]] = {
    "enroll": EnrollmentApplication,
    "unenroll": UnenrollmentApplication,
    "service_call": ServiceCallApplication,
}
