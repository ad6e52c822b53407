"""Drafts of guided flows: filled in panel by panel by one person or several, given up or expired.

See docs/domain.md#guided-flows.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.panels import SUMMARY, PanelSpec
from models.catalog.service_tasks import ServiceTaskType
from models.errors import Conflict, Invalid, NotFound, Pointer, StaleVersion
from models.scope import Scope
from models.states.process_flow import PROCESS_FLOW_TRANSITIONS, ProcessFlowState
from models.tables.process_flow import ProcessFlow
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.guided_flow.panel_facts import load_panel_facts
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import Lifecycle
from rules.guided_flow.fields import PanelFacts
from rules.guided_flow.panels import EvaluatedPanel, evaluate_panels, find_unknown_fields
from wording.findings.field_errors import describe_field_errors
from wording.guided_flow import process_flow_has_ended

_P = ProcessFlowState


@dataclass(frozen=True, slots=True)
class Draft:
    """A guided flow with its panels as they are shown now."""

    row: ProcessFlow
    facts: PanelFacts
    panels: tuple[EvaluatedPanel, ...]
    newer_configuration: bool


LIFECYCLE = Lifecycle(
    table=ProcessFlow,
    kind="process_flow",
    transitions=PROCESS_FLOW_TRANSITIONS,
)
get_for_update = LIFECYCLE.get_for_update


async def build_draft(session: AsyncSession, catalogs: CatalogCache, row: ProcessFlow) -> Draft:
    """The flow with its panels.

    Raises:
        NotFound: its configuration is gone.
    """
    catalog, task = await _load_configuration(session, catalogs, row)
    facts = await load_panel_facts(session, catalog, row, task)
    panels = evaluate_panels(task.panels, row.panel_values, facts)
    if row.state is _P.SUBMITTED:  # what was taken is judged no more: its day may be over, its device gone
        panels = tuple(replace(panel, errors=()) for panel in panels)
    newest = await catalogs.get_current(session)
    newer = newest.version != row.catalog_version and newest.find_service_task_type(task.code) != task
    return Draft(row, facts, panels, newer)


async def _load_configuration(
    session: AsyncSession, catalogs: CatalogCache, row: ProcessFlow
) -> tuple[IndexedCatalog, ServiceTaskType]:
    catalog = await catalogs.get_version(session, row.catalog_version)
    task = catalog.find_service_task_type(row.service_task_type)
    if task is None:
        raise NotFound(f"Service task type {row.service_task_type} is gone.")
    return catalog, task


def check_editable(row: ProcessFlow, now: datetime) -> None:
    """Whether it can still be changed.

    Raises:
        IllegalTransition: it is submitted, cancelled or expired.
    """
    if row.state is not _P.DRAFT or row.expires_at <= now:
        state = _P.EXPIRED if row.state is _P.DRAFT else row.state
        raise process_flow_has_ended(state)


def check_version(row: ProcessFlow, base: int | None) -> None:
    """Whether nobody saved since `base`, if the caller says what they read.

    Raises:
        StaleVersion: somebody did.
    """
    if base is not None and base != row.version:
        raise StaleVersion(
            f"Somebody else saved this flow: it is at version {row.version}, not {base}.",
            fix="Read it again, look at what changed, and do yours on that.",
        )


async def save_panel(
    session: AsyncSession,
    scope: Scope,
    catalogs: CatalogCache,
    process_flow_id: str,
    panel: str,
    values: dict[str, Any],
    *,
    base: int | None,
    strict: bool,
) -> Draft:
    """Saves one panel. Going on (`strict`) wants it complete; Save takes what is there, to be resumed later.

    Raises:
        NotFound: no such flow or panel.
        StaleVersion: somebody else saved since `base`.
        Invalid: unknown fields, or (`strict`) something is missing or wrong.
        IllegalTransition: it is submitted, cancelled or expired.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, process_flow_id)
    check_editable(row, now)
    check_version(row, base)
    _, task = await _load_configuration(session, catalogs, row)
    spec = _get_panel(task, panel)
    errors = find_unknown_fields(spec, values)
    row.panel_values = {**row.panel_values, panel: values}
    after = await build_draft(session, catalogs, row)
    saved = next(one for one in after.panels if one.spec.code == panel)
    errors += saved.errors if strict else ()
    if errors:
        raise Invalid(
            "The panel cannot be saved as it is; nothing was stored.",
            fix="Correct what the pointers name, or save it as it is with `complete` false.",
            code="panel-invalid",
            pointers=[_to_request_pointer(panel, fault) for fault in describe_field_errors(errors)],
        )
    row.current_panel = _get_next_panel(after.panels, panel) if strict else panel
    await _store_change(session, scope, now, row, "pf:saved", {"panel": panel})
    return after


