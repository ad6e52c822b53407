"""The signals that several workflows take. A workflow inherits the classes whose signals it takes, and names in its
`__init__` what each message goes to. Messages may come before the workflow waits for them, so that all are kept."""

from typing import Protocol

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages.head_end import HEAD_END_ANSWERED, HeadEndAnswered
    from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested
    from models.messages.site_visit import (
        APPOINTMENT_CHANGED,
        SITE_VISIT_COMPLETED,
        WORK_ORDER_CANCELLED,
        AppointmentChanged,
        SiteVisitCompleted,
        WorkOrderCancelled,
    )
    from models.messages.synchronization import DERMS_ACKNOWLEDGED, SYNC_TURN, DermsAcknowledgement, SyncTurn
    from workflows.cancellation import Cancellation
    from workflows.parking import Parking
    from workflows.signals import SignalTaker, handles_signal
    from workflows.steps.head_end import HeadEndRequests
    from workflows.steps.synchronize import Synchronize


class TakesCancel(SignalTaker):
    """A workflow whose request can be canceled, as long as its process flow allows it."""

    _cancellation: Cancellation

    @handles_signal(CANCEL_REQUESTED, CancelRequested, "Cancel the request, if that is still possible.")
    def cancel_requested(self, message: CancelRequested) -> None:
        """Takes effect where the workflow waits next."""
        self._cancellation.request(message)


class TakesRetry(SignalTaker):
    """A workflow that waits for a person in one place."""

    _parking: Parking

    @handles_signal(RETRY_REQUESTED, RetryRequested, "A person acted on what needed attention.")
    def retry_requested(self, message: RetryRequested) -> None:
        """Wakes a parked workflow."""
        self._parking.retry_requested(message)


class TakesAcknowledgements(SignalTaker):
    """A workflow that synchronizes changes with the DERMS."""

    _synchronize: Synchronize

    @handles_signal(DERMS_ACKNOWLEDGED, DermsAcknowledgement, "The DERMS acknowledged a sync message.")
    def derms_acknowledged(self, message: DermsAcknowledgement) -> None:
        """Wakes a workflow that waits for the acknowledgement."""
        self._synchronize.record_acknowledgement(message)

    @handles_signal(SYNC_TURN, SyncTurn, "What the sync request waited for has changed.")
    def sync_turn(self, message: SyncTurn) -> None:
        """Wakes a workflow whose message waits for its turn, or was discarded."""
        self._synchronize.record_turn(message)


class TakesHeadEndAnswers(SignalTaker):
    """A workflow that asks a head-end something about a device."""

    _head_end: HeadEndRequests

    @handles_signal(HEAD_END_ANSWERED, HeadEndAnswered, "A head-end answered a request about a device.")
    def head_end_answered(self, message: HeadEndAnswered) -> None:
        """Wakes a workflow that waits for the answer."""
        self._head_end.record_answer(message)


class SiteVisitReceiver(Protocol):
    """What takes the messages about site visits: one visit at a time, or the visits of several devices."""

    def record_completion(self, report: SiteVisitCompleted) -> None:
        """Notes a technician's report."""
        ...

    def record_appointment(self, message: AppointmentChanged) -> None:
        """Notes that an appointment was made or moved."""
        ...

    def record_cancellation(self, message: WorkOrderCancelled) -> None:
        """Notes that a work order was canceled."""
        ...


class TakesSiteVisits(SignalTaker):
    """A workflow that sends technicians."""

    _site_visits: SiteVisitReceiver

    @handles_signal(SITE_VISIT_COMPLETED, SiteVisitCompleted, "A technician reported a site visit.")
    def site_visit_completed(self, message: SiteVisitCompleted) -> None:
        """Wakes a workflow that waits for the report."""
        self._site_visits.record_completion(message)

    @handles_signal(APPOINTMENT_CHANGED, AppointmentChanged, "An appointment for a site visit was made or moved.")
    def appointment_changed(self, message: AppointmentChanged) -> None:
        """Reminders count from the new appointment."""
        self._site_visits.record_appointment(message)

    @handles_signal(WORK_ORDER_CANCELLED, WorkOrderCancelled, "A work order was canceled.")
    def work_order_cancelled(self, message: WorkOrderCancelled) -> None:
        """Wakes a workflow that waits for the visit."""
        self._site_visits.record_cancellation(message)
