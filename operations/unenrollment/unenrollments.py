"""Requests to leave a program: submitting one, taking it back before a device has left, parking it for a person."""

import hashlib
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict, NotFound
from models.ids import new_id, unenrollment_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.unenrollment import WORKFLOW, UnenrollInput
from models.requests.unenrollment import UnenrollmentApplication
from models.scope import OperatorScope, Scope
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from models.states.work_order import WorkOrderState
from models.tables.subscription import ProgramSubscription
from models.tables.unenrollment import Unenrollment
from models.tables.work_order import WorkOrder
from operations.field_work import work_orders
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from operations.platform.lifecycle import RequestLifecycle
from wording.resubmission import content_mismatch
from wording.transitions import nothing_to_retry
from wording.unenrollment import still_enrolling, unenrollment_already_open, unknown_subscription

_U = UnenrollmentState
ENDED = frozenset({_U.UNENROLLED, _U.REJECTED, _U.CANCELLED})
_VISIT_STARTED = (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE, WorkOrderState.COMPLETED)

_SUBSCRIPTION = text(
    """
    SELECT s.id, s.state, s.enrollment_id, s.customer_id, s.account, s.program, premise.time_zone,
        (SELECT max(version) FROM catalog_version) AS catalog_version
    FROM program_subscription s
    JOIN service_point ON service_point.cis_service_point_id = s.service_point
    JOIN premise USING (cis_premise_id)
    WHERE s.id = :subscription OR s.number = :subscription
    FOR NO KEY UPDATE OF s
    """
)
"""Locked until the request is in: it cannot end in between, and two who ask at once see each other."""

INSERT_UNENROLLMENTS = text(
    f"{build_insert(Unenrollment, 'rows')} ON CONFLICT DO NOTHING RETURNING id, subscription_id"
)


class Submitted(NamedTuple):
    """The unenrolment that stands for the request, and whether this very call made it."""

    unenrollment_id: str
    state: UnenrollmentState
    submitted_at: datetime
    new: bool


async def submit_unenrollment(
    session: AsyncSession,
    scope: OperatorScope,
    application: UnenrollmentApplication,
    *,
    idempotency_key: str | None,
    acknowledgement_timeout_seconds: float,
) -> Submitted:
    """Takes the request in and has its flow started. The same request again gives the same unenrolment.

    Raises:
        Invalid: there is no such subscription.
        Conflict: it has ended, is not in force yet, or is being left already.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    now = datetime.now(UTC)
    digest = _compute_digest(application)
    earlier = await _find_earlier(session, scope, application.transaction_id, idempotency_key, digest)
    if earlier is not None:
        return earlier
    found = await _get_subscription_for_update(session, application.subscription)
    row = build_row(scope, application, found, now)
    row["idempotency_key"] = idempotency_key
    if (await session.execute(INSERT_UNENROLLMENTS, {"rows": to_json([row])})).first() is None:
        raced = await _find_earlier(session, scope, application.transaction_id, idempotency_key, digest)
        return raced or await _raise_already_open(session, found.id)
    trail = AuditTrail(scope, now, row["id"])
    audit_submission(trail, row)
    await trail.write(session)
    await outbox.enqueue(session, "start", WORKFLOW, [build_workflow_start(row, acknowledgement_timeout_seconds)])
    return Submitted(row["id"], _U.SUBMITTED, now, new=True)


async def _get_subscription_for_update(session: AsyncSession, name: str) -> Row[Any]:
    found = (await session.execute(_SUBSCRIPTION, {"subscription": name})).first()
    if found is None:
        raise unknown_subscription()
    if found.state == SubscriptionState.PENDING:
        raise still_enrolling(found.enrollment_id)
    if found.state in (SubscriptionState.ENDED, SubscriptionState.CANCELLED):
        raise Conflict(
            f"The subscription is {found.state} already.", fix="Nothing needs to be done.", code="not-subscribed"
        )
    return found


async def _raise_already_open(session: AsyncSession, subscription_id: str) -> Submitted:
    other = await session.scalar(
        select(col(Unenrollment.id)).where(
            col(Unenrollment.subscription_id) == subscription_id, col(Unenrollment.state).not_in(ENDED)
        )
    )
    raise unenrollment_already_open(str(other))


def _compute_digest(application: UnenrollmentApplication) -> str:
    content = application.model_dump(mode="json")
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def build_row(scope: OperatorScope, application: UnenrollmentApplication, found: Any, now: datetime) -> dict[str, Any]:
    """A request as it is stored; `found` names the subscription, its premise's zone and the catalogue in force."""
    unenrollment_id = new_id("unr")
    return {
        "id": unenrollment_id,
        "requester": scope.actor,
        "transaction_id": application.transaction_id or unenrollment_id,
        "idempotency_key": None,
        "content_hash": _compute_digest(application),
        "cis_said": None,
        "channel": scope.channel,
        "subscription_id": found.id,
        "enrollment_id": found.enrollment_id,
        "customer_id": found.customer_id,
        "account": found.account,
        "program": found.program,
        "catalog_version": found.catalog_version,
        "reason_code": application.reason,
        "effective_at": resolve_effective_at(application.effective_date, now, ZoneInfo(found.time_zone)),
        "application": application.model_dump(mode="json"),
        "decision": None,
        "devices": [],
        "whole": not application.devices,
        "state": _U.SUBMITTED,
        "resume_state": None,
        "reason": None,
        "submitted_at": now,
        "updated_at": now,
        "version": 1,
    }


