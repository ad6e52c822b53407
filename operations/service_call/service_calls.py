"""Service calls: opening one. What people decide about it then is in service_call_decisions, what its flow does in
service_call_steps."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.errors import Invalid
from models.ids import new_id, service_call_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.service_call import WORKFLOW, ServiceCallInput
from models.requests.service_call import ServiceCallApplication
from models.scope import OperatorScope, Scope
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.subscription import RegistrationState, SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.unenrollment import Unenrollment
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from operations.platform.lifecycle import RequestLifecycle
from rules.service_calls import find_action_errors, find_problem_errors
from wording.resubmission import content_mismatch
from wording.service_call import (
    device_not_participating,
    service_call_already_open,
    unenrollment_in_progress,
    unknown_device_on_subscription,
)

_C = ServiceCallState
_PARTICIPATING = (
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTERED,
    RegistrationState.REGISTRATION_FAILED,
)
_LEFT = (UnenrollmentState.UNENROLLED, UnenrollmentState.REJECTED, UnenrollmentState.CANCELLED)
_INSERT = text(f"{build_insert(ServiceCall, 'rows')} ON CONFLICT DO NOTHING RETURNING id")


@dataclass(frozen=True, slots=True)
class Submitted:
    """The service call that stands for the request, and whether this very call made it."""

    service_call_id: str
    state: ServiceCallState
    submitted_at: datetime
    new: bool


async def submit_service_call(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    application: ServiceCallApplication,
    *,
    idempotency_key: str | None,
    acknowledgement_timeout_seconds: float,
) -> Submitted:
    """Opens a call and has its flow started. The same request again gives the same call.

    Raises:
        Invalid: subscription, device or problem unknown, or a visit that the program does not order.
        Conflict: the device does not take part, or is leaving; or a call for it is open already.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    now = datetime.now(UTC)
    content = application.model_dump(mode="json")
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    names = (application.transaction_id, idempotency_key)
    earlier = await _find_earlier(session, scope, *names, digest)
    if earlier is not None:
        return earlier
    subscription, device = await _get_subscribed_device_for_update(session, application)
    catalog = await catalogs.get_current(session)
    _check_request(application, device, catalog.get_program(subscription.program), catalog)
    made = new_id("svc")
    row = {
        "id": made,
        "requester": scope.actor,
        "transaction_id": application.transaction_id or made,
        "idempotency_key": idempotency_key,
        "content_hash": digest,
        "channel": scope.channel,
        "subscription_id": subscription.id,
        "device_id": device.id,
        "enrollment_id": subscription.enrollment_id,
        "customer_id": subscription.customer_id,
        "account": subscription.account,
        "program": subscription.program,
        "catalog_version": catalog.version,
        "application": content,
        "action": application.chosen_action.model_dump(mode="json") if application.chosen_action else None,
        "state": _C.OPEN,
        "submitted_at": now,
        "updated_at": now,
        "version": 1,
    }
    if await session.scalar(_INSERT, {"rows": to_json([row])}) is None:
        raced = await _find_earlier(session, scope, *names, digest)
        return raced or await _raise_already_open(session, device.id)
    trail = AuditTrail(scope, now, made)
    trail.note(made, "svc:open", details={"channel": scope.channel, "problem": application.problem.code})
    await trail.write(session)
    await outbox.enqueue(session, "start", WORKFLOW, [build_workflow_start(row, acknowledgement_timeout_seconds)])
    return Submitted(made, _C.OPEN, now, new=True)


async def _find_earlier(
    session: AsyncSession, scope: Scope, transaction_id: str | None, idempotency_key: str | None, digest: str
) -> Submitted | None:
    same = col(ServiceCall.transaction_id) == transaction_id
    if idempotency_key is not None:
        same = same | (col(ServiceCall.idempotency_key) == idempotency_key)
    statement = select(ServiceCall).where(col(ServiceCall.requester) == scope.actor, same)
    rows = (await session.scalars(statement)).all()
    for row in rows:
        if row.content_hash == digest:
            return Submitted(row.id, row.state, row.submitted_at, new=False)
    if rows:
        raise content_mismatch(transaction_id, (row.transaction_id for row in rows))
    return None


