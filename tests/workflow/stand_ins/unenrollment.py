"""Stand-ins of the unenroll workflow: a record, technicians' orders and a DERMS in memory."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from models.catalog.service_tasks import ServiceLevel
from models.classifications import RemovalMethod
from models.errors import Refused
from models.ids import new_id
from models.messages.signals import UnreadableSignal
from models.messages.site_visit import AwaitedVisit
from models.messages.synchronization import (
    DermsAcknowledgement,
    DermsMessageStatus,
    QueryDermsMessage,
    RecordAcknowledgement,
    RecordSendFailure,
    SendResult,
    SendToDerms,
    SyncRequestStatus,
)
from models.messages.unenrollment import (
    CancelUnenrollment,
    CompleteUnenrollment,
    DecideApproval,
    DeviceRemoval,
    ParkUnenrollment,
    RemindOfDevice,
    RemovalEnded,
    RemovalFailed,
    RetryRemoval,
    UnenrollInput,
    UnenrollmentProgress,
)
from models.states.sync_request import SyncState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from models.states.work_order import WorkOrderState
from tests.workflow.stand_ins.site_visits import SiteVisits, VisitActivities
from wording.problems.transitions import check_transition

_U = UnenrollmentState
_W = WorkOrderState
ATTEMPTS = 2


class UnenrollmentRecord:
    """One unenrollment.

    `methods`: the removal method of each device; `first`: control stops before the removal; `waits_for`: what its
    message waits for, which makes the DERMS acknowledge later.
    """

    def __init__(
        self, *methods: str, first: bool = False, decision: str = "", seconds: float = 0.0, waits_for: str = ""
    ) -> None:
        self.id = new_id("unr")
        self.methods = {f"dev_{number}": RemovalMethod(method) for number, method in enumerate(methods)}
        self.first = first
        self.decision = decision
        self.seconds = seconds
        self.waits_for = waits_for
        self.answers_later = bool(waits_for)
        self.state = _U.SUBMITTED
        self.past = [self.state]
        self.ended: dict[str, bool] = {}
        self.sync_request_ids: list[str] = []
        self.synchronized: list[str] = []
        self.settled = 0
        self.reminders: list[tuple[str, bool]] = []
        self.visits = {
            device: SiteVisits(ServiceLevel(attempts=ATTEMPTS))
            for device, method in self.methods.items()
            if method is RemovalMethod.UTILITY_REMOVAL
        }
        self.ordered = False
        self.refusals: list[str] = []
        self.away = False
        self.unreadable: list[UnreadableSignal] = []

    def move(self, state: UnenrollmentState) -> None:
        check_transition(UNENROLLMENT_TRANSITIONS, self.id, self.state, state)
        self.state = state
        self.past.append(state)

    @property
    def orders(self) -> dict[str, WorkOrderState]:
        """The states of the technicians' orders."""
        if not self.ordered:
            return {}
        return {visits.order.id: WorkOrderState(visits.order.state) for visits in self.visits.values()}

    def get_order_id(self, device: str) -> str:
        return self.visits[device].order.id if device in self.visits else f"wo_{device}"

    def find_visits(self, order: str) -> SiteVisits:
        """Return the visits for an order, which may have been replaced."""
        return next(visits for visits in self.visits.values() if order in [one.id for one in visits.orders])

    def request_sync(self) -> None:
        self.sync_request_ids.append(new_id("syn"))

    def carry_out(self) -> None:
        kept = [device for device, method in self.methods.items() if method is RemovalMethod.KEEP]
        self.ended |= dict.fromkeys(kept, True)
        if kept or self.first:
            self.request_sync()
        self.ordered = True
        self.move(_U.UNENROLLED if len(self.ended) == len(self.methods) else _U.REMOVING)

    def proceed(self) -> None:
        if self.seconds:
            self.move(_U.SCHEDULED)
        else:
            self.carry_out()

    def build_progress(self) -> UnenrollmentProgress:
        fetched = self.state in (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)
        return UnenrollmentProgress(
            state=self.state,
            seconds_until_effective=self.seconds if UNENROLLMENT_TRANSITIONS[self.state] else 0.0,
            removals=tuple(
                DeviceRemoval(device_id=device, method=method, visit=self._find_visit(device))
                for device, method in self.methods.items()
                if fetched and device not in self.ended
            ),
            sync_requests=tuple(self.sync_request_ids),
            failed_rules=("minimum_term",) if self.state is _U.REJECTED else (),
            expire_after_days=60,
        )

    def _find_visit(self, device: str) -> AwaitedVisit | None:
        return self.visits[device].visit if self.ordered and device in self.visits else None