def resolve_effective_at(wanted: date | None, now: datetime, zone: ZoneInfo) -> datetime:
    """The day's midnight at the premise; now when none or an earlier day is named (a rule judges that)."""
    return max(datetime.combine(wanted, time.min, zone), now) if wanted else now


def audit_submission(trail: AuditTrail, row: dict[str, Any]) -> None:
    """Writes down that it was asked for."""
    details = {"channel": row["channel"], "program": row["program"], "reason": row["reason_code"]}
    trail.note(row["id"], "unr:submitted", details=details)


def build_workflow_start(row: dict[str, Any], timeout: float) -> tuple[str, dict[str, Any]]:
    """What starts the flow of a request."""
    message = UnenrollInput(unenrollment_id=row["id"], acknowledgement_timeout_seconds=timeout)
    return unenrollment_workflow_id(row["id"]), {
        "input": message.model_dump(mode="json"),
        "summary": f"Unenrol from {row['program']}",
        "details": f"Subscription {row['subscription_id']}, reason {row['reason_code'] or 'not given'}.",
        "attributes": {"Program": row["program"], "AccountId": row["account"], "Stage": WorkflowStage.UNENROLLING},
    }


async def _find_earlier(
    session: AsyncSession, scope: Scope, transaction_id: str | None, idempotency_key: str | None, digest: str
) -> Submitted | None:
    same = col(Unenrollment.transaction_id) == transaction_id
    if idempotency_key is not None:
        same = same | (col(Unenrollment.idempotency_key) == idempotency_key)
    statement = select(Unenrollment).where(col(Unenrollment.requester) == scope.actor, same)
    rows = (await session.scalars(statement)).all()
    for row in rows:
        if row.content_hash == digest:
            return Submitted(row.id, row.state, row.submitted_at, new=False)
    if rows:
        raise content_mismatch(transaction_id, (row.transaction_id for row in rows))
    return None


LIFECYCLE = RequestLifecycle(
    table=Unenrollment,
    kind="unenrollment",
    transitions=UNENROLLMENT_TRANSITIONS,
    parked=_U.NEEDS_ATTENTION,
    workflow_id=unenrollment_workflow_id,
)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition
park_unenrollment = LIFECYCLE.park
resume_if_parked = LIFECYCLE.resume_if_parked


