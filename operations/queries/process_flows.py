"""Reading guided flows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.decision import Decision, Verdict
from models.errors import Pointer
from models.panels import SUMMARY, FieldSpec, TermsField, TextField
from models.process_flow_views import FaultView, FieldView, OutlookView, PanelView, ProcessFlowSummary, ProcessFlowView
from models.scope import OperatorScope
from models.tables.process_flow import ProcessFlow
from models.task_states import ProcessFlowState
from models.views import Page
from operations.catalog import Catalogs
from operations.outlook import outlook
from operations.process_flows import Draft, drawn
from operations.queries.paging import one_of, page_of
from rules.attention import door
from rules.panel_fields import PanelFacts, bounds_of, choices_of, parts_of
from rules.panels import SeenPanel, placed, request_document

_WORTH_KNOWING = (Verdict.FAILED, Verdict.WAIT, Verdict.WARNED)


def readable(scope: OperatorScope) -> Select[ProcessFlow]:
    """What this scope may see: an operator sees all."""
    return select(ProcessFlow)


async def listed(
    session: AsyncSession,
    scope: OperatorScope,
    *,
    customer: str | None,
    type_: str | None,
    state: ProcessFlowState | None,
    limit: int,
    cursor: str | None,
) -> Page[ProcessFlowSummary]:
    """A page of them, newest first."""
    return await page_of(
        session,
        readable(scope),
        col(ProcessFlow.id),
        _summary,
        limit=limit,
        cursor=cursor,
        customer_id=customer,
        flow_type=type_,
        state=state,
    )


async def seen(
    session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, process_flow_id: str
) -> ProcessFlowView:
    """One of them, as it can be filled in.

    Raises:
        NotFound: there is none that this scope may see.
    """
    row: ProcessFlow = await one_of(
        session, readable(scope), col(ProcessFlow.id), process_flow_id, kind="process flow", door="/v1/process-flows"
    )
    return await shown(session, scope, catalogs, await drawn(session, catalogs, row))


async def shown(session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, draft: Draft) -> ProcessFlowView:
    """A draft as it can be filled in."""
    row = draft.row
    codes = [panel.spec.code for panel in draft.panels if panel.visible] + [SUMMARY]
    here = codes.index(row.current_panel) if row.current_panel in codes else 0
    fields = _fields(row)
    return ProcessFlowView(
        **fields,
        panels=tuple(_panel(panel, draft.facts) for panel in draft.panels),
        previous_panel=codes[here - 1] if here else None,
        next_panel=codes[here + 1] if here + 1 < len(codes) else None,
        complete=all(panel.complete for panel in draft.panels),
        configuration_changed=draft.newer_configuration,
        summary=request_document(draft.panels),
        outlook=_outlook(await outlook(session, scope, catalogs, draft), draft.panels),
        links=_links(row, fields["available_actions"]),
    )


def _outlook(decision: Decision | None, panels: tuple[SeenPanel, ...]) -> OutlookView | None:
    if decision is None:
        return None
    told = tuple(
        finding.model_copy(
            update={"pointers": tuple(placed(panels, Pointer(one, "")).pointer for one in finding.pointers)}
        )
        for finding in decision.findings
        if finding.verdict in _WORTH_KNOWING
    )
    return OutlookView(as_of=decision.decided_at, outcome=decision.outcome, findings=told)


def _links(row: ProcessFlow, actions: tuple[str, ...]) -> dict[str, str]:
    here = f"/v1/process-flows/{row.id}"
    doors = {action: f"{here}/{action}" if action != "save" else f"{here}/panels/{{panel}}" for action in actions}
    return {"self": here, **doors, **({"result": door(row.result_id)} if row.result_id else {})}


def _panel(panel: SeenPanel, facts: PanelFacts) -> PanelView:
    return PanelView(
        code=panel.spec.code,
        title=panel.spec.title,
        help=panel.spec.help,
        visible=panel.visible,
        complete=panel.complete,
        fields=tuple(_field(spec, value, facts) for spec, value in panel.fields),
        faults=tuple(FaultView.of(fault) for fault in panel.faults),
    )


def _field(spec: FieldSpec, value: Any, facts: PanelFacts) -> FieldView:
    minimum, maximum = bounds_of(spec, facts)
    return FieldView(
        code=spec.code,
        kind=spec.kind,
        label=spec.label,
        help=spec.help,
        required=spec.required,
        value=value,
        choices=choices_of(spec, facts),
        parts=parts_of(spec, facts),
        url=str(facts.program.terms.url) if facts.program and isinstance(spec, TermsField) else None,
        max_length=spec.max_length if isinstance(spec, TextField) else None,
        minimum=minimum,
        maximum=maximum,
    )


def _summary(row: ProcessFlow) -> ProcessFlowSummary:
    return ProcessFlowSummary(**_fields(row))


def _fields(row: ProcessFlow) -> dict[str, Any]:
    over = row.state is ProcessFlowState.DRAFT and row.expires_at <= datetime.now(UTC)
    state = ProcessFlowState.EXPIRED if over else row.state
    return {
        "id": row.id,
        "type": row.flow_type,
        "service_task_type": row.service_task_type,
        "customer": row.customer_id,
        "subscription": row.subscription_id,
        "channel": row.channel,
        "started_by": row.started_by,
        "state": state,
        "current_panel": row.current_panel,
        "version": row.version,
        "result": row.result_id,
        "reason": row.reason,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "available_actions": ("save", "finish", "renew", "cancel") if state is ProcessFlowState.DRAFT else (),
    }
