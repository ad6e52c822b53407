"""Scenarios that bring every workflow to each point where it can wait or end, by name."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from models.errors import Refused
from models.messages.search_attributes import WorkflowStage
from tests.replay.scenarios import batches, device_setup, installations, synchronization, unenrollments
from tests.replay.scenarios.service_calls import SERVICE_CALL_SCENARIOS
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun, run_enrollment, run_synchronization
from tests.workflow.stand_ins.service_call import run_service_call
from tests.workflow.stand_ins.site_visits import run_installation
from tests.workflow.stand_ins.unenrollment_run import run_unenrollment_of
from workflows.enroll import EnrollmentWorkflow


class Scenario(NamedTuple):
    """How the workflow is started, and what happens until its history is recorded. `late`: time has to pass."""

    begin: Callable[..., AbstractAsyncContextManager[Any]]
    carry: Callable[[Any], Awaitable[object]]
    start: dict[str, Any]
    late: bool = False


async def run_to_end(run: EnrollmentRun) -> None:
    await run.result()


async def wait_on_waitlist(run: EnrollmentRun) -> None:
    await run.wait_for_stage(WorkflowStage.WAITLISTED)


async def admit_from_waitlist(run: EnrollmentRun) -> None:
    await wait_on_waitlist(run)
    await run.handle.signal(EnrollmentWorkflow.place_freed, {})
    await run.result()


async def cancel(run: EnrollmentRun) -> None:
    await wait_on_waitlist(run)
    await run.cancel()
    await run.result()


async def park(run: EnrollmentRun) -> None:
    await run.wait_until_parked()


DECISIONS: dict[str, tuple[Callable[[EnrollmentRun], Awaitable[object]], dict[str, Any]]] = {
    "rejected": (run_to_end, {"decisions": ["rejected"]}),
    "waitlisted": (wait_on_waitlist, {"decisions": ["waitlisted"]}),
    "admitted_from_the_waitlist": (admit_from_waitlist, {"moods": "answers", "decisions": ["waitlisted", "enrolled"]}),
    "cancelled_while_waitlisted": (cancel, {"decisions": ["waitlisted"]}),
    "parked_undecided": (park, {"decisions": [Refused("The catalog is broken.", code="broken")]}),
}

_SOON = (
    (run_enrollment, DECISIONS),
    (run_enrollment, synchronization.ENROLLMENT_SYNC_SCENARIOS),
    (run_synchronization, synchronization.SYNC_SCENARIOS),
    (run_installation, installations.INSTALLATION_SCENARIOS),
    (run_unenrollment_of, unenrollments.UNENROLLMENT_SCENARIOS),
    (run_service_call, SERVICE_CALL_SCENARIOS),
    (device_setup.begun, device_setup.DEVICE_SETUP_SCENARIOS),
    (batches.begin, batches.BATCH_SCENARIOS),
)
_LATE = (
    (run_enrollment, synchronization.LATE),
    (run_installation, installations.LATE),
    (run_unenrollment_of, unenrollments.LATE),
    (device_setup.begun, device_setup.LATE),
)
SCENARIOS: dict[str, Scenario] = {
    name: Scenario(begin, carry, start, late)
    for late, begun in ((False, _SOON), (True, _LATE))
    for begin, journeys in begun
    for name, (carry, start) in journeys.items()
}
