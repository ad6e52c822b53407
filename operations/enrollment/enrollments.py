"""Requests to take part: submitting one, cancelling it before it is associated, parking it for a person."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Pointer
from models.ids import enrollment_workflow_id, new_id
from models.messages.enrollment import WORKFLOW, EnrollInput
from models.messages.search_attributes import WorkflowStage
from models.requests.enrollment import EnrollmentApplication
from models.scope import OperatorScope, Scope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.work_order import WorkOrder
from operations.catalog.capacity import release
from operations.catalog.versions import CatalogCache
from operations.catalog.waitlist import notify_next_in_line
from operations.enrollment.subscriptions import get_pending_subscription
from operations.field_work import shipments, work_orders
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from operations.platform.lifecycle import RequestLifecycle
from rules.capacity import CapacityNeed
from wording.enrollment import already_enrolled, unknown_references
from wording.resubmission import content_mismatch

_E = EnrollmentState
_IN_SETUP = (_E.ACCEPTED, _E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT, _E.COMPLETING)


_REFERENCES = text(
    """
    SELECT account.customer_id, program.program, place.cis_account_id AS holder, place.time_zone,
        (SELECT max(version) FROM catalog_version) AS catalog_version
    FROM (SELECT 1) AS one
    LEFT JOIN account ON account.cis_account_id = :account
    LEFT JOIN program_capacity program ON program.program = :program
    LEFT JOIN (service_point JOIN premise USING (cis_premise_id)) place ON place.cis_service_point_id = :service_point
    """
)

_INSERT = text(f"{build_insert(Enrollment, 'rows')} ON CONFLICT DO NOTHING RETURNING id")


@dataclass(frozen=True, slots=True)
class Submitted:
    """The enrolment that stands for the request, and whether this very call made it."""

    enrollment_id: str
    state: EnrollmentState
    submitted_at: datetime
    new: bool


async def submit_enrollment(
    session: AsyncSession,
    scope: OperatorScope,
    application: EnrollmentApplication,
    *,
    idempotency_key: str | None,
    acknowledgement_timeout_seconds: float,
) -> Submitted:
    """Takes the request in and has its flow started. The same request again gives the same enrolment.

    Raises:
        Invalid: account, service point or program unknown, or not belonging together.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    now = datetime.now(UTC)
    content = application.model_dump(mode="json")
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    found = await _get_references(session, application)
    if faults := _find_reference_faults(found, application):
        # Who asked before asks for the same, though it may have changed hands since.
        if before := await _find_earlier(session, scope, application.transaction_id, idempotency_key):
            return _same_request(before, application.transaction_id, digest)
        raise unknown_references(faults)
    row = {
        "id": new_id("enr"),
        "requester": scope.actor,
        "transaction_id": application.transaction_id,
        "idempotency_key": idempotency_key,
        "content_hash": digest,
        "channel": scope.channel,
        "customer_id": found.customer_id,
        "account": application.account,
        "service_point": application.service_point,
        "program": application.program,
        "catalog_version": found.catalog_version,
        "installation_method": application.installation_method,
        "asset_ownership": application.asset_ownership,
        "start_at": _resolve_start_at(application, now, found.time_zone),
        "application": content,
        "state": _E.SUBMITTED,
        "needed_devices": 0,
        "needed_kw": 0,
        "submitted_at": now,
        "updated_at": now,
        "version": 1,
    }
    made = await session.scalar(_INSERT, {"rows": to_json([row])})
    if made is None:
        before = await _find_earlier(session, scope, application.transaction_id, idempotency_key)
        return _same_request(before, application.transaction_id, digest)
    trail = AuditTrail(scope, now, made)
    trail.note(made, "enr:submitted", details={"channel": scope.channel, "program": application.program})
    await trail.write(session)
    await outbox.enqueue(
        session,
        "start",
        WORKFLOW,
        [(enrollment_workflow_id(made), build_workflow_start(made, application, acknowledgement_timeout_seconds))],
    )
    return Submitted(enrollment_id=made, state=_E.SUBMITTED, submitted_at=now, new=True)


async def _get_references(session: AsyncSession, application: EnrollmentApplication) -> Any:
    named = {"account": application.account, "service_point": application.service_point, "program": application.program}
    return (await session.execute(_REFERENCES, named)).one()


def _find_reference_faults(row: Any, application: EnrollmentApplication) -> list[Pointer]:
    faults: list[Pointer] = []
    if row.customer_id is None:
        faults.append(Pointer("/account", "there is no such account"))
    if row.holder is None:
        faults.append(Pointer("/service_point", "there is no such service point"))
    elif row.customer_id is not None and row.holder != application.account:
        faults.append(Pointer("/service_point", "the service point belongs to another account"))
    if row.program is None:
        faults.append(Pointer("/program", "there is no such program"))
    return faults


def _resolve_start_at(application: EnrollmentApplication, now: datetime, time_zone: str) -> datetime:
    """The first day's midnight at the premise; now when no day or an earlier one is named (a rule judges that)."""
    if application.start_date is None:
        return now
    midnight = datetime.combine(application.start_date, time.min, ZoneInfo(time_zone))
    return max(midnight, now)