def get_device_entry(row: Unenrollment, device_id: str) -> dict[str, Any]:
    """How far one device is, as a document of its own; `replace_device_entry` puts it back.

    Raises:
        NotFound: the device does not leave with this unenrolment.
    """
    for entry in row.devices:
        if entry["device"] == device_id:
            return dict(entry)
    raise NotFound(f"Device {device_id} does not leave with this unenrolment.", fix="Name one that its view lists.")


def replace_device_entry(row: Unenrollment, entry: dict[str, Any]) -> None:
    """Writes down how far one device is."""
    row.devices = [entry if one["device"] == entry["device"] else one for one in row.devices]


async def cancel_unenrollment(
    session: AsyncSession, scope: Scope, unenrollment_id: str, reason: str
) -> UnenrollmentState:
    """Takes a request back as long as no device has left: subscription and registrations are as before. One that is
    cancelled stays so.

    Raises:
        NotFound: there is none.
        Conflict: a device has left, or a technician is on the way.
        IllegalTransition: it was rejected.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    if row.state is _U.CANCELLED:
        return row.state
    await _reject_if_begun(session, row)
    trail = AuditTrail(scope, now, row.id)
    transition(trail, row, now, _U.CANCELLED, reason=reason)
    row.reason, row.resume_state = reason, None
    await work_orders.cancel_open_orders(session, trail, col(WorkOrder.journey) == row.id, now, reason)
    subscription = await session.get(ProgramSubscription, row.subscription_id, with_for_update=True)
    if subscription is not None and subscription.state is SubscriptionState.ENDING:
        back = (SubscriptionState.ENDING, SubscriptionState.ACTIVE)
        subscription.state = trail.transition(SUBSCRIPTION_TRANSITIONS, subscription.id, *back, reason=reason)
    await trail.write(session)
    await LIFECYCLE.signal_cancel(session, scope, row, reason)
    return row.state


async def _reject_if_begun(session: AsyncSession, row: Unenrollment) -> None:
    if row.state is _U.UNENROLLED or any(entry["left"] for entry in row.devices):
        raise Conflict(
            "A device has left the program already, so it cannot be taken back.",
            fix="Keep the devices still to be fetched (POST …/devices/{device}/kept); enrol again to take part again.",
            code="already-left",
        )
    started = select(col(WorkOrder.number)).where(
        col(WorkOrder.journey) == row.id, col(WorkOrder.state).in_(_VISIT_STARTED)
    )
    number = await session.scalar(started)
    if number is not None:
        raise _visit_started(number)


def _visit_started(number: str) -> Conflict:
    return Conflict(
        f"A technician has started work order {number}.",
        fix="Wait for the technician's report, or call them back first.",
        code="visit-started",
    )


async def cancel_removal_order(
    session: AsyncSession, trail: AuditTrail, entry: dict[str, Any], now: datetime, reason: str
) -> None:
    """Calls off the order made for one device, if there is one that is open.

    Raises:
        Conflict: a technician is on the way.
    """
    if entry["work_order"] is None:
        return
    order = await work_orders.get_for_update(session, entry["work_order"])
    if order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE):
        raise _visit_started(order.number)
    await work_orders.cancel_open_orders(session, trail, col(WorkOrder.id) == order.id, now, reason)


async def retry_unenrollment(session: AsyncSession, scope: Scope, unenrollment_id: str) -> UnenrollmentState:
    """A person wants what came to nothing tried again: devices are fetched once more, and the flow is woken.

    Raises:
        NotFound: there is none.
        IllegalTransition: nothing came to nothing.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    if row.state not in (_U.NEEDS_ATTENTION, _U.RECOVERY_PENDING):
        raise nothing_to_retry()
    trail = AuditTrail(scope, now, row.id)
    row.devices = [{**entry, "attention": None} for entry in row.devices]
    row.updated_at, row.version = now, row.version + 1
    resume_if_parked(trail, row, now)
    trail.note(row.id, "unr:retried")
    await trail.write(session)
    await LIFECYCLE.signal_retry(session, row)
    return row.state
