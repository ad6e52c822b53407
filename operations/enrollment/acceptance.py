"""Deciding a request and, where nothing is left to set up, associating it: one transaction, so that a reserved place
and what fills it appear together (docs/decisions/0003-one-transaction-to-enrolled.md)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.catalog.service_tasks import SetupStep
from models.decision import Decision, DecisionOutcome
from models.errors import NotFound, Unavailable
from models.messages.enrollment import DeviceSetupPlan, EnrollmentProgress
from models.requests.enrollment import EnrollmentApplication
from models.scope import SystemScope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.tables.audit import AuditEntry
from models.tables.catalog import ProgramCapacity
from models.tables.customer import ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.sync_request import SyncRequest
from operations.catalog.capacity import reserve
from operations.catalog.eligibility_facts import build_usage_columns, gather_application_facts, select_site, to_usage
from operations.catalog.versions import CatalogCache
from operations.catalog.waitlist import notify_next_in_line
from operations.enrollment import enrollments
from operations.enrollment.association import Association, associate_devices
from operations.enrollment.device_setup import begin_setup, get_setup_in_progress, get_setup_steps
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from rules.capacity import CapacityNeed, with_current_limits
from rules.eligibility.decide import decide_eligibility
from rules.eligibility.facts import ProgramUsage
from wording.findings.decisions import describe_decision

_E = EnrollmentState
_UNDECIDED = (_E.SUBMITTED, _E.VALIDATING, _E.WAITLISTED)
_ENROLLMENT_COLUMNS = (
    col(Enrollment.id),
    col(Enrollment.state),
    col(Enrollment.transaction_id),
    col(Enrollment.catalog_version),
    col(Enrollment.application),
    col(Enrollment.start_at),
    col(Enrollment.submitted_at),
    col(Enrollment.waitlisted_at),
    col(ProgramCapacity.maximum_customers),
    col(ProgramCapacity.maximum_devices),
    col(ProgramCapacity.maximum_kw),
)


async def validate_and_accept(
    session: AsyncSession, scope: SystemScope, catalogs: CatalogCache, enrollment_id: str
) -> EnrollmentProgress:
    """Applies every rule to the request and moves it on: rejected, waitlisted, or accepted and, if nothing is left to
    set up, enrolled. The rules are those in force when it was submitted, the capacity is today's.

    A request that was decided before remains unchanged, and its state is returned.

    Raises:
        NotFound: no such enrollment.
        Unavailable: another request took the place or the serial number at the same moment; deciding again is right.
    """
    row, usage = await load_and_resume(session, scope, enrollment_id)
    if row.state not in _UNDECIDED:
        return await _get_earlier_result(session, catalogs, row)
    now = datetime.now(UTC)
    catalog = await catalogs.get_version(session, row.catalog_version)
    application = EnrollmentApplication.model_validate(row.application)
    program = with_current_limits(
        catalog.get_program(application.program),
        customers=row.maximum_customers,
        devices=row.maximum_devices,
        kw=row.maximum_kw,
    )
    facts, known = await gather_application_facts(
        session, catalog, program, row, usage, application, now, applied_at=row.submitted_at
    )
    decision = describe_decision(decide_eligibility(facts))
    need = facts.need
    trail = AuditTrail(scope, now, enrollment_id)
    if decision.outcome is not DecisionOutcome.ACCEPTED:
        return await _reject_or_waitlist(session, trail, row, program, decision, need)
    return await _accept(session, trail, Association(row, facts, catalog, known), decision, need)


def _build_load_statement() -> Any:
    program, waiting_since = col(Enrollment.program), col(Enrollment.waitlisted_at)
    return (
        select_site(*_ENROLLMENT_COLUMNS, *build_usage_columns(program, (waiting_since, col(Enrollment.id))))
        .join(Enrollment, col(Enrollment.service_point) == col(ServicePoint.cis_service_point_id))
        .join(ProgramCapacity, col(ProgramCapacity.program) == program)
        .where(col(Enrollment.id) == bindparam("enrollment"))
        .with_for_update(of=Enrollment)
    )


_LOAD = _build_load_statement()


async def load_enrollment(session: AsyncSession, enrollment_id: str) -> tuple[Row[Any], ProgramUsage]:
    """The enrollment, locked, with its place, and what its program holds.

    Raises:
        NotFound: no such enrollment.
    """
    row = (await session.execute(_LOAD, {"enrollment": enrollment_id})).first()
    if row is None:
        raise NotFound(f"There is no enrollment {enrollment_id}.")
    return row, to_usage(row[len(_ENROLLMENT_COLUMNS) : len(_ENROLLMENT_COLUMNS) + 4])


async def load_and_resume(
    session: AsyncSession, scope: SystemScope, enrollment_id: str
) -> tuple[Row[Any], ProgramUsage]:
    """Like `load`, for a workflow that continues without waiting. The record may still wait for a person, if a worker
    was killed before Temporal recorded the step, or if this workflow replaces one that did not complete.

    Raises:
        NotFound: no such enrollment.
    """
    row, usage = await load_enrollment(session, enrollment_id)
    if row.state is _E.NEEDS_ATTENTION and await enrollments.resume_enrollment(session, scope, enrollment_id):
        return await load_enrollment(session, enrollment_id)
    return row, usage


async def _get_earlier_result(session: AsyncSession, catalogs: CatalogCache, row: Row[Any]) -> EnrollmentProgress:
    here = await get_enrollment_progress(session, row.id)
    if here.state not in (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT):
        return here
    application = EnrollmentApplication.model_validate(row.application)
    underway = await get_setup_in_progress(session, catalogs, row.id, row.catalog_version, application)
    return here.model_copy(update={name: getattr(underway, name) for name in DeviceSetupPlan.model_fields})


async def _accept(
    session: AsyncSession, trail: AuditTrail, what: Association, decision: Decision, need: CapacityNeed
) -> EnrollmentProgress:
    row, program = what.enrollment, what.facts.program
    application = what.facts.application
    if application is not None and (steps := get_setup_steps(what.catalog, program, application)):
        return await _begin_setup(session, trail, what, steps, decision, need)
    decided = (*_path_to_validating(row.state), _E.ACCEPTED, _E.DEVICE_SETUP)
    state = trail.transition(ENROLLMENT_TRANSITIONS, row.id, row.state, *decided)
    request_id = await associate_devices(session, trail, decision.decided_at, what)
    state = trail.transition(ENROLLMENT_TRANSITIONS, row.id, state, _E.COMPLETING, _E.ENROLLED)
    await _store_decision(session, trail, row, state, decision, need, row.waitlisted_at)
    await _reserve(session, row, program, need)
    return EnrollmentProgress(state=state, sync_request_id=request_id)


async def _begin_setup(
    session: AsyncSession,
    trail: AuditTrail,
    what: Association,
    steps: tuple[SetupStep, ...],
    decision: Decision,
    need: CapacityNeed,
) -> EnrollmentProgress:
    """Accepted, with a device still to come: its place is reserved, and what it comes by is under way."""
    row, program = what.enrollment, what.facts.program
    decided = (*_path_to_validating(row.state), _E.ACCEPTED, _E.DEVICE_SETUP)
    state = trail.transition(ENROLLMENT_TRANSITIONS, row.id, row.state, *decided)
    underway = await begin_setup(session, trail, what, steps, decision.decided_at)
    if underway.visit is not None:
        state = trail.transition(ENROLLMENT_TRANSITIONS, row.id, state, _E.AWAITING_SITE_VISIT)
    await _store_decision(session, trail, row, state, decision, need, row.waitlisted_at)
    await _reserve(session, row, program, need)
    return EnrollmentProgress(state=state, **{name: getattr(underway, name) for name in DeviceSetupPlan.model_fields})


async def _reserve(session: AsyncSession, row: Row[Any], program: Program, need: CapacityNeed) -> None:
    """Comes last, because it locks the program's row until the commit and every enrollment needs that row.

    Raises:
        Unavailable: another request took the last place at the same moment.
    """
    if not await reserve(session, program.code, need):
        raise Unavailable("Another request took the last place at the same moment.", code="raced")
    if row.state is _E.WAITLISTED:
        # The next may have looked before this commit and seen somebody ahead.
        await notify_next_in_line(session, program)


async def _reject_or_waitlist(
    session: AsyncSession, trail: AuditTrail, row: Row[Any], program: Program, decision: Decision, need: CapacityNeed
) -> EnrollmentProgress:
    failed = tuple(finding.rule for finding in decision.failures)
    target = _E.WAITLISTED if decision.outcome is DecisionOutcome.WAITLISTED else _E.REJECTED
    reason = " ".join(finding.reason for finding in decision.failures)
    state = trail.transition(
        ENROLLMENT_TRANSITIONS, row.id, row.state, *_path_to_validating(row.state), target, reason=reason
    )
    since = (row.waitlisted_at or decision.decided_at) if state is _E.WAITLISTED else row.waitlisted_at
    await _store_decision(session, trail, row, state, decision, need, since)
    if state is _E.REJECTED and row.state is _E.WAITLISTED:
        await notify_next_in_line(session, program)
    return EnrollmentProgress(state=state, failed_rules=failed)


def _path_to_validating(state: EnrollmentState) -> tuple[EnrollmentState, ...]:
    return () if state is _E.VALIDATING else (_E.VALIDATING,)


_STORE_DECISION = text(
    f"""
    WITH noted AS ({build_insert(AuditEntry, "entries")})
    UPDATE enrollment SET
        state = :state, decision = CAST(:decision AS jsonb), needed_devices = :devices, needed_kw = :kw,
        updated_at = :instant, waitlisted_at = :waitlisted_at, version = version + 1
    WHERE id = :enrollment
    """  # noqa: S608 - names of our own tables
)


async def _store_decision(
    session: AsyncSession,
    trail: AuditTrail,
    row: Row[Any],
    state: EnrollmentState,
    decision: Decision,
    need: CapacityNeed,
    waitlisted_at: datetime | None,
) -> None:
    """The decision, and the audit trail of everything that followed from it."""
    await session.execute(
        _STORE_DECISION,
        {
            "enrollment": row.id,
            "state": state,
            "decision": decision.model_dump_json(),
            "devices": need.devices,
            "kw": need.kw,
            "instant": decision.decided_at,
            "waitlisted_at": waitlisted_at,
            "entries": to_json(trail.take_entries()),
        },
    )


async def get_enrollment_progress(session: AsyncSession, enrollment_id: str) -> EnrollmentProgress:
    """Return the progress of the request for its workflow.

    Raises:
        NotFound: no such enrollment.
    """
    request = select(func.min(SyncRequest.id)).where(col(SyncRequest.enrollment_id) == enrollment_id).scalar_subquery()
    statement = select(col(Enrollment.state), request).where(col(Enrollment.id) == enrollment_id)
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound(f"There is no enrollment {enrollment_id}.")
    return EnrollmentProgress(state=row[0], sync_request_id=row[1])
