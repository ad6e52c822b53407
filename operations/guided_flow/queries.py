"""Read process flows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.panels import SUMMARY, FieldSpec, TermsField, TextField
from models.decision import Decision, Verdict
from models.errors import Pointer
from models.scope import OperatorScope
from models.states.process_flow import ProcessFlowState
from models.tables.process_flow import ProcessFlow
from models.views.process_flow import (
    DecisionPreview,
    FieldErrorView,
    FieldView,
    PanelView,
    ProcessFlowSummary,
    ProcessFlowView,
)
from models.views.view import Page
from operations.catalog.versions import CatalogCache
from operations.guided_flow.decision_preview import preview_decision
from operations.guided_flow.drafts import LIFECYCLE, Draft, build_draft
from operations.platform.paging import fetch_page
from operations.platform.views import copy_columns
from rules.guided_flow.fields import PanelFacts, get_bounds, get_choices, get_parts
from rules.guided_flow.panels import EvaluatedPanel, build_request_document, locate_error
from wording.findings.field_errors import describe_field_errors
from wording.guided_flow import label_parts
from wording.links import link_to, link_to_process_flow

_SHOWN_VERDICTS = (Verdict.FAILED, Verdict.WAIT, Verdict.WARNED)


def select_readable(scope: OperatorScope) -> Select[ProcessFlow]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(ProcessFlow)


async def list_process_flows(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    customer: str | None,
    type_: str | None,
    state: ProcessFlowState | None,
    limit: int,
    cursor: str | None,
) -> Page[ProcessFlowSummary]:
    """Return a page of process flows, newest first."""
    return await fetch_page(
        session,
        select_readable(scope),
        col(ProcessFlow.id),
        _to_summary,
        limit=limit,
        cursor=cursor,
        customer_id=customer,
        flow_type=type_,
        state=state,
    )


async def get_process_flow(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, process_flow_id: str
) -> ProcessFlowView:
    """Return one process flow, as it can be filled in.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = await LIFECYCLE.get_readable(session, select_readable(scope), process_flow_id)
    return await build_view(session, scope, catalogs, await build_draft(session, catalogs, row))


async def build_view(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, draft: Draft
) -> ProcessFlowView:
    """Return a draft as it can be filled in."""
    row = draft.row
    codes = [panel.spec.code for panel in draft.panels if panel.visible] + [SUMMARY]
    here = codes.index(row.current_panel) if row.current_panel in codes else 0
    fields = _shared_fields(row)
    return ProcessFlowView(
        **fields,
        panels=tuple(_to_panel_view(panel, draft.facts) for panel in draft.panels),
        previous_panel=codes[here - 1] if here else None,
        next_panel=codes[here + 1] if here + 1 < len(codes) else None,
        complete=all(panel.is_complete for panel in draft.panels),
        configuration_changed=draft.newer_configuration,
        summary=build_request_document(draft.panels),
        outlook=_to_preview_view(await preview_decision(session, scope, catalogs, draft), draft.panels),
        links=_build_links(row, fields["available_actions"]),
    )


def _to_preview_view(decision: Decision | None, panels: tuple[EvaluatedPanel, ...]) -> DecisionPreview | None:
    if decision is None:
        return None
    findings = tuple(
        finding.model_copy(
            update={"pointers": tuple(locate_error(panels, Pointer(one, "")).pointer for one in finding.pointers)}
        )
        for finding in decision.findings
        if finding.verdict in _SHOWN_VERDICTS
    )
    return DecisionPreview(as_of=decision.decided_at, outcome=decision.outcome, findings=findings)


def _build_links(row: ProcessFlow, actions: tuple[str, ...]) -> dict[str, str]:
    here = link_to_process_flow(row.id)
    links = {action: f"{here}/{action}" if action != "save" else f"{here}/panels/{{panel}}" for action in actions}
    return {"self": here, **links, **({"result": link_to(row.result_id)} if row.result_id else {})}


def _to_panel_view(panel: EvaluatedPanel, facts: PanelFacts) -> PanelView:
    return PanelView(
        code=panel.spec.code,
        title=panel.spec.title,
        help=panel.spec.help,
        visible=panel.visible,
        complete=panel.is_complete,
        fields=tuple(_to_field_view(spec, value, facts) for spec, value in panel.fields),
        faults=tuple(FieldErrorView.from_pointer(fault) for fault in describe_field_errors(panel.errors)),
    )


def _to_field_view(spec: FieldSpec, value: Any, facts: PanelFacts) -> FieldView:
    minimum, maximum = get_bounds(spec, facts)
    return FieldView(
        code=spec.code,
        kind=spec.kind,
        label=spec.label,
        help=spec.help,
        required=spec.required,
        value=value,
        choices=get_choices(spec, facts),
        parts=label_parts(get_parts(spec, facts)),
        url=str(facts.program.terms.url) if facts.program and isinstance(spec, TermsField) else None,
        max_length=spec.max_length if isinstance(spec, TextField) else None,
        minimum=minimum,
        maximum=maximum,
    )


def _to_summary(row: ProcessFlow) -> ProcessFlowSummary:
    return ProcessFlowSummary(**_shared_fields(row))


def _shared_fields(row: ProcessFlow) -> dict[str, Any]:
    expired = row.state is ProcessFlowState.DRAFT and row.expires_at <= datetime.now(UTC)
    state = ProcessFlowState.EXPIRED if expired else row.state
    return copy_columns(row, ProcessFlowSummary) | {
        "type": row.flow_type,
        "state": state,
        "result": row.result_id,
        "available_actions": ("save", "finish", "renew", "cancel") if state is ProcessFlowState.DRAFT else (),
    }
