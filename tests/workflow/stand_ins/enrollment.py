"""Stand-ins of the enroll workflow: our record in memory, with the real rules and transition tables, and a DERMS."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from models.errors import Refused, Unavailable
from models.ids import new_id
from models.messages.enrollment import CancelEnrollment, EnrollInput, EnrollmentProgress, ParkEnrollment
from models.messages.signals import RetryRequested, UnreadableSignal
from models.messages.synchronization import (
    AcknowledgedDevice,
    DermsAcknowledgement,
    DermsMessageStatus,
    QueryDermsMessage,
    RecordAcknowledgement,
    RecordSendFailure,
    SendResult,
    SendToDerms,
    SyncRequestStatus,
)
from models.scope import SystemScope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from operations.enrollment.enrollments import is_cancellable
from operations.platform.audit import AuditTrail
from operations.platform.inbox import UNKNOWN_REQUEST
from rules.synchronization.acknowledgements import evaluate_acknowledgement
from rules.synchronization.order import UNANSWERED_ERRORS
from rules.synchronization.snapshots import message_key
from rules.synchronization.states import states_when_acknowledged, states_when_sending
from wording.sync_request import describe_effect

DEVICES = ("dev_charger", "dev_battery")

_E = EnrollmentState
_Y = SyncState
_R = RegistrationState
_WAYS: dict[str, tuple[EnrollmentState, ...]] = {
    "enrolled": (_E.ACCEPTED, _E.DEVICE_SETUP, _E.COMPLETING, _E.ENROLLED),
    "waitlisted": (_E.WAITLISTED,),
    "rejected": (_E.REJECTED,),
}

Decision = str | Exception | Callable[[], Awaitable[None]]


class EnrollmentRecord:
    """An enrollment and its sync request. `decisions` are made in turn; the last one is repeated."""

    def __init__(self, enrollment_id: str = "", sync_request_id: str = "") -> None:
        self.enrollment_id = enrollment_id or new_id("enr")
        self.id = sync_request_id or new_id("syn")
        self.decisions: list[Decision] = ["enrolled"]
        self.enrollment = _E.SUBMITTED
        self.resume_state: EnrollmentState | None = None
        self.version = 1
        self.state: SyncState | None = None
        self.error_code: str | None = None
        self.error_text: str | None = None
        self.revision = 1
        self.attempts = 0
        self.registrations = dict.fromkeys(DEVICES, _R.REGISTERING)
        self.errors: list[str] = []
        self.outcomes: list[str] = []
        self.away = False
        self.waits_for = ""
        self.looked = 0
        self.unreadable: list[UnreadableSignal] = []

    @property
    def key(self) -> str:
        return message_key(self.id, self.revision)

    def check_available(self) -> None:
        """Fail permanently if the database is down, because retries in a test would take real time."""
        if self.away:
            raise Refused("The database is away.", code="database-away")

    def move_enrollment(self, *path: EnrollmentState) -> None:
        self.enrollment = self._audit.transition(ENROLLMENT_TRANSITIONS, self.enrollment_id, self.enrollment, *path)
        self.version += 1

    def move(self, *path: SyncState) -> None:
        assert self.state is not None
        self.state = self._audit.transition(SYNC_TRANSITIONS, self.id, self.state, *path)

    def move_device(self, device: str, after: RegistrationState) -> None:
        before = self.registrations[device]
        self.registrations[device] = self._audit.transition(REGISTRATION_TRANSITIONS, device, before, after)

    @property
    def _audit(self) -> AuditTrail:
        return AuditTrail(SystemScope(actor="test"), datetime.now(UTC), self.enrollment_id)

    def fail(self, code: str, text: str) -> None:
        self.error_code, self.error_text = code or None, text or None
        if code:
            self.errors.append(code)

    def build_progress(self, failed_rules: tuple[str, ...] = ()) -> EnrollmentProgress:
        known = None if self.state is None else self.id
        return EnrollmentProgress(state=self.enrollment, sync_request_id=known, failed_rules=failed_rules)

    def get_sync_status(self) -> SyncRequestStatus:
        assert self.state is not None
        return SyncRequestStatus(state=self.state, code=self.error_code or "", text=self.error_text or "")

    def retry_sync_request(self) -> RetryRequested:
        """Retry the sync request in error, as POST …/retry does; return the signal that follows."""
        self.move(_Y.PENDING)
        if self.error_code not in UNANSWERED_ERRORS:
            self.revision += 1
            for device, registration in self.registrations.items():
                if registration is _R.REGISTRATION_FAILED:
                    self.move_device(device, _R.REGISTERING)
        self.fail("", "")
        return RetryRequested(message_id=f"{self.id}/{self.revision}/{self.attempts}")

    def discard_sync_request(self) -> None:
        """Merge the sync request into a later change of the subscription."""
        self.move(_Y.DISCARDED)

    def cancel_sync_request(self) -> RetryRequested:
        """Cancel the sync request in error, as POST …/cancel does; return the signal that follows."""
        self.move(_Y.CANCELLED)
        return RetryRequested(message_id=f"{self.id}/cancelled")

    def resume(self) -> None:
        if self.enrollment is _E.NEEDS_ATTENTION and self.resume_state is not None:
            self.move_enrollment(self.resume_state)
            self.resume_state = None


Mood = Callable[[str, DermsAcknowledgement], Awaitable[DermsAcknowledgement | None]]


class InMemoryDerms:
    """Stores messages by key. Each of its `moods` handles one message; the last one is repeated."""

    def __init__(self) -> None:
        self.moods: list[Mood] = [self.takes]
        self.sent: list[str] = []
        self.asked = 0
        self.taken: dict[str, DermsAcknowledgement | None] = {}
        self.mute: Exception | None = None
        self.released = asyncio.Event()

    async def takes(self, key: str, answer: DermsAcknowledgement) -> None:
        """Accept the message and acknowledge later."""
        self.taken.setdefault(key)

    async def answers(self, key: str, answer: DermsAcknowledgement) -> DermsAcknowledgement:
        """Acknowledge immediately."""
        self.taken[key] = answer
        return answer

    async def loses(self, key: str, answer: DermsAcknowledgement) -> None:
        """Accept the message and lose it."""

    async def keeps_quiet(self, key: str, answer: DermsAcknowledgement) -> DermsAcknowledgement | None:
        """Accept the message without any response."""
        self.taken.setdefault(key)
        await self.released.wait()
        return None

    async def is_down(self, key: str, answer: DermsAcknowledgement) -> DermsAcknowledgement | None:
        raise Unavailable("The DERMS cannot be reached.", code="derms-unreachable")

    async def refuses(self, key: str, answer: DermsAcknowledgement) -> DermsAcknowledgement | None:
        raise Refused("The DERMS refuses the message with 422: unknown program", code="derms-refused")

    async def send(self, key: str, answer: DermsAcknowledgement) -> DermsAcknowledgement | None:
        self.sent.append(key)
        mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
        return await mood(key, answer)

    def status(self, key: str) -> DermsMessageStatus:
        self.asked += 1
        if self.mute:
            raise self.mute
        return DermsMessageStatus(known=key in self.taken, acknowledgement=self.taken.get(key))


def build_acknowledgement(record: EnrollmentRecord, **changes: Any) -> DermsAcknowledgement:
    """Build an acknowledgement of both devices, with these changes."""
    devices = tuple(AcknowledgedDevice(device_id=device, registration="registered") for device in DEVICES)
    fields = {
        "message_id": new_id("ack"),
        "sync_request_id": record.id,
        "version": record.revision,
        "result": "positive",
        "devices": devices,
    }
    return DermsAcknowledgement.model_validate({**fields, **changes})


class EnrollmentActivities:
    """The activities of the enroll workflow, on a record and a DERMS in memory."""

    def __init__(self, record: EnrollmentRecord, derms: InMemoryDerms) -> None:
        self._record = record
        self._derms = derms
        self.answer: dict[str, Any] = {}

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [
            self.validate_and_accept,
            self.cancel_enrollment,
            self.park_enrollment,
            self.resume_enrollment,
            self.send_to_derms,
            self.ask_derms,
            self.record_acknowledgement,
            self.record_failure,
            self.keep_unreadable_signal,
        ]

    @activity.defn
    async def validate_and_accept(self, request: EnrollInput) -> EnrollmentProgress:
        record = self._record
        record.check_available()
        if record.enrollment not in (_E.SUBMITTED, _E.VALIDATING, _E.WAITLISTED):
            return record.build_progress()
        decision = record.decisions.pop(0) if len(record.decisions) > 1 else record.decisions[0]
        if isinstance(decision, Exception):
            raise decision
        if not isinstance(decision, str):
            await decision()
            return record.build_progress()
        record.move_enrollment(_E.VALIDATING, *_WAYS[decision])
        if record.enrollment is _E.ENROLLED:
            record.state = _Y.PENDING
        return record.build_progress(() if decision == "enrolled" else ("capacity",))

    @activity.defn
    async def cancel_enrollment(self, request: CancelEnrollment) -> EnrollmentProgress:
        record = self._record
        record.check_available()
        if is_cancellable(record.enrollment):
            record.move_enrollment(_E.CANCELLED)
        return record.build_progress()

    @activity.defn
    async def park_enrollment(self, request: ParkEnrollment) -> EnrollmentProgress:
        record = self._record
        record.check_available()
        if record.enrollment is not _E.ENROLLED and _E.NEEDS_ATTENTION in ENROLLMENT_TRANSITIONS[record.enrollment]:
            record.resume_state = record.enrollment
            record.move_enrollment(_E.NEEDS_ATTENTION)
        return record.build_progress()

    @activity.defn
    async def resume_enrollment(self, request: EnrollInput) -> EnrollmentProgress:
        self._record.check_available()
        self._record.resume()
        return self._record.build_progress()

    @activity.defn
    async def send_to_derms(self, request: SendToDerms) -> SendResult:
        record = self._record
        assert request.sync_request_id == record.id
        path = states_when_sending(record.state, record.error_code)
        record.looked += 1
        if path is not None and record.waits_for:
            return SendResult(state=_Y.PENDING, waits_for=record.waits_for)
        if path is None:
            assert record.state is not None
            return SendResult(state=record.state, code=record.error_code or "", text=record.error_text or "")
        record.move(*path)
        record.attempts += 1
        record.error_code = record.error_text = None
        answer = await self._derms.send(record.key, build_acknowledgement(record, **self.answer))
        if answer is not None:
            return SendResult(state=_Y.SENDING, acknowledgement=answer)
        if record.state is _Y.SENDING:
            record.move(_Y.AWAITING_ACKNOWLEDGEMENT)
        return SendResult(state=_Y.AWAITING_ACKNOWLEDGEMENT)

    @activity.defn
    async def ask_derms(self, request: QueryDermsMessage) -> DermsMessageStatus:
        return self._derms.status(self._record.key)

    @activity.defn
    async def record_acknowledgement(self, request: RecordAcknowledgement) -> SyncRequestStatus:
        record, ack = self._record, request.acknowledgement
        record.check_available()
        assert record.state is not None
        if ack.sync_request_id != record.id:
            record.outcomes.append(UNKNOWN_REQUEST)
            return SyncRequestStatus(state=_Y.ERROR)
        unknown = record.error_code in UNANSWERED_ERRORS
        effect = evaluate_acknowledgement(
            ack, record.state, record.revision, record.registrations, outcome_unknown=unknown, asked=request.asked
        )
        record.outcomes.append(effect.outcome)
        if effect.state is not None:
            record.move(*states_when_acknowledged(record.state, effect.state))
            record.fail(effect.code, describe_effect(effect))
            for device, after, _ in effect.devices:
                record.move_device(device, after)
        return record.get_sync_status()

    @activity.defn
    async def keep_unreadable_signal(self, request: UnreadableSignal) -> None:
        self._record.check_available()
        self._record.unreadable.append(request)

    @activity.defn
    async def record_failure(self, request: RecordSendFailure) -> SyncRequestStatus:
        record = self._record
        record.check_available()
        steps = {
            _Y.PENDING: (_Y.SENDING, _Y.ERROR),
            _Y.SENDING: (_Y.ERROR,),
            _Y.AWAITING_ACKNOWLEDGEMENT: (_Y.ERROR,),
        }.get(record.state)
        if steps is not None:
            record.move(*steps)
            record.fail(request.failure, request.text)
        return record.get_sync_status()
