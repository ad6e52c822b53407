"""Beginning a guided process flow: for whom, by which service task type, pinned to the catalog in force.

See docs/domain.md#guided-flows.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.catalog.service_tasks import ServiceTaskType
from models.errors import Invalid, Pointer
from models.ids import new_id
from models.requests.process_flow import ProcessFlowStart, ProcessFlowType
from models.scope import OperatorScope
from models.states.process_flow import ProcessFlowState
from models.tables.customer import Customer
from models.tables.process_flow import ProcessFlow
from models.tables.subscription import ProgramSubscription
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.guided_flow.drafts import Draft, build_draft
from operations.platform.audit import AuditTrail


async def begin_process_flow(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, start: ProcessFlowStart
) -> Draft:
    """Begin a guided flow for a customer, pinned to the catalog in force.

    Raises:
        Invalid: no such customer, subscription or program, or no panels are configured for such a flow.
    """
    now = datetime.now(UTC)
    catalog = await catalogs.get_current(session)
    subscription = await _get_subscription(session, start)
    task = _select_task(catalog, start, subscription)
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
        state=ProcessFlowState.DRAFT,
        expires_at=now + timedelta(days=task.draft_expires_after_days),
        created_at=now,
        updated_at=now,
    )
    if start.program:
        row.panel_values = _prefill(task, "/program", start.program)
    session.add(row)
    trail = AuditTrail(scope, now, row.id)
    trail.note(row.id, "pf:draft", details={"type": start.type, "service_task_type": task.code})
    await trail.write(session)
    await session.flush()
    return await build_draft(session, catalogs, row)


async def _get_subscription(session: AsyncSession, start: ProcessFlowStart) -> ProgramSubscription | None:
    if await session.get(Customer, start.customer) is None:
        raise _unknown_reference("/customer", "there is no such customer")
    if start.type == "enroll":
        return None
    if start.subscription is None:
        raise _unknown_reference("/subscription", "is missing: which subscription it is about")
    found = await session.get(ProgramSubscription, start.subscription)
    if found is None or found.customer_id != start.customer:
        raise _unknown_reference("/subscription", "this customer has no such subscription")
    return found


def _unknown_reference(pointer: str, why: str) -> Invalid:
    return Invalid(
        "The guided flow cannot be begun; nothing was stored.",
        fix="Correct what the pointers name.",
        code="unknown-reference",
        pointers=[Pointer(pointer, why)],
    )


def _select_task(
    catalog: IndexedCatalog, start: ProcessFlowStart, subscription: ProgramSubscription | None
) -> ServiceTaskType:
    code = start.service_task_type or _get_configured_task(catalog, start, subscription)
    if code is None:
        kind = (task for task in catalog.content.service_task_types if task.process_flow == start.type)
        possible = [task.code for task in kind if task.active and task.panels]
        if len(possible) != 1:
            raise _unknown_reference(
                "/service_task_type", f"name one of: {', '.join(possible) or 'none is configured'}"
            )
        code = possible[0]
    task = catalog.find_service_task_type(code)
    if task is None or not task.active or not task.panels or task.process_flow != start.type:
        raise _unknown_reference("/service_task_type", f"{code} has no panels for {start.type}")
    return task


def _get_configured_task(
    catalog: IndexedCatalog, start: ProcessFlowStart, subscription: ProgramSubscription | None
) -> str | None:
    program = start.program or (subscription.program if subscription else None)
    if program is None:
        return None
    if program not in catalog.programs:
        raise _unknown_reference("/program", "there is no such program")
    found = catalog.programs[program]
    by_type: dict[ProcessFlowType, str | None] = {
        "enroll": found.enroll_task,
        "unenroll": found.unenroll_task,
        "service_call": found.service_call_task,
    }
    return by_type[start.type]


def _prefill(task: ServiceTaskType, binding: str, value: str) -> dict[str, dict[str, Any]]:
    for panel in task.panels:
        for spec in panel.fields:
            if spec.binds_to == binding:
                return {panel.code: {spec.code: value}}
    return {}
