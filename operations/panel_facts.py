"""Gathers what the fields of a guided flow are judged by: the customer's places and devices, the program, choices."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog import Program, ServiceTaskType
from models.panels import Choice
from models.tables.customer import Account, ServicePoint
from models.tables.process_flow import ProcessFlow
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from operations.catalog import IndexedCatalog
from operations.snapshots import GONE
from rules.panels import PanelFacts, preset
from rules.process_flow_requests import REQUESTS
from rules.ways_in import asset_ownerships, installation_methods


async def facts_of(
    session: AsyncSession, catalog: IndexedCatalog, row: ProcessFlow, task: ServiceTaskType
) -> PanelFacts:
    """The facts for one draft under one catalogue."""
    programs = tuple(
        Choice(value=one.code, label=one.name)
        for one in catalog.programs.values()
        if one.active and one.enroll_task == task.code
    )
    program = await _program(session, catalog, row, task, programs)
    methods = installation_methods(task, program)
    return PanelFacts(
        request=REQUESTS[task.process_flow],
        program=program,
        specifications=_taken_by(program, catalog),
        service_points=await _service_points(session, row.customer_id),
        choices={
            "programs": programs,
            "installation_methods": methods,
            "asset_ownerships": asset_ownerships(task, program, _bound(row, task, "/installation_method", methods)),
            "unenrollment_reasons": tuple(Choice(value=one.code, label=one.description[:200]) for one in task.reasons),
            "problems": tuple(Choice(value=one.code, label=one.description[:200]) for one in task.problems),
            "subscription_devices": await _devices(session, row.subscription_id),
        },
    )


def _taken_by(program: Program | None, catalog: IndexedCatalog) -> frozenset[str]:
    if program is None:
        return frozenset()
    return frozenset(one.code for one in catalog.content.specifications if program.accepts_specification(one))


async def _program(
    session: AsyncSession,
    catalog: IndexedCatalog,
    row: ProcessFlow,
    task: ServiceTaskType,
    offered: tuple[Choice, ...],
) -> Program | None:
    if row.subscription_id is not None:
        subscription = await session.get(ProgramSubscription, row.subscription_id)
        return catalog.programs.get(subscription.program) if subscription else None
    return catalog.programs.get(str(_bound(row, task, "/program", offered)))


def _bound(row: ProcessFlow, task: ServiceTaskType, binding: str, offered: tuple[Choice, ...]) -> Any:
    """What stands in the field that leads there, whether somebody entered it or not."""
    for panel in task.panels:
        for spec in panel.fields:
            if spec.binds_to == binding:
                value = row.panel_values.get(panel.code, {}).get(spec.code, preset(spec, offered))
                if value is not None:
                    return value
    return None


async def _service_points(session: AsyncSession, customer_id: str) -> frozenset[str]:
    statement = (
        select(col(ServicePoint.cis_service_point_id))
        .join(Account, col(Account.cis_account_id) == col(ServicePoint.cis_account_id))
        .where(col(Account.customer_id) == customer_id)
    )
    return frozenset((await session.execute(statement)).scalars())


async def _devices(session: AsyncSession, subscription_id: str | None) -> tuple[Choice, ...]:
    if subscription_id is None:
        return ()
    rows = await session.execute(
        select(Device)
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == subscription_id,
            col(SubscriptionDevice.registration).not_in(GONE),
        )
        .order_by(col(Device.id))
    )
    return tuple(
        Choice(value=device.id, label=f"{device.manufacturer} {device.model}, {device.serial_number}"[:200])
        for device in rows.scalars()
    )