class UnenrollmentActivities:
    """The activities of the unenroll workflow."""

    def __init__(self, record: UnenrollmentRecord) -> None:
        self._record = record

    @property
    def all(self) -> list[Callable[..., Any]]:
        names = [name for name in vars(UnenrollmentActivities) if not name.startswith("_") and name != "all"]
        visits = VisitActivities(self._record.find_visits, lambda: None)
        return [*(getattr(self, name) for name in names), *visits.all]

    @activity.defn
    async def validate_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        record = self._record
        if record.away:
            raise Refused("The database is away.", code="database-away")
        if record.state is _U.NEEDS_ATTENTION:
            record.move(_U.SUBMITTED)
        if record.state is _U.SUBMITTED:
            if record.decision:
                record.move(_U(record.decision))
            else:
                record.proceed()
        return record.build_progress()

    @activity.defn
    async def decide_approval(self, request: DecideApproval) -> UnenrollmentProgress:
        if self._record.state is _U.AWAITING_APPROVAL:
            self._record.proceed() if request.approved else self._record.move(_U.REJECTED)
        return self._record.build_progress()

    @activity.defn
    async def begin_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        if self._record.state is _U.SCHEDULED:
            self._record.carry_out()
        return self._record.build_progress()

    @activity.defn
    async def cancel_unenrollment(self, request: CancelUnenrollment) -> UnenrollmentProgress:
        if not self._record.sync_request_ids and _U.CANCELLED in UNENROLLMENT_TRANSITIONS[self._record.state]:
            self._record.move(_U.CANCELLED)
        return self._record.build_progress()

    @activity.defn
    async def removal_ended(self, request: RemovalEnded) -> UnenrollmentProgress:
        record = self._record
        if request.device_id not in record.ended:
            record.ended[request.device_id] = request.kept
            if not record.first:
                record.request_sync()
            if len(record.ended) == len(record.methods):
                record.move(_U.UNENROLLED)
            elif record.state is _U.NEEDS_ATTENTION:
                record.move(_U.REMOVING)
        return record.build_progress()

    @activity.defn
    async def removal_failed(self, request: RemovalFailed) -> UnenrollmentProgress:
        record = self._record
        record.refusals.append(request.reason)
        if record.state is _U.REMOVING:
            record.move(_U.RECOVERY_PENDING if record.first else _U.NEEDS_ATTENTION)
        return record.build_progress()

    @activity.defn
    async def another_removal(self, request: RetryRemoval) -> UnenrollmentProgress:
        record, visits = self._record, self._record.visits.get(request.device_id)
        if visits is not None and visits.order.state is WorkOrderState.CANCELLED:
            visits.add_order()
        elif visits is not None and visits.order.outcome and not visits.get_status().attempts_used_up:
            visits.allow_another_attempt()
        if record.state is _U.NEEDS_ATTENTION:
            record.move(_U.REMOVING)
        return record.build_progress()

    @activity.defn
    async def remind_of_device(self, request: RemindOfDevice) -> UnenrollmentProgress:
        self._record.reminders.append((request.device_id, request.escalate))
        return self._record.build_progress()

    @activity.defn
    async def settle_unenrollment(self, request: CompleteUnenrollment) -> UnenrollmentProgress:
        self._record.settled += 1
        return self._record.build_progress()

    @activity.defn
    async def park_unenrollment(self, request: ParkUnenrollment) -> UnenrollmentProgress:
        if self._record.away:
            raise Refused("The database is away.", code="database-away")
        self._record.move(_U.NEEDS_ATTENTION)
        return self._record.build_progress()

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> SendResult:
        sync_request_id = request.sync_request_id
        assert sync_request_id not in self._record.synchronized
        if self._record.waits_for:
            return SendResult(state=SyncState.PENDING, waits_for=self._record.waits_for)
        if self._record.answers_later:
            return SendResult(state=SyncState.AWAITING_ACKNOWLEDGEMENT)
        answer = DermsAcknowledgement(
            message_id=f"ack-{sync_request_id}", sync_request_id=sync_request_id, result="positive"
        )
        return SendResult(state=SyncState.SENDING, acknowledgement=answer)

    @activity.defn
    async def record_acknowledgement(self, request: RecordAcknowledgement) -> SyncRequestStatus:
        self._record.synchronized.append(request.acknowledgement.sync_request_id)
        return SyncRequestStatus(state=SyncState.SYNCHRONIZED)

    @activity.defn
    async def ask_derms(self, request: QueryDermsMessage) -> DermsMessageStatus:
        return DermsMessageStatus(known=False)

    @activity.defn
    async def keep_unreadable_signal(self, request: UnreadableSignal) -> None:
        self._record.unreadable.append(request)

    @activity.defn
    async def record_failure(self, request: RecordSendFailure) -> SyncRequestStatus:
        return SyncRequestStatus(state=SyncState.ERROR, code=request.failure, text=f"{datetime.now(UTC)}")
