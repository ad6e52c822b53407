"""Apply the acknowledgements of the DERMS to their sync requests and to the registrations of the devices."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages.synchronization import DermsAcknowledgement, SyncRequestStatus
from models.scope import Scope
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from models.states.sync_request import SYNC_TRANSITIONS, SyncState
from models.tables.subscription import SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.platform import inbox
from operations.platform.audit import AuditTrail
from operations.synchronization.sync_queue import notify_workflows, select_next_workflow_id
from operations.synchronization.sync_requests import to_status
from rules.synchronization.acknowledgements import REMOVAL_STATES, AcknowledgementEffect, evaluate_acknowledgement
from rules.synchronization.order import FINAL_STATES, UNANSWERED_ERRORS
from rules.synchronization.states import states_when_acknowledged
from wording.sync_request import describe_effect

_Y = SyncState


async def record_acknowledgement(
    session: AsyncSession, scope: Scope, ack: DermsAcknowledgement, *, asked: bool
) -> SyncRequestStatus:
    """Apply an acknowledgement, or record why it changes nothing: it answers no request of ours, or has come before.

    `asked` says that the DERMS was asked for it."""
    now = datetime.now(UTC)
    request = await session.get(SyncRequest, ack.sync_request_id, with_for_update=True)
    if request is None:
        await inbox.record_outcome(session, ack, inbox.UNKNOWN_REQUEST, now)
        return SyncRequestStatus(
            state=_Y.ERROR, code="unknown-sync-request", text="The answer is to no request of ours."
        )
    registrations, next_workflow_id = await _get_registrations_for_update(session, request)
    effect = evaluate_acknowledgement(
        ack,
        request.state,
        request.revision,
        registrations,
        outcome_unknown=request.error_code in UNANSWERED_ERRORS,
        asked=asked,
    )
    if effect.state is not None:
        await _apply_effect(session, scope, now, request, ack, effect, registrations)
        if next_workflow_id is not None and request.state in (*FINAL_STATES, _Y.ERROR):
            await notify_workflows(session, [(request.id, next_workflow_id)])
    await inbox.record_outcome(session, ack, effect.outcome, now)
    return to_status(request)


async def _get_registrations_for_update(
    session: AsyncSession, request: SyncRequest
) -> tuple[dict[str, RegistrationState], str | None]:
    """Return the registration of each device, locked, and the workflow of the next request, in one statement.

    A device that the message enrolls and that is being removed by now is left out: a later message removes it, and the
    answer to this one must neither bring the device back nor fail because of it.
    """
    rows = await session.execute(
        select(
            col(SubscriptionDevice.device_id),
            col(SubscriptionDevice.registration),
            select_next_workflow_id(request.subscription_id, request.sequence),
        )
        .where(col(SubscriptionDevice.subscription_id) == request.subscription_id)
        .order_by(col(SubscriptionDevice.device_id))
        .with_for_update()
    )
    found = rows.all()
    enrolling = {device["device_id"] for device in request.snapshot["devices"] if device["state"] == "enrolled"}
    registrations = {
        device: registration
        for device, registration, _ in found
        if registration not in REMOVAL_STATES or device not in enrolling
    }
    return registrations, found[0][2] if found else None


async def _apply_effect(
    session: AsyncSession,
    scope: Scope,
    now: datetime,
    request: SyncRequest,
    ack: DermsAcknowledgement,
    effect: AcknowledgementEffect,
    registrations: dict[str, RegistrationState],
) -> None:
    trail = AuditTrail(scope, now, request.journey)
    path = states_when_acknowledged(request.state, effect.state)
    request.state = trail.transition(SYNC_TRANSITIONS, request.id, request.state, *path, reason=describe_effect(effect))
    request.error_code, request.error_text = effect.code or None, describe_effect(effect) or None
    request.held = False
    request.acknowledgement = ack.model_dump(mode="json")
    request.acknowledged_at = now
    request.updated_at = now
    await _store_registrations(session, trail, request.subscription_id, effect, registrations)
    await trail.write(session)


async def _store_registrations(
    session: AsyncSession,
    trail: AuditTrail,
    subscription_id: str,
    effect: AcknowledgementEffect,
    registrations: dict[str, RegistrationState],
) -> None:
    """Write what the answer says of each device: one statement for all devices with the same result."""
    by_result: dict[tuple[RegistrationState, str], list[str]] = {}
    for device, after, message in effect.devices:
        trail.transition(REGISTRATION_TRANSITIONS, device, registrations[device], after, reason=message)
        by_result.setdefault((after, message), []).append(device)
    for device, message in effect.not_released:
        trail.note(device, "dev:not_deregistered", reason=message)
        by_result.setdefault((registrations[device], message), []).append(device)
    for (after, message), devices in by_result.items():
        await session.execute(
            update(SubscriptionDevice)
            .where(
                col(SubscriptionDevice.subscription_id) == subscription_id,
                col(SubscriptionDevice.device_id).in_(devices),
            )
            .values(registration=after, message=message)
        )
