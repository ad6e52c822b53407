"""What is done between acceptance and association: the setup steps of the service task type (DOMAIN.md 5.2)."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.enrollment import EnrollmentActivities
    from models.catalog import SetupStep
    from models.messages.enroll import Accepted, CancelRequested, EnrollInput, Stage
    from models.messages.site_visit import AssociateInstalled, Installed, Visit, VisitStanding
    from models.task_states import CompletionOutcome, WorkOrderState
    from workflows import policies
    from workflows.enrollment_record import ENDS, EnrollmentRecord
    from workflows.parking import STAGE, Parking, mark
    from workflows.site_visit import SiteVisit

_HERE = Stage.AWAITING_SITE_VISIT
_ENDED_BY: dict[CompletionOutcome | None, str] = {
    CompletionOutcome.CUSTOMER_REFUSED: "The customer refused the installation.",
    CompletionOutcome.NOT_INSTALLABLE: "The device cannot be installed there safely.",
}


class DeviceSetup:
    """Part of the enrol flow: carries the steps out in their order, until the device is associated or never will be."""

    def __init__(self, request: EnrollInput, parking: Parking, record: EnrollmentRecord) -> None:
        self._request = request
        self._parking = parking
        self._record = record
        self._overdue = False
        self.site_visit = SiteVisit(parking)
        self._steps: dict[SetupStep, Callable[[Accepted], Coroutine[Any, Any, Accepted]]] = {
            SetupStep.WORK_ORDER: self._install
        }

    async def run(self, accepted: Accepted) -> Accepted:
        """Gives where the request stands after the last step, or after the one that ended it."""
        for step in accepted.steps:
            done = await self._steps[step](accepted)
            accepted = done.model_copy(update={"steps": accepted.steps, "visit": accepted.visit})
            if accepted.state in ENDS:
                break
        return accepted

    async def _install(self, accepted: Accepted) -> Accepted:
        """A technician installs the device; the time allowed runs beside everything that may happen meanwhile."""
        visit = accepted.visit
        if visit is None:
            return accepted
        mark(STAGE.value_set(_HERE))
        running_out = asyncio.create_task(self._run_out(visit))
        try:
            return await self._visited(visit)
        finally:
            running_out.cancel()

    async def _run_out(self, visit: Visit) -> None:
        await workflow.sleep(timedelta(days=visit.expire_after_days), summary="the time allowed for the installation")
        self._overdue = True

    async def _visited(self, visit: Visit) -> Accepted:
        """Until a report's device is associated, or the request ends otherwise."""
        standing = await self.site_visit.run(visit, resume=_HERE, until=self._over(visit), ask=self._ask)
        while True:
            if self._record.cancelled:
                return await self._record.withdraw()
            if standing.state is WorkOrderState.COMPLETED:
                ended, standing = await self._associate(visit, standing)
            elif standing.state is WorkOrderState.INCOMPLETE and (why := _ENDED_BY.get(standing.outcome)):
                return await self._record.withdraw(CancelRequested(reason=why, actor="enroll"))
            elif self._overdue:
                ended, standing = await self._expire(visit)
            elif standing.waits or standing.attempts_used_up:
                ended, until = None, self._over(visit)
                standing = await self.site_visit.wait_on(visit, standing, resume=_HERE, until=until, ask=self._ask)
            else:
                ended, visit, standing = await self._order_again(visit, standing)
            if ended is not None:
                return ended

    def _over(self, visit: Visit) -> Callable[[], bool]:
        """A report that came in before the time ran out is looked at first."""
        return lambda: self._record.cancelled or (self._overdue and not self.site_visit.has_unread(visit))

    async def _ask(self, why: str) -> None:
        """A person decides on one more visit."""
        await self._record.park(why, resume=_HERE, over=lambda: self._overdue, again_after=None)

    async def _associate(self, visit: Visit, standing: VisitStanding) -> tuple[Accepted | None, VisitStanding]:
        installed = await self._installed(visit)
        if installed.stuck:
            parked = await self._record.park(installed.stuck, resume=_HERE, again_after=None)
            return (parked if parked.state in ENDS else None), standing
        if installed.verdict:
            return None, await self.site_visit.standing(visit, resume=_HERE)
        return Accepted(state=installed.state, sync_request_id=installed.sync_request_id), standing

    async def _installed(self, visit: Visit) -> Installed:
        request = AssociateInstalled(enrollment_id=self._request.enrollment_id, work_order_id=visit.work_order_id)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.associate_installed,
                request,
                summary="associate what was installed",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )

    async def _expire(self, visit: Visit) -> tuple[Accepted | None, VisitStanding]:
        """The time has run out; a report that our record has, though the flow has not heard of it yet, wins."""
        expired = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.expire_enrollment, self._request, summary="expire", **policies.OWN_DATABASE
            ),
            resume=_HERE,
        )
        return (expired if expired.state in ENDS else None), await self.site_visit.standing(visit, resume=_HERE)

    async def _order_again(self, visit: Visit, standing: VisitStanding) -> tuple[Accepted | None, Visit, VisitStanding]:
        """The order was called off by itself: a person has a new one made, or ends the request."""
        why = f"{visit.work_order_id} is {standing.state}, and the enrolment waits for it; a retry makes a new order."
        parked = await self._record.park(why, resume=_HERE, over=lambda: self._overdue, again_after=None)
        if parked.state in ENDS or self._overdue or self._record.cancelled:
            return (parked if parked.state in ENDS else None), visit, standing
        again = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                EnrollmentActivities.order_installation_again,
                self._request,
                summary="a new order",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )
        until = self._over(again)
        return None, again, await self.site_visit.run(again, resume=_HERE, until=until, ask=self._ask)
