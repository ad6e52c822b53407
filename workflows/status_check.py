"""Asking the head-end whether devices answer: sent, waited for, asked again, until all do.

See docs/domain.md#device-setup.
"""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from models.messages.device_setup import ConcludeChecks, Concluded, StatusChecks
    from models.messages.enroll import Accepted, EnrollInput, Stage
    from workflows import policies
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.head_end import HeadEndQuestions
    from workflows.parking import STAGE, Parking, mark

_HERE = Stage.CHECKING_DEVICE


class StatusCheck:
    """Part of the enrol flow: no device is enrolled that its head-end cannot reach."""

    def __init__(self, request: EnrollInput, parking: Parking, record: EnrollmentRecord) -> None:
        self._request = request
        self._parking = parking
        self._record = record
        self.questions = HeadEndQuestions()

    async def run(self, *, until: Callable[[], bool]) -> Accepted | None:
        """Gives nothing once every device answers well, or `until` holds; else where a person ended the request."""
        mark(STAGE.value_set(_HERE))
        pause = policies.TRY_AGAIN_AFTER
        while not until():
            self.questions.came_late = False
            round_ = await self._start()
            concluded = await self._round(round_, until) if round_.request_ids else Concluded(passed=True)
            if concluded.passed or until():
                return None
            parked = await self._record.park(
                f"The device check failed. {concluded.why}",
                resume=_HERE,
                over=lambda: until() or self.questions.came_late,
                again_after=pause,
            )
            if parked.state in ENDS:
                return parked
            pause = min(pause * 2, policies.LONGEST_BETWEEN_CHECKS)
        return None

    async def _start(self) -> StatusChecks:
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.start_status_checks,
                self._request,
                summary="which devices to ask after",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )

    async def _round(self, checks: StatusChecks, until: Callable[[], bool]) -> Concluded:
        troubles = await self.questions.ask(
            checks.request_ids, details="Waiting for the head-end to say whether the device answers.", until=until
        )
        concluded = await self._conclude(checks)
        why = " ".join([concluded.why, *sorted(set(troubles.values()))])
        return concluded.model_copy(update={"why": why[:900]})

    async def _conclude(self, checks: StatusChecks) -> Concluded:
        request = ConcludeChecks(enrollment_id=self._request.enrollment_id, request_ids=checks.request_ids)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.conclude_status_checks,
                request,
                summary="what came of it",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )
