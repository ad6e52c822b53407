"""Gather the facts that the eligibility rules decide by, in as few statements as possible."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, SQLColumnExpression, func, literal, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.requests.enrollment import EnrollmentApplication
from models.states.device import DeviceState
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState
from models.tables.catalog import ProgramCapacity
from models.tables.customer import Account, Customer, Premise, ServicePoint
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from models.values import normalize_serial_number
from operations.catalog.versions import IndexedCatalog
from operations.platform.bulk_insert import to_json
from rules.capacity import estimate_largest_need
from rules.eligibility.facts import EligibilityFacts, KnownDevice, Participation, ProgramUsage, ServicePointFacts

_CLOSED_STATES = (SubscriptionState.ENDED, SubscriptionState.CANCELLED)

_SITE_COLUMNS = (
    col(Account.customer_id),
    col(Account.cis_account_id),
    col(Account.status),
    col(ServicePoint.cis_service_point_id),
    col(ServicePoint.effective_from),
    col(ServicePoint.effective_to),
    col(ServicePoint.customer_class),
    col(ServicePoint.tariff),
    col(ServicePoint.meter_type),
    col(ServicePoint.phase_count),
    col(ServicePoint.feeder),
    col(ServicePoint.substation),
    col(Premise.postal_code),
    col(Premise.premise_type),
    col(Premise.owner_occupied),
    col(ServicePoint.critical),
)
"""In the order of the fields of ServicePointFacts."""

_OTHER_COLUMNS = (
    col(Premise.time_zone),
    col(Premise.cis_premise_id),
    col(ServicePoint.transformer),
    col(ServicePoint.latitude),
    col(ServicePoint.longitude),
    col(Customer.cis_person_id),
    col(Customer.name),
    col(Customer.email),
    col(Customer.phone),
)

_PARTICIPATIONS = (
    select(
        func.json_agg(
            func.json_build_array(
                col(ProgramSubscription.customer_id),
                col(ProgramSubscription.program),
                col(ProgramSubscription.exclusion),
                col(ProgramSubscription.state),
                col(ProgramSubscription.end_at),
            )
        )
    )
    .where(col(ProgramSubscription.service_point) == col(ServicePoint.cis_service_point_id))
    .correlate(ServicePoint)
    .scalar_subquery()
)


def select_site(*more: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    """Return the query for a service point with its premise, account, customer and participations. `more` columns come
    first."""
    return (
        select(*more, *_SITE_COLUMNS, *_OTHER_COLUMNS, _PARTICIPATIONS.label("participations"))
        .select_from(ServicePoint)
        .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
        .join(Account, col(Account.cis_account_id) == col(ServicePoint.cis_account_id))
        .join(Customer, col(Customer.id) == col(Account.customer_id))
    )


def to_site(row: Row[Any]) -> ServicePointFacts:
    """Return the site in a row of `select_site`."""
    mapping = row._mapping  # pyright: ignore[reportPrivateUsage] - public in SQLAlchemy, spelled so that it is no column
    return ServicePointFacts(*(mapping[column] for column in _SITE_COLUMNS))


def to_participations(row: Row[Any]) -> tuple[Participation, ...]:
    """Return the participations in a row of `select_site`."""
    return tuple(
        Participation(
            customer_id=customer,
            program=program,
            exclusion=exclusion,
            open=state not in _CLOSED_STATES,
            ended_at=datetime.fromisoformat(ended) if ended else None,
        )
        for customer, program, exclusion, state, ended in row.participations or ()
    )


def build_usage_columns(
    program: SQLColumnExpression[str],
    place: tuple[SQLColumnExpression[datetime | None], SQLColumnExpression[str]] | None = None,
    *,
    counted: bool = False,
) -> tuple[SQLColumnExpression[Any], ...]:
    """Return the columns for a program's usage, and for whether anybody waits ahead of a place on its waitlist
    (waitlisted at, enrollment id), or at all. With `counted` the last column says how many: only a view needs that, and
    a decision must not cost more with a longer waitlist."""
    waiting = aliased(Enrollment)
    ahead = select(func.count() if counted else literal(1)).select_from(waiting)
    ahead = ahead.where(col(waiting.program) == program, col(waiting.state) == EnrollmentState.WAITLISTED)
    if place is not None:
        since, enrollment_id = place
        earlier = tuple_(col(waiting.waitlisted_at), col(waiting.id)) < tuple_(since, enrollment_id)
        ahead = ahead.where(or_(since.is_(None), earlier))
    return (
        col(ProgramCapacity.customers),
        col(ProgramCapacity.devices),
        col(ProgramCapacity.kw),
        (ahead if counted else ahead.limit(1)).correlate_except(waiting).scalar_subquery(),
    )


def build_facts(
    row: Row[Any],
    catalog: IndexedCatalog,
    program: Program,
    instant: datetime,
    usage: ProgramUsage,
    application: EnrollmentApplication | None = None,
    held: Sequence[KnownDevice] = (),
    applied_at: datetime | None = None,
) -> EligibilityFacts:
    """Return the facts of an application that was made at `applied_at` or is made now; without an application, the
    facts for the question whether the customer could apply."""
    zone = ZoneInfo(row.time_zone)
    facts = EligibilityFacts(
        instant=instant,
        today=instant.astimezone(zone).date(),
        applied_on=(applied_at or instant).astimezone(zone).date(),
        zone=zone,
        site=to_site(row),
        program=program,
        location_required=catalog.is_location_required(program),
        application=application,
        specifications=find_specifications(catalog, application),
        location_types=catalog.location_types,
        catalog_specifications=catalog.content.specifications,
        participations=to_participations(row),
        known_devices=tuple(held),
        usage=usage,
    )
    if not facts.awaits_device:
        return facts
    return replace(facts, estimated_need=estimate_largest_need(program, catalog.content.specifications))


def find_specifications(
    catalog: IndexedCatalog, application: EnrollmentApplication | None
) -> tuple[Specification | None, ...]:
    """Return the specification of each device in the application; None for one that is not in the catalog."""
    devices = application.devices if application else ()
    return tuple(
        catalog.find_specification(device.specification, device.manufacturer, device.model) for device in devices
    )


def build_device_keys(
    application: EnrollmentApplication, specifications: Sequence[Specification | None]
) -> list[tuple[str, str]]:
    """Return (serial number, manufacturer) of each device, normalized for comparison."""
    return [
        (
            normalize_serial_number(device.serial_number),
            (found.manufacturer if found else device.manufacturer or "").casefold(),
        )
        for device, found in zip(application.devices, specifications, strict=True)
    ]


_SELECT_HELD_DEVICES = text(
    """
    SELECT k.position, d.id, d.state,
        array_remove(ARRAY[d.customer_id, here.customer_id], NULL) AS customers,
        taking_part.exclusions, taking_part.removing
    FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS k(position int, serial text, manufacturer text)
    JOIN device d ON d.serial_key = k.serial AND d.manufacturer_key = k.manufacturer
    LEFT JOIN LATERAL (
        SELECT array_agg(exclusion) FILTER (WHERE registration <> 'deregistered') AS exclusions,
            array_agg(exclusion) FILTER (WHERE registration = 'removing') AS removing, count(*) AS subscriptions
        FROM subscription_device WHERE device_id = d.id AND registration NOT IN ('removed', 'kept')
    ) taking_part ON true
    LEFT JOIN (
        device_installation i JOIN device_location l ON l.id = i.location_id
        JOIN service_point ON cis_service_point_id = l.service_point JOIN account here USING (cis_account_id)
    ) ON i.device_id = d.id AND i.removed_at IS NULL AND taking_part.subscriptions = 0
    """
)


async def get_held_devices(session: AsyncSession, keys: list[tuple[str, str]]) -> dict[int, tuple[str, KnownDevice]]:
    """Return which of these devices are in our record: by position, the device's id and who holds it."""
    if not keys:
        return {}
    asked = [
        {"position": position, "serial": serial, "manufacturer": manufacturer}
        for position, (serial, manufacturer) in enumerate(keys)
    ]
    rows = await session.execute(_SELECT_HELD_DEVICES, {"keys": to_json(asked)})
    return {
        position: (
            device,
            KnownDevice(
                position,
                DeviceState(state),
                frozenset(customers),
                frozenset(exclusions or ()),
                frozenset(removing or ()),
            ),
        )
        for position, device, state, customers, exclusions, removing in rows
    }


