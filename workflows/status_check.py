"""Asking the head-end whether devices answer: sent, waited for, asked again, until all do (DOMAIN.md 5.2)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from models.messages.device_setup import (
        Asked,
        AskHeadEnd,
        ConcludeChecks,
        Concluded,
        HeadEndAnswered,
        StatusChecks,
    )
    from models.messages.enroll import Accepted, EnrollInput, Stage
    from workflows import policies
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.parking import STAGE, Parking, mark, reason_of

_HERE = Stage.CHECKING_DEVICE
_Ask = Callable[[DeviceSetupActivities, AskHeadEnd], Awaitable[Asked]]


class StatusCheck:
    """Part of the enrol flow: no device is enrolled that its head-end cannot reach."""

    def __init__(self, request: EnrollInput, parking: Parking, record: EnrollmentRecord) -> None:
        self._request = request
        self._parking = parking
        self._record = record
        self._answered: set[str] = set()
        self._came_late = False

    def answered(self, message: HeadEndAnswered) -> None:
        """The head-end answered; it may be before the flow waits, or after it has given up."""
        self._came_late = self._came_late or message.request_id not in self._answered
        self._answered.add(message.request_id)

    async def run(self, *, until: Callable[[], bool]) -> Accepted | None:
        """Gives nothing once every device answers well, or `until` holds; else where a person ended the request."""
        mark(STAGE.value_set(_HERE))
        pause = policies.TRY_AGAIN_AFTER
        while not until():
            self._came_late = False
            round_ = await self._start()
            concluded = await self._round(round_, until) if round_.request_ids else Concluded(passed=True)
            if concluded.passed or until():
                return None
            parked = await self._record.park(
                f"The device check failed. {concluded.why}",
                resume=_HERE,
                over=lambda: until() or self._came_late,
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
        """One question for each device; what is not answered in time is asked for once more."""
        troubles = await self._ask_all(DeviceSetupActivities.ask_head_end, checks.request_ids)
        workflow.set_current_details("Waiting for the head-end to say whether the device answers.")
        await self._wait([one for one in checks.request_ids if one not in troubles], until)
        unanswered = [one for one in checks.request_ids if one not in self._answered and one not in troubles]
        if unanswered and not until():
            troubles |= await self._ask_all(DeviceSetupActivities.ask_what_came, unanswered)
        self._came_late = False
        concluded = await self._conclude(checks)
        why = " ".join([concluded.why, *sorted(set(troubles.values()))])
        return concluded.model_copy(update={"why": why[:900]})

    async def _ask_all(self, ask: _Ask, request_ids: Sequence[str]) -> dict[str, str]:
        """Asks side by side; gives what went wrong, by request."""
        told = await asyncio.gather(*(self._ask(ask, one) for one in request_ids))
        return {request_id: why for request_id, why in zip(request_ids, told, strict=True) if why}

    async def _ask(self, ask: _Ask, request_id: str) -> str:
        try:
            asked = await workflow.execute_activity_method(
                ask, AskHeadEnd(request_id=request_id), summary="ask the head-end", **policies.HEAD_END
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return reason_of(error)
        if asked.outcome is not None:
            self._answered.add(request_id)
        return ""

    async def _wait(self, request_ids: Sequence[str], until: Callable[[], bool]) -> None:
        try:
            await workflow.wait_condition(
                lambda: until() or self._answered.issuperset(request_ids),
                timeout=policies.HEAD_END_ANSWER_WITHIN,
                timeout_summary="ask what became of the question",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            workflow.logger.info("the head-end has not answered in time")

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
