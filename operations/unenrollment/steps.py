"""The steps of an unenrollment: validated, approved, due on its day; then its devices leave or are removed.

See docs/domain.md#unenroll.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from models.classifications import AssetOwnership, RemovalMethod
from models.decision import DecisionOutcome
from models.ids import unenrollment_workflow_id
from models.messages.unenrollment import APPROVAL_DECIDED, ApprovalDecided, UnenrollmentProgress
from models.scope import Scope
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderKind
from models.tables.subscription import Device
from models.unenrolling_device import RemovalEnd, UnenrollingDevice
from operations.catalog.versions import CatalogCache
from operations.field_work.work_orders import NewWorkOrder, create_work_order
from operations.platform import outbox
from operations.unenrollment.case import UnenrollmentCase, load_case, save_and_get_progress
from operations.unenrollment.end_participation import ParticipationEnd, end_participation
from operations.unenrollment.unenrollments import LIFECYCLE, resume_if_parked, transition
from rules.unenrollment import decide as rules
from wording.findings.decisions import describe_decision
from wording.unenrollment import nothing_to_approve

_U = UnenrollmentState
_S = SubscriptionState


async def validate_unenrollment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentProgress:
    """Asks every rule and moves the request on: rejected, to be approved, waiting for its day, or under way.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    resume_if_parked(case.trail, case.row, case.now)
    if case.row.state is _U.SUBMITTED:
        decision = describe_decision(rules.decide_unenrollment(case.facts))
        case.row.decision = decision.model_dump(mode="json")
        if decision.outcome is DecisionOutcome.REJECTED:
            _reject(case, " ".join(finding.reason for finding in decision.failures))
        elif rules.is_approval_required(case.facts):
            _plan_devices(case)
            transition(case.trail, case.row, case.now, _U.AWAITING_APPROVAL)
        else:
            if rules.is_approval_configured(case.facts):
                case.trail.note(case.row.id, "unr:approval_dropped")
            await _schedule_or_carry_out(session, catalogs, case)
    return await save_and_get_progress(session, case)


def _reject(case: UnenrollmentCase, reason: str) -> None:
    case.row.reason = reason
    transition(case.trail, case.row, case.now, _U.REJECTED, reason=reason)


async def approve_unenrollment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, *, approved: bool, reason: str
) -> UnenrollmentState:
    """Records a program manager's decision and notifies the workflow.

    Raises:
        NotFound: there is none.
        IllegalTransition: it does not wait for approval.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    if case.row.state is not _U.AWAITING_APPROVAL:
        raise nothing_to_approve(case.row.state)
    await _apply_approval(session, catalogs, case, approved=approved, reason=reason)
    leaving = await save_and_get_progress(session, case)
    await _notify_workflow(session, scope, unenrollment_id, approved=approved, reason=reason)
    return leaving.state


async def record_approval(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, *, approved: bool, reason: str
) -> UnenrollmentProgress:
    """Records the decision that the workflow received, unless it is already recorded.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    resume_if_parked(case.trail, case.row, case.now)
    if case.row.state is _U.AWAITING_APPROVAL:
        await _apply_approval(session, catalogs, case, approved=approved, reason=reason)
    return await save_and_get_progress(session, case)


async def _apply_approval(
    session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase, *, approved: bool, reason: str
) -> None:
    if approved:
        case.trail.note(case.row.id, "unr:approved", reason=reason)
        await _schedule_or_carry_out(session, catalogs, case)
    else:
        _reject(case, reason)


async def _notify_workflow(
    session: AsyncSession, scope: Scope, unenrollment_id: str, *, approved: bool, reason: str
) -> None:
    message = ApprovalDecided(approved=approved, reason=reason, actor=scope.actor)
    await outbox.enqueue_signals(session, APPROVAL_DECIDED, [(unenrollment_workflow_id(unenrollment_id), message)])


