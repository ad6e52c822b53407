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

from models.decision import Decision, Outcome
from models.errors import IllegalTransition, NotFound
from models.ids import unenrollment_workflow_id
from models.messages.unenroll import APPROVAL_DECIDED, ApprovalDecided, Leaving, Removal
from models.scope import Scope
from models.states import SUBSCRIPTION_TRANSITIONS, AssetOwnership, Channel, RegistrationState, SubscriptionState
from models.tables.customer import Account, Premise, ServicePoint
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from models.task_states import RemovalMethod, UnenrollmentState, WorkOrderKind
from models.unenrollment import CIS, UnenrollmentApplication
from operations import outbox
from operations.announcing import Journey
from operations.audit import Trail
from operations.catalog import Catalogs, IndexedCatalog
from operations.departures import Departing, depart
from operations.unenrollments import locked, moved, resumed
from operations.work_orders import NewWorkOrder, order, visit_of
from rules import unenrollment as rules
from rules.move_outs import Holder, moved_out

_U = UnenrollmentState
_S = SubscriptionState
UNDER_WAY = (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)
"""Devices are being fetched."""

_TAKING_PART = (
    RegistrationState.PROPOSED,
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTERED,
    RegistrationState.REGISTRATION_FAILED,
)


class Asked(NamedTuple):
    """A request to leave: what is asked for, by whom, when, and from when on."""

    application: UnenrollmentApplication
    requester: str
    channel: Channel
    submitted_at: datetime
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One unenrolment, locked with its subscription, and all that its rules may know."""

    row: Unenrollment
    subscription: ProgramSubscription
    facts: rules.LeavingFacts
    trail: Trail
    now: datetime


async def load(session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str) -> Case:
    """Locks it, and gathers what its rules may know; the configuration is that of its submission.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await locked(session, unenrollment_id)
    subscription = await session.get(ProgramSubscription, row.subscription_id, with_for_update=True)
    if subscription is None:
        raise NotFound(f"There is no subscription {row.subscription_id}.")
    asked = Asked(
        UnenrollmentApplication.model_validate(row.application),
        row.requester,
        row.channel,
        row.submitted_at,
        row.effective_at,
    )
    catalog = await catalogs.version(session, row.catalog_version)
    facts = await facts_of(session, catalog, asked, subscription, now)
    return Case(row, subscription, facts, Trail(scope, now, row.id), now)


async def facts_of(
    session: AsyncSession, catalog: IndexedCatalog, asked: Asked, subscription: ProgramSubscription, now: datetime
) -> rules.LeavingFacts:
    """What the rules may know of a request, stored or not."""
    zone, gone, devices = await _place(session, subscription, now)
    return _facts(asked, subscription, catalog, now, zone, devices, moved_out=gone or asked.requester == CIS)


async def _place(
    session: AsyncSession, subscription: ProgramSubscription, now: datetime
) -> tuple[ZoneInfo, bool, tuple[rules.OnSubscription, ...]]:
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
    who = Holder(subscription.account, subscription.customer_id)
    gone = moved_out(who, Holder(*holder), ends, now.astimezone(zone).date())
    rows = await session.execute(
        select(col(Device.id), col(Device.serial_key), col(Device.ownership))
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == subscription.id,
            col(SubscriptionDevice.registration).in_(_TAKING_PART),
        )
        .order_by(col(Device.id))
    )
    return zone, gone, tuple(rules.OnSubscription(*one) for one in rows)


def _facts(
    asked: Asked,
    subscription: ProgramSubscription,
    catalog: IndexedCatalog,
    now: datetime,
    zone: ZoneInfo,
    devices: tuple[rules.OnSubscription, ...],
    *,
    moved_out: bool,
) -> rules.LeavingFacts:
    program = catalog.program(subscription.program)
    types = {entry.code: entry for entry in catalog.content.subscription_types}
    return rules.LeavingFacts(
        instant=now,
        submitted_on=asked.submitted_at.astimezone(zone).date(),
        effective_at=asked.effective_at,
        zone=zone,
        program=program,
        task=catalog.task(program.unenroll_task),
        subscription_type=types.get(program.subscription_type),
        application=asked.application,
        channel=asked.channel,
        state=subscription.state,
        start_at=subscription.start_at,
        devices=devices,
        moved_out=moved_out,
    )


