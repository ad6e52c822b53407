"""Submits a request to take part in a program."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.errors import Pointer
from models.ids import enrollment_workflow_id
from models.messages.enrollment import WORKFLOW, EnrollInput
from models.messages.search_attributes import WorkflowStage
from models.messages.workflow_start import WorkflowStart
from models.requests.enrollment import EnrollmentApplication
from models.scope import OperatorScope
from models.states.enrollment import EnrollmentState
from models.tables.enrollment import Enrollment
from operations.platform.submission import RequestKind, Row, Submitted, create_submission, find_earlier, submit
from wording.enrollment import unknown_references
from wording.problems.resubmission import content_mismatch

_REFERENCES = text(
    """
    SELECT account.customer_id, program.program, place.cis_account_id AS holder, place.time_zone,
        (SELECT max(version) FROM catalog_version) AS catalog_version
    FROM (SELECT 1) AS one
    LEFT JOIN account ON account.cis_account_id = :account
    LEFT JOIN program_capacity program ON program.program = :program
    LEFT JOIN (service_point JOIN premise USING (cis_premise_id)) place ON place.cis_service_point_id = :service_point
    """
)


def _build_audit_details(row: Row) -> dict[str, Any]:
    return {"channel": row["channel"], "program": row["program"]}


def _build_workflow_start(row: Row) -> WorkflowStart:
    devices = len(row["application"]["devices"])
    return WorkflowStart(
        workflow=WORKFLOW,
        workflow_id=enrollment_workflow_id(row["id"]),
        input=EnrollInput(enrollment_id=row["id"]),
        summary=f"Enroll {devices} device(s) in {row['program']}",
        details=f"Account {row['account']}, service point {row['service_point']}, {row['installation_method']}.",
        attributes={"Program": row["program"], "AccountId": row["account"], "Stage": WorkflowStage.ENROLLING},
    )


ENROLLMENT = RequestKind(
    table=Enrollment,
    id_prefix="enr",
    initial_state=EnrollmentState.SUBMITTED,
    audit_code="enr:submitted",
    build_audit_details=_build_audit_details,
    build_workflow_start=_build_workflow_start,
)


async def submit_enrollment(
    session: AsyncSession, scope: OperatorScope, application: EnrollmentApplication, *, idempotency_key: str | None
) -> Submitted[EnrollmentState]:
    """Stores the request and starts its workflow. The same request again returns the same enrollment.

    Raises:
        Invalid: account, service point or program unknown, or not belonging together.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    submission = create_submission(ENROLLMENT, scope, application, datetime.now(UTC), idempotency_key=idempotency_key)
    references = await _get_references(session, application)
    if faults := _find_reference_faults(references, application):
        # Somebody who repeats a request gets it back, even if the service point changed hands since.
        if earlier := await find_earlier(session, submission):
            return earlier
        raise unknown_references(faults)
    columns = {
        "customer_id": references.customer_id,
        "account": application.account,
        "service_point": application.service_point,
        "program": application.program,
        "catalog_version": references.catalog_version,
        "installation_method": application.installation_method,
        "asset_ownership": application.asset_ownership,
        "start_at": _resolve_start_at(application, submission.submitted_at, references.time_zone),
        "needed_devices": 0,
        "needed_kw": 0,
    }
    submitted = await submit(session, submission, columns)
    if submitted is None:
        raise content_mismatch(application.transaction_id, ())
    return submitted


async def _get_references(session: AsyncSession, application: EnrollmentApplication) -> Any:
    named = {"account": application.account, "service_point": application.service_point, "program": application.program}
    return (await session.execute(_REFERENCES, named)).one()


def _find_reference_faults(row: Any, application: EnrollmentApplication) -> list[Pointer]:
    faults: list[Pointer] = []
    if row.customer_id is None:
        faults.append(Pointer("/account", "there is no such account"))
    if row.holder is None:
        faults.append(Pointer("/service_point", "there is no such service point"))
    elif row.customer_id is not None and row.holder != application.account:
        faults.append(Pointer("/service_point", "the service point belongs to another account"))
    if row.program is None:
        faults.append(Pointer("/program", "there is no such program"))
    return faults


def _resolve_start_at(application: EnrollmentApplication, now: datetime, time_zone: str) -> datetime:
    """The first day's midnight at the premise; now if the request names no day or an earlier one, which a rule then
    judges."""
    if application.start_date is None:
        return now
    midnight = datetime.combine(application.start_date, time.min, ZoneInfo(time_zone))
    return max(midnight, now)
