"""A customer no longer has the service point, or will not have it from some day on: taking part there ends, as if they
had asked, and a request that is still under way comes to nothing (docs/domain.md#move-out)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict
from models.ids import unenrollment_workflow_id
from models.messages.unenrollment import DAY_CHANGED, DayChanged
from models.requests.unenrollment import CIS_REQUESTER, MOVE_OUT_REASON, UnenrollmentApplication
from models.scope import OperatorScope
from models.states.enrollment import EnrollmentState
from models.states.unenrollment import UnenrollmentState
from models.tables.unenrollment import Unenrollment
from operations.catalog.versions import CatalogCache
from operations.enrollment import enrollments
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.submission import create_submission, insert_requests
from operations.unenrollment import steps as unenrollment_steps
from operations.unenrollment import unenrollments
from operations.unenrollment.submission import UNENROLLMENT, build_columns
from rules.unenrollment.move_outs import (
    NOT_STARTED_STATES,
    MoveOutSteps,
    OccupancyUpdate,
    OpenUnenrollment,
    decide_move_out,
)

MOVED_OUT = "The customer has moved out, as the CIS says."
STAYING = "The customer stays, as the CIS says."

HOLDER_CHANGED = """
    (point.cis_account_id <> {mine}.account OR account.customer_id <> {mine}.customer_id)
"""
_SERVICE_ENDED = """
    point.effective_to <= (CAST(:instant AS timestamptz) AT TIME ZONE premise.time_zone)::date