async def validate(session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str) -> Leaving:
    """Asks every rule and moves the request on: rejected, to be approved, waiting for its day, or under way.

    Raises:
        NotFound: there is none.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    resumed(case.trail, case.row, case.now)
    if case.row.state is _U.SUBMITTED:
        decision = rules.decide(case.facts)
        case.row.decision = decision.model_dump(mode="json")
        if decision.outcome is Outcome.REJECTED:
            _reject(case, " ".join(finding.reason for finding in decision.failures))
        elif rules.approval_needed(case.facts):
            _plan(case)
            moved(case.trail, case.row, case.now, _U.AWAITING_APPROVAL)
        else:
            if rules.approval_asked(case.facts):
                case.trail.noted(case.row.id, "unr:approval_dropped")
            await _go_on(session, catalogs, case)
    return await written(session, case)


def _reject(case: Case, reason: str) -> None:
    case.row.reason = reason
    moved(case.trail, case.row, case.now, _U.REJECTED, reason=reason)


async def approve(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, *, approved: bool, reason: str
) -> UnenrollmentState:
    """A program manager decides, and its flow is told.

    Raises:
        NotFound: there is none.
        IllegalTransition: it does not wait for approval.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    if case.row.state is not _U.AWAITING_APPROVAL:
        raise IllegalTransition(
            f"The unenrolment is {case.row.state}; there is nothing to approve.",
            fix="GET /v1/program-unenrollments?state=awaiting_approval lists those that wait.",
        )
    await _decide(session, catalogs, case, approved=approved, reason=reason)
    leaving = await written(session, case)
    await _tell(session, scope, unenrollment_id, approved=approved, reason=reason)
    return leaving.state


async def decided(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, *, approved: bool, reason: str
) -> Leaving:
    """Writes down what its flow was told, if it is not written yet.

    Raises:
        NotFound: there is none.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    resumed(case.trail, case.row, case.now)
    if case.row.state is _U.AWAITING_APPROVAL:
        await _decide(session, catalogs, case, approved=approved, reason=reason)
    return await written(session, case)


async def _decide(session: AsyncSession, catalogs: Catalogs, case: Case, *, approved: bool, reason: str) -> None:
    if approved:
        case.trail.noted(case.row.id, "unr:approved", reason=reason)
        await _go_on(session, catalogs, case)
    else:
        _reject(case, reason)


async def _tell(session: AsyncSession, scope: Scope, unenrollment_id: str, *, approved: bool, reason: str) -> None:
    message = ApprovalDecided(approved=approved, reason=reason, actor=scope.actor)
    await outbox.signal(session, APPROVAL_DECIDED, [(unenrollment_workflow_id(unenrollment_id), message)])


async def drop_approval(
    session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str, reason: str
) -> None:
    """Nobody needs to approve any more that they leave; one that waits for that goes on, and its flow is told.

    Raises:
        NotFound: there is none.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    if _U.AWAITING_APPROVAL in (case.row.state, case.row.resume_state):
        resumed(case.trail, case.row, case.now)
        case.trail.noted(case.row.id, "unr:approval_dropped", reason=reason)
        await _go_on(session, catalogs, case)
        await written(session, case)
        await _tell(session, scope, unenrollment_id, approved=True, reason=reason)


async def begin(session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str) -> Leaving:
    """The day has come: devices that are kept leave, orders are made for the others. Before the day nothing happens.

    Raises:
        NotFound: there is none.
    """
    case = await load(session, scope, catalogs, unenrollment_id)
    resumed(case.trail, case.row, case.now)
    if case.row.state is _U.SCHEDULED and case.row.effective_at <= case.now:
        await _carry_out(session, catalogs, case)
    return await written(session, case)


async def standing(session: AsyncSession, scope: Scope, catalogs: Catalogs, unenrollment_id: str) -> Leaving:
    """Where it stands, as its flow wants to know it.

    Raises:
        NotFound: there is none.
    """
    return await written(session, await load(session, scope, catalogs, unenrollment_id))


async def _go_on(session: AsyncSession, catalogs: Catalogs, case: Case) -> None:
    if case.row.effective_at <= case.now:
        await _carry_out(session, catalogs, case)
        return
    _plan(case)
    _announce_end(case)
    moved(case.trail, case.row, case.now, _U.SCHEDULED)


