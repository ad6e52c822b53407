"""Associating the device that a technician installed, and ending a setup that took too long (DOMAIN.md 5.2)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication, RequestedDevice
from models.completion import Completion
from models.errors import NotFound
from models.messages.enroll import Accepted
from models.messages.site_visit import Installed, SiteVisitCompleted
from models.scope import SystemScope
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState, SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from operations import completions, enrollments, work_orders
from operations.acceptance import load, standing
from operations.association import Association, associate
from operations.audit import Trail
from operations.capacity import release, reserve
from operations.catalog import Catalogs
from operations.facts import device_keys, gather, held_devices, specifications_of, usage_of
from rules.capacity import Need
from rules.eligibility.decide import device_failures

_E = EnrollmentState
_WAITING = (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT)
_MOVED_OUT = "The service point is billed to another account now. Have the CIS record corrected and retry, or cancel."
_NO_ROOM = "The installed device has more power than is left in the program. Add places and retry, or cancel."


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The device of the report, with all that decides on it."""

    what: Association
    enrollment: Enrollment
    kept: WorkOrderCompletion

    @property
    def kw(self) -> Decimal:
        return self.what.facts.requested_kw


async def associate_installed(
    session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str, work_order_id: str
) -> Installed:
    """The device that the order's report names is associated, and what was reserved for it is made exact. One that
    cannot be taken after all sends the order back to the technician.

    Raises:
        NotFound: no such enrolment, or no report of that order was taken.
        Unavailable: another request took the serial number at the same moment; the same again says who has it.
    """
    now = datetime.now(UTC)
    row, usage = await load(session, enrollment_id)
    if row.state not in _WAITING:
        here = await standing(session, enrollment_id)
        return Installed(state=here.state, sync_request_id=here.sync_request_id)
    one = await _candidate(session, catalogs, now, row, usage, work_order_id)
    facts = one.what.facts
    if facts.application is not None and facts.site.account != facts.application.account:
        return Installed(state=row.state, stuck=_MOVED_OUT)
    if failures := device_failures(facts):
        reason = " ".join(f"{finding.reason} {finding.fix}" for finding in failures)
        await work_orders.send_back(session, scope, work_order_id, reason, one.kept)
        return Installed(state=row.state, verdict=reason)
    more = Need(customers=0, devices=0, kw=one.kw - one.enrollment.needed_kw)
    if more.kw > 0 and not await reserve(session, row.program, more):
        return Installed(state=row.state, stuck=_NO_ROOM)
    return await _associate(session, Trail(scope, now, enrollment_id), now, one)


async def _associate(session: AsyncSession, trail: Trail, now: datetime, one: _Candidate) -> Installed:
    enrollment = one.enrollment
    trail.moved(ENROLLMENT_TRANSITIONS, enrollment.id, enrollment.state, _E.COMPLETING)
    request_id = await associate(session, trail, now, one.what)
    enrollment.state = trail.moved(ENROLLMENT_TRANSITIONS, enrollment.id, _E.COMPLETING, _E.ENROLLED)
    spare = Need(customers=0, devices=enrollment.needed_devices - 1, kw=enrollment.needed_kw - one.kw)
    enrollment.needed_devices, enrollment.needed_kw = 1, one.kw
    enrollment.reason, enrollment.updated_at = None, now
    enrollment.version += 1
    await trail.write(session)
    await session.flush()
    if spare.devices > 0 or spare.kw > 0:
        await release(
            session, one.what.facts.program, Need(customers=0, devices=spare.devices, kw=max(spare.kw, Decimal(0)))
        )
    return Installed(state=enrollment.state, sync_request_id=request_id)


async def _candidate(
    session: AsyncSession, catalogs: Catalogs, now: datetime, row: Row[Any], usage: Any, work_order_id: str
) -> _Candidate:
    kept, completion = await _report_taken(session, work_order_id)
    asked = EnrollmentApplication.model_validate(row.application)
    application = asked.model_copy(update={"devices": (_device(completion),)})
    catalog = await catalogs.version(session, row.catalog_version)
    held = await held_devices(session, device_keys(application, specifications_of(catalog, application)))
    program = catalog.program(application.program)
    facts = gather(row, catalog, program, now, usage_of(usage), application, [one for _, one in held.values()])
    subscription = await session.scalar(
        select(ProgramSubscription).where(
            col(ProgramSubscription.enrollment_id) == row.id,
            col(ProgramSubscription.state) == SubscriptionState.PENDING,
        )
    )
    known = {at: device for at, (device, _) in held.items()}
    what = Association(row, facts, catalog, known, subscription=subscription, installed_by=completion.technician)
    return _Candidate(what, await enrollments.locked(session, row.id), kept)


async def _report_taken(session: AsyncSession, work_order_id: str) -> tuple[WorkOrderCompletion, Completion]:
    statement = (
        select(WorkOrderCompletion)
        .where(
            col(WorkOrderCompletion.work_order_id) == work_order_id,
            col(WorkOrderCompletion.verdict) == completions.TAKEN,
        )
        .order_by(col(WorkOrderCompletion.received_at).desc())
        .limit(1)
    )
    kept = (await session.execute(statement)).scalar_one_or_none()
    if kept is None:
        raise NotFound(f"No report of {work_order_id} was taken.")
    return kept, Completion.model_validate(kept.body)


def _device(completion: Completion) -> RequestedDevice:
    installed = completion.device_installed
    if installed is None:
        raise NotFound(f"The report {completion.completion_id} names no device.")
    return RequestedDevice(
        specification=installed.specification,
        serial_number=installed.serial_number,
        nic_id=installed.nic_id,
        badge_number=installed.badge_number,
        device_location_type=installed.device_location_type,
    )


async def expire(session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str) -> Accepted:
    """Ends a setup that took too long, unless a report that settles it came in before: that is looked at first.

    Raises:
        NotFound: there is none.
    """
    enrollment = await enrollments.locked(session, enrollment_id)
    settled = False
    for report in await _unread(session, enrollment_id):
        taken = await completions.take(session, scope, catalogs, report)
        settled = settled or not (taken.waits or taken.attempts_used_up)
    if not settled and _E.EXPIRED in ENROLLMENT_TRANSITIONS[enrollment.state]:
        await enrollments.end(
            session, scope, catalogs, enrollment, _E.EXPIRED, "No device was installed within the time allowed."
        )
    return await standing(session, enrollment_id)


async def _unread(session: AsyncSession, enrollment_id: str) -> list[SiteVisitCompleted]:
    statement = (
        select(col(WorkOrderCompletion.work_order_id), col(WorkOrderCompletion.completion_id))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderCompletion.work_order_id))
        .where(col(WorkOrder.journey) == enrollment_id, col(WorkOrderCompletion.verdict).is_(None))
        .order_by(col(WorkOrderCompletion.received_at))
    )
    rows = await session.execute(statement)
    return [SiteVisitCompleted(work_order_id=order, completion_id=completion) for order, completion in rows.tuples()]
