"""Asking the head-end whether the devices of an enrollment answer, again and again until all do.

See docs/domain.md#device-setup.
"""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from models.messages.enrollment import EnrollInput, EnrollmentProgress
    from models.messages.head_end import ConcludeStatusChecks, StatusChecks, StatusChecksResult
    from models.messages.search_attributes import WorkflowStage
    from workflows import policies
    from workflows.enrollment_record import FINAL_STAGES, EnrollmentRecord
    from workflows.parking import STAGE, set_search_attributes
    from workflows.steps.head_end import HeadEndRequests

_STAGE = WorkflowStage.CHECKING_DEVICE


class StatusCheck:
    """Sees to it that no device is enrolled that its head-end cannot reach."""

    def __init__(self, request: EnrollInput, record: EnrollmentRecord) -> None:
        self._request = request
        self._record = record
        self.requests = HeadEndRequests()

    async def run(self, *, until: Callable[[], bool]) -> EnrollmentProgress | None:
        """Returns None when every device answers or `until` holds; if a person ended the request, where it stands."""
        set_search_attributes(STAGE.value_set(_STAGE))
        pause = policies.AUTOMATIC_RETRY_INTERVAL
        while not until():
            self.requests.has_late_answer = False
            checks = await self._start()
            concluded = await self._run_round(checks, until) if checks.request_ids else StatusChecksResult(passed=True)
            if concluded.passed or until():
                return None
            parked = await self._record.park(
                f"The device check failed. {concluded.why}",
                resume=_STAGE,
                until=lambda: until() or self.requests.has_late_answer,
                again_after=pause,
            )
            if parked.state in FINAL_STAGES:
                return parked
            pause = min(pause * 2, policies.MAX_DEVICE_CHECK_INTERVAL)
        return None

    async def _start(self) -> StatusChecks:
        return await self._record.run_step(
            DeviceSetupActivities.start_status_checks,
            self._request,
            summary="which devices to ask after",
            resume=_STAGE,
        )

    async def _run_round(self, checks: StatusChecks, until: Callable[[], bool]) -> StatusChecksResult:
        failures = await self.requests.send_and_wait(
            checks.request_ids, details="Waiting for the head-end to say whether the device answers.", until=until
        )
        concluded = await self._conclude(checks)
        why = " ".join([concluded.why, *sorted(set(failures.values()))])
        return concluded.model_copy(update={"why": why[:900]})

    async def _conclude(self, checks: StatusChecks) -> StatusChecksResult:
        return await self._record.run_step(
            DeviceSetupActivities.conclude_status_checks,
            ConcludeStatusChecks(enrollment_id=self._request.enrollment_id, request_ids=checks.request_ids),
            summary="what came of it",
            resume=_STAGE,
        )