def _announce_end(case: Case) -> None:
    """A subscription that nobody is left on is on its way out, and can still come back."""
    subscription = case.subscription
    if case.row.whole and _S.ENDING in SUBSCRIPTION_TRANSITIONS[subscription.state]:
        subscription.state = case.trail.moved(SUBSCRIPTION_TRANSITIONS, subscription.id, subscription.state, _S.ENDING)


def _plan(case: Case) -> None:
    """Who leaves and how, as the subscription is now."""
    case.row.whole = rules.is_whole(case.facts)
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
        for departure in rules.departures(case.facts)
    ]


async def _carry_out(session: AsyncSession, catalogs: Catalogs, case: Case) -> None:
    _plan(case)
    _announce_end(case)
    all_at_once = rules.stops_control_first(case.facts)
    entries: list[dict[str, Any]] = [dict(entry) for entry in case.row.devices]
    for entry in entries:
        entry["left"] = all_at_once or entry["method"] == RemovalMethod.KEEP
        if entry["method"] == RemovalMethod.KEEP:
            entry["ended"] = "kept"
    case.row.devices = [dict(entry) for entry in entries]
    await leave(session, catalogs, case, [entry["device"] for entry in entries if entry["left"]])
    await _order_removals(session, case, entries)
    case.row.devices = entries
    over = all(entry["ended"] for entry in entries)
    moved(case.trail, case.row, case.now, _U.UNENROLLED if over else _U.REMOVING)


async def leave(session: AsyncSession, catalogs: Catalogs, case: Case, devices: list[str]) -> None:
    """These take part no more; with the last of all the subscription ends."""
    if devices:
        ends = case.row.whole and all(entry["left"] for entry in case.row.devices)
        urgent = rules.stops_control_first(case.facts)
        what = Departing(case.row.id, case.subscription, case.facts.program, tuple(devices), ends, urgent)
        await depart(session, case.trail, catalogs, what, case.now)


async def _order_removals(session: AsyncSession, case: Case, entries: list[dict[str, Any]]) -> None:
    """All at once: who is fetched should see one technician, not one for each device."""
    for entry in entries:
        if entry["method"] == RemovalMethod.UTILITY_REMOVAL:
            entry["work_order"] = await order_removal(session, case, entry["device"])


async def order_removal(session: AsyncSession, case: Case, device_id: str) -> str:
    """Has a technician fetch a device; gives the order's id."""
    device = await session.get(Device, device_id)
    new = NewWorkOrder(
        kind=WorkOrderKind.REMOVE,
        journey=Journey(case.row.id, unenrollment_workflow_id(case.row.id)),
        subscription=case.subscription,
        ownership=device.ownership if device else AssetOwnership.UTILITY_OWNED,
        catalog_version=case.row.catalog_version,
        reason=f"The device leaves {case.facts.program.name}.",
        level=case.facts.level,
        device_id=device_id,
    )
    return (await order(session, case.trail, new, case.now)).work_order_id


async def written(session: AsyncSession, case: Case) -> Leaving:
    """Writes the trail, and gives where the unenrolment stands."""
    await case.trail.write(session)
    await session.flush()
    row, level = case.row, case.facts.level
    open_entries = [one for one in row.devices if one["ended"] is None] if row.state in UNDER_WAY else []
    until = (row.effective_at - case.now).total_seconds() if row.state is _U.SCHEDULED else 0.0
    return Leaving(
        state=row.state,
        seconds_until_effective=max(until, 0.0),
        removals=tuple(
            Removal(
                device_id=entry["device"],
                method=entry["method"],
                visit=visit_of(entry["work_order"], level) if entry["work_order"] else None,
            )
            for entry in open_entries
        ),
        sync_requests=await _told(session, row),
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
        expire_after_days=level.expire_after_days,
        failed_rules=_failed(row) if row.state is _U.REJECTED else (),
    )


async def _told(session: AsyncSession, row: Unenrollment) -> tuple[str, ...]:
    """The changes that its flow tells the DERMS, in order."""
    if not any(entry["left"] for entry in row.devices):
        return ()
    statement = (
        select(col(SyncRequest.id)).where(col(SyncRequest.journey) == row.id).order_by(col(SyncRequest.sequence))
    )
    return tuple((await session.scalars(statement)).all())


def _failed(row: Unenrollment) -> tuple[str, ...]:
    return tuple(finding.rule for finding in Decision.model_validate(row.decision).failures)
