"""Gathers what the fields of a guided flow are judged by: the customer's places and devices, the program, choices."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.panels import Choice
from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.tables.customer import Account, Premise, ServicePoint
from models.tables.process_flow import ProcessFlow
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from operations.catalog.versions import IndexedCatalog
from operations.customers.premises import format_address
from operations.synchronization.snapshots import OFF_SUBSCRIPTION
from rules.guided_flow.fields import PanelFacts, get_default_value
from rules.guided_flow.installation_methods import list_asset_ownerships, list_installation_methods
from rules.guided_flow.removal_methods import list_removal_methods
from rules.guided_flow.requests import REQUEST_BY_PROCESS_FLOW
from wording.guided_flow import label_choices


async def load_panel_facts(
    session: AsyncSession, catalog: IndexedCatalog, row: ProcessFlow, task: ServiceTaskType
) -> PanelFacts:
    """The facts for one draft under one catalog, today."""
    subscription = await session.get(ProgramSubscription, row.subscription_id) if row.subscription_id else None
    places = await _load_premises(session, row, subscription)
    service_points = tuple(_build_service_point_choice(point, premise) for point, premise in places.items())
    programs = tuple(
        Choice(value=one.code, label=one.name)
        for one in catalog.programs.values()
        if one.active and one.enroll_task == task.code
    )
    code = subscription.program if subscription else str(_get_bound_value(row, task, "/program", programs))
    program = catalog.programs.get(code)
    methods = label_choices(list_installation_methods(task, program))
    now = datetime.now(UTC)
    return PanelFacts(
        request=REQUEST_BY_PROCESS_FLOW[task.process_flow],
        instant=now,
        today=_get_local_date(now, places, _get_bound_value(row, task, "/service_point", service_points)),
        program=program,
        location_required=program is not None and catalog.is_location_required(program),
        choices={
            "programs": programs,
            "service_points": service_points,
            "installation_methods": methods,
            "asset_ownerships": label_choices(
                list_asset_ownerships(task, program, _get_bound_value(row, task, "/installation_method", methods))
            ),
            "unenrollment_reasons": tuple(Choice(value=one.code, label=one.description[:200]) for one in task.reasons),
            "problems": tuple(Choice(value=one.code, label=one.description[:200]) for one in task.problems),
            **(_list_new_device_choices(catalog, code) if program and subscription is None else {}),
            **(
                await _list_subscribed_device_choices(session, subscription, program)
                if program and subscription
                else {}
            ),
        },
    )


def _get_bound_value(row: ProcessFlow, task: ServiceTaskType, binding: str, offered: tuple[Choice, ...]) -> Any:
    """What stands in the field that leads there, whether somebody entered it or not."""
    for panel in task.panels:
        for spec in panel.fields:
            if spec.binds_to == binding:
                value = row.panel_values.get(panel.code, {}).get(spec.code, get_default_value(spec, offered))
                if value is not None:
                    return value
    return None


async def _load_premises(
    session: AsyncSession, row: ProcessFlow, subscription: ProgramSubscription | None
) -> dict[str, Premise]:
    """The customer's service points with their premises; of a subscription only its own."""
    statement = (
        select(col(ServicePoint.cis_service_point_id), Premise)
        .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
        .join(Account, col(Account.cis_account_id) == col(ServicePoint.cis_account_id))
        .order_by(col(ServicePoint.cis_service_point_id))
    )
    if subscription:
        statement = statement.where(col(ServicePoint.cis_service_point_id) == subscription.service_point)
    else:
        statement = statement.where(col(Account.customer_id) == row.customer_id)
    return dict((await session.execute(statement)).tuples().all())


def _build_service_point_choice(service_point: str, premise: Premise) -> Choice:
    return Choice(value=service_point, label=f"{format_address(premise)[:130]} ({service_point})")


def _get_local_date(now: datetime, places: dict[str, Premise], chosen: Any) -> date:
    """The day at the place that is chosen; while none is, the earliest at any of them."""
    here = [places[chosen]] if isinstance(chosen, str) and chosen in places else places.values()
    return min((now.astimezone(ZoneInfo(one.time_zone)).date() for one in here), default=now.date())


@lru_cache(maxsize=32)
def _list_new_device_choices(catalog: IndexedCatalog, code: str) -> dict[str, tuple[Choice, ...]]:
    """Makes and models that the program takes, and the places where such devices hang. A catalog version never
    changes, and thousands of inverters are many to look through each time."""
    program = catalog.get_program(code)
    taken = [one for one in catalog.content.specifications if one.active and program.accepts_specification(one)]
    kinds = {one.asset_type for one in taken}
    places = [one for one in catalog.content.device_location_types if one.active and kinds & {*one.asset_types}]
    return {
        "specifications": _build_distinct_choices((one.code, f"{one.manufacturer} {one.model}") for one in taken),
        "device_location_types": tuple(Choice(value=one.code, label=one.description[:200]) for one in places),
    }


def _build_distinct_choices(named: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    """Choices by their names, with the code where a name stands for several."""
    rows = [(code, name[:130]) for code, name in named]
    bearers = Counter(name for _, name in rows)
    return tuple(Choice(value=code, label=name if bearers[name] == 1 else f"{name} ({code})") for code, name in rows)


async def _list_subscribed_device_choices(
    session: AsyncSession, subscription: ProgramSubscription, program: Program
) -> dict[str, tuple[Choice, ...]]:
    """The devices that take part, and what may become of them."""
    rows = await session.execute(
        select(Device)
        .join(SubscriptionDevice, col(SubscriptionDevice.device_id) == col(Device.id))
        .where(
            col(SubscriptionDevice.subscription_id) == subscription.id,
            col(SubscriptionDevice.registration).not_in(OFF_SUBSCRIPTION),
        )
        .order_by(col(Device.id))
    )
    devices = rows.scalars().all()
    return {
        "subscription_devices": tuple(
            Choice(value=one.id, label=f"{one.manufacturer} {one.model}, {one.serial_number}"[:200]) for one in devices
        ),
        "removal_methods": label_choices(list_removal_methods(program, {one.ownership for one in devices})),
    }
