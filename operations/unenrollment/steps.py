"""An unenrolment is decided, approved, and waits for its day; then devices leave or are fetched.

See docs/domain.md#unenroll.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.classifications import AssetOwnership, Channel, RemovalMethod
from models.decision import Decision, DecisionOutcome
from models.errors import NotFound
from models.ids import unenrollment_workflow_id
from models.messages.unenrollment import APPROVAL_DECIDED, ApprovalDecided, DeviceRemoval, UnenrollmentProgress
from models.requests.unenrollment import CIS_REQUESTER, UnenrollmentApplication
from models.scope import Scope
from models.states.subscription import SUBSCRIPTION_TRANSITIONS, RegistrationState, SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.states.work_order import WorkOrderKind
from models.tables.customer import Account, Premise, ServicePoint
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.field_work.work_orders import NewWorkOrder, create_work_order, to_visit
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.unenrollment.end_participation import ParticipationEnd, end_participation
from operations.unenrollment.unenrollments import LIFECYCLE, get_for_update, resume_if_parked, transition
from rules.unenrollment import decide as rules
from rules.unenrollment.move_outs import ServicePointHolder, has_moved_out
from wording.unenrollment import nothing_to_approve

_U = UnenrollmentState
_S = SubscriptionState
REMOVING_STATES = (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)
"""Devices are being fetched."""

_PARTICIPATING = (
    RegistrationState.PROPOSED,
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTERED,
    RegistrationState.REGISTRATION_FAILED,
)


class UnenrollmentRequest(NamedTuple):
    """A request to leave: what is asked for, by whom, when, and from when on."""

    application: UnenrollmentApplication
    requester: str
    channel: Channel
    submitted_at: datetime
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class UnenrollmentCase:
    """One unenrolment, locked with its subscription, and all that its rules may know."""

    row: Unenrollment
    subscription: ProgramSubscription
    facts: rules.UnenrollmentFacts
    trail: AuditTrail
    now: datetime


async def load_case(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentCase:
    """Locks it, and gathers what its rules may know; the configuration is that of its submission.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    subscription = await session.get(ProgramSubscription, row.subscription_id, with_for_update=True)
    if subscription is None:
        raise NotFound(f"There is no subscription {row.subscription_id}.")
    asked = UnenrollmentRequest(
        UnenrollmentApplication.model_validate(row.application),
        row.requester,
        row.channel,
        row.submitted_at,
        row.effective_at,
    )
    catalog = await catalogs.get_version(session, row.catalog_version)
    facts = await load_facts(session, catalog, asked, subscription, now)
    return UnenrollmentCase(row, subscription, facts, AuditTrail(scope, now, row.id), now)


async def load_facts(
    session: AsyncSession,
    catalog: IndexedCatalog,
    asked: UnenrollmentRequest,
    subscription: ProgramSubscription,
    now: datetime,
) -> rules.UnenrollmentFacts:
    """What the rules may know of a request, stored or not."""
    zone, gone, devices = await _load_service_point(session, subscription, now)
    return _build_facts(
        asked, subscription, catalog, now, zone, devices, moved_out=gone or asked.requester == CIS_REQUESTER
    )


async def _load_service_point(
    session: AsyncSession, subscription: ProgramSubscription, now: datetime
) -> tuple[ZoneInfo, bool, tuple[rules.ParticipatingDevice, ...]]:
    """The premise's zone, whether the customer has moved out of it, and the devices that take part."""
    place = await session.execute(
        select(
            col(Premise.time_zone),
            col(ServicePoint.effective_to),
            col(Account.cis_account_id),
            col(Account.customer_id),
        )
        .join(ServicePoint, col(ServicePoint.cis_premise_id) == col(Premise.cis_premise_id))
        .join(Account, col(Account.cis_account_id) == col(ServicePoint.cis_account_id))
        .where(col(ServicePoint.cis_service_point_id) == subscription.service_point)
    )
    time_zone, ends, *holder = place.one()
    zone = ZoneInfo(time_zone)
    who = ServicePointHolder(subscription.account, subscription.customer_id)
    gone = has_moved_out(who, ServicePointHolder(*holder), ends, now.astimezone(zone).date())
    rows = await session.execute(
        select(col(Device.id), col(Device.serial_key), col(Device.ownership))
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == subscription.id,
            col(SubscriptionDevice.registration).in_(_PARTICIPATING),
        )
        .order_by(col(Device.id))
    )
    return zone, gone, tuple(rules.ParticipatingDevice(*one) for one in rows)