class ApplicationFacts(NamedTuple):
    """The facts of an application, and the ids of the devices that are in our record, by position."""

    facts: EligibilityFacts
    known_device_ids: dict[int, str]


async def gather_application_facts(
    session: AsyncSession,
    catalog: IndexedCatalog,
    program: Program,
    row: Row[Any],
    usage: ProgramUsage,
    application: EnrollmentApplication,
    instant: datetime,
    *,
    applied_at: datetime,
) -> ApplicationFacts:
    """Return the facts of an application at its place. `row` is a row of `select_site`."""
    held = await get_held_devices(session, build_device_keys(application, find_specifications(catalog, application)))
    devices = [one for _, one in held.values()]
    facts = build_facts(row, catalog, program, instant, usage, application, devices, applied_at)
    return ApplicationFacts(facts, {at: device for at, (device, _) in held.items()})


def to_usage(values: Sequence[Any]) -> ProgramUsage:
    """Return the usage from the four values of `build_usage_columns`."""
    customers, devices, kw, ahead = values
    return ProgramUsage(customers=customers or 0, devices=devices or 0, kw=kw or Decimal(0), waiting_ahead=ahead or 0)


async def get_usage(session: AsyncSession, *, counted: bool = False) -> dict[str, ProgramUsage]:
    """Return the usage of every program; with `counted` it says how many wait."""
    columns = build_usage_columns(col(ProgramCapacity.program), counted=counted)
    rows = await session.execute(select(col(ProgramCapacity.program), *columns))
    return {program: to_usage(values) for program, *values in rows.all()}
