"""Reading guided flows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.panels import SUMMARY
from models.process_flow_views import FaultView, FieldView, PanelView, ProcessFlowSummary, ProcessFlowView
from models.scope import OperatorScope
from models.tables.process_flow import ProcessFlow
from models.task_states import ProcessFlowState
from models.views import Page
from operations.catalog import Catalogs
from operations.panel_facts import facts_of
from operations.process_flows import Draft, drawn
from operations.queries.paging import one_of, page_of
from rules.panels import PanelFacts, SeenPanel, choices_of, request_document


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
    return await shown(session, catalogs, await drawn(session, catalogs, row))


async def shown(session: AsyncSession, catalogs: Catalogs, draft: Draft) -> ProcessFlowView:
    """A draft as it can be filled in."""
    row = draft.row
    catalog = await catalogs.version(session, row.catalog_version)
    facts = await facts_of(session, catalog, row, draft.task)
    codes = [panel.spec.code for panel in draft.panels if panel.visible] + [SUMMARY]
    here = codes.index(row.current_panel) if row.current_panel in codes else 0
    return ProcessFlowView(
        **_fields(row),
        panels=tuple(_panel(panel, facts) for panel in draft.panels),
        previous_panel=codes[here - 1] if here else None,
        next_panel=codes[here + 1] if here + 1 < len(codes) else None,
        complete=all(panel.complete for panel in draft.panels),
        configuration_changed=draft.newer_configuration,
        summary=request_document(draft.panels),
        links={"self": f"/v1/process-flows/{row.id}", "finish": f"/v1/process-flows/{row.id}/finish"},
    )


def _panel(panel: SeenPanel, facts: PanelFacts) -> PanelView:
    return PanelView(
        code=panel.spec.code,
        title=panel.spec.title,
        help=panel.spec.help,
        visible=panel.visible,
        complete=panel.complete,
        fields=tuple(
            FieldView(
                code=spec.code,
                kind=spec.kind,
                label=spec.label,
                help=spec.help,
                required=spec.required,
                value=value,
                choices=choices_of(spec, facts),
            )
            for spec, value in panel.fields
        ),
        faults=tuple(FaultView.of(fault) for fault in panel.faults),
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
