"""Guided flows: begun, filled in panel by panel by one person or several, given up or expired.

See docs/domain.md#guided-flows.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog import ServiceTaskType
from models.errors import Conflict, IllegalTransition, Invalid, NotFound, Pointer, StaleVersion
from models.ids import new_id
from models.panels import SUMMARY, PanelSpec
from models.process_flow import FlowType, ProcessFlowStart
from models.scope import OperatorScope, Scope
from models.tables.customer import Customer
from models.tables.process_flow import ProcessFlow
from models.tables.subscription import ProgramSubscription
from models.task_states import PROCESS_FLOW_TRANSITIONS, ProcessFlowState
from operations.audit import Trail
from operations.catalog import Catalogs, IndexedCatalog
from operations.panel_facts import facts_of
from rules.panel_fields import PanelFacts
from rules.panels import SeenPanel, seen, unknown_fields

_P = ProcessFlowState


@dataclass(frozen=True, slots=True)
class Draft:
    """A guided flow with its panels as they are shown now."""

    row: ProcessFlow
    facts: PanelFacts
    panels: tuple[SeenPanel, ...]
    newer_configuration: bool


async def begin(session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, start: ProcessFlowStart) -> Draft:
    """Begins a guided flow for a customer, pinned to the catalogue in force.

    Raises:
        Invalid: no such customer, subscription or program, or no panels are configured for such a flow.
    """
    now = datetime.now(UTC)
    catalog = await catalogs.current(session)
    subscription = await _subscription_of(session, start)
    task = _task_of(catalog, start, subscription)
    row = ProcessFlow(
        id=new_id("pf"),
        flow_type=start.type,
        service_task_type=task.code,
        catalog_version=catalog.version,
        customer_id=start.customer,
        subscription_id=subscription.id if subscription else None,
        channel=scope.channel,
        started_by=scope.actor,
        panel_values={},
        current_panel=task.panels[0].code,
        state=_P.DRAFT,
        expires_at=now + timedelta(days=task.draft_expires_after_days),
        created_at=now,
        updated_at=now,
    )
    if start.program:
        row.panel_values = _prefilled(task, "/program", start.program)
    session.add(row)
    trail = Trail(scope, now, row.id)
    trail.noted(row.id, "pf:draft", details={"type": start.type, "service_task_type": task.code})
    await trail.write(session)
    await session.flush()
    return await drawn(session, catalogs, row)


async def _subscription_of(session: AsyncSession, start: ProcessFlowStart) -> ProgramSubscription | None:
    if await session.get(Customer, start.customer) is None:
        raise _unknown("/customer", "there is no such customer")
    if start.type == "enroll":
        return None
    if start.subscription is None:
        raise _unknown("/subscription", "is missing: which subscription it is about")
    found = await session.get(ProgramSubscription, start.subscription)
    if found is None or found.customer_id != start.customer:
        raise _unknown("/subscription", "this customer has no such subscription")
    return found


def _unknown(pointer: str, why: str) -> Invalid:
    return Invalid(
        "The guided flow cannot be begun; nothing was stored.",
        fix="Correct what the pointers name.",
        code="unknown-reference",
        pointers=[Pointer(pointer, why)],
    )


def _task_of(
    catalog: IndexedCatalog, start: ProcessFlowStart, subscription: ProgramSubscription | None
) -> ServiceTaskType:
    code = start.service_task_type or _configured(catalog, start, subscription)
    if code is None:
        kind = (task for task in catalog.content.service_task_types if task.process_flow == start.type)
        possible = [task.code for task in kind if task.active and task.panels]
        if len(possible) != 1:
            raise _unknown("/service_task_type", f"name one of: {', '.join(possible) or 'none is configured'}")
        code = possible[0]
    task = catalog.task(code)
    if task is None or not task.active or not task.panels or task.process_flow != start.type:
        raise _unknown("/service_task_type", f"{code} has no panels for {start.type}")
    return task


def _configured(
    catalog: IndexedCatalog, start: ProcessFlowStart, subscription: ProgramSubscription | None
) -> str | None:
    program = start.program or (subscription.program if subscription else None)
    if program is None:
        return None
    if program not in catalog.programs:
        raise _unknown("/program", "there is no such program")
    found = catalog.programs[program]
    by_type: dict[FlowType, str | None] = {
        "enroll": found.enroll_task,
        "unenroll": found.unenroll_task,
        "service_call": found.service_call_task,
    }
    return by_type[start.type]


def _prefilled(task: ServiceTaskType, binding: str, value: str) -> dict[str, dict[str, Any]]:
    for panel in task.panels:
        for spec in panel.fields:
            if spec.binds_to == binding:
                return {panel.code: {spec.code: value}}
    return {}


async def locked(session: AsyncSession, process_flow_id: str) -> ProcessFlow:
    """The guided flow, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    found = await session.get(ProcessFlow, process_flow_id, with_for_update=True)
    if found is None:
        raise NotFound(f"There is no process flow {process_flow_id}.", fix="GET /v1/process-flows lists them.")
    return found


