"""Inputs and results of the enrollment workflow and its steps: only ids and states, never personal data."""

from models.catalog.service_tasks import SetupStep
from models.messages.message import Message
from models.messages.shipment import AwaitedShipment
from models.messages.site_visit import AwaitedVisit
from models.messages.synchronization import SyncOutcome
from models.messages.text import Text
from models.messages.workflow_start import SynchronizingInput
from models.states.enrollment import EnrollmentState

WORKFLOW = "Enroll"


PLACE_FREED = "place_freed"


class EnrollInput(SynchronizingInput):
    """Which enrollment to process."""

    enrollment_id: str


class DeviceSetupPlan(Message):
    """What is done before a device is associated: the steps, in their order, and what they wait for."""

    steps: tuple[SetupStep, ...] = ()
    visit: AwaitedVisit | None = None
    shipment: AwaitedShipment | None = None
    expire_after_days: int = 180


class EnrollmentProgress(DeviceSetupPlan):
    """What validating and accepting came to. With no setup to wait for, the devices are associated already."""

    state: EnrollmentState
    sync_request_id: str | None = None
    failed_rules: tuple[str, ...] = ()


class CancelEnrollment(Message):
    """Cancel an enrollment that is not associated yet."""

    enrollment_id: str
    reason: Text
    actor: str = "temporal"


class ParkEnrollment(Message):
    """Mark an enrollment as needing a person."""

    enrollment_id: str
    reason: Text


class PlaceFreed(Message):
    """A place in the program became free."""

    message_id: str = ""


class EnrollResult(Message):
    """How the workflow ended."""

    state: EnrollmentState
    synchronization: SyncOutcome | None = None
    failed_rules: tuple[str, ...] = ()
