"""Finishing a guided flow: the same request, by the same operations, as through every other channel, exactly once."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.errors import Conflict, GridenrollError, Invalid
from models.faults import pointer
from models.panels import SUMMARY
from models.scope import OperatorScope
from models.service_call import ServiceCallApplication
from models.tables.customer import ServicePoint
from models.tables.process_flow import ProcessFlow
from models.task_states import PROCESS_FLOW_TRANSITIONS, ProcessFlowState
from models.unenrollment import UnenrollmentApplication
from models.values import Value
from operations import enrollments, service_calls, unenrollments
from operations.audit import Trail
from operations.catalog import Catalogs
from operations.panel_facts import facts_of
from operations.process_flows import Draft, drawn, locked, not_stale, still_draft
from rules.attention import door
from rules.panels import SeenPanel, placed, request_document, seen, standing

R = TypeVar("R", bound=Value)
_P = ProcessFlowState


class Finished(NamedTuple):
    """The request that a guided flow became."""

    id: str

    @property
    def door(self) -> str:
        """Where it is seen."""
        return door(self.id)


async def finish(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: Catalogs,
    process_flow_id: str,
    *,
    base: int | None,
    acknowledgement_timeout_seconds: float,
) -> Finished:
    """Submits what was entered, exactly once: a flow that is submitted gives the same answer again.

    Raises:
        NotFound: there is none.
        StaleVersion: somebody else saved since `base`.
        Invalid: panels are incomplete; the pointers name what is missing.
        Conflict: the configuration changed and something must be entered again; the draft moved to the new one.
        IllegalTransition: it is cancelled or expired.
    """
    now = datetime.now(UTC)
    row = await locked(session, process_flow_id)
    if row.state is _P.SUBMITTED and row.result_id:
        return Finished(row.result_id)
    still_draft(row, now)
    not_stale(row, base)
    draft = await drawn(session, catalogs, row)
    _complete(draft.panels, "The flow is not complete; nothing was submitted.", "panel-invalid")
    panels = await _in_force(session, catalogs, row, draft)
    try:
        result = await _submit(session, scope, catalogs, row, request_document(panels), acknowledgement_timeout_seconds)
    except GridenrollError as error:
        error.pointers = tuple(placed(panels, fault) for fault in error.pointers)
        raise
    trail = Trail(scope, now, row.id)
    row.state = trail.moved(PROCESS_FLOW_TRANSITIONS, row.id, row.state, _P.SUBMITTED)
    trail.noted(result, "pf:finished", details={"process_flow": row.id})
    row.panel_values = {**row.panel_values, **standing(panels)}
    row.result_id, row.current_panel, row.updated_at = result, SUMMARY, now
    row.version += 1
    await trail.write(session)
    await session.flush()
    return Finished(result)


def _complete(panels: tuple[SeenPanel, ...], detail: str, code: str) -> None:
    faults = [fault for panel in panels for fault in panel.faults]
    if faults:
        raise Invalid(detail, fix="Enter what the pointers name, panel by panel.", code=code, pointers=faults)


async def _in_force(session: AsyncSession, catalogs: Catalogs, row: ProcessFlow, draft: Draft) -> tuple[SeenPanel, ...]:
    """The panels as the configuration in force has them: what was entered must make sense there, too."""
    newest = await catalogs.current(session)
    task = newest.task(row.service_task_type)
    if newest.version == row.catalog_version or task is None or not task.panels:
        return draft.panels
    panels = seen(task.panels, row.panel_values, await facts_of(session, newest, row, task))
    faults = [fault for panel in panels for fault in panel.faults]
    if faults:
        raise Conflict(
            "The configuration changed while this flow was open; nothing was submitted.",
            fix="Renew the flow (POST …/renew) and enter what the pointers name again.",
            code="configuration-changed",
            pointers=faults,
        )
    return panels


async def _submit(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: Catalogs,
    row: ProcessFlow,
    document: dict[str, Any],
    acknowledgement_timeout_seconds: float,
) -> str:
    """Submits the document under the draft's own id as transaction id, so that it is one request however often.

    Raises:
        Invalid: the panels do not make a whole request; the configuration lacks a field.
    """
    told = {"acknowledgement_timeout_seconds": acknowledgement_timeout_seconds}
    request = await request_of(session, row, document)
    match request:
        case EnrollmentApplication():
            made = await enrollments.submit(session, scope, request, idempotency_key=None, **told)
            return made.enrollment_id
        case UnenrollmentApplication():
            left = await unenrollments.submit(session, scope, request, idempotency_key=None, **told)
            return left.unenrollment_id
        case ServiceCallApplication():
            called = await service_calls.submit(session, scope, catalogs, request, idempotency_key=None, **told)
            return called.service_call_id


async def request_of(
    session: AsyncSession, row: ProcessFlow, document: dict[str, Any]
) -> EnrollmentApplication | UnenrollmentApplication | ServiceCallApplication:
    """The request that a draft's document makes.

    Raises:
        Invalid: the panels do not make a whole request; the configuration lacks a field.
    """
    document = {**document, "transaction_id": row.id}
    if row.flow_type == "enroll":
        account = await _account_of(session, document.get("service_point"))
        return _read(EnrollmentApplication, {"account": account, **document})
    document["subscription"] = row.subscription_id
    return _read(UnenrollmentApplication if row.flow_type == "unenroll" else ServiceCallApplication, document)


async def _account_of(session: AsyncSession, service_point: str | None) -> str | None:
    statement = select(col(ServicePoint.cis_account_id)).where(col(ServicePoint.cis_service_point_id) == service_point)
    return await session.scalar(statement)


def _read(kind: type[R], document: dict[str, Any]) -> R:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        raise Invalid(
            "The panels do not make a whole request; nothing was submitted.",
            fix="The configuration of the panels lacks what the pointers name.",
            code="panel-invalid",
            pointers=[pointer(document, one) for one in faults],
        ) from error