"""
"""The rule `has_moved_out` of rules/unenrollment/move_outs.py as a condition for many rows at once."""

_LOCK = text(
    """
    SELECT FROM service_point WHERE cis_service_point_id = ANY(:service_points)
    ORDER BY cis_service_point_id FOR NO KEY UPDATE
    """
)
"""What the CIS says of a service point is followed by one at a time."""

_PARTICIPANTS = text(
    f"""
    SELECT s.id, s.enrollment_id, s.customer_id, s.account, s.program, premise.time_zone, point.effective_to,
        (SELECT max(version) FROM catalog_version) AS catalog_version,
        concat_ws('/', s.id, point.cis_account_id, account.customer_id, point.effective_to) AS cause,
        CASE WHEN {HOLDER_CHANGED.format(mine="s")} THEN CAST(:instant AS timestamptz)
            ELSE point.effective_to::timestamp AT TIME ZONE premise.time_zone END AS leaves_at,
        mine.id AS open_id, mine.requester, coalesce(mine.resume_state, mine.state) AS open_state, mine.effective_at,
        coalesce(
            (mine.application ->> 'effective_date')::timestamp AT TIME ZONE premise.time_zone, mine.submitted_at
        ) AS wished_at,
        last.id AS last_id, last.cis_said AS last_cause
    FROM service_point point
    JOIN premise USING (cis_premise_id)
    JOIN account USING (cis_account_id)
    JOIN program_subscription s
        ON s.service_point = point.cis_service_point_id AND s.state IN ('active', 'suspended', 'ending')
    LEFT JOIN unenrollment mine
        ON mine.subscription_id = s.id AND mine.state NOT IN ('unenrolled', 'rejected', 'cancelled')
    LEFT JOIN LATERAL (
        SELECT u.id, u.cis_said FROM unenrollment u
        WHERE u.enrollment_id = s.enrollment_id AND u.subscription_id = s.id AND u.requester = '{CIS_REQUESTER}'
        ORDER BY u.id DESC LIMIT 1
    ) last ON true
    WHERE point.cis_service_point_id = ANY(:service_points)
        AND ({HOLDER_CHANGED.format(mine="s")} OR point.effective_to IS NOT NULL
        OR mine.id IS NOT NULL OR last.id IS NOT NULL)
    ORDER BY s.id
    """  # noqa: S608 - our own words
)
"""Who takes part there and of whom there may be something to say."""

_OPEN_ENROLLMENTS = text(
    f"""
    SELECT e.id, e.program, e.state FROM enrollment e
    JOIN service_point point ON point.cis_service_point_id = e.service_point
    JOIN premise USING (cis_premise_id)
    JOIN account USING (cis_account_id)
    WHERE e.service_point = ANY(:service_points)
        AND e.state NOT IN ('enrolled', 'rejected', 'cancelled', 'expired')
        AND ({HOLDER_CHANGED.format(mine="e")} OR {_SERVICE_ENDED})
    ORDER BY e.id FOR UPDATE OF e
    """  # noqa: S608 - our own words
)
"""Requests of who is no longer there, all locked before a place is given back: whoever decides one of them holds it
while they wait for its program."""


class MoveOutCounts(NamedTuple):
    """How many unenrollments were started, and how many requests to take part have come to nothing."""

    unenrollments_started: int
    enrollments_ended: int


async def apply_move_outs(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    service_points: Sequence[str],
) -> MoveOutCounts:
    """Does what follows from what the CIS says of these service points now. The same news again changes nothing."""
    now = datetime.now(UTC)
    named = {"service_points": list(service_points), "instant": now}
    await session.execute(_LOCK, {"service_points": named["service_points"]})
    ended = await _cancel_enrollments(session, scope, catalogs, named)
    starts: list[Any] = []
    for one in (await session.execute(_PARTICIPANTS, named)).all():
        steps = decide_move_out(_build_news(one), now)
        if steps.cancel and not await _try_to_cancel(session, scope, one, now):
            continue
        if steps.start:
            starts.append(one)
        else:
            await _remember_cis_state(session, one)
        if steps.effective_at is not None:
            await _change_effective_at(session, scope, one, steps, now)
        if steps.drop_approval:
            await unenrollment_steps.waive_approval(session, scope, catalogs, one.open_id, MOVED_OUT)
    return MoveOutCounts(await _start_unenrollments(session, scope, starts, now), ended)


async def _cancel_enrollments(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, named: dict[str, Any]
) -> int:
    """Cancels them program by program, in one order, so that no two who give places back wait for each other."""
    found = (await session.execute(_OPEN_ENROLLMENTS, named)).all()
    open_ones = [one for one in found if enrollments.is_cancellable(EnrollmentState(one.state))]
    for one in sorted(open_ones, key=lambda one: (one.program, one.id)):
        await enrollments.cancel_enrollment(session, scope, catalogs, one.id, MOVED_OUT)
    return len(open_ones)


def _build_news(one: Any) -> OccupancyUpdate:
    found = None
    if one.open_id is not None:
        state = UnenrollmentState(one.open_state)
        found = OpenUnenrollment(one.requester == CIS_REQUESTER, state, one.effective_at, one.wished_at)
    return OccupancyUpdate(one.leaves_at, is_repeated=one.last_cause == _compute_digest(one), open=found)


def _compute_digest(one: Any) -> str:
    """What the CIS says of one who takes part, in short: the newest of its unenrollments remembers it."""
    return hashlib.sha256(one.cause.encode()).hexdigest()[:24]


async def _remember_cis_state(session: AsyncSession, one: Any) -> None:
    """Keeps what the CIS says now with the newest unenrollment that it caused: news is what differs."""
    if one.last_id is not None and one.last_cause != _compute_digest(one):
        remembered = update(Unenrollment).where(col(Unenrollment.id) == one.last_id)
        await session.execute(remembered.values(cis_said=_compute_digest(one)))


async def _try_to_cancel(session: AsyncSession, scope: OperatorScope, one: Any, now: datetime) -> bool:
    """Whether the unenrollment could be taken back: what has left already stays away."""
    await _remember_cis_state(session, one)
    try:
        await unenrollments.cancel_unenrollment(session, scope, one.open_id, _describe_cis_state(one, now))
    except Conflict:
        return False
    await session.flush()
    return True


def _describe_cis_state(one: Any, now: datetime) -> str:
    """What the CIS says, in words."""
    if one.leaves_at is None:
        return STAYING
    return MOVED_OUT if one.leaves_at <= now else f"The customer moves out on {one.effective_to}, as the CIS says."


async def _change_effective_at(
    session: AsyncSession, scope: OperatorScope, one: Any, steps: MoveOutSteps, now: datetime
) -> None:
    """Its workflow, which waits for the date or for an approval, follows the new date, even if it was parked there."""
    row = await unenrollments.get_for_update(session, one.open_id)
    if (row.resume_state or row.state) not in NOT_STARTED_STATES or steps.effective_at is None:
        return
    sooner = steps.effective_at < row.effective_at
    row.effective_at = steps.effective_at
    row.updated_at, row.version = now, row.version + 1
    trail = AuditTrail(scope, now, row.id)
    trail.note(row.id, "unr:brought_forward" if sooner else "unr:put_off", reason=_describe_cis_state(one, now))
    await trail.write(session)
    await session.flush()
    message = DayChanged(message_id=f"{row.id}/{row.version}")
    await outbox.enqueue_signals(session, DAY_CHANGED, [(unenrollment_workflow_id(row.id), message)])


async def _start_unenrollments(
    session: AsyncSession, scope: OperatorScope, participants: Sequence[Any], now: datetime
) -> int:
    """Submits an unenrollment for each; where somebody else submits one at this moment, theirs counts. Returns how
    many were started."""
    rows = [_build_row(scope, one, now) for one in participants]
    return len(await insert_requests(session, scope, UNENROLLMENT, rows)) if rows else 0


def _build_row(scope: OperatorScope, one: Any, now: datetime) -> dict[str, Any]:
    is_ahead = one.leaves_at > now
    application = UnenrollmentApplication(
        subscription=one.id,
        reason=MOVE_OUT_REASON,
        effective_date=one.leaves_at.astimezone(ZoneInfo(one.time_zone)).date() if is_ahead else None,
        note="The CIS says so.",
    )
    submission = create_submission(UNENROLLMENT, scope, application, now)
    columns = build_columns(submission, application, one)
    return submission.build_row(columns | {"requester": CIS_REQUESTER, "cis_said": _compute_digest(one)})
