"""Requests to take part: submitting one, cancelling it before it is associated, parking it for a person."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import enrollment_workflow_id
from models.scope import Scope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.work_order import WorkOrder
from operations.catalog.capacity import release
from operations.catalog.versions import CatalogCache
from operations.catalog.waitlist import notify_next_in_line
from operations.enrollment.subscriptions import get_pending_subscription
from operations.field_work import shipments, work_orders
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import RequestLifecycle
from rules.capacity import CapacityNeed
from wording.enrollment import already_enrolled

_E = EnrollmentState
_IN_SETUP = (_E.ACCEPTED, _E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT, _E.COMPLETING)


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
    notify_workflow: bool = True,
) -> EnrollmentState:
    """Cancels a request that is not associated yet and notifies its workflow; a cancelled one stays cancelled.

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
    if notify_workflow:
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
