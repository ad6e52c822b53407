"""A customer no longer has the service point: taking part there ends, as if they had asked (DOMAIN.md 5.3)."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import unenrollment_workflow_id
from models.messages.message import Message
from models.messages.unenroll import DAY_CHANGED, WORKFLOW, DayChanged
from models.scope import OperatorScope
from models.unenrollment import MOVE_OUT, UnenrollmentApplication
from operations import outbox
from operations.audit import Trail
from operations.rows import as_json
from operations.unenrollments import SUBMIT, new_row, note_submitted, start_of_flow

CIS = "cis"
"""The requester of what the CIS causes."""

_MOVED_OUT = text(
    """
    SELECT s.id, s.enrollment_id, s.customer_id, s.account, s.program, premise.time_zone,
        (SELECT max(version) FROM catalog_version) AS catalog_version,
        concat_ws('/', point.cis_account_id, account.customer_id, point.effective_to) AS cause
    FROM service_point point
    JOIN premise USING (cis_premise_id)
    JOIN account USING (cis_account_id)
    JOIN program_subscription s
        ON s.service_point = point.cis_service_point_id AND s.state IN ('active', 'suspended', 'ending')
    WHERE point.cis_service_point_id = ANY(:service_points)
        AND (
            point.cis_account_id <> s.account
            OR account.customer_id <> s.customer_id
            OR point.effective_to <= (CAST(:instant AS timestamptz) AT TIME ZONE premise.time_zone)::date
        )
    ORDER BY s.id
    """
)
"""Open subscriptions whose customer the service point no longer has. One that is being left already is refused by the
table: it is left once, and no later than now."""

_BRING_FORWARD = text(
    """
    UPDATE unenrollment SET effective_at = :instant, updated_at = :instant, version = version + 1
    WHERE subscription_id = ANY(:subscriptions) AND state = 'scheduled' AND effective_at > :instant
    RETURNING id
    """
)


async def unenrol_who_moved_out(
    session: AsyncSession, scope: OperatorScope, service_points: list[str], *, acknowledgement_timeout_seconds: float
) -> int:
    """Starts an unenrolment for each subscription whose customer has moved out; gives how many. The same news from the
    CIS again starts nothing, whatever became of the first."""
    now = datetime.now(UTC)
    found = (await session.execute(_MOVED_OUT, {"service_points": service_points, "instant": now})).all()
    if not found:
        return 0
    rows = {row["id"]: row for row in (_row(scope, one, now) for one in found)}
    made = await session.execute(SUBMIT, {"rows": as_json(rows.values())})
    starts: list[tuple[str, dict[str, Any]]] = []
    for unenrollment_id, _ in made.all():
        trail = Trail(scope, now, unenrollment_id)
        note_submitted(trail, rows[unenrollment_id])
        await trail.write(session)
        starts.append(start_of_flow(rows[unenrollment_id], acknowledgement_timeout_seconds))
    await outbox.put(session, "start", WORKFLOW, starts)
    await _bring_forward(session, scope, [one.id for one in found], now)
    return len(starts)


async def _bring_forward(session: AsyncSession, scope: OperatorScope, subscriptions: list[str], now: datetime) -> None:
    """Who is gone does not take part until the day they once named."""
    brought = await session.scalars(_BRING_FORWARD, {"instant": now, "subscriptions": subscriptions})
    signals: list[tuple[str, Message]] = []
    for unenrollment_id in brought.all():
        trail = Trail(scope, now, unenrollment_id)
        trail.noted(unenrollment_id, "unr:brought_forward", reason="The customer has moved out.")
        await trail.write(session)
        signals.append((unenrollment_workflow_id(unenrollment_id), DayChanged()))
    await outbox.signal(session, DAY_CHANGED, signals)


def _row(scope: OperatorScope, found: Any, now: datetime) -> dict[str, Any]:
    """The same cause gives the same transaction id, so that it is stored once."""
    cause = hashlib.sha256(f"{found.id}/{found.cause}".encode()).hexdigest()[:24]
    application = UnenrollmentApplication(
        transaction_id=f"move-out-{cause}", subscription=found.id, reason=MOVE_OUT, note="The CIS says so."
    )
    return new_row(scope, application, found, now, cause) | {"requester": CIS}