def _build_facts(
    asked: UnenrollmentRequest,
    subscription: ProgramSubscription,
    catalog: IndexedCatalog,
    now: datetime,
    zone: ZoneInfo,
    devices: tuple[rules.ParticipatingDevice, ...],
    *,
    moved_out: bool,
) -> rules.UnenrollmentFacts:
    program = catalog.get_program(subscription.program)
    types = {entry.code: entry for entry in catalog.content.subscription_types}
    return rules.UnenrollmentFacts(
        instant=now,
        submitted_on=asked.submitted_at.astimezone(zone).date(),
        effective_at=asked.effective_at,
        zone=zone,
        program=program,
        task=catalog.find_service_task_type(program.unenroll_task),
        subscription_type=types.get(program.subscription_type),
        application=asked.application,
        channel=asked.channel,
        state=subscription.state,
        start_at=subscription.start_at,
        devices=devices,
        moved_out=moved_out,
    )


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
        decision = rules.decide_unenrollment(case.facts)
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
    """A program manager decides, and its flow is told.

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
    """Writes down what its flow was told, if it is not written yet.

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
    """Nobody needs to approve any more that they leave; one that waits for that goes on, and its flow is told.

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
    """Where it stands, as its flow wants to know it.

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
    """A subscription that nobody is left on is on its way out, and can still come back."""
    subscription = case.subscription
    if case.row.whole and _S.ENDING in SUBSCRIPTION_TRANSITIONS[subscription.state]:
        subscription.state = case.trail.transition(
            SUBSCRIPTION_TRANSITIONS, subscription.id, subscription.state, _S.ENDING
        )


def _plan_devices(case: UnenrollmentCase) -> None:
    """Who leaves and how, as the subscription is now."""
    case.row.whole = rules.ends_subscription(case.facts)
    case.row.devices = [
        {
            "device": departure.device_id,
            "method": departure.method,
            "left": False,
            "ended": None,
            "work_order": None,
            "attention": None,
            "reminders": 0,
        }
        for departure in rules.plan_removals(case.facts)
    ]


async def _carry_out(session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase) -> None:
    _plan_devices(case)
    _mark_subscription_ending(case)
    all_at_once = rules.stops_control_first(case.facts)
    entries: list[dict[str, Any]] = [dict(entry) for entry in case.row.devices]
    for entry in entries:
        entry["left"] = all_at_once or entry["method"] == RemovalMethod.KEEP
        if entry["method"] == RemovalMethod.KEEP:
            entry["ended"] = "kept"
    case.row.devices = [dict(entry) for entry in entries]
    await end_device_participation(session, catalogs, case, [entry["device"] for entry in entries if entry["left"]])
    await _order_removals(session, case, entries)
    case.row.devices = entries
    over = all(entry["ended"] for entry in entries)
    transition(case.trail, case.row, case.now, _U.UNENROLLED if over else _U.REMOVING)


async def end_device_participation(
    session: AsyncSession, catalogs: CatalogCache, case: UnenrollmentCase, devices: list[str]
) -> None:
    """These take part no more; with the last of all the subscription ends."""
    if devices:
        ends = case.row.whole and all(entry["left"] for entry in case.row.devices)
        urgent = rules.stops_control_first(case.facts)
        what = ParticipationEnd(case.row.id, case.subscription, case.facts.program, tuple(devices), ends, urgent)
        await end_participation(session, case.trail, catalogs, what, case.now)


async def _order_removals(session: AsyncSession, case: UnenrollmentCase, entries: list[dict[str, Any]]) -> None:
    """All at once: who is fetched should see one technician, not one for each device."""
    for entry in entries:
        if entry["method"] == RemovalMethod.UTILITY_REMOVAL:
            entry["work_order"] = await order_removal(session, case, entry["device"])


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


async def save_and_get_progress(session: AsyncSession, case: UnenrollmentCase) -> UnenrollmentProgress:
    """Writes the trail, and gives where the unenrolment stands."""
    await case.trail.write(session)
    await session.flush()
    row, level = case.row, case.facts.service_level
    open_entries = [one for one in row.devices if one["ended"] is None] if row.state in REMOVING_STATES else []
    until = (row.effective_at - case.now).total_seconds() if row.state is _U.SCHEDULED else 0.0
    return UnenrollmentProgress(
        state=row.state,
        seconds_until_effective=max(until, 0.0),
        removals=tuple(
            DeviceRemoval(
                device_id=entry["device"],
                method=entry["method"],
                visit=to_visit(entry["work_order"], level) if entry["work_order"] else None,
            )
            for entry in open_entries
        ),
        sync_requests=await _list_sync_requests(session, row),
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
        expire_after_days=level.expire_after_days,
        failed_rules=_list_failed_rules(row) if row.state is _U.REJECTED else (),
    )


async def _list_sync_requests(session: AsyncSession, row: Unenrollment) -> tuple[str, ...]:
    """The changes that its flow tells the DERMS, in order."""
    if not any(entry["left"] for entry in row.devices):
        return ()
    statement = (
        select(col(SyncRequest.id)).where(col(SyncRequest.journey) == row.id).order_by(col(SyncRequest.sequence))
    )
    return tuple((await session.scalars(statement)).all())


def _list_failed_rules(row: Unenrollment) -> tuple[str, ...]:
    return tuple(finding.rule for finding in Decision.model_validate(row.decision).failures)