async def waive_approval(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str, reason: str
) -> None:
    """Drops the need for an approval; a request that waits for it continues, and its workflow is notified.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    if _U.AWAITING_APPROVAL in (case.row.state, case.row.resume_state):
        resume_if_parked(case.trail, case.row, case.now)
        case.trail.note(case.row.id, "unr:approval_dropped", reason=reason)
        await _schedule_or_carry_out(session, catalogs, case)
        await save_and_get_progress(session, case)
        await _notify_workflow(session, scope, unenrollment_id, approved=True, reason=reason)


async def begin_unenrollment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentProgress:
    """The day has come: devices that are kept leave, orders are made for the others. Before the day nothing happens.

    Raises:
        NotFound: there is none.
    """
    case = await load_case(session, scope, catalogs, unenrollment_id)
    resume_if_parked(case.trail, case.row, case.now)
    if case.row.state is _U.SCHEDULED and case.row.effective_at <= case.now:
        await _carry_out(session, catalogs, case)
    return await save_and_get_progress(session, case)


async def get_unenrollment_progress(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentProgress:
    """Return the progress of the unenrollment for its workflow.

    Raises:
        NotFound: there is none.
    """
    return await save_and_get_progress(session, await load_case(session, scope, catalogs, unenrollment_id))


async def _schedule_or_carry_out(session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase) -> None:
    if case.row.effective_at <= case.now:
        await _carry_out(session, catalogs, case)
        return
    _plan_devices(case)
    _mark_subscription_ending(case)
    transition(case.trail, case.row, case.now, _U.SCHEDULED)


def _mark_subscription_ending(case: UnenrollmentCase) -> None:
    """A subscription without participating devices is ending, and can still become active again."""
    subscription = case.subscription
    if case.row.whole and _S.ENDING in SUBSCRIPTION_TRANSITIONS[subscription.state]:
        subscription.state = case.trail.transition(
            SUBSCRIPTION_TRANSITIONS, subscription.id, subscription.state, _S.ENDING
        )


def _plan_devices(case: UnenrollmentCase) -> None:
    """Decides which devices leave and how, as the subscription is now."""
    case.row.whole = rules.ends_subscription(case.facts)
    case.row.devices = tuple(
        UnenrollingDevice(device=planned.device_id, method=planned.method)
        for planned in rules.plan_removals(case.facts)
    )


async def _carry_out(session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase) -> None:
    _plan_devices(case)
    _mark_subscription_ending(case)
    row = case.row
    row.devices = tuple(_begin_removal(one, all_leave=rules.stops_control_first(case.facts)) for one in row.devices)
    await end_device_participation(session, catalogs, case, [one.device for one in row.devices if one.left])
    row.devices = await _order_removals(session, case)
    is_over = all(one.ended for one in row.devices)
    transition(case.trail, row, case.now, _U.UNENROLLED if is_over else _U.REMOVING)


def _begin_removal(device: UnenrollingDevice, *, all_leave: bool) -> UnenrollingDevice:
    if device.method is RemovalMethod.KEEP:
        return device.with_changes(left=True, ended=RemovalEnd.KEPT)
    return device.with_changes(left=all_leave)


async def end_device_participation(
    session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase, devices: list[str]
) -> None:
    """These devices no longer participate; with the last device of all the subscription ends."""
    if devices:
        ends = case.row.whole and all(one.left for one in case.row.devices)
        urgent = rules.stops_control_first(case.facts)
        what = ParticipationEnd(case.row.id, case.subscription, case.facts.program, tuple(devices), ends, urgent)
        await end_participation(session, case.trail, catalogs, what, case.now)


async def _order_removals(session: AsyncSession, case: UnenrollmentCase) -> tuple[UnenrollingDevice, ...]:
    """Orders all removals at once, so that the customer sees one technician, not one for each device."""
    return tuple(
        [
            one.with_changes(work_order=await order_removal(session, case, one.device))
            if one.method is RemovalMethod.UTILITY_REMOVAL
            else one
            for one in case.row.devices
        ]
    )


async def order_removal(session: AsyncSession, case: UnenrollmentCase, device_id: str) -> str:
    """Has a technician fetch a device; gives the order's id."""
    device = await session.get(Device, device_id)
    new = NewWorkOrder(
        kind=WorkOrderKind.REMOVE,
        request=LIFECYCLE.ref(case.row.id),
        subscription=case.subscription,
        ownership=device.ownership if device else AssetOwnership.UTILITY_OWNED,
        catalog_version=case.row.catalog_version,
        reason=f"The device leaves {case.facts.program.name}.",
        service_level=case.facts.service_level,
        device_id=device_id,
    )
    return (await create_work_order(session, case.trail, new, case.now)).work_order_id
