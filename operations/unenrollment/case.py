"""One unenrollment with all that its rules may know: locked, loaded, and saved with the progress for its workflow."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.classifications import Channel
from models.decision import Decision
from models.errors import NotFound
from models.messages.unenrollment import DeviceRemoval, UnenrollmentProgress
from models.requests.unenrollment import CIS_REQUESTER, UnenrollmentApplication
from models.scope import Scope
from models.states.subscription import RegistrationState, SubscriptionState
from models.states.unenrollment import UnenrollmentState
from models.tables.customer import Account, Premise, ServicePoint
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.tables.unenrollment import Unenrollment
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.field_work.work_orders import to_visit
from operations.platform.audit import AuditTrail
from operations.unenrollment.unenrollments import get_for_update
from rules.unenrollment import decide as rules
from rules.unenrollment.move_outs import ServicePointHolder, has_moved_out

_U = UnenrollmentState
_S = SubscriptionState
REMOVING_STATES = (_U.REMOVING, _U.NEEDS_ATTENTION, _U.RECOVERY_PENDING)
"""The states in which devices are being removed."""

_PARTICIPATING = (
    RegistrationState.PROPOSED,
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTERED,
    RegistrationState.REGISTRATION_FAILED,
)


class UnenrollmentRequest(NamedTuple):
    """A request to leave a program: what is requested, by whom, when it was submitted and when it takes effect."""

    application: UnenrollmentApplication
    requester: str
    channel: Channel
    submitted_at: datetime
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class UnenrollmentCase:
    """One unenrollment, locked with its subscription, and all that its rules may know."""

    row: Unenrollment
    subscription: ProgramSubscription
    facts: rules.UnenrollmentFacts
    trail: AuditTrail
    now: datetime


async def load_case(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, unenrollment_id: str
) -> UnenrollmentCase:
    """Locks the unenrollment and its subscription, and gathers its facts under the configuration of its submission.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, unenrollment_id)
    subscription = await session.get(ProgramSubscription, row.subscription_id, with_for_update=True)
    if subscription is None:
        raise NotFound(f"There is no subscription {row.subscription_id}.")
    request = UnenrollmentRequest(
        UnenrollmentApplication.model_validate(row.application),
        row.requester,
        row.channel,
        row.submitted_at,
        row.effective_at,
    )
    catalog = await catalogs.get_version(session, row.catalog_version)
    facts = await load_facts(session, catalog, request, subscription, now)
    return UnenrollmentCase(row, subscription, facts, AuditTrail(scope, now, row.id), now)


async def load_facts(
    session: AsyncSession,
    catalog: IndexedCatalog,
    request: UnenrollmentRequest,
    subscription: ProgramSubscription,
    now: datetime,
) -> rules.UnenrollmentFacts:
    """Returns what the rules may know of a request, stored or not."""
    zone, gone, devices = await _load_service_point(session, subscription, now)
    return _build_facts(
        request, subscription, catalog, now, zone, devices, moved_out=gone or request.requester == CIS_REQUESTER
    )


async def _load_service_point(
    session: AsyncSession, subscription: ProgramSubscription, now: datetime
) -> tuple[ZoneInfo, bool, tuple[rules.ParticipatingDevice, ...]]:
    """Returns the premise's time zone, whether the customer has moved out, and the participating devices."""
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
    request: UnenrollmentRequest,
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
        submitted_on=request.submitted_at.astimezone(zone).date(),
        effective_at=request.effective_at,
        zone=zone,
        program=program,
        task=catalog.find_service_task_type(program.unenroll_task),
        subscription_type=types.get(program.subscription_type),
        application=request.application,
        channel=request.channel,
        state=subscription.state,
        start_at=subscription.start_at,
        devices=devices,
        moved_out=moved_out,
    )


async def save_and_get_progress(session: AsyncSession, case: UnenrollmentCase) -> UnenrollmentProgress:
    """Writes the audit trail; returns the unenrollment's state and what is left to do."""
    await case.trail.write(session)
    await session.flush()
    row, level = case.row, case.facts.service_level
    open_removals = [one for one in row.devices if one.ended is None] if row.state in REMOVING_STATES else []
    until = (row.effective_at - case.now).total_seconds() if row.state is _U.SCHEDULED else 0.0
    return UnenrollmentProgress(
        state=row.state,
        seconds_until_effective=max(until, 0.0),
        removals=tuple(
            DeviceRemoval(
                device_id=one.device,
                method=one.method,
                visit=to_visit(one.work_order, level) if one.work_order else None,
            )
            for one in open_removals
        ),
        sync_requests=await _list_sync_requests(session, row),
        remind_after_days=level.remind_after_days,
        escalate_after_days=level.escalate_after_days,
        expire_after_days=level.expire_after_days,
        failed_rules=_list_failed_rules(row) if row.state is _U.REJECTED else (),
    )


async def _list_sync_requests(session: AsyncSession, row: Unenrollment) -> tuple[str, ...]:
    """The ids of the sync requests that its workflow sends, in order."""
    if not any(one.left for one in row.devices):
        return ()
    statement = (
        select(col(SyncRequest.id)).where(col(SyncRequest.journey) == row.id).order_by(col(SyncRequest.sequence))
    )
    return tuple((await session.scalars(statement)).all())


def _list_failed_rules(row: Unenrollment) -> tuple[str, ...]:
    return tuple(finding.rule for finding in Decision.model_validate(row.decision).failures)
