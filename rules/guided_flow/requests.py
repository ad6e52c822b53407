"""Which request each guided flow makes."""

from pydantic import BaseModel

from models.requests.enrollment import EnrollmentApplication
from models.requests.service_call import ServiceCallApplication
from models.requests.unenrollment import UnenrollmentApplication

REQUEST_BY_PROCESS_FLOW: dict[str, type[BaseModel]] = {
    "enroll": EnrollmentApplication,
    "unenroll": UnenrollmentApplication,
    "service_call": ServiceCallApplication,
}