def build_workflow_start(enrollment_id: str, application: EnrollmentApplication, timeout: float) -> dict[str, Any]:
    """What starts the flow of a request."""
    message = EnrollInput(enrollment_id=enrollment_id, acknowledgement_timeout_seconds=timeout)
    return {
        "input": message.model_dump(mode="json"),
        "summary": f"Enrol {len(application.devices)} device(s) in {application.program}",
        "details": f"Account {application.account}, service point {application.service_point}, "
        f"{application.installation_method}.",
        "attributes": {
            "Program": application.program,
            "AccountId": application.account,
            "Stage": WorkflowStage.ENROLLING,
        },
    }


async def _find_earlier(
    session: AsyncSession, scope: Scope, transaction_id: str, idempotency_key: str | None
) -> Sequence[Any]:
    same = col(Enrollment.transaction_id) == transaction_id
    if idempotency_key is not None:
        same = same | (col(Enrollment.idempotency_key) == idempotency_key)
    columns = (
        *(col(Enrollment.id), col(Enrollment.state), col(Enrollment.submitted_at)),
        *(col(Enrollment.transaction_id), col(Enrollment.content_hash)),
    )
    return (await session.execute(select(*columns).where(col(Enrollment.requester) == scope.actor, same))).all()


def _same_request(found: Sequence[Any], transaction_id: str, digest: str) -> Submitted:
    # Two rows: the transaction id is of one request and the key of another.
    if len(found) == 1 and found[0].content_hash == digest:
        (one,) = found
        return Submitted(enrollment_id=one.id, state=one.state, submitted_at=one.submitted_at, new=False)
    raise content_mismatch(transaction_id, (one.transaction_id for one in found))


LIFECYCLE = RequestLifecycle(
    table=Enrollment,
    kind="enrollment",
    transitions=ENROLLMENT_TRANSITIONS,
    parked=_E.NEEDS_ATTENTION,
    workflow_id=enrollment_workflow_id,
    never_parked=frozenset({_E.ENROLLED}),
)
"""An enrolled one is never parked: it could then be canceled with its subscription still active."""

get_for_update = LIFECYCLE.get_for_update
park_enrollment = LIFECYCLE.park
resume_enrollment = LIFECYCLE.resume
resume_if_parked = LIFECYCLE.resume_if_parked
retry_enrollment = LIFECYCLE.retry


def is_cancellable(state: EnrollmentState) -> bool:
    """Whether a request in that state can still be taken back."""
    return _E.CANCELLED in ENROLLMENT_TRANSITIONS[state]


async def cancel_enrollment(
    session: AsyncSession,
    scope: Scope,
    catalogs: CatalogCache,
    enrollment_id: str,
    reason: str,
    *,
    tell_flow: bool = True,
) -> EnrollmentState:
    """Cancels a request that is not associated yet and tells its flow; one that is cancelled stays so.

    Raises:
        NotFound: there is none.
        Conflict: it is enrolled already, or ended otherwise.
    """
    enrollment = await get_for_update(session, enrollment_id)
    if enrollment.state is _E.CANCELLED:
        return enrollment.state
    if enrollment.state is _E.ENROLLED:
        raise already_enrolled()
    await end_enrollment(session, scope, catalogs, enrollment, _E.CANCELLED, reason)
    if tell_flow:
        await LIFECYCLE.signal_cancel(session, scope, enrollment, reason)
    return enrollment.state


async def end_enrollment(
    session: AsyncSession,
    scope: Scope,
    catalogs: CatalogCache,
    enrollment: Enrollment,
    state: EnrollmentState,
    reason: str,
) -> None:
    """Ends a request before it is associated, and undoes what was done for it.

    Raises:
        IllegalTransition: it has ended, or is enrolled.
    """
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, enrollment.id)
    before = EnrollmentState(enrollment.resume_state or enrollment.state)
    LIFECYCLE.transition(trail, enrollment, now, state, reason=reason)
    enrollment.reason, enrollment.resume_state = reason, None
    if before in _IN_SETUP:
        await _cancel_setup(session, trail, enrollment, now, reason)
    await trail.write(session)
    await session.flush()
    if before is _E.WAITLISTED or before in _IN_SETUP:
        program = (await catalogs.get_version(session, enrollment.catalog_version)).get_program(enrollment.program)
        reserved = CapacityNeed(devices=enrollment.needed_devices, kw=enrollment.needed_kw)
        await (
            notify_next_in_line(session, program) if before is _E.WAITLISTED else release(session, program, reserved)
        )


async def _cancel_setup(
    session: AsyncSession, trail: AuditTrail, enrollment: Enrollment, now: datetime, reason: str
) -> None:
    """The order, the shipment and the subscription that waited for a device."""
    await work_orders.cancel_open_orders(session, trail, col(WorkOrder.journey) == enrollment.id, now, reason)
    expired = enrollment.state is _E.EXPIRED
    await shipments.cancel_open_shipments(session, trail, enrollment.id, now, reason, expired=expired)
    pending = await get_pending_subscription(session, enrollment.id)
    if pending is not None:
        pending.state = trail.transition(
            SUBSCRIPTION_TRANSITIONS, pending.id, pending.state, SubscriptionState.CANCELLED, reason=reason
        )
