"""Submits a request to leave a program."""

from datetime import UTC, date, datetime, time
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sqlalchemy import Row as FoundRow
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import Conflict
from models.ids import unenrollment_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.unenrollment import WORKFLOW, UnenrollInput
from models.messages.workflow_start import WorkflowStart
from models.requests.unenrollment import UnenrollmentApplication
from models.scope import OperatorScope
from models.states.subscription import SubscriptionState
from models.states.unenrollment import ENDED_UNENROLLMENTS, UnenrollmentState
from models.tables.unenrollment import Unenrollment
from operations.platform.submission import (
    RequestKind,
    Row,
    Submission,
    Submitted,
    create_submission,
    find_earlier,
    submit,
)
from wording.unenrollment import still_enrolling, unenrollment_already_open, unknown_subscription

_U = UnenrollmentState

_SUBSCRIPTION = text(
    """
    SELECT s.id, s.state, s.enrollment_id, s.customer_id, s.account, s.program, premise.time_zone,
        (SELECT max(version) FROM catalog_version) AS catalog_version
    FROM program_subscription s
    JOIN service_point ON service_point.cis_service_point_id = s.service_point
    JOIN premise USING (cis_premise_id)
    WHERE s.id = :subscription OR s.number = :subscription
    FOR NO KEY UPDATE OF s
    """
)
"""Locked until the request is in: it cannot end in between, and two who ask at once see each other."""


def _build_audit_details(row: Row) -> dict[str, Any]:
    return {"channel": row["channel"], "program": row["program"], "reason": row["reason_code"]}


def _build_workflow_start(row: Row) -> WorkflowStart:
    return WorkflowStart(
        workflow=WORKFLOW,
        workflow_id=unenrollment_workflow_id(row["id"]),
        input=UnenrollInput(unenrollment_id=row["id"]),
        summary=f"Unenroll from {row['program']}",
        details=f"Subscription {row['subscription_id']}, reason {row['reason_code'] or 'not given'}.",
        attributes={"Program": row["program"], "AccountId": row["account"], "Stage": WorkflowStage.UNENROLLING},
    )


UNENROLLMENT = RequestKind(
    table=Unenrollment,
    id_prefix="unr",
    initial_state=_U.SUBMITTED,
    audit_code="unr:submitted",
    build_audit_details=_build_audit_details,
    build_workflow_start=_build_workflow_start,
)


async def submit_unenrollment(
    session: AsyncSession, scope: OperatorScope, application: UnenrollmentApplication, *, idempotency_key: str | None
) -> Submitted[UnenrollmentState]:
    """Stores the request and starts its workflow. The same request again returns the same unenrollment.

    Raises:
        Invalid: there is no such subscription.
        Conflict: it has ended, is not in force yet, or another unenrollment of it is open.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    submission = create_submission(UNENROLLMENT, scope, application, datetime.now(UTC), idempotency_key=idempotency_key)
    if earlier := await find_earlier(session, submission):
        return earlier
    subscription = await _get_subscription_for_update(session, application.subscription)
    submitted = await submit(session, submission, build_columns(submission, application, subscription))
    return submitted or await _raise_already_open(session, subscription.id)


def build_columns(
    submission: Submission[UnenrollmentState], application: UnenrollmentApplication, subscription: Any
) -> dict[str, Any]:
    """Returns what the request has beside what every request has; `subscription` is a row that also has its premise's
    time zone and the current catalog version."""
    zone = ZoneInfo(subscription.time_zone)
    return {
        "cis_said": None,
        "subscription_id": subscription.id,
        "enrollment_id": subscription.enrollment_id,
        "customer_id": subscription.customer_id,
        "account": subscription.account,
        "program": subscription.program,
        "catalog_version": subscription.catalog_version,
        "reason_code": application.reason,
        "effective_at": resolve_effective_at(application.effective_date, submission.submitted_at, zone),
        "decision": None,
        "devices": [],
        "whole": not application.devices,
        "resume_state": None,
        "reason": None,
    }


def resolve_effective_at(wanted: date | None, now: datetime, zone: ZoneInfo) -> datetime:
    """The day's midnight at the premise; now when none or an earlier day is named (a rule judges that)."""
    return max(datetime.combine(wanted, time.min, zone), now) if wanted else now


async def _get_subscription_for_update(session: AsyncSession, name: str) -> FoundRow[Any]:
    found = (await session.execute(_SUBSCRIPTION, {"subscription": name})).first()
    if found is None:
        raise unknown_subscription()
    if found.state == SubscriptionState.PENDING:
        raise still_enrolling(found.enrollment_id)
    if found.state in (SubscriptionState.ENDED, SubscriptionState.CANCELLED):
        raise Conflict(
            f"The subscription is {found.state} already.", fix="Nothing needs to be done.", code="not-subscribed"
        )
    return found


async def _raise_already_open(session: AsyncSession, subscription_id: str) -> NoReturn:
    other = await session.scalar(
        select(col(Unenrollment.id)).where(
            col(Unenrollment.subscription_id) == subscription_id, col(Unenrollment.state).not_in(ENDED_UNENROLLMENTS)
        )
    )
    raise unenrollment_already_open(str(other))