async def drawn(session: AsyncSession, catalogs: Catalogs, row: ProcessFlow) -> Draft:
    """The flow with its panels.

    Raises:
        NotFound: its configuration is gone.
    """
    catalog, task = await _configuration_of(session, catalogs, row)
    facts = await facts_of(session, catalog, row, task)
    panels = seen(task.panels, row.panel_values, facts)
    if row.state is _P.SUBMITTED:  # what was taken is judged no more: its day may be over, its device gone
        panels = tuple(replace(panel, faults=()) for panel in panels)
    newest = await catalogs.current(session)
    newer = newest.version != row.catalog_version and newest.task(task.code) != task
    return Draft(row, facts, panels, newer)


async def _configuration_of(
    session: AsyncSession, catalogs: Catalogs, row: ProcessFlow
) -> tuple[IndexedCatalog, ServiceTaskType]:
    catalog = await catalogs.version(session, row.catalog_version)
    task = catalog.task(row.service_task_type)
    if task is None:
        raise NotFound(f"Service task type {row.service_task_type} is gone.")
    return catalog, task


def still_draft(row: ProcessFlow, now: datetime) -> None:
    """Whether it can still be changed.

    Raises:
        IllegalTransition: it is submitted, cancelled or expired.
    """
    if row.state is not _P.DRAFT or row.expires_at <= now:
        state = _P.EXPIRED if row.state is _P.DRAFT else row.state
        raise IllegalTransition(
            f"The process flow is {state} and cannot be changed any more.",
            fix="Begin a new one: POST /v1/process-flows.",
        )


def not_stale(row: ProcessFlow, base: int | None) -> None:
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
    catalogs: Catalogs,
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
    row = await locked(session, process_flow_id)
    still_draft(row, now)
    not_stale(row, base)
    _, task = await _configuration_of(session, catalogs, row)
    spec = _panel(task, panel)
    faults = unknown_fields(spec, values)
    row.panel_values = {**row.panel_values, panel: values}
    after = await drawn(session, catalogs, row)
    saved = next(one for one in after.panels if one.spec.code == panel)
    faults += saved.faults if strict else ()
    if faults:
        raise Invalid(
            "The panel cannot be saved as it is; nothing was stored.",
            fix="Correct what the pointers name, or save it as it is with `complete` false.",
            code="panel-invalid",
            pointers=[_sent(panel, fault) for fault in faults],
        )
    row.current_panel = _next(after.panels, panel) if strict else panel
    await _touch(session, scope, now, row, "pf:saved", {"panel": panel})
    return after


def _panel(task: ServiceTaskType, code: str) -> PanelSpec:
    found = next((panel for panel in task.panels if panel.code == code), None)
    if found is None:
        raise NotFound(f"There is no panel {code}.", fix=f"Panels: {', '.join(one.code for one in task.panels)}.")
    return found


def _sent(panel: str, fault: Pointer) -> Pointer:
    """A fault of a panel in the document that was sent to save it: `/<panel>` is its `/values`."""
    return Pointer(f"/values{fault.pointer.removeprefix(f'/{panel}')}", fault.detail)


def _next(panels: tuple[SeenPanel, ...], panel: str) -> str:
    codes = [one.spec.code for one in panels if one.visible or one.spec.code == panel]
    following = codes[codes.index(panel) + 1 :]
    return following[0] if following else SUMMARY


async def _touch(
    session: AsyncSession, scope: Scope, now: datetime, row: ProcessFlow, action: str, details: dict[str, Any]
) -> None:
    row.updated_at = now
    row.version += 1
    trail = Trail(scope, now, row.id)
    trail.noted(row.id, action, details=details)
    await trail.write(session)
    await session.flush()


async def renew(session: AsyncSession, scope: Scope, catalogs: Catalogs, process_flow_id: str) -> Draft:
    """Moves a draft to the configuration in force; what was entered stays, and what must be entered again shows.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is submitted, cancelled or expired.
        Conflict: its kind of flow is no longer configured.
    """
    now = datetime.now(UTC)
    row = await locked(session, process_flow_id)
    still_draft(row, now)
    newest = await catalogs.current(session)
    task = newest.task(row.service_task_type)
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
    await _touch(session, scope, now, row, "pf:renewed", {"catalog_version": newest.version})
    return await drawn(session, catalogs, row)


async def cancel(session: AsyncSession, scope: Scope, process_flow_id: str, reason: str) -> ProcessFlow:
    """Gives a draft up; one that is cancelled stays so.

    Raises:
        NotFound: there is none.
        IllegalTransition: it is submitted or expired.
    """
    now = datetime.now(UTC)
    row = await locked(session, process_flow_id)
    if row.state is _P.CANCELLED:
        return row
    still_draft(row, now)
    trail = Trail(scope, now, row.id)
    row.state = trail.moved(PROCESS_FLOW_TRANSITIONS, row.id, row.state, _P.CANCELLED, reason=reason)
    row.reason, row.updated_at = reason, now
    row.version += 1
    await trail.write(session)
    await session.flush()
    return row


async def expire(session: AsyncSession, scope: Scope, limit: int) -> int:
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
            trail = Trail(scope, now, one)
            trail.moved(PROCESS_FLOW_TRANSITIONS, one, _P.DRAFT, _P.EXPIRED)
            await trail.write(session)
    return len(gone)