def _get_panel(task: ServiceTaskType, code: str) -> PanelSpec:
    found = next((panel for panel in task.panels if panel.code == code), None)
    if found is None:
        raise NotFound(f"There is no panel {code}.", fix=f"Panels: {', '.join(one.code for one in task.panels)}.")
    return found


def _to_request_pointer(panel: str, fault: Pointer) -> Pointer:
    """A fault of a panel in the document that was sent to save it: `/<panel>` is its `/values`."""
    return Pointer(f"/values{fault.pointer.removeprefix(f'/{panel}')}", fault.detail)


def _get_next_panel(panels: tuple[EvaluatedPanel, ...], panel: str) -> str:
    codes = [one.spec.code for one in panels if one.visible or one.spec.code == panel]
    following = codes[codes.index(panel) + 1 :]
    return following[0] if following else SUMMARY


async def _store_change(
    session: AsyncSession, scope: Scope, now: datetime, row: ProcessFlow, action: str, details: dict[str, Any]
) -> None:
    row.updated_at = now
    row.version += 1
    trail = AuditTrail(scope, now, row.id)
    trail.note(row.id, action, details=details)
    await trail.write(session)
    await session.flush()


async def renew_configuration(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, process_flow_id: str
) -> Draft:
    """Moves a draft to the configuration in force; what was entered stays, and what must be entered again shows.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is submitted, cancelled or expired.
        Conflict: its kind of flow is no longer configured.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, process_flow_id)
    check_editable(row, now)
    newest = await catalogs.get_current(session)
    task = newest.find_service_task_type(row.service_task_type)
    if task is None or not task.panels:
        raise Conflict(
            f"Service task type {row.service_task_type} is no longer configured.",
            fix="Cancel this flow, begin another.",
        )
    known = {panel.code: {spec.code for spec in panel.fields} for panel in task.panels}
    kept = {
        panel: {name: value for name, value in entered.items() if name in known[panel]}
        for panel, entered in row.panel_values.items()
        if panel in known
    }
    row.catalog_version, row.panel_values = newest.version, kept
    if row.current_panel not in known:
        row.current_panel = task.panels[0].code
    await _store_change(session, scope, now, row, "pf:renewed", {"catalog_version": newest.version})
    return await build_draft(session, catalogs, row)


async def cancel_process_flow(session: AsyncSession, scope: Scope, process_flow_id: str, reason: str) -> ProcessFlow:
    """Gives a draft up; one that is cancelled stays so.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is submitted or expired.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, process_flow_id)
    if row.state is _P.CANCELLED:
        return row
    check_editable(row, now)
    trail = AuditTrail(scope, now, row.id)
    LIFECYCLE.transition(trail, row, now, _P.CANCELLED, reason=reason)
    row.reason = reason
    await trail.write(session)
    await session.flush()
    return row


async def expire_process_flows(session: AsyncSession, scope: Scope, limit: int) -> int:
    """Marks drafts whose time is over; gives how many. The monitor batch calls it."""
    now = datetime.now(UTC)
    due = (
        select(col(ProcessFlow.id))
        .where(col(ProcessFlow.state) == _P.DRAFT, col(ProcessFlow.expires_at) <= now)
        .order_by(col(ProcessFlow.expires_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = (await session.execute(due)).scalars().all()
    if gone:
        await session.execute(
            update(ProcessFlow)
            .where(col(ProcessFlow.id).in_(gone))
            .values(state=_P.EXPIRED, updated_at=now, version=ProcessFlow.version + 1)
        )
        for one in gone:
            trail = AuditTrail(scope, now, one)
            trail.transition(PROCESS_FLOW_TRANSITIONS, one, _P.DRAFT, _P.EXPIRED)
            await trail.write(session)
    return len(gone)
