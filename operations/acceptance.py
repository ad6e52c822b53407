"""Deciding a request and, where nothing is left to set up, associating it: one transaction, so that a reserved place
and what fills it appear together (docs/decisions/0003-one-transaction-to-enrolled.md)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.catalog import Program, SetupStep
from models.decision import Decision, Outcome
from models.errors import NotFound, Unavailable
from models.messages.enroll import Accepted, Underway
from models.scope import SystemScope
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.tables.audit import AuditEntry
from models.tables.catalog import ProgramCapacity
from models.tables.customer import ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.sync_request import SyncRequest
from operations import enrollments
from operations.association import Association, associate
from operations.audit import Trail
from operations.capacity import reserve
from operations.catalog import Catalogs
from operations.device_setup import begin, in_progress, steps_of
from operations.facts import place_of, usage_columns, weigh
from operations.rows import as_json, insert_from
from operations.waitlist import serve
from rules.capacity import Need, with_caps
from rules.eligibility.decide import decide

_E = EnrollmentState
_UNDECIDED = (_E.SUBMITTED, _E.VALIDATING, _E.WAITLISTED)
_ASKED = (
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
    session: AsyncSession, scope: SystemScope, catalogs: Catalogs, enrollment_id: str
) -> Accepted:
    """Applies every rule to the request and moves it on: rejected, waitlisted, or accepted and, if nothing is left to
    set up, enrolled. The rules are those in force when it was submitted, the capacity is today's.

    A request that was decided before is left as it is and told as it is.

    Raises:
        NotFound: no such enrolment.
        Unavailable: another request took the place or the serial number at the same moment; deciding again is right.
    """
    row, usage = await taken_up(session, scope, enrollment_id)
    if row.state not in _UNDECIDED:
        return await _decided(session, catalogs, row)
    now = datetime.now(UTC)
    catalog = await catalogs.version(session, row.catalog_version)
    application = EnrollmentApplication.model_validate(row.application)
    program = with_caps(
        catalog.program(application.program),
        customers=row.maximum_customers,
        devices=row.maximum_devices,
        kw=row.maximum_kw,
    )
    facts, known = await weigh(session, catalog, program, row, usage, application, now, applied_at=row.submitted_at)
    decision = decide(facts)
    need = facts.need
    trail = Trail(scope, now, enrollment_id)
    if decision.outcome is not Outcome.ACCEPTED:
        return await _turn_away(session, trail, row, program, decision, need)
    return await _accept(session, trail, Association(row, facts, catalog, known), decision, need)


def _loading() -> Any:
    program, waiting_since = col(Enrollment.program), col(Enrollment.waitlisted_at)
    return (
        place_of(*_ASKED, *usage_columns(program, (waiting_since, col(Enrollment.id))))
        .join(Enrollment, col(Enrollment.service_point) == col(ServicePoint.cis_service_point_id))
        .join(ProgramCapacity, col(ProgramCapacity.program) == program)
        .where(col(Enrollment.id) == bindparam("enrollment"))
        .with_for_update(of=Enrollment)
    )


_LOAD = _loading()


async def load(session: AsyncSession, enrollment_id: str) -> tuple[Row[Any], Any]:
    """The enrolment, locked, with its place, and what its program holds.

    Raises:
        NotFound: no such enrolment.
    """
    row = (await session.execute(_LOAD, {"enrollment": enrollment_id})).first()
    if row is None:
        raise NotFound(f"There is no enrolment {enrollment_id}.")
    return row, row[len(_ASKED) : len(_ASKED) + 4]


async def taken_up(session: AsyncSession, scope: SystemScope, enrollment_id: str) -> tuple[Row[Any], Any]:
    """As `load`, for a flow that goes on: it waits for nobody. The record may still call a person, if a worker was
    killed before Temporal heard of that, or if this flow takes the place of one that was broken off.

    Raises:
        NotFound: no such enrolment.
    """
    row, usage = await load(session, enrollment_id)
    if row.state is _E.NEEDS_ATTENTION and await enrollments.resume(session, scope, enrollment_id):
        return await load(session, enrollment_id)
    return row, usage


async def _decided(session: AsyncSession, catalogs: Catalogs, row: Row[Any]) -> Accepted:
    here = await standing(session, row.id)
    if here.state not in (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT):
        return here
    application = EnrollmentApplication.model_validate(row.application)
    underway = await in_progress(session, catalogs, row.id, row.catalog_version, application)
    return here.model_copy(update={name: getattr(underway, name) for name in Underway.model_fields})


async def _accept(session: AsyncSession, trail: Trail, what: Association, decision: Decision, need: Need) -> Accepted:
    row, program = what.row, what.facts.program
    application = what.facts.application
    if application is not None and (steps := steps_of(what.catalog, program, application)):
        return await _set_up(session, trail, what, steps, decision, need)
    decided = (*_to_validating(row.state), _E.ACCEPTED, _E.DEVICE_SETUP)
    state = trail.moved(ENROLLMENT_TRANSITIONS, row.id, row.state, *decided)
    request_id = await associate(session, trail, decision.decided_at, what)
    state = trail.moved(ENROLLMENT_TRANSITIONS, row.id, state, _E.COMPLETING, _E.ENROLLED)
    await _store(session, trail, row, state, decision, need, row.waitlisted_at)
    await _reserve(session, row, program, need)
    return Accepted(state=state, sync_request_id=request_id)


async def _set_up(
    session: AsyncSession,
    trail: Trail,
    what: Association,
    steps: tuple[SetupStep, ...],
    decision: Decision,
    need: Need,
) -> Accepted:
    """Accepted, with a device still to come: its place is reserved, and what it comes by is under way."""
    row, program = what.row, what.facts.program
    decided = (*_to_validating(row.state), _E.ACCEPTED, _E.DEVICE_SETUP)
    state = trail.moved(ENROLLMENT_TRANSITIONS, row.id, row.state, *decided)
    underway = await begin(session, trail, what, steps, decision.decided_at)
    if underway.visit is not None:
        state = trail.moved(ENROLLMENT_TRANSITIONS, row.id, state, _E.AWAITING_SITE_VISIT)
    await _store(session, trail, row, state, decision, need, row.waitlisted_at)
    await _reserve(session, row, program, need)
    return Accepted(state=state, **{name: getattr(underway, name) for name in Underway.model_fields})


async def _reserve(session: AsyncSession, row: Row[Any], program: Program, need: Need) -> None:
    """Last, because the program's row is locked from here to the commit and every enrolment comes by it.

    Raises:
        Unavailable: another request took the last place at the same moment.
    """
    if not await reserve(session, program.code, need):
        raise Unavailable("Another request took the last place at the same moment.", code="raced")
    if row.state is _E.WAITLISTED:
        # The next may have looked before this commit and seen somebody ahead.
        await serve(session, program)


async def _turn_away(
    session: AsyncSession, trail: Trail, row: Row[Any], program: Program, decision: Decision, need: Need
) -> Accepted:
    failed = tuple(finding.rule for finding in decision.failures)
    target = _E.WAITLISTED if decision.outcome is Outcome.WAITLISTED else _E.REJECTED
    reason = " ".join(finding.reason for finding in decision.failures)
    state = trail.moved(ENROLLMENT_TRANSITIONS, row.id, row.state, *_to_validating(row.state), target, reason=reason)
    since = (row.waitlisted_at or decision.decided_at) if state is _E.WAITLISTED else row.waitlisted_at
    await _store(session, trail, row, state, decision, need, since)
    if state is _E.REJECTED and row.state is _E.WAITLISTED:
        await serve(session, program)
    return Accepted(state=state, failed_rules=failed)


def _to_validating(state: EnrollmentState) -> tuple[EnrollmentState, ...]:
    return () if state is _E.VALIDATING else (_E.VALIDATING,)


_STORE = text(
    f"""
    WITH noted AS ({insert_from(AuditEntry, "entries")})
    UPDATE enrollment SET
        state = :state, decision = CAST(:decision AS jsonb), needed_devices = :devices, needed_kw = :kw,
        updated_at = :instant, waitlisted_at = :waitlisted_at, version = version + 1
    WHERE id = :enrollment
    """  # noqa: S608 - names of our own tables
)


async def _store(
    session: AsyncSession,
    trail: Trail,
    row: Row[Any],
    state: EnrollmentState,
    decision: Decision,
    need: Need,
    waitlisted_at: datetime | None,
) -> None:
    """The decision, and the trail of everything that followed from it."""
    await session.execute(
        _STORE,
        {
            "enrollment": row.id,
            "state": state,
            "decision": decision.model_dump_json(),
            "devices": need.devices,
            "kw": need.kw,
            "instant": decision.decided_at,
            "waitlisted_at": waitlisted_at,
            "entries": as_json(trail.taken()),
        },
    )


async def standing(session: AsyncSession, enrollment_id: str) -> Accepted:
    """Where the request stands, as its flow wants to know it.

    Raises:
        NotFound: no such enrolment.
    """
    request = select(func.min(SyncRequest.id)).where(col(SyncRequest.enrollment_id) == enrollment_id).scalar_subquery()
    statement = select(col(Enrollment.state), request).where(col(Enrollment.id) == enrollment_id)
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound(f"There is no enrolment {enrollment_id}.")
    return Accepted(state=row[0], sync_request_id=row[1])