async def _get_subscribed_device_for_update(
    session: AsyncSession, application: ServiceCallApplication
) -> tuple[ProgramSubscription, Device]:
    """The subscription, locked so that it is not left at the same moment, and the device on it."""
    statement = (
        select(ProgramSubscription, Device, col(SubscriptionDevice.registration))
        .join(SubscriptionDevice, col(SubscriptionDevice.subscription_id) == col(ProgramSubscription.id))
        .join(Device, col(Device.id) == col(SubscriptionDevice.device_id))
        .where(col(ProgramSubscription.id) == application.subscription, col(Device.id) == application.device)
        .with_for_update(of=ProgramSubscription)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise unknown_device_on_subscription()
    subscription, device, registration = found.tuple()
    await _reject_while_unenrolling(session, subscription)
    if subscription.state is not SubscriptionState.ACTIVE or registration not in _PARTICIPATING:
        raise device_not_participating(
            subscription.program, subscription.state, registration, subscription.enrollment_id
        )
    return subscription, device


def _check_request(
    application: ServiceCallApplication, device: Device, program: Program, catalog: IndexedCatalog
) -> None:
    task = catalog.find_service_task_type(program.service_call_task)
    if task is None:
        raise Invalid(
            f"{program.code} offers no service calls.",
            fix="Name a service task type for them as service_call_task of the program in the catalogue.",
            code="no-service-calls",
        )
    faults = (
        *find_problem_errors(application, task),
        *find_action_errors(application.chosen_action, device.ownership, program),
    )
    if faults:
        raise Invalid(
            "The call cannot be taken as it is; nothing was stored.",
            fix="Correct what the pointers name.",
            pointers=faults,
        )


async def _reject_while_unenrolling(session: AsyncSession, subscription: ProgramSubscription) -> None:
    leaving = await session.scalar(
        select(col(Unenrollment.id)).where(
            col(Unenrollment.subscription_id) == subscription.id, col(Unenrollment.state).not_in(_LEFT)
        )
    )
    if leaving is not None:
        raise unenrollment_in_progress(subscription.program, leaving)


async def _raise_already_open(session: AsyncSession, device_id: str) -> Submitted:
    closed = (_C.CLOSED, _C.CANCELLED)
    other = await session.scalar(
        select(col(ServiceCall.id)).where(
            col(ServiceCall.device_id) == device_id, col(ServiceCall.state).not_in(closed)
        )
    )
    raise service_call_already_open(str(other))


def build_workflow_start(row: Mapping[str, Any], timeout: float) -> tuple[str, dict[str, Any]]:
    """The start of a call's flow: its workflow id, and what it is given."""
    message = ServiceCallInput(service_call_id=row["id"], acknowledgement_timeout_seconds=timeout)
    return service_call_workflow_id(row["id"]), {
        "input": message.model_dump(mode="json"),
        "summary": f"Help with a device in {row['program']}",
        "details": f"Account {row['account']}, subscription {row['subscription_id']}.",
        "attributes": {"Program": row["program"], "AccountId": row["account"], "Stage": WorkflowStage.TROUBLESHOOTING},
    }


LIFECYCLE = RequestLifecycle(
    table=ServiceCall,
    kind="service_call",
    transitions=SERVICE_CALL_TRANSITIONS,
    parked=_C.NEEDS_ATTENTION,
    workflow_id=service_call_workflow_id,
)
get_for_update = LIFECYCLE.get_for_update
transition = LIFECYCLE.transition
mark_parked = LIFECYCLE.mark_parked
resume_if_parked = LIFECYCLE.resume_if_parked
