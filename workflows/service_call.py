"""The service-call flow: help with an enrolled device, until it works or another hangs in its place.

See docs/domain.md#service-call.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.service_call import ServiceCallActivities
    from models.messages import service_call as messages
    from models.messages.enroll import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested, Stage
    from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
    from models.messages.service_call import (
        ActionChosen,
        Called,
        CancelServiceCall,
        ParkServiceCall,
        RemoteActionEnded,
        ServiceCallInput,
        ServiceCallResult,
        VisitEnded,
    )
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        SiteVisitCompleted,
        Visit,
        WorkOrderCancelled,
    )
    from models.messages.synchronize import DERMS_ACKNOWLEDGED, SYNC_TURN, Acknowledged, SyncOutcome, SyncTurn
    from models.task_states import ServiceCallState
    from workflows import policies
    from workflows.cancellation import Cancellation
    from workflows.head_end import HeadEndQuestions
    from workflows.parking import STAGE, Parking, mark, reason_of
    from workflows.signals import Signals, hears, read_start
    from workflows.site_visit import SiteVisit
    from workflows.synchronize import Synchronize

_HELPED = frozenset({ServiceCallState.REPLACED, ServiceCallState.CLOSED, ServiceCallState.CANCELLED})


@workflow.defn(name=messages.WORKFLOW)
class ServiceCall:
    """Take up, do what was chosen, wait for a technician if need be, tell the DERMS of a replacement, close."""

    @workflow.init
    def __init__(self, message: Any) -> None:
        self._request = request = read_start(ServiceCallInput, message)
        self.signals = Signals()
        self._chosen = self._helping = False
        self._asked: str | None = None
        self._cancel: CancelRequested | None = None
        self._dispatched: set[str] = set()
        self._parking = Parking()
        self._site_visit = SiteVisit(self._parking)
        self._questions = HeadEndQuestions()
        timeout = timedelta(seconds=request.acknowledgement_timeout_seconds)
        self._synchronize = Synchronize(self._parking, timeout)
        self._cancellation = Cancellation(request=self._take_back, interrupts=self._interrupts)

    @workflow.run
    async def run(self, message: Any) -> ServiceCallResult:
        """Ends when the call is closed or taken back, and the DERMS knows what changed or never will."""
        return await self._cancellation.carry_through(self._serve())

    async def _serve(self) -> ServiceCallResult:
        called = await self._helped()
        self._helping = False
        outcome: SyncOutcome | None = None
        while called.state is ServiceCallState.REPLACED:
            if called.sync_request_id is not None:
                outcome = await self._synchronize.run(called.sync_request_id)
            called = await self._told()
        stage = Stage.CANCELLED if called.state is ServiceCallState.CANCELLED else Stage.CLOSED
        self._show(stage, f"Ended: {called.state}.")
        await self.signals.settle()
        if called.state is ServiceCallState.CANCELLED:
            self._cancellation.end_as_canceled()
        return ServiceCallResult(state=called.state, synchronization=outcome)

    async def _helped(self) -> Called:
        """Until help was given; one who cancels the workflow in Temporal while it is stuck takes the call back, if that
        is still possible."""
        while True:
            self._helping = True
            try:
                return await self._help()
            except (asyncio.CancelledError, FailureError) as error:
                self._helping = False
                if not is_cancelled_exception(error):
                    raise
                self._cancel = CancelRequested(reason="The flow was cancelled in Temporal.")
                called = await self._withdraw(self._cancel)
                if called.state is ServiceCallState.CANCELLED:
                    self._show(Stage.CANCELLED, "Cancelled.")
                    raise

    def _interrupts(self) -> bool:
        """Whether a cancel in Temporal is taken where it lands: a step that our record does not take is left."""
        return self._synchronize.running or (self._parking.insists and self._helping)

    async def _help(self) -> Called:
        called = await (self._take_up() if self._cancel is None else self._withdraw(self._cancel))
        while called.state not in _HELPED:
            if self._cancel is not None:
                called = await self._withdraw(self._cancel)
            elif called.state is ServiceCallState.NEEDS_ATTENTION:
                called = await self._attended(called.why, Stage.TROUBLESHOOTING)
            elif called.visit is not None:
                called = await self._visited(called, called.visit)
            elif called.head_end_request_id is not None:
                called = await self._act(called.head_end_request_id)
            elif called.remote_action:
                called = await self._acted_at_once()
            else:
                called = await self._decided(called)
        return called

    async def _decided(self, called: Called) -> Called:
        """Waits until somebody decides what shall be done."""
        workflow.set_current_details(
            f"Waiting for a decision. {called.why} Choose what shall be done: "
            f"POST /v1/service-calls/{self._request.service_call_id}/action."
        )
        await workflow.wait_condition(lambda: self._chosen or self._cancel is not None)
        return called if self._cancel is not None else await self._take_up()

    async def _act(self, request_id: str) -> Called:
        """The head-end acts on the device and says so; where it cannot be asked or says nothing, a person decides."""
        details = "Waiting for the head-end to say what became of the remote action."
        troubles = await self._questions.ask([request_id], details=details, until=self._over)
        if self._cancel is not None:
            return await self._withdraw(self._cancel)
        self._asked = request_id
        ended = RemoteActionEnded(
            service_call_id=self._request.service_call_id,
            request_id=request_id,
            trouble=troubles.get(request_id, "")[:900],
        )
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.remote_action_ended,
                ended,
                summary="what came of the remote action",
                **policies.OWN_DATABASE,
            ),
            resume=Stage.TROUBLESHOOTING,
        )

    async def _acted_at_once(self) -> Called:
        """As flows went on whose remote action was taken up before it had a request of its own."""
        workflow.set_current_details("Asking the head-end to act on the device.")
        try:
            return await workflow.execute_activity_method(
                ServiceCallActivities.act_remotely, self._request, summary="remote action", **policies.HEAD_END
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            why = f"The head-end did not act on the device: {reason_of(error)}"
        return await self._parked(why, Stage.TROUBLESHOOTING)

    async def _visited(self, called: Called, visit: Visit) -> Called:
        """Until the visit has ended, and what came of it is written down."""
        if not called.visit_ended and not await self._visit_over(visit):
            return called
        ended = VisitEnded(service_call_id=self._request.service_call_id, work_order_id=visit.work_order_id)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.service_call_visited,
                ended,
                summary="what came of the visit",
                **policies.OWN_DATABASE,
            ),
            resume=Stage.AWAITING_SITE_VISIT,
        )

    async def _visit_over(self, visit: Visit) -> bool:
        """Whether the order has ended; not if the call is to be taken back meanwhile."""
        here = Stage.AWAITING_SITE_VISIT
        if visit.work_order_id in self._dispatched:
            standing = await self._site_visit.standing(visit, resume=here)
            standing = await self._site_visit.wait_on(visit, standing, resume=here, until=self._over, ask=self._ask)
        else:
            mark(STAGE.value_set(here))
            self._dispatched.add(visit.work_order_id)
            standing = await self._site_visit.run(visit, resume=here, until=self._over, ask=self._ask)
        return not (standing.waits or standing.attempts_used_up)

    def _over(self) -> bool:
        return self._cancel is not None

    async def _ask(self, why: str) -> None:
        """A person decides on one more visit; a technician who goes there all the same and reports decides too."""
        await self._parked(why, Stage.AWAITING_SITE_VISIT)

    async def _parked(self, why: str, resume: Stage) -> Called:
        """Marks the record, unless it is away, and waits for a person."""
        request = ParkServiceCall(service_call_id=self._request.service_call_id, reason=why[:1000])
        try:
            marked = await workflow.execute_local_activity_method(
                ServiceCallActivities.park_service_call, request, summary="mark for attention", **policies.OWN_DATABASE
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
        else:
            if marked.state is not ServiceCallState.NEEDS_ATTENTION:
                return marked
        return await self._attended(why, resume)

    async def _attended(self, why: str, resume: Stage) -> Called:
        """Waits until a person retries, chooses something else or takes the call back, or the head-end answers or a
        technician reports after all; goes on where it was."""
        door = f"POST /v1/service-calls/{self._request.service_call_id}"
        await self._parking.wait(
            f"{why} Retry, choose another action, or cancel: {door}/retry, /action or /cancel.",
            resume=resume,
            until=lambda: (
                self._chosen or self._over() or self._questions.knows(self._asked) or self._site_visit.reported_late
            ),
        )
        return await self._take_up() if self._cancel is None else await self._withdraw(self._cancel)

    async def _take_up(self) -> Called:
        self._chosen, self._asked = False, None
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.take_up_service_call, self._request, summary="take up", **policies.OWN_DATABASE
            ),
            resume=Stage.TROUBLESHOOTING,
        )

    async def _withdraw(self, cancel: CancelRequested) -> Called:
        """Takes the call back in our record, if that is still possible; gives where it stands."""
        request = CancelServiceCall(
            service_call_id=self._request.service_call_id, reason=cancel.reason, actor=cancel.actor
        )
        called = await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.cancel_service_call, request, summary="cancel", **policies.OWN_DATABASE
            ),
            resume=Stage.TROUBLESHOOTING,
        )
        self._cancel = None
        return called

    async def _told(self) -> Called:
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                ServiceCallActivities.service_call_told, self._request, summary="tell or close", **policies.OWN_DATABASE
            ),
            resume=Stage.SYNCHRONIZING,
        )

    def _take_back(self, cancel: CancelRequested) -> None:
        self._cancel = cancel

    def _show(self, stage: Stage, details: str) -> None:
        workflow.set_current_details(details)
        mark(STAGE.value_set(stage))

    @hears(messages.ACTION_CHOSEN, ActionChosen, "Somebody decided what shall be done.")
    def action_chosen(self, message: ActionChosen) -> None:
        """Wakes a flow that waits for a decision."""
        self._chosen = True

    @hears(CANCEL_REQUESTED, CancelRequested, "Take the call back, unless a technician is on site.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Remembered until the flow comes to a point where it waits."""
        self._take_back(message)

    @hears(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked flow."""
        self._parking.retry_requested(message)

    @hears(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported of a site visit.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._site_visit.completed(message)

    @hears(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from it."""
        self._site_visit.appointment_changed(message)

    @hears(WORK_ORDER_CANCELLED, WorkOrderCancelled, "The work order was called off.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a flow that waits for its visit."""
        self._site_visit.cancelled(message)

    @hears(HEAD_END_ANSWERED, HeadEndAnswered, "A head-end answered what was asked of the device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a flow that waits for it; kept if it comes early or late."""
        self._questions.answered(message)

    @hears(DERMS_ACKNOWLEDGED, Acknowledged, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: Acknowledged) -> None:
        """Wakes a flow that waits for it; kept if it comes early."""
        self._synchronize.acknowledged(message)

    @hears(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a flow whose message waits for its turn, or was discarded."""
        self._synchronize.turn_came(message)
