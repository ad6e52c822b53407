"""Finishing a guided flow: the same request, by the same operations, as through every other channel, exactly once."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.panels import SUMMARY
from models.errors import Conflict, GridenrollError, Invalid
from models.requests.enrollment import EnrollmentApplication
from models.requests.service_call import ServiceCallApplication
from models.requests.unenrollment import UnenrollmentApplication
from models.scope import OperatorScope
from models.states.process_flow import PROCESS_FLOW_TRANSITIONS, ProcessFlowState
from models.tables.customer import ServicePoint
from models.tables.process_flow import ProcessFlow
from models.values import Value
from operations.catalog.versions import CatalogCache
from operations.enrollment.submission import submit_enrollment
from operations.guided_flow.drafts import Draft, build_draft, check_editable, check_version, get_for_update
from operations.guided_flow.panel_facts import load_panel_facts
from operations.platform.audit import AuditTrail
from operations.service_call.submission import submit_service_call
from operations.unenrollment.submission import submit_unenrollment
from rules.guided_flow.panels import (
    EvaluatedPanel,
    build_request_document,
    evaluate_panels,
    get_visible_values,
    locate_error,
)
from wording.findings.field_errors import describe_field_errors
from wording.findings.validation import describe_pydantic_errors
from wording.links import link_to

R = TypeVar("R", bound=Value)
_P = ProcessFlowState


class FinishedProcessFlow(NamedTuple):
    """The request that a guided flow became."""

    id: str

    @property
    def path(self) -> str:
        """Where it is seen."""
        return link_to(self.id)


async def finish_process_flow(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    process_flow_id: str,
    *,
    base: int | None,
) -> FinishedProcessFlow:
    """Submits what was entered, exactly once: a flow that is submitted gives the same answer again.

    Raises:
        NotFound: there is none.
        StaleVersion: somebody else saved since `base`.
        Invalid: panels are incomplete; the pointers name what is missing.
        Conflict: the configuration changed and something must be entered again; the draft moved to the new one.
        IllegalTransition: it is cancelled or expired.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, process_flow_id)
    if row.state is _P.SUBMITTED and row.result_id:
        return FinishedProcessFlow(row.result_id)
    check_editable(row, now)
    check_version(row, base)
    draft = await build_draft(session, catalogs, row)
    _check_complete(draft.panels, "The flow is not complete; nothing was submitted.", "panel-invalid")
    panels = await _get_panels_in_force(session, catalogs, row, draft)
    try:
        result = await _submit_request(session, scope, catalogs, row, build_request_document(panels))
    except GridenrollError as error:
        error.pointers = tuple(locate_error(panels, fault) for fault in error.pointers)
        raise
    trail = AuditTrail(scope, now, row.id)
    row.state = trail.transition(PROCESS_FLOW_TRANSITIONS, row.id, row.state, _P.SUBMITTED)
    trail.note(result, "pf:finished", details={"process_flow": row.id})
    row.panel_values = {**row.panel_values, **get_visible_values(panels)}
    row.result_id, row.current_panel, row.updated_at = result, SUMMARY, now
    row.version += 1
    await trail.write(session)
    await session.flush()
    return FinishedProcessFlow(result)


def _check_complete(panels: tuple[EvaluatedPanel, ...], detail: str, code: str) -> None:
    faults = [fault for panel in panels for fault in describe_field_errors(panel.errors)]
    if faults:
        raise Invalid(detail, fix="Enter what the pointers name, panel by panel.", code=code, pointers=faults)


async def _get_panels_in_force(
    session: AsyncSession, catalogs: CatalogCache, row: ProcessFlow, draft: Draft
) -> tuple[EvaluatedPanel, ...]:
    """The panels as the configuration in force has them: what was entered must make sense there, too."""
    newest = await catalogs.get_current(session)
    task = newest.find_service_task_type(row.service_task_type)
    if newest.version == row.catalog_version or task is None or not task.panels:
        return draft.panels
    panels = evaluate_panels(task.panels, row.panel_values, await load_panel_facts(session, newest, row, task))
    faults = [fault for panel in panels for fault in describe_field_errors(panel.errors)]
    if faults:
        raise Conflict(
            "The configuration changed while this flow was open; nothing was submitted.",
            fix="Renew the flow (POST …/renew) and enter what the pointers name again.",
            code="configuration-changed",
            pointers=faults,
        )
    return panels


async def _submit_request(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    row: ProcessFlow,
    document: dict[str, Any],
) -> str:
    """Submits the document under the draft's own id as transaction id, so that it is one request however often.

    Raises:
        Invalid: the panels do not make a whole request; the configuration lacks a field.
    """
    request = await build_request(session, row, document)
    match request:
        case EnrollmentApplication():
            submitted = await submit_enrollment(session, scope, request, idempotency_key=None)
        case UnenrollmentApplication():
            submitted = await submit_unenrollment(session, scope, request, idempotency_key=None)
        case ServiceCallApplication():
            submitted = await submit_service_call(session, scope, catalogs, request, idempotency_key=None)
    return submitted.id


async def build_request(
    session: AsyncSession, row: ProcessFlow, document: dict[str, Any]
) -> EnrollmentApplication | UnenrollmentApplication | ServiceCallApplication:
    """The request that a draft's document makes.

    Raises:
        Invalid: the panels do not make a whole request; the configuration lacks a field.
    """
    document = {**document, "transaction_id": row.id}
    if row.flow_type == "enroll":
        account = await _get_account(session, document.get("service_point"))
        return _parse(EnrollmentApplication, {"account": account, **document})
    document["subscription"] = row.subscription_id
    return _parse(UnenrollmentApplication if row.flow_type == "unenroll" else ServiceCallApplication, document)


async def _get_account(session: AsyncSession, service_point: str | None) -> str | None:
    statement = select(col(ServicePoint.cis_account_id)).where(col(ServicePoint.cis_service_point_id) == service_point)
    return await session.scalar(statement)


def _parse(kind: type[R], document: dict[str, Any]) -> R:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        raise Invalid(
            "The panels do not make a whole request; nothing was submitted.",
            fix="The configuration of the panels lacks what the pointers name.",
            code="panel-invalid",
            pointers=describe_pydantic_errors(document, faults),
        ) from error
